"""A small network that knows kicks and snares by their sound: the share of the hearing that rules could not take.

A kick under a rolling bass hardly raises the level of its band; what gives it away is a shape in time and pitch (a
click, a sweep, a body) that is easier shown than said. `bench/teach_drums.py` made the weights.
"""

from functools import cache
from pathlib import Path

import numpy as np

from vj.core.interp import ease
from vj.core.short import EVERY, bands
from vj.core.types import F32

BANDS, LOW_HZ, HIGH_HZ = 20, 30.0, 14000.0
#: Levels are relative to the running mean of the whole sound over MEAN seconds, which starts as one over HEARD.
MEAN, HEARD = 4.0, 0.05
#: Parts of that mean that are not told apart, and an amplitude that counts as nothing.
FLOOR, NOTHING = 0.01, 1e-5
#: The network sees the newest LATEST frames, and what was before them through followers of these time constants.
LATEST = 3
BEFORE = (0.03, 0.12, 0.5, 4.0)
INPUTS = (LATEST + len(BEFORE)) * BANDS
WEIGHTS = Path(__file__).with_name("_drums.npz")

_MEAN = ease(EVERY, MEAN)
_QUIET = np.float32(np.log(FLOOR))
_BEFORE = np.array([[ease(EVERY, tau)] for tau in BEFORE], np.float32)


@cache
def weights() -> tuple[F32, F32, F32, F32]:
    """Into the hidden layer ([INPUTS, hidden], [hidden]) and out of it ([hidden, 2], [2])."""
    with np.load(WEIGHTS, allow_pickle=False) as stored:
        into, into_bias, out, out_bias = (
            stored[name].astype(np.float32) for name in ("into", "into_bias", "out", "out_bias")
        )
    return into, into_bias, out, out_bias


class Shapes:
    """What the network looks at in short spectra: [frames, INPUTS] log amplitudes, now and before."""

    def __init__(self, rate: int) -> None:
        weights = bands(rate, LOW_HZ, HIGH_HZ, BANDS) / 4.0
        # A last column for the power of all bands together.
        self._bands = np.column_stack([weights, weights.sum(axis=1)]).astype(np.float32)
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._seen = np.full((LATEST + len(BEFORE), BANDS), _QUIET, np.float32)
        self._mean, self._heard = 0.0, HEARD

    def step(self, powers: F32) -> F32:
        """One row for each of `powers` [frames, bins]."""
        amplitudes = np.sqrt(powers @ self._bands)
        out, seen = np.empty((len(powers), *self._seen.shape), np.float32), self._seen
        for row, amplitude in zip(out, amplitudes, strict=True):
            before = seen[LATEST:]
            np.add(before, (seen[LATEST - 1] - before) * _BEFORE, out=row[LATEST:])
            row[1:LATEST] = seen[: LATEST - 1]
            row[0] = amplitude[:BANDS] * np.float32(1.0 / (self._learn(float(amplitude[BANDS])) + NOTHING))
            np.log(row[0] + np.float32(FLOOR), out=row[0])
            seen = row
        self._seen = seen.copy()
        return out.reshape(len(powers), INPUTS)

    def _learn(self, amplitude: float) -> float:
        """The running mean after another frame; it rests in silence."""
        if amplitude > NOTHING:
            self._heard += EVERY
            part = ease(EVERY, self._heard) if self._heard < MEAN else _MEAN
            self._mean += (amplitude - self._mean) * part
        return self._mean


class Drums:
    """Says for each frame how likely it is that a kick, or a snare, began 5 to 30 ms ago."""

    def __init__(self, rate: int) -> None:
        self._shapes = Shapes(rate)
        self._into, self._into_bias, self._out, self._out_bias = weights()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._shapes.reset()

    def step(self, powers: F32) -> list[list[float]]:
        """(kick, snare) log odds for each of `powers` [frames, bins]."""
        seen = self._shapes.step(powers)
        hidden = np.maximum(seen @ self._into + self._into_bias, 0.0)
        odds: list[list[float]] = (hidden @ self._out + self._out_bias).tolist()
        return odds
