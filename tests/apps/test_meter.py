import numpy as np
import pytest

from vj.apps.live.meter import Histogram, Meter


@pytest.mark.parametrize("q", [1, 50, 95, 99])
def test_percentiles_are_right_to_a_tenth_of_a_millisecond(q: float) -> None:
    times = np.random.default_rng(0).gamma(4.0, 5.0, 20_000)
    histogram = Histogram()
    for ms in times:
        histogram.add(ms)
    assert abs(histogram.percentile(q) - np.percentile(times, q)) < 0.15


def test_an_empty_histogram_and_wild_values() -> None:
    histogram = Histogram()
    assert histogram.percentile(50) == 0.0
    for ms in (-1.0, 999.0, 1000.0, 1234.0, 7_000.0, 3_600_000.0, 1e9):
        alone = Histogram()
        alone.add(ms)
        assert alone.percentile(50) == pytest.approx(max(ms, 0.0), rel=0.01, abs=0.1)
    times = np.random.default_rng(1).gamma(4.0, 400.0, 20_000)
    for ms in times:
        histogram.add(ms)
    assert histogram.percentile(99) == pytest.approx(np.percentile(times, 99), rel=0.01)


def test_it_tells_unique_from_displayed_and_counts_what_was_missed() -> None:
    meter = Meter(1 / 60)
    for n in range(600):
        if n != 300:  # one swap never came
            meter.swapped(10.0 + n / 60, unique=n % 2 == 0, stamp=10.0 + n / 60 - 0.02, events_at=None)
    report = meter.report(9.0, errors=0, overruns=0, provider="p", renderer="r")
    assert report.displayed_frames == 599
    assert report.unique_frames == 299
    assert report.dropped_frames == 1
    assert report.displayed_fps == pytest.approx(60, abs=0.2)
    assert report.generated_fps == pytest.approx(30, abs=0.2)
    assert report.block_to_swap_ms_p50 == pytest.approx(20, abs=0.2)
    assert report.first_frame_s == pytest.approx(1.0)
