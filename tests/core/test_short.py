"""The short spectra: the same from any hop, a sine where it belongs and an attack at once."""

import numpy as np
import pytest

from vj.core.sound.short import HOP_S, LENGTH_S, Short, bands, bins, size
from vj.core.types import F32

RATE = 48000


def spectra(sound: F32, hop: int, rate: int = RATE) -> F32:
    short = Short(rate, hop)
    return np.concatenate([short.step(sound[i : i + hop]) for i in range(0, len(sound) - hop + 1, hop)])


@pytest.mark.parametrize("hop", [64, 470, 1000, 4096])
def test_the_hop_changes_nothing(hop: int) -> None:
    sound = np.random.default_rng(0).standard_normal(2 * RATE).astype(np.float32)
    here, there = spectra(sound, 512), spectra(sound, hop)
    n = min(len(here), len(there))
    assert n > 350
    np.testing.assert_allclose(here[:n], there[:n], rtol=1e-4, atol=1e-9)


@pytest.mark.parametrize("rate", [32000, 44100, 48000, 96000])
def test_a_full_scale_sine_peaks_at_one_in_its_bin(rate: int) -> None:
    at = round(3000 * size(rate) / rate)
    sine = np.sin(2 * np.pi * at / size(rate) * np.arange(rate)).astype(np.float32)
    powers = spectra(sine, 512, rate)
    assert powers.shape[1] == bins(rate)
    assert powers.shape[0] == pytest.approx(1 / HOP_S, abs=2)
    settled = powers[int(LENGTH_S / HOP_S) + 1 :]
    assert (settled.argmax(axis=1) == at).all()
    assert settled[:, at] == pytest.approx(1.0, rel=0.02)


def test_an_attack_is_seen_in_the_frame_it_falls_in() -> None:
    sound = np.zeros(RATE // 4, np.float32)
    sound[1024 - 48 :] = np.sin(np.arange(len(sound) - 976))
    powers = spectra(sound, 256).sum(axis=1)
    assert powers[2] == 0.0
    assert powers[3] > 1e-7  # 1 ms after it began


def test_bands_share_all_the_power_between_them() -> None:
    weights = bands(RATE, 60.0, 12000.0, 24)
    hz = np.arange(bins(RATE)) * RATE / size(RATE)
    inside = (hz > 100) & (hz < 11900)
    np.testing.assert_allclose(weights[inside].sum(axis=1), 1.0, atol=1e-5)
