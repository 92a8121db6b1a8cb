"""The analyzer as a whole: time, rates, windows, events."""

import numpy as np
import pytest
from scipy.signal import resample_poly

from vj.core.params import defaults, table
from vj.core.types import F32, Features
from vj.engine.analyzer import Analyzer
from vj.features.bands import Bands
from vj.features.level import Level
from vj.features.onset import Onset


def drums(seconds: float = 8.0, rate: int = 96000) -> F32:
    """A drum machine: kick on 1 and 3, snare on 2 and 4 at 125 BPM, a hat between, [seconds * rate]."""
    rng = np.random.default_rng(7)
    sound = 2e-4 * rng.standard_normal(int(seconds * rate))
    since = np.arange(int(0.3 * rate)) / rate
    kick = 0.7 * np.sin(2 * np.pi * np.cumsum(50 + 120 * np.exp(-since / 0.02)) / rate) * np.exp(-since / 0.09)
    noise = rng.standard_normal(len(since))
    snare = 0.3 * noise * np.exp(-since / 0.06) + 0.2 * np.sin(2 * np.pi * 230 * since) * np.exp(-since / 0.05)
    hat = 0.05 * np.diff(noise, prepend=0.0) * np.exp(-since / 0.02)
    for beat in range(int((seconds - 0.8) / 0.48)):
        for at, hit in ((0.2 + beat * 0.48, snare if beat % 2 else kick), (0.44 + beat * 0.48, hat)):
            i = int(at * rate)
            sound[i : i + len(hit)] += hit
    return sound.astype(np.float32)


def at_rate(sound: F32, rate: int) -> F32:
    """`sound` [n] of 96 kHz at another rate."""
    divisor = int(np.gcd(rate, 96000))
    return resample_poly(sound.astype(np.float64), rate // divisor, 96000 // divisor).astype(np.float32)


def listen(analyzer: Analyzer, sound: F32) -> list[Features]:
    snapshot = defaults(*analyzer.stages)
    n = analyzer.hop_length
    return [analyzer.step(sound[i : i + n], snapshot) for i in range(0, len(sound) - n + 1, n)]


def test_lengths_follow_the_rate() -> None:
    assert [Analyzer(r, features=[]).hop_length for r in (44100, 48000, 96000)] == [470, 512, 1024]
    assert Analyzer(48000, features=[]).window_length == 2048
    assert Analyzer(48000, hop_seconds=128 / 48000, window_seconds=1024 / 48000, features=[]).hop_length == 128


def test_time_is_counted_in_samples() -> None:
    heard = listen(Analyzer(44100, features=["level"]), np.zeros(44100, np.float32))
    assert [f.index for f in heard] == list(range(len(heard)))
    assert heard[-1].t == pytest.approx(len(heard) * 470 / 44100)
    assert heard[0].dt == pytest.approx(470 / 44100)


def test_stamp_is_passed_on_and_only_that() -> None:
    analyzer = Analyzer(48000, features=["level"])
    snapshot = defaults(*analyzer.stages)
    assert analyzer.step(np.zeros(512, np.float32), snapshot, stamp=12.5).stamp == 12.5


def test_only_what_is_chosen_is_heard() -> None:
    analyzer = Analyzer(48000, features=["level", "onset"])
    (first,) = listen(analyzer, np.zeros(512, np.float32))
    assert set(first.records) == {Level, Onset}
    assert {"/audio/gain", "/audio/gate", "/audio/agc", "/audio/onset_method"} <= set(table(analyzer.stages))


def test_same_events_at_every_rate_to_a_hop() -> None:
    sound = drums()
    times: dict[int, list[list[float]]] = {}
    for rate in (44100, 48000, 96000):
        analyzer = Analyzer(rate, features=["onset", "bands"])
        counts, times[rate] = [0, 0, 0], [[], [], []]
        for f in listen(analyzer, at_rate(sound, rate)):
            now = [f[Onset].count, f[Bands].bass.count, f[Bands].snare.count]
            for i in range(3):
                if now[i] > counts[i]:
                    times[rate][i].append((f[Onset].last, f[Bands].bass.last, f[Bands].snare.last)[i])
            counts = now
    hop = 512 / 48000
    for rate in (44100, 96000):
        for kind, reference in enumerate(times[48000]):
            assert len(times[rate][kind]) == len(reference)
            np.testing.assert_allclose(times[rate][kind], reference, atol=hop)


def test_events_do_not_depend_on_the_hop() -> None:
    """The detectors keep a grid of their own; the hop only says when we ask."""
    sound = at_rate(drums(), 48000)
    short, long = (Analyzer(48000, hop_seconds=n / 48000, features=["onset", "bands"]) for n in (128, 512))
    a, b = listen(short, sound)[-1], listen(long, sound)[-1]
    assert a[Onset].count == b[Onset].count
    assert a[Bands].bass.count == b[Bands].bass.count
    assert a[Onset].last == pytest.approx(b[Onset].last, abs=0.006)


def test_reset_forgets_everything() -> None:
    analyzer = Analyzer(48000)
    sound = at_rate(drums(2.0), 48000)
    first = listen(analyzer, sound)
    analyzer.reset()
    again = listen(analyzer, sound)
    assert again[0].index == 0
    assert [f[Bands] for f in again] == [f[Bands] for f in first]
