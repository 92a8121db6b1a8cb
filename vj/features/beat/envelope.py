"""What begins to sound, as one number every hop or so: the onset envelope that pulse and phase are read from."""

import numpy as np

from vj.core.interp import ease
from vj.core.types import F32
from vj.features.beat.ear import BANDS, HALF_S, SILENCE_AMPLITUDE

MEMORY_S = 12.0
#: By which the end of a half lags the attacks in it: an attack is seen as soon as it enters the window.
LATENCY_S = HALF_S / 2
#: The beat is carried by the low end: the lowest third of the bands counts this much more.
LOW_WEIGHT = 2.0
#: Flux under this is no music.
STILL = 0.02
#: What is under so many times the median is no peak.
FLOOR = 2.0
#: Of the running loudness that the sound is compared with.
LOUDNESS_TAU_S = 8.0

_NONE = np.float32(0.0)
_EACH = np.full(BANDS, 1.0 / BANDS, np.float32)


class Envelope:
    """Log-spectral flux, [filled] halves `dt` seconds apart, the newest LATENCY_S late."""

    def __init__(self) -> None:
        self.dt = HALF_S
        accent = np.where(np.arange(BANDS) < BANDS // 3, LOW_WEIGHT, 1.0)
        self._accent = (accent / accent.sum()).astype(np.float32)
        self._frames = round(MEMORY_S / self.dt)
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._logs: F32 | None = None
        self._level = self._heard = 0.0
        self._flux = np.zeros(2 * self._frames, np.float32)
        self._end = 0
        self.filled = 0
        self._still = 0  # halves since something began to sound

    def step(self, amplitude: F32) -> None:
        """Hear one half: `amplitude` [BANDS]."""
        level = float(amplitude.dot(_EACH))
        if level > SILENCE_AMPLITUDE:
            self._heard = min(self._heard + self.dt, LOUDNESS_TAU_S)
            self._level += (level - self._level) * ease(self.dt, self._heard)
        logs = amplitude * np.float32(10.0 / max(self._level, 1e-6))
        np.log1p(logs, out=logs)
        flux = 0.0
        if self._logs is not None:
            risen = np.subtract(logs, self._logs, out=self._logs)
            flux = float(np.maximum(risen, _NONE, out=risen).dot(self._accent))
        self._logs = logs
        if self._end == len(self._flux):
            self._flux[: self._frames] = self._flux[self._frames :]
            self._end = self._frames
        self._flux[self._end] = flux
        self._end += 1
        self._still = 0 if flux > STILL else self._still + 1
        self.filled = min(self.filled + 1, self._frames)

    def recent(self, seconds: float) -> F32:
        """[n] the flux of the last `seconds`, as far as there is any, the newest last: a view good until the next."""
        return self._flux[self._end - min(round(seconds / self.dt), self.filled) : self._end]

    def peaks(self, seconds: float) -> F32:
        """[n] what of `recent` stands out from the bed."""
        heard = self.recent(seconds)
        if not len(heard):
            return heard
        risen: F32 = np.maximum(heard - FLOOR * float(np.median(heard)), 0.0)
        return risen

    def still(self, seconds: float) -> bool:
        """Whether nothing has begun to sound for `seconds`."""
        return self._still >= min(round(seconds / self.dt), self.filled)
