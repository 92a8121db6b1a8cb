"""Our onset detector: the rise of log energy over its own recent maximum, in many bands at once."""

from collections import deque

import numpy as np

from vj.core.interp import ease
from vj.core.short import EVERY, bands
from vj.core.types import F32

BANDS, LOW_HZ, HIGH_HZ = 24, 60.0, 16000.0
#: A frame is compared with the loudest of those this many frames ago, per band (11 to 70 ms): ripples of a steady sound
#: stay below that maximum, attacks rise above it (Boeck and Widmer's SuperFlux takes it over frequency instead).
NEAREST, FARTHEST = 2, 14
#: Levels below these parts of the band's own and of all bands' running mean are not told apart.
FLOOR_OWN, FLOOR_ALL, FLOOR = 0.5, 0.02, 1e-5
#: Seconds of those running means, updated every SLOW frames.
MEAN, SLOW = 2.0, 8
#: The rises of this many frames are averaged: 16 ms, the time in which a soft attack builds up.
GATHER = 3
#: An onset has a mean rise of LEAST nepers per band, and of RATIO times the running mean of what is no onset.
LEAST, RATIO, FLUX_MEAN = 0.033, 3.0, 0.5
#: Seconds between two onsets, and the part of the threshold that the rise must fall under in between.
REST, REARM = 0.04, 0.6
#: Seconds in which the strongest onset is forgotten.
STRONGEST = 6.0


class Flux:
    """Finds onsets in short spectra, 1 to 10 ms after they begin."""

    def __init__(self, rate: int) -> None:
        weights = bands(rate, LOW_HZ, HIGH_HZ, BANDS)
        self._weights = weights / (4.0 * weights.sum(axis=0))
        self._each = np.full(BANDS, 1.0 / BANDS, np.float32)
        self._flux_ease = ease(EVERY, FLUX_MEAN)
        self._top_fall = 1.0 - ease(EVERY, STRONGEST)
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._count = 0
        # Rows are frames, the newest last; when it is full its end moves to its beginning.
        self._past = np.zeros((FARTHEST * 8, BANDS), np.float32)
        self._row = FARTHEST
        self._mean = np.zeros(BANDS, np.float32)
        self._floor = np.full(BANDS, FLOOR, np.float32)
        self._heard = 0.0
        self._rises = deque([0.0] * GATHER, GATHER)
        self._flux = 0.0
        self._armed = True
        self._top = LEAST
        self.last = -1.0
        self.strength = 0.0

    def step(self, powers: F32, sensitivity: float) -> int:
        """Onsets that begin in the frames `powers` [k, bins]; `last` and `strength` are up to date afterwards."""
        if not len(powers):
            return 0
        found, self.strength = 0, 0.0
        for amplitude in np.sqrt(powers @ self._weights):
            self._count += 1
            found += self._judge(self._rise(amplitude, self._count), self._count * EVERY, sensitivity)
        return found

    def _rise(self, amplitude: F32, k: int) -> float:
        """Mean rise of frame number `k` over the recent maximum, in nepers per band."""
        if k % SLOW == 0:
            self._learn(amplitude)
        if self._row == len(self._past):
            self._past[:FARTHEST] = self._past[-FARTHEST:]
            self._row = FARTHEST
        row = self._row
        self._past[row] = amplitude
        self._row = row + 1
        before = np.maximum.reduce(self._past[row - FARTHEST + 1 : row - NEAREST + 1])
        ratio = (np.maximum(amplitude, before) + self._floor) / (before + self._floor)
        return float(np.dot(np.log(ratio), self._each))

    def _learn(self, amplitude: F32) -> None:
        """Follow the running mean of each band; it rests in silence."""
        if float(np.dot(amplitude, self._each)) <= 0.0:
            return
        self._heard = min(self._heard + SLOW * EVERY, MEAN)
        self._mean += (amplitude - self._mean) * np.float32(ease(SLOW * EVERY, self._heard))
        of_all = FLOOR_ALL * float(np.dot(self._mean, self._each))
        self._floor = self._mean * np.float32(FLOOR_OWN) + np.float32(of_all + FLOOR)

    def _judge(self, rise: float, t: float, sensitivity: float) -> bool:
        """Whether this frame begins an onset."""
        self._rises.append(rise)
        flux = sum(self._rises) / GATHER
        threshold = max(LEAST, RATIO * self._flux) / sensitivity
        self._flux += (min(flux, threshold) - self._flux) * self._flux_ease
        self._top = max(flux, self._top * self._top_fall, LEAST)
        self.strength = max(self.strength, flux / self._top if flux >= threshold else 0.0)
        fires = self._armed and flux >= threshold and (self.last < 0 or t - self.last >= REST)
        if fires:
            self.last = t
        self._armed = not fires and (self._armed or flux < REARM * threshold)
        return fires
