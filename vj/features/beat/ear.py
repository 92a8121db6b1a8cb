"""What the beat network is shown: loudness and its rise in bands, relative to the loudness of the last seconds."""

import math

import numpy as np

from vj.core.interp import ease
from vj.core.sound.short import HOP_S
from vj.core.types import F32
from vj.features._short_bands import BEAT

#: Seconds of a half (two short frames) and of a look (two halves).
HALF, LOOK = 2 * HOP_S, 4 * HOP_S
BANDS, LOW_HZ, HIGH_HZ = BEAT
#: Inputs of the network: both halves' loudness and rise in every band.
INPUTS = 4 * BANDS
#: Seconds of the running mean (of the logarithm) that loudness is relative to, what it starts with, and its top.
MEAN_TAU_S, HEARD = 2.0, 0.1
#: Loudness that is told apart, as a part of that mean; an amplitude that counts as nothing.
TOLD, SILENCE_AMPLITUDE = 20.0, 1e-5
#: A half is compared with the loudest of so many before it.
FARTHEST = 3

_NONE, _EACH = np.float32(0.0), np.full(2 * BANDS, 0.5 / BANDS, np.float32)


class Look:
    """Turns amplitudes [2, BANDS] of two halves into the network's inputs [INPUTS]."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._mean, self._heard = math.log(SILENCE_AMPLITUDE), HEARD
        self._loud = np.zeros((FARTHEST + 2, BANDS), np.float32)  # of the last halves, the newest last

    def step(self, amplitudes: F32) -> F32:
        """[INPUTS] what the network sees of `amplitudes` [2, BANDS]."""
        level = float(amplitudes.reshape(2 * BANDS).dot(_EACH))
        if level > SILENCE_AMPLITUDE:
            self._heard = min(self._heard + LOOK, MEAN_TAU_S)
            part = ease(LOOK, self._heard) if self._heard > HEARD + LOOK else 1.0  # the first sound is the mean so far
            self._mean += (math.log(level) - self._mean) * part
        loud, out = self._loud, np.empty((4, BANDS), np.float32)
        loud[:FARTHEST] = loud[2:]
        now, rises = out[:2], out[2:]
        np.multiply(amplitudes, np.float32(TOLD * math.exp(-self._mean)), out=now)
        loud[FARTHEST:] = np.log1p(now, out=now)
        np.maximum.reduce(loud[:FARTHEST], out=rises[0])
        np.maximum.reduce(loud[1 : FARTHEST + 1], out=rises[1])
        np.subtract(now, rises, out=rises)
        np.maximum(rises, _NONE, out=rises)
        return out.reshape(INPUTS)
