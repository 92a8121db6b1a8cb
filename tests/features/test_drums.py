"""The network that recognises drums: a grid of its own, finite on anything, silent in silence."""

import numpy as np
import pytest

from vj.core.sound.short import Short
from vj.core.types import F32
from vj.features.drums.net import INPUTS, Drums, weights

RATE = 48000


def odds(sound: F32, hop: int, rate: int = RATE) -> np.ndarray:
    short, drums = Short(rate, hop), Drums(rate)
    parts = [drums.step(short.step(sound[i : i + hop])) for i in range(0, len(sound) - hop + 1, hop)]
    return np.array([row for part in parts for row in part])


def beat(rate: int) -> F32:
    """Two seconds of kicks, 0.5 s apart, over a steady bass note."""
    t = np.arange(2 * rate) / rate
    since = t % 0.5
    kick = np.sin(2 * np.pi * (50 * since - 2.6 * np.exp(-since / 0.02))) * np.exp(-since / 0.1)
    return (0.6 * kick + 0.2 * np.sin(2 * np.pi * 82 * t)).astype(np.float32)


def test_weights_fit_together() -> None:
    w = weights()
    first, second = len(w["into_bias"]), len(w["again"])
    assert w["into"].shape == (INPUTS, first)
    assert w["fresh"].shape == (first, 3 * second)
    assert w["again"].shape == (second, 3 * second)
    assert w["out"].shape == (first + second, 2)
    assert all(np.isfinite(part).all() for part in w.values())


@pytest.mark.parametrize("hop", [64, 128, 1000, 4096])
def test_the_hop_changes_nothing(hop: int) -> None:
    sound = beat(RATE)
    here, there = odds(sound, 512), odds(sound, hop)
    n = min(len(here), len(there))
    assert n > 300
    np.testing.assert_allclose(here[:n], there[:n], atol=2e-3)


@pytest.mark.parametrize("rate", [44100, 96000])
def test_the_rate_changes_little(rate: int) -> None:
    here, there = odds(beat(RATE), 512), odds(beat(rate), 512, rate)
    n = min(len(here), len(there))
    for column in (0, 1):
        assert np.corrcoef(here[:n, column], there[:n, column])[0, 1] > 0.99


def test_reset_is_like_new() -> None:
    short, drums, sound = Short(RATE, 512), Drums(RATE), beat(RATE)[: 512 * 100]
    first = [drums.step(short.step(hop)) for hop in np.split(sound, 100)]
    short.reset()
    drums.reset()
    assert [drums.step(short.step(hop)) for hop in np.split(sound, 100)] == first


@pytest.mark.parametrize("level", [0.0, 1.0, 8.0])
def test_constant_input_is_finite_and_no_drum(level: float) -> None:
    heard = odds(np.full(2 * RATE, level, np.float32), 512)
    assert np.isfinite(heard).all()
    assert heard[20:].max() < -2.0


def test_silence_after_music_is_no_drum() -> None:
    heard = odds(np.concatenate([beat(RATE), np.zeros(2 * RATE, np.float32)]), 512)
    assert heard[-300:].max() < -2.0


def test_kicks_over_a_steady_bass_are_recognised() -> None:
    kick = odds(beat(RATE), 512)[:, 0]
    t = np.arange(1, len(kick) + 1) * 256 / RATE
    for at in (0.5, 1.0, 1.5):
        assert kick[(t > at) & (t < at + 0.05)].max() > 0.0
        assert kick[(t > at + 0.2) & (t < at + 0.45)].max() < -1.0
