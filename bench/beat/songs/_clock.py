"""When a beat of a made song sounds: steady, drifting, leaning or leaping tempo, and swing inside the beat."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from vj.core.types import F64

#: Whatever the tempo does, it stays within these.
LEAST, MOST = 57.0, 214.0
#: How a song keeps time: chance of each clock for a machine, a band, and a player alone.
FEELS = {
    "machine": {"steady": 0.9, "leaps": 0.04, "leans": 0.06},
    "band": {"steady": 0.1, "drifts": 0.75, "leaps": 0.06, "leans": 0.09},
    "free": {"drifts": 0.35, "breathes": 0.55, "leans": 0.1},
}


@dataclass(frozen=True)
class Clock:
    """Beat i of the song sounds at `times` [n] seconds; `swing` moves the middle of each `cell` beats later."""

    times: F64
    swing: float = 0.0
    cell: float = 1.0

    def at(self, beat: F64) -> F64:
        """Seconds at which places in beats sound; whole beats never move by the swing."""
        cells = np.floor(beat / self.cell + 1e-9)
        u = beat / self.cell - cells
        middle = 0.5 + self.swing
        u = np.where(u < 0.5, u * middle / 0.5, middle + (u - 0.5) * (1.0 - middle) / 0.5)
        place = np.clip((cells + u) * self.cell, 0.0, len(self.times) - 1.0)
        return np.asarray(np.interp(place, np.arange(len(self.times)), self.times), np.float64)


def _tempo(rng: Generator, kind: str, beats: int, phrase: int) -> F64:
    """[beats] the tempo of every beat over that of the song."""
    i = np.arange(beats)
    if kind == "drifts":
        wander = np.cumsum(rng.standard_normal(beats)) * rng.uniform(0.001, 0.005)
        wander -= np.convolve(np.pad(wander, 32, mode="edge"), np.ones(65) / 65, "valid")
        return np.asarray(1.0 + np.clip(wander, -0.04, 0.04), np.float64)
    if kind == "breathes":
        depth, late = rng.uniform(0.03, 0.12), (i % phrase) / phrase
        lean = 1.0 + depth * (0.3 * np.sin(np.pi * late) - np.clip(late - 0.8, 0, 1) * 4)
        rough = np.convolve(rng.standard_normal(beats + 2), [0.25, 0.5, 0.25], "valid") * rng.uniform(0.01, 0.035)
        return np.asarray(np.clip(lean + rough, 0.7, 1.3), np.float64)
    if kind == "leans":
        return np.asarray(np.linspace(1.0, rng.choice([rng.uniform(0.82, 0.94), rng.uniform(1.06, 1.2)]), beats))
    if kind == "leaps":
        leap = rng.choice([rng.uniform(0.75, 0.96), rng.uniform(1.04, 1.3)])
        return np.asarray(np.where(i < phrase * int(rng.integers(1, max(2, beats // phrase))), 1.0, leap))
    return np.ones(beats)


def clock(rng: Generator, feel: str, bpm: float, beats: int, phrase: int, swing: float, cell: float) -> Clock:
    """A clock of `beats` beats at about `bpm`; what changes, changes with the `phrase` (beats)."""
    kinds = FEELS[feel]
    kind = str(rng.choice(list(kinds), p=list(kinds.values())))
    periods = 60.0 / np.clip(bpm * _tempo(rng, kind, beats, phrase), LEAST, MOST)
    if kind != "steady":
        periods *= np.exp(np.clip(rng.standard_normal(beats), -2, 2) * rng.uniform(0.0, 0.006))
    times = np.concatenate([[0.0], np.cumsum(periods)])
    return Clock(times, swing, cell)
