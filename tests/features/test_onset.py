"""Onsets: of synthetic strokes, of none, and of real drums where they are at hand."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from vj.core.params import Snapshot, defaults
from vj.core.sound.short import Short
from vj.core.types import F32
from vj.engine.analyzer import Analyzer
from vj.features.drums.flux import Flux
from vj.features.onset import METHODS, Onset

RATE = 48000


def strokes(times: Sequence[float], seconds: float, hz: float = 900.0, noise: float = 3e-4) -> F32:
    """Decaying tones with a little noise in their attack at `times`, over faint noise."""
    rng = np.random.default_rng(3)
    sound = noise * rng.standard_normal(int(seconds * RATE))
    since = np.arange(int(0.2 * RATE)) / RATE
    stroke = np.exp(-since / 0.03) * (0.4 * np.sin(2 * np.pi * hz * since) + 0.1 * rng.standard_normal(len(since)))
    for t in times:
        i = int(t * RATE)
        sound[i : i + len(stroke)] += stroke[: len(sound) - i]
    return sound.astype(np.float32)


def listen(sound: F32, method: str = "ours", sensitivity: float = 1.0) -> tuple[list[float], Onset]:
    """Show times at which onsets were reported (ends of hops), and the last record."""
    analyzer = Analyzer(RATE, features=["onset"])
    values = dict(defaults(*analyzer.stages).values)
    values.update({"/audio/onset_method": method, "/audio/onset_sensitivity": sensitivity})
    snapshot, n = Snapshot(values), analyzer.hop_length
    times, count = [], 0
    record = Onset(0.0, 0, -1.0, 0.0)
    for i in range(0, len(sound) - n + 1, n):
        features = analyzer.step(sound[i : i + n], snapshot)
        record = features[Onset]
        if record.count > count:
            times.append(features.t)
        count = record.count
    return times, record


BEATS = [0.5 + 0.25 * k for k in range(20)]


@pytest.mark.parametrize("hz", [80.0, 900.0, 6000.0])
def test_every_stroke_is_heard_once_and_soon(hz: float) -> None:
    # The noise of the room is the first thing heard, half a second before the first stroke.
    times = [t for t in listen(strokes(BEATS, 6.0, hz))[0] if t > 0.3]
    assert len(times) == len(BEATS)
    delays = np.array(times) - BEATS
    assert (delays >= 0).all()
    assert delays.max() < 0.025


def test_volume_makes_no_difference() -> None:
    loud = listen(strokes(BEATS, 6.0))[1].count
    for db in (-12, -24):
        assert listen(strokes(BEATS, 6.0) * np.float32(10 ** (db / 20)))[1].count == pytest.approx(loud, abs=1)


def noise(colour: str, seconds: float, seed: int = 0) -> F32:
    """Steady noise of -20 dBFS: its power falls with the frequency to some degree, or it is a band of it."""
    n = int(seconds * RATE)
    hz = np.maximum(np.fft.rfftfreq(n, 1 / RATE), 20.0)
    slopes = {"white": 0.0, "pink": 1.0, "brown": 2.0, "blue": -1.0, "fan": 1.2}
    slope = hz ** (-slopes.get(colour, 0.0) / 2)
    if colour == "hiss":
        slope = np.asarray((hz > 1500) & (hz < 9000), np.float64)
    lines = slope * np.fft.rfft(np.random.default_rng(seed).standard_normal(n))
    sound = np.fft.irfft(lines, n)
    sound /= sound.std()
    if colour == "fan":
        t = np.arange(n) / RATE
        sound = sound * (1 + 0.1 * np.sin(2 * np.pi * 7.3 * t)) + 0.5 * np.sin(2 * np.pi * 118 * t)
    return np.asarray(0.1 * sound, np.float32)


def test_a_held_chord_has_one_onset() -> None:
    t = np.arange(8 * RATE) / RATE
    chord = sum(0.1 * np.sin(2 * np.pi * hz * t) for hz in (110, 220, 277, 330))
    assert listen(np.asarray(chord, np.float32))[1].count == 1


@pytest.mark.parametrize("colour", ["white", "pink", "brown", "blue", "fan", "hiss"])
def test_steady_noise_has_next_to_none(colour: str) -> None:
    assert listen(noise(colour, 30.0))[1].count <= 1 + 0.2 * 30  # that it begins is one


@pytest.mark.parametrize("colour", ["white", "pink", "fan"])
def test_strokes_are_heard_through_steady_noise(colour: str) -> None:
    """10 dB under their peaks there is noise all along; before them, too."""
    sound = strokes(BEATS, 6.0) + noise(colour, 6.0)
    times = np.array(listen(sound)[0])
    right = [bool((np.abs(times - at - 0.01) < 0.03).any()) for at in BEATS]
    assert sum(right) >= 0.9 * len(BEATS)
    assert len(times) - sum(right) <= 3


def test_silence_has_none() -> None:
    record = listen(np.zeros(4 * RATE, np.float32))[1]
    assert record == Onset(0.0, 0, -1.0, 0.0)


def test_rate_counts_onsets_per_second() -> None:
    assert listen(strokes([0.5 + k / 8 for k in range(40)], 5.4))[1].rate == pytest.approx(8.0, rel=0.15)


def test_strength_is_relative_to_the_strongest() -> None:
    analyzer = Analyzer(RATE, features=["onset"])
    snapshot, n = defaults(*analyzer.stages), analyzer.hop_length
    sound = strokes(BEATS, 6.0)
    values = [analyzer.step(sound[i : i + n], snapshot)[Onset].strength for i in range(0, len(sound) - n + 1, n)]
    assert max(values) == pytest.approx(1.0, abs=0.05)
    assert np.median(values) == 0.0


@pytest.mark.parametrize("method", METHODS[1:])
def test_aubios_methods_can_be_chosen(method: str) -> None:
    pytest.importorskip("aubio", reason="aubio is not installed")
    times, record = listen(strokes(BEATS, 6.0), method)
    assert record.count == len(times)
    assert math.isfinite(record.rate)
    if method in ("hfc", "energy", "complex", "specflux"):
        assert len(times) >= 15


def test_changing_the_method_goes_on_counting() -> None:
    pytest.importorskip("aubio", reason="aubio is not installed")
    analyzer = Analyzer(RATE, features=["onset"])
    values = dict(defaults(*analyzer.stages).values)
    sound, n, counts = strokes(BEATS, 6.0), analyzer.hop_length, []
    for i in range(0, len(sound) - n + 1, n):
        values["/audio/onset_method"] = "ours" if (i // (RATE)) % 2 == 0 else "hfc"
        record = analyzer.step(sound[i : i + n], Snapshot(dict(values)))[Onset]
        counts.append(record.count)
        assert record.last <= (i + n) / RATE + 1e-9
    assert (np.diff(counts) >= 0).all()
    assert counts[-1] >= 15


def test_importing_the_feature_does_not_import_aubio() -> None:
    import subprocess
    import sys

    code = "import sys, vj.features.onset; sys.exit('aubio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_whole_track_is_one_stream_to_ours() -> None:
    """The detector alone: any cut into hops gives the same onsets."""
    sound = strokes(BEATS, 6.0)
    counts = []
    for n in (97, 512, 3000):
        short, detector = Short(RATE, n), Flux(RATE)
        counts.append(sum(detector.step(short.step(sound[i : i + n]), 1.0) for i in range(0, len(sound), n)))
    assert len(set(counts)) == 1
