"""Our onset detector: the rise of log energy over its own recent maximum, in many bands at once."""

from collections import deque

import numpy as np

from vj.core.interp import ease
from vj.core.sound.short import HOP_S
from vj.core.types import F32
from vj.features._short_bands import OF_ONSET, ONSET, short_bands
from vj.features.drums.fader import Fader

BANDS = ONSET[0]
#: A frame is compared with the loudest of those this many frames ago, per band (11 to 70 ms): ripples of a steady sound
#: stay below that maximum, attacks rise above it (Boeck and Widmer's SuperFlux takes it over frequency instead).
NEAREST, FARTHEST = 2, 14
#: Noise passes that maximum all the time, the more so the fewer lines of the spectrum a band has: with n lines its
#: level strays by 1 / sqrt(n). Only what a band rises above CHANCE / sqrt(n) nepers counts, which noise does once in
#: some ten seconds; at least LINES, since neighbouring lines stray together.
CHANCE, LINES = 0.6, 2.0
#: Levels below these parts of the band's own and of all bands' running mean are not told apart.
FLOOR_OWN, FLOOR_ALL, FLOOR = 0.5, 0.02, 1e-5
#: Seconds of those running means, updated every SLOW frames.
MEAN_TAU_S, SLOW = 2.0, 8
#: The rises of this many frames are averaged: 16 ms, the time in which a soft attack builds up.
GATHER = 3
#: An onset has a mean rise of LEAST nepers per band, and of RATIO times the running mean of what is no onset.
LEAST, RATIO, FLUX_MEAN = 0.012, 3.0, 0.5
#: Seconds between two onsets, and the part of the threshold that the rise must fall under in between.
REFRACTORY_S, REARM = 0.04, 0.6
#: Seconds in which the strongest onset is forgotten.
STRONGEST = 6.0

_NONE = np.float32(0.0)


class Flux:
    """Finds onsets in short spectra, 1 to 10 ms after they begin."""

    def __init__(self, rate: int) -> None:
        self._bands = short_bands(rate)
        self._chance = (CHANCE / np.sqrt(np.maximum(self._bands.lines, LINES))).astype(np.float32)
        self._each = np.full(BANDS, 1.0 / BANDS, np.float32)
        self._flux_ease = ease(HOP_S, FLUX_MEAN)
        self._top_fall = 1.0 - ease(HOP_S, STRONGEST)
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._count = 0
        # Rows are frames, the newest last before `_row`; when it is full its end moves to its beginning. What each is
        # compared with begins FARTHEST - 1 before it.
        self._past = np.zeros((FARTHEST * 32, BANDS), np.float32)
        self._compared = np.lib.stride_tricks.sliding_window_view(self._past, FARTHEST - NEAREST, 0)
        self._row = FARTHEST
        self._fader = Fader()
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
        count = len(powers)
        if not count:
            return 0
        found, self.strength, first = 0, 0.0, self._count + 1
        for k, rise in enumerate(self._rise(powers, count, sensitivity), first):
            found += self._judge(rise, k * HOP_S, sensitivity)
        return found

    def _rise(self, powers: F32, count: int, sensitivity: float) -> list[float]:
        """Mean rise of each frame [bins] over the recent maximum and over chance, in nepers per band."""
        if self._row + count > len(self._past):
            self._past[:FARTHEST] = self._past[self._row - FARTHEST : self._row]
            self._row = FARTHEST
        row = self._row
        self._row += count
        now, floors = self._past[row : self._row], np.empty((count, BANDS), np.float32)
        now[:] = self._bands.of(powers)[:, OF_ONSET]
        for k, level in enumerate(now.dot(self._each).tolist()):
            self._count += 1
            if self._count % SLOW == 0 and level > 0.0:
                self._learn(now[k])
            turn = self._fader.step(level)
            if turn != 1.0:
                self._turn(turn)
            floors[k] = self._floor
        first = row - FARTHEST + 1
        before = np.maximum.reduce(self._compared[first : first + count], axis=2)
        before += floors
        rises = np.add(now, floors, out=floors)
        rises /= before
        np.log(rises, out=rises)
        rises -= self._chance if sensitivity == 1.0 else self._chance * np.float32(1.0 / sensitivity)
        np.maximum(rises, _NONE, out=rises)
        each: list[float] = rises.dot(self._each).tolist()
        return each

    def _learn(self, amplitude: F32) -> None:
        """Follow the running mean of each band."""
        self._heard = min(self._heard + SLOW * HOP_S, MEAN_TAU_S)
        self._mean += (amplitude - self._mean) * np.float32(ease(SLOW * HOP_S, self._heard))
        self._set_floor()

    def turn(self, factor: float) -> None:
        """The gain is louder by `factor` now."""
        self._fader.turn(factor)
        self._turn(factor)

    def _turn(self, factor: float) -> None:
        self._mean *= np.float32(factor)
        self._set_floor()

    def _set_floor(self) -> None:
        of_all = FLOOR_ALL * float(self._mean.dot(self._each))
        self._floor = self._mean * np.float32(FLOOR_OWN) + np.float32(of_all + FLOOR)

    def _judge(self, rise: float, t: float, sensitivity: float) -> bool:
        """Whether this frame begins an onset."""
        self._rises.append(rise)
        flux = sum(self._rises) / GATHER
        threshold = max(LEAST, RATIO * self._flux) / sensitivity
        self._flux += (min(flux, threshold) - self._flux) * self._flux_ease
        self._top = max(flux, self._top * self._top_fall, LEAST)
        self.strength = max(self.strength, flux / self._top if flux >= threshold else 0.0)
        fires = self._armed and flux >= threshold and (self.last < 0 or t - self.last >= REFRACTORY_S)
        if fires:
            self.last = t
        self._armed = not fires and (self._armed or flux < REARM * threshold)
        return fires
