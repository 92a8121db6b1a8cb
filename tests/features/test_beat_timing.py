"""The beat is told when it sounds: phase 0 is the attack, at any rate, and the next two beats are foretold."""

import numpy as np
import pytest

from vj.core.params import Snapshot, Value, defaults
from vj.core.types import F32
from vj.engine.analyzer import Analyzer
from vj.features.tempo import Tempo


def clicks(bpm: float, seconds: float, rate: int) -> tuple[F32, list[float]]:
    """Short 1.5 kHz clicks over faint noise, and when they begin."""
    sound = 2e-4 * np.random.default_rng(0).standard_normal(int(seconds * rate))
    since = np.arange(rate // 25) / rate
    click = 0.6 * np.sin(2 * np.pi * 1500 * since) * np.exp(-since / 0.008)
    times = list(np.arange(0.2, seconds - 0.1, 60 / bpm))
    for at in times:
        sound[round(at * rate) : round(at * rate) + len(click)] += click
    return sound.astype(np.float32), times


@pytest.mark.parametrize(("bpm", "rate"), [(60, 48000), (100, 44100), (128, 48000), (174, 44100), (174, 48000)])
def test_the_beat_falls_on_the_attack_and_was_foretold(bpm: int, rate: int) -> None:
    analyzer = Analyzer(rate, features=["tempo"])
    values = dict(defaults(*analyzer.stages).values)
    if not 80 <= bpm <= 160:
        values |= {"/tempo/range/low": bpm / 1.4, "/tempo/range/high": bpm * 1.4}
    snapshot, n = Snapshot(values), analyzer.hop_length
    sound, times = clicks(bpm, 14.0, rate)
    heard = [analyzer.step(sound[i : i + n], snapshot) for i in range(0, len(sound) - n + 1, n)]
    t = np.array([features.t for features in heard])
    count = np.array([features[Tempo].beat + features[Tempo].phase for features in heard])
    beats = np.arange(np.ceil(np.interp(6.0, t, count)), np.floor(count[-1]))
    fell = np.interp(beats, count, t)
    fell = fell[fell < times[-1] + 0.03]
    truth = np.array(times)
    errors = fell - truth[np.abs(truth[:, None] - fell).argmin(axis=0)]
    assert len(fell) > 6 * bpm / 60
    assert abs(errors.mean()) < 0.005
    assert np.quantile(np.abs(errors), 0.95) < 0.010
    for at, features in zip(t, heard, strict=True):
        first, second = features[Tempo].next
        assert at < first < second
        if 6.0 < at < fell[-3]:
            assert np.abs(truth - first).min() < 0.012
            assert np.abs(truth - second).min() < 0.015
            assert 0.001 < features[Tempo].spread < 0.1 * 60 / bpm


def pulses(bpm: float, seconds: float) -> F32:
    """Clicks at `bpm`, every other one weaker: the same pulse at half of it to whoever says where the tempo lies."""
    strong, _ = clicks(bpm / 2, seconds, 48000)
    return strong + np.roll(strong, round(48000 * 60 / bpm)) * np.float32(0.5)


@pytest.mark.parametrize(
    ("bpm", "low", "high", "wanted"),
    [
        (150.0, 55.0, 110.0, 75.0),
        (150.0, 100.0, 200.0, 150.0),
        (150.0, 200.0, 100.0, 150.0),  # the ends in either order
        (87.0, 140.0, 200.0, 174.0),
        (174.0, 80.0, 160.0, 174.0),  # as it comes it forces nothing
        (100.0, 120.0, 140.0, 100.0),  # no octave of it lies within
    ],
)
def test_the_range_settles_octaves_once_it_is_set(bpm: float, low: float, high: float, wanted: float) -> None:
    analyzer, sound = Analyzer(48000, features=["tempo"]), pulses(bpm, 16.0)
    values = dict(defaults(*analyzer.stages).values) | {"/tempo/range/low": low, "/tempo/range/high": high}
    for i in range(0, len(sound) - 511, 512):
        tempo = analyzer.step(sound[i : i + 512], Snapshot(values))[Tempo]
        if i > 7 * 48000:
            assert tempo.bpm == pytest.approx(wanted, rel=0.02)
    if wanted != bpm:  # pressed by hand, it is what was pressed
        values["/tempo/double" if wanted < bpm else "/tempo/halve"] = 1
        for i in range(0, len(sound) - 511, 512):
            tempo = analyzer.step(sound[i : i + 512], Snapshot(values))[Tempo]
            assert tempo.bpm == pytest.approx(bpm, rel=0.02)


def test_a_range_that_is_set_in_the_middle_of_a_song_moves_it_within_a_beat() -> None:
    analyzer, sound = Analyzer(48000, features=["tempo"]), pulses(150.0, 16.0)
    values: dict[str, Value] = dict(defaults(*analyzer.stages).values)
    heard = []
    for i in range(0, len(sound) - 511, 512):
        if i > 10 * 48000:
            values |= {"/tempo/range/low": 55.0, "/tempo/range/high": 110.0}
        heard.append(analyzer.step(sound[i : i + 512], Snapshot(values)))
    before, after = (next(f for f in heard if f.t > t)[Tempo] for t in (10.0, 10.8))
    assert before.bpm == pytest.approx(150.0, rel=0.02)
    assert after.bpm == pytest.approx(75.0, rel=0.02)
    assert (np.diff([f[Tempo].beat + f[Tempo].phase for f in heard]) >= 0.0).all()
