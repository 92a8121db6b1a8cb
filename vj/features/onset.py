"""When something new sounds: the moment, its strength and how dense such moments are."""

import math
from dataclasses import dataclass

import numpy as np

from vj.core.dsp import asymmetric_window, band_weights, log_edges
from vj.core.interp import ease
from vj.core.params import Param, Values
from vj.core.types import F32, Hop
from vj.features._frames import Frames

#: Seconds between short frames and their length: 128 and 512 samples at 48 kHz.
EVERY = 128 / 48000
LENGTH = 512 / 48000
FALL = 64 / 48000
BANDS = 20
LOW_HZ, HIGH_HZ = 60.0, 16000.0
#: Frames back that a frame is compared with.
LAG = 3
#: Levels under this part of the running mean are not told apart.
FLOOR = 0.05
MEAN = 2.0
#: Seconds of the running mean of flux that the threshold follows.
FLUX_MEAN = 0.4
RATIO, LEAST = 2.0, 0.22
#: Seconds before the next onset.
REST = 0.04


@dataclass(frozen=True, slots=True)
class Onset:
    """strength >= 0, flux over its threshold (1 fires); count so far; last in s (-1: none yet); rate in onsets/s."""

    strength: float
    count: int
    last: float
    rate: float


class HearOnset:
    """Finds onsets by the rise of log energy in many bands over short frames."""

    address = "/audio"
    onset_sensitivity = Param(1.0, 0.25, 4.0, curve="log", doc="How small a change counts as an onset.")

    def __init__(self, rate: int, hop_length: int, window_length: int) -> None:
        length = round(LENGTH * rate)
        self._window = asymmetric_window(length, max(2, round(FALL * rate)))
        self._frames = Frames(rate, EVERY, length, hop_length)
        edges = log_edges(LOW_HZ, HIGH_HZ, BANDS)
        weights = band_weights(edges, length, rate)
        self._weights = weights / np.maximum(weights.sum(axis=0), 1e-6)
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._frames.reset()
        self._past: list[F32] = [np.zeros(BANDS, np.float32)] * LAG
        self._mean = np.zeros(BANDS, np.float32)
        self._heard = 0.0
        self._flux_mean = 0.0
        self._armed = True
        self._record = Onset(0.0, 0, -1.0, 0.0)

    def step(self, hop: Hop, p: Values) -> Onset:
        """Onset record after this hop."""
        old = self._record
        frames = self._frames.stack(hop.samples)
        strength, fired = 0.0, False
        last = old.last
        if len(frames):
            lines = np.abs(np.fft.rfft(frames * self._window))
            power = (lines * lines).astype(np.float32) @ self._weights
            for row in power:
                value = self._strength(row) * p.onset_sensitivity
                strength = max(strength, value)
                if value >= 1.0 and (last < 0 or hop.t - last >= REST):
                    fired, last = True, hop.t
        rate = old.rate * math.exp(-hop.dt) + (1.0 if fired else 0.0)
        self._record = Onset(strength, old.count + fired, last, rate)
        return self._record

    def _strength(self, power: F32) -> float:
        amplitude = np.sqrt(power)
        if float(power.sum()) > 1e-9:
            self._heard = min(self._heard + EVERY, MEAN)
            self._mean += (amplitude - self._mean) * np.float32(ease(EVERY, self._heard))
        level = float(self._mean.mean())
        logs = np.log(amplitude + np.float32(FLOOR * level + 1e-5))
        rise = np.maximum(logs - self._past[0], 0.0)
        self._past = [*self._past[1:], logs]
        flux = float(rise.mean())
        threshold = max(LEAST, RATIO * self._flux_mean)
        self._flux_mean += (flux - self._flux_mean) * ease(EVERY, FLUX_MEAN)
        return flux / threshold
