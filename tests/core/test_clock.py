import datetime

import numpy as np

from vj.core.clock import AudioClock, dated


def test_lumpy_blocks_make_an_even_clock() -> None:
    clock = AudioClock()
    rng = np.random.default_rng(0)
    wall, heard, shown = 100.0, 0.0, []
    arrivals = iter(sorted(100.0 + n * 0.0107 + rng.uniform(0, 0.015) for n in range(1000)))
    arrival = next(arrivals)
    while wall < 109.0:
        wall += 1 / 60
        while arrival <= wall:
            heard += 0.0107
            clock.heard(heard, arrival)
            arrival = next(arrivals)
        shown.append(clock.now(wall))
    steps = np.diff(shown)[60:]
    assert steps.min() > 0.9 / 60
    assert steps.max() < 1.1 / 60
    assert abs(shown[-1] - heard) < 0.03


def test_the_clock_runs_on_when_the_device_dies() -> None:
    clock = AudioClock()
    clock.heard(1.0, 50.0)
    before = clock.now(50.0)
    assert abs(clock.now(55.0) - before - 5.0) < 0.3


def test_the_clock_never_goes_back() -> None:
    clock = AudioClock()
    clock.heard(10.0, 50.0)
    first = clock.now(50.0)
    clock.heard(0.5, 51.0)
    assert clock.now(51.0) >= first


def test_dates_are_those_of_the_calendar() -> None:
    begun = datetime.datetime(2000, 1, 1)
    for day in range(-40000, 60000, 37):
        then = begun + datetime.timedelta(days=day, seconds=5)
        assert dated(day * 86400.0 + 5.0) == (then.year, then.month, then.day, 5.0)
