"""What the beat network is shown: loudness and its rise in bands, relative to the loudness of the last seconds."""

import math

import numpy as np

from vj.core.interp import ease
from vj.core.short import EVERY
from vj.core.types import F32

#: Seconds of a half (two short frames) and of a look (two halves).
HALF, LOOK = 2 * EVERY, 4 * EVERY
BANDS, LOW_HZ, HIGH_HZ = 24, 30.0, 14000.0
#: Inputs of the network: both halves' loudness and rise in every band.
INPUTS = 4 * BANDS
#: Seconds of the running mean (of the logarithm) that loudness is relative to, what it starts with, and its top.
MEAN, HEARD = 2.0, 0.1
#: Loudness that is told apart, as a part of that mean; an amplitude that counts as nothing.
TOLD, NOTHING = 20.0, 1e-5
#: A half is compared with the loudest of so many before it.
FARTHEST = 3


class Look:
    """Turns amplitudes [2, BANDS] of two halves into the network's inputs [INPUTS]."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._mean, self._heard = math.log(NOTHING), HEARD
        self._past = np.zeros((FARTHEST, BANDS), np.float32)

    def step(self, amplitudes: F32) -> F32:
        """[INPUTS] what the network sees of `amplitudes` [2, BANDS]."""
        level = float(amplitudes.mean())
        if level > NOTHING:
            self._heard = min(self._heard + LOOK, MEAN)
            part = ease(LOOK, self._heard) if self._heard > HEARD + LOOK else 1.0  # the first sound is the mean so far
            self._mean += (math.log(level) - self._mean) * part
        loud = np.log1p(amplitudes * np.float32(TOLD * math.exp(-self._mean)))
        past = np.concatenate([self._past, loud])
        self._past = past[-FARTHEST:]
        out = np.empty((4, BANDS), np.float32)
        out[:2] = loud
        np.maximum(past[FARTHEST] - past[:FARTHEST].max(axis=0), 0.0, out=out[2])
        np.maximum(past[FARTHEST + 1] - past[1 : FARTHEST + 1].max(axis=0), 0.0, out=out[3])
        return out.reshape(INPUTS)
