"""Level, spectrum and chroma, by physics."""

import math
from typing import TypeVar

import numpy as np
import pytest

from vj.core.params import Snapshot, defaults
from vj.core.types import F32
from vj.engine.analyzer import Analyzer
from vj.features.chroma import Chroma
from vj.features.level import Level
from vj.features.spectrum import Spectrum

Record = TypeVar("Record")
RATE = 48000


def listen(sound: F32, kind: type[Record], rate: int = RATE) -> list[Record]:
    """Every record of one kind, automatic gain off."""
    analyzer = Analyzer(rate, features=[kind.__name__.lower()])
    snapshot = Snapshot(dict(defaults(*analyzer.stages).values) | {"/audio/agc": "off"})
    n = analyzer.hop_length
    return [analyzer.step(sound[i : i + n], snapshot)[kind] for i in range(0, len(sound) - n + 1, n)]


def sines(hz: tuple[float, ...], seconds: float = 2.0, amplitude: float = 0.2, rate: int = RATE) -> F32:
    t = np.arange(int(seconds * rate)) / rate
    return np.asarray(sum(amplitude * np.sin(2 * np.pi * f * t) for f in hz), np.float32)


def test_level_of_a_sine() -> None:
    record = listen(sines((1000.0,), amplitude=0.5), Level)[-1]
    assert record.peak == pytest.approx(0.5, rel=0.01)
    assert record.rms == pytest.approx(0.5 / math.sqrt(2), rel=0.02)
    assert record.db == pytest.approx(-9.03, abs=0.2)
    assert record.open
    assert not record.clipped


def test_loudness_is_relative_to_the_music() -> None:
    """Ten dB under the loud part is half way down the range of twenty, at any volume."""
    for volume in (1.0, 0.1):
        loud, quiet = sines((500.0,), 6.0, 0.5 * volume), sines((500.0,), 3.0, 0.158 * volume)
        heard = listen(np.concatenate([loud, quiet]), Level)
        assert heard[len(heard) // 2].loud == pytest.approx(1.0, abs=0.05)
        assert heard[-1].loud == pytest.approx(0.5, abs=0.1)
    assert listen(np.concatenate([loud, np.zeros(6 * RATE, np.float32)]), Level)[-1].loud == 0.0


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
@pytest.mark.parametrize("hz", [200.0, 1000.0, 8000.0])
def test_spectrum_of_a_sine(hz: float, rate: int) -> None:
    record = listen(sines((hz,), 0.5, rate=rate), Spectrum, rate)[-1]
    edges = np.geomspace(40, 16000, 33)
    band = int(record.bands.argmax())
    assert edges[band] * 0.95 <= hz <= edges[band + 1] * 1.05
    assert record.bands.max() == pytest.approx(1.0, abs=0.02)
    assert record.centroid_hz == pytest.approx(hz, rel=0.05)
    assert record.flatness < 0.05
    assert record.magnitudes.max() == pytest.approx(0.2, rel=0.2)


def test_noise_is_flat() -> None:
    noise = 0.1 * np.random.default_rng(2).standard_normal(RATE).astype(np.float32)
    assert np.mean([r.flatness for r in listen(noise, Spectrum)]) > 0.7


def test_bands_of_the_display_ignore_volume() -> None:
    chord = sines((110.0, 440.0, 3000.0))
    loud, quiet = listen(chord, Spectrum)[-1], listen(chord * np.float32(0.05), Spectrum)[-1]
    np.testing.assert_allclose(loud.bands, quiet.bands, atol=0.03)


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
def test_chroma_of_a_chord(rate: int) -> None:
    record = listen(sines((261.63, 329.63, 392.0), rate=rate), Chroma, rate)[-1]
    assert float(record.values.sum()) == pytest.approx(1.0, abs=1e-4)
    assert set(np.argsort(record.values)[-3:].tolist()) == {0, 4, 7}
    assert float(np.sort(record.values)[-3:].sum()) > 0.8


def test_chroma_changes_with_the_harmony() -> None:
    first, second = sines((261.63, 329.63, 392.0), 6.0), sines((293.66, 369.99, 440.0), 2.0)
    heard = listen(np.concatenate([first, second]), Chroma)
    at = [r.change for r in heard]
    n = len(first) // 512
    assert at[n - 5] < 0.1
    assert max(at[n : n + 90]) > 0.6


def test_silence_has_no_chroma() -> None:
    record = listen(np.concatenate([sines((440.0,)), np.zeros(2 * RATE, np.float32)]), Chroma)[-1]
    assert not record.values.any()
    assert record.change == 0.0
