"""Sound without a beat, so that nobody is sure of one there: noises, tones, hum, pads, and scattered clicks."""

from collections.abc import Iterator

import numpy as np
from scipy.signal import lfilter

from vj.core.types import F32, F64

RATE, SECONDS, SEED = 48000, 15.0, 11
KINDS = ("noise", "tone", "noise", "hum", "noise", "pad", "noise", "wind", "noise", "clicks")


def sounds(count: int) -> Iterator[F32]:
    """`count` mono sounds at RATE, each kind in turn."""
    chance = np.random.default_rng(SEED)
    for k in range(count):
        sound = _sound(KINDS[k % len(KINDS)], chance)
        loud = 10.0 ** (chance.uniform(-45.0, -6.0) / 20.0)
        yield (sound * loud / (np.abs(sound).max() + 1e-9)).astype(np.float32)


def _sound(kind: str, chance: np.random.Generator) -> F64:
    n = int(RATE * SECONDS)
    t = np.arange(n) / RATE
    white: F64 = chance.standard_normal(n)
    if kind == "noise":  # from white to red
        return np.asarray(lfilter([1.0], [1.0, -(1.0 - 10.0 ** chance.uniform(-4.5, 0.0))], white))
    if kind == "wind":  # noise whose loudness drifts
        drift = np.interp(t, np.arange(0.0, SECONDS + 1.0, 0.7), chance.normal(0.0, 0.5, 23)[: int(SECONDS / 0.7) + 2])
        return np.asarray(lfilter([1.0], [1.0, -0.98], white)) * np.exp(drift)
    if kind == "clicks":  # at no two times alike
        out = np.zeros(n)
        out[chance.integers(0, n, int(SECONDS * chance.uniform(2.0, 9.0)))] = 1.0
        return np.asarray(lfilter([1.0], [1.0, -0.995], out)) + 1e-3 * white
    base = {"hum": chance.choice([50.0, 60.0]), "tone": chance.uniform(60.0, 4000.0)}.get(kind, chance.uniform(60, 400))
    heights = (1.0, 2.0, 3.0) if kind == "hum" else (1.0,) if kind == "tone" else (1.0, 1.26, 1.498, 2.0)
    out = np.zeros(n)
    for height in heights:
        out += np.sin(2.0 * np.pi * base * height * t + 0.3 * np.sin(2.0 * np.pi * chance.uniform(0.05, 0.5) * t))
    out += 10.0 ** chance.uniform(-5.0, -2.0) * white
    return out
