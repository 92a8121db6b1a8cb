"""What begins to sound, as one number every hop or so: the onset envelope that pulse and phase are read from."""

import numpy as np

from vj.core.dsp import band_weights, log_edges
from vj.core.interp import ease
from vj.core.types import F32, Hop

#: Seconds between frames, and seconds remembered.
FRAME, MEMORY = 0.01, 12.0
#: Seconds by which the middle of a rise lags the attack, from clicks (an attack enters at the thin end of the window).
LATENCY = 0.010
BANDS, LOW_HZ, HIGH_HZ = 24, 40.0, 10000.0
#: The beat is carried by the low end: the lowest third of the bands counts this much more.
LOW_WEIGHT = 2.0
#: Flux under STILL is no music. What is under FLOOR times the median is no peak.
STILL, FLOOR = 0.02, 2.0
#: Seconds of the running loudness that the sound is compared with.
LOUDNESS = 8.0


class Envelope:
    """Log-spectral flux, [filled] frames `dt` seconds apart, the newest at `hop.t` and LATENCY late."""

    def __init__(self, rate: int, hop_length: int, window_length: int) -> None:
        hop = hop_length / rate
        self._skip = max(1, round(FRAME / hop))
        self.dt = self._skip * hop
        self._weights = band_weights(log_edges(LOW_HZ, HIGH_HZ, BANDS), window_length, rate)
        accent = np.where(np.arange(BANDS) < BANDS // 3, LOW_WEIGHT, 1.0)
        self._accent = (accent / accent.sum()).astype(np.float32)
        self._frames = round(MEMORY / self.dt)
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._logs: F32 | None = None
        self._level = self._heard = 0.0
        self._flux = np.zeros(2 * self._frames, np.float32)
        self._end = 0
        self._hops = 0
        self.filled = 0

    def step(self, hop: Hop) -> None:
        """Hear one hop; every hop or every few of them appends a frame."""
        self._hops += 1
        if self._hops % self._skip:
            return
        magnitudes = hop.spectrum
        amplitude = np.sqrt((magnitudes * magnitudes) @ self._weights)
        if hop.open:
            self._heard = min(self._heard + self.dt, LOUDNESS)
            self._level += (float(amplitude.mean()) - self._level) * ease(self.dt, self._heard)
        logs = np.log1p(amplitude * np.float32(10.0 / max(self._level, 1e-6)))
        flux = 0.0 if self._logs is None else float(np.dot(np.maximum(logs - self._logs, 0.0), self._accent))
        self._logs = logs
        if self._end == len(self._flux):
            self._flux[: self._frames] = self._flux[self._frames :]
            self._end = self._frames
        self._flux[self._end] = flux
        self._end += 1
        self.filled = min(self.filled + 1, self._frames)

    def recent(self, seconds: float) -> F32:
        """[n] the flux of the last `seconds`, as far as there is any, the newest last: a view good until the next."""
        return self._flux[self._end - min(round(seconds / self.dt), self.filled) : self._end]

    def peaks(self, seconds: float) -> F32:
        """[n] what of `recent` stands out from the bed."""
        heard = self.recent(seconds)
        risen: F32 = np.maximum(heard - FLOOR * float(np.median(heard)), 0.0)
        return risen

    def still(self, seconds: float) -> bool:
        """Whether nothing has begun to sound for `seconds`."""
        return float(self.recent(seconds).max(initial=0.0)) <= STILL
