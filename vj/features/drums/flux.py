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
NEAREST_FRAMES = 2
FARTHEST_FRAMES = 14
#: Noise passes that maximum all the time, the more so the fewer lines of the spectrum a band has: with n lines its
#: level strays by 1 / sqrt(n). Only what a band rises above CHANCE / sqrt(n) nepers counts, which noise does once in
#: some ten seconds.
CHANCE = 0.6
#: The least such n, since neighbouring lines stray together.
MIN_LINES = 2.0
# Levels below these three together are not told apart.
#: A part of the band's own running mean.
FLOOR_OWN = 0.5
#: A part of all bands' running mean.
FLOOR_ALL = 0.02
FLOOR_AMPLITUDE = 1e-5
#: Of those running means.
MEAN_TAU_S = 2.0
#: They are updated every so many.
MEAN_EVERY_FRAMES = 8
#: The rises of so many are averaged: 16 ms, the time in which a soft attack builds up.
GATHER_FRAMES = 3
#: An onset has at least this mean rise per band, in nepers ...
LEAST_RISE = 0.012
#: ... and so many times the running mean of what is no onset.
RATIO = 3.0
#: Of that running mean.
FLUX_TAU_S = 0.5
#: Between two onsets.
REFRACTORY_S = 0.04
#: The part of the threshold that the rise must fall under in between.
REARM = 0.6
#: In which the strongest onset is forgotten.
STRONGEST_TAU_S = 6.0

_NONE = np.float32(0.0)


class Flux:
    """Finds onsets in short spectra, 1 to 10 ms after they begin."""

    def __init__(self, rate: int) -> None:
        self._bands = short_bands(rate)
        self._chance = (CHANCE / np.sqrt(np.maximum(self._bands.lines, MIN_LINES))).astype(np.float32)
        self._each = np.full(BANDS, 1.0 / BANDS, np.float32)
        self._flux_ease = ease(HOP_S, FLUX_TAU_S)
        self._top_fall = 1.0 - ease(HOP_S, STRONGEST_TAU_S)
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._count = 0
        # Rows are frames, the newest last before `_row`; when it is full its end moves to its beginning. What each is
        # compared with begins FARTHEST_FRAMES - 1 before it.
        self._past = np.zeros((FARTHEST_FRAMES * 32, BANDS), np.float32)
        self._compared = np.lib.stride_tricks.sliding_window_view(self._past, FARTHEST_FRAMES - NEAREST_FRAMES, 0)
        self._row = FARTHEST_FRAMES
        self._fader = Fader()
        self._mean = np.zeros(BANDS, np.float32)
        self._floor = np.full(BANDS, FLOOR_AMPLITUDE, np.float32)
        self._heard = 0.0
        self._rises = deque([0.0] * GATHER_FRAMES, GATHER_FRAMES)
        self._flux = 0.0
        self._armed = True
        self._top = LEAST_RISE
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
            self._past[:FARTHEST_FRAMES] = self._past[self._row - FARTHEST_FRAMES : self._row]
            self._row = FARTHEST_FRAMES
        row = self._row
        self._row += count
        now, floors = self._past[row : self._row], np.empty((count, BANDS), np.float32)
        now[:] = self._bands.of(powers)[:, OF_ONSET]
        for k, level in enumerate(now.dot(self._each).tolist()):
            self._count += 1
            if self._count % MEAN_EVERY_FRAMES == 0 and level > 0.0:
                self._learn(now[k])
            turn = self._fader.step(level)
            if turn != 1.0:
                self._turn(turn)
            floors[k] = self._floor
        first = row - FARTHEST_FRAMES + 1
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
        self._heard = min(self._heard + MEAN_EVERY_FRAMES * HOP_S, MEAN_TAU_S)
        self._mean += (amplitude - self._mean) * np.float32(ease(MEAN_EVERY_FRAMES * HOP_S, self._heard))
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
        self._floor = self._mean * np.float32(FLOOR_OWN) + np.float32(of_all + FLOOR_AMPLITUDE)

    def _judge(self, rise: float, t: float, sensitivity: float) -> bool:
        """Whether this frame begins an onset."""
        self._rises.append(rise)
        flux = sum(self._rises) / GATHER_FRAMES
        threshold = max(LEAST_RISE, RATIO * self._flux) / sensitivity
        self._flux += (min(flux, threshold) - self._flux) * self._flux_ease
        self._top = max(flux, self._top * self._top_fall, LEAST_RISE)
        self.strength = max(self.strength, flux / self._top if flux >= threshold else 0.0)
        fires = self._armed and flux >= threshold and (self.last < 0 or t - self.last >= REFRACTORY_S)
        if fires:
            self.last = t
        self._armed = not fires and (self._armed or flux < REARM * threshold)
        return fires
