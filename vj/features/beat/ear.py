"""What the beat network is shown: loudness and its rise in bands, relative to the loudness of the last seconds."""

import math

import numpy as np

from vj.core.interp import ease
from vj.core.sound.short import HOP_S
from vj.core.types import F32
from vj.features._short_bands import BEAT

#: Two short frames.
HALF_S = 2 * HOP_S
#: Two halves.
LOOK_S = 4 * HOP_S
BANDS, LOW_HZ, HIGH_HZ = BEAT
#: Inputs of the network: both halves' loudness and rise in every band.
INPUTS = 4 * BANDS
#: Of the running mean, of the logarithm, that loudness is relative to.
MEAN_TAU_S = 2.0
#: Taken as heard when it begins.
HEARD_S = 0.1
#: Loudness counts by the logarithm of 1 and so many times what it is to that mean: what is far under a twentieth of it
#: is not told apart.
COMPRESSION = 20.0
#: Counts as nothing.
SILENCE_AMPLITUDE = 1e-5
#: A half is compared with the loudest of so many before it.
FARTHEST_HALVES = 3

_NONE = np.float32(0.0)
_EACH = np.full(2 * BANDS, 0.5 / BANDS, np.float32)


class Look:
    """Turns amplitudes [2, BANDS] of two halves into the network's inputs [INPUTS]."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._mean, self._heard = math.log(SILENCE_AMPLITUDE), HEARD_S
        self._loud = np.zeros((FARTHEST_HALVES + 2, BANDS), np.float32)  # of the last halves, the newest last

    def step(self, amplitudes: F32) -> F32:
        """[INPUTS] what the network sees of `amplitudes` [2, BANDS]."""
        level = float(amplitudes.reshape(2 * BANDS).dot(_EACH))
        if level > SILENCE_AMPLITUDE:
            self._heard = min(self._heard + LOOK_S, MEAN_TAU_S)
            # the first sound is the mean so far
            part = ease(LOOK_S, self._heard) if self._heard > HEARD_S + LOOK_S else 1.0
            self._mean += (math.log(level) - self._mean) * part
        loud, out = self._loud, np.empty((4, BANDS), np.float32)
        loud[:FARTHEST_HALVES] = loud[2:]
        now, rises = out[:2], out[2:]
        np.multiply(amplitudes, np.float32(COMPRESSION * math.exp(-self._mean)), out=now)
        loud[FARTHEST_HALVES:] = np.log1p(now, out=now)
        np.maximum.reduce(loud[:FARTHEST_HALVES], out=rises[0])
        np.maximum.reduce(loud[1 : FARTHEST_HALVES + 1], out=rises[1])
        np.subtract(now, rises, out=rises)
        np.maximum(rises, _NONE, out=rises)
        return out.reshape(INPUTS)
