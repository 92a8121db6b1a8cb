"""When a band is struck: levels relative to its own past, weighed against what sounds like a drum, frame by frame."""

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from vj.core.dsp import band_pass, run_filter
from vj.core.interp import ease
from vj.core.short import EVERY
from vj.core.types import F32

#: Seconds of the running mean that levels are relative to (projectM's Loudness uses 4.15 s), and what it starts with,
#: so that the first hit of a show already stands out.
MEAN, HEARD = 4.0, 0.05
#: Amplitude that counts as nothing.
NOTHING = 1e-5
#: A frame is compared with the loudest of those this many frames ago (11 to 70 ms).
NEAREST, FARTHEST = 2, 14
#: Levels under this part of the running mean are not told apart.
FLOOR = 0.3
#: A hit goes on for this many frames (21 ms): the low end of a drum speaks later than its click.
SPEAKS = 4
#: A hit rises by this many nepers ...
RISE = 0.55
#: ... to this part of the running peak, at least to LEAST times the running mean.
PART, LEAST = 0.6, 1.3
#: Seconds in which the running peak is forgotten, and what that starts with.
PEAK, WARM = 8.0, 0.1
#: Seconds between two hits of one band, and the part of the threshold that the level must fall under in between.
REST, REARM = 0.1, 0.7
#: Log odds from which on the network is sure, and under which it denies what the level says.
SURE, DOUBT = 1.25, -1.0
#: Frames for which its opinion is remembered (43 ms), and by how much its log odds fall between two strokes.
MEMORY, SETTLE = 8, 2.0
#: Strokes that it must have been sure of to be trusted, and seconds in which it loses trust.
TRUST, LOSE = 4.0, 8.0

# What a follower does in one step of the fixed grid.
_MEAN, _PEAK, _FORGET = ease(EVERY, MEAN), math.exp(-EVERY / PEAK), math.exp(-EVERY / LOSE)


class BandPowers:
    """Causal Butterworth band-passes with state; gives mean power per band for each frame of the grid."""

    def __init__(self, rate: int, ranges: list[tuple[float, float]]) -> None:
        self._step = EVERY * rate
        self._filters = [band_pass(low, high, rate) for low, high in ranges]
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._states = [np.zeros(f.shape[1] - 1) for f in self._filters]
        self._heard = 0
        self._count = 0
        self._begin, self._end = 0, round(self._step)
        self._sum = np.zeros(len(self._filters))

    def step(self, samples: F32) -> list[tuple[float, list[float]]]:
        """(time in seconds, amplitude per band) of the frames that `samples` [n] complete."""
        squares = np.empty((len(self._filters), len(samples)))
        for i, fraction in enumerate(self._filters):
            out, self._states[i] = run_filter(fraction, samples, self._states[i])
            np.square(out, out=squares[i])
        frames, at = [], 0
        while self._end <= self._heard + len(samples):
            upto = self._end - self._heard
            self._sum += squares[:, at:upto].sum(axis=1)
            self._count += 1
            amplitudes: NDArray[np.float64] = np.sqrt(self._sum / (self._end - self._begin))
            frames.append((self._count * EVERY, amplitudes.tolist()))
            self._sum[:] = 0.0
            at, self._begin = upto, self._end
            self._end = round((self._count + 1) * self._step)
        self._sum += squares[:, at:].sum(axis=1)
        self._heard += len(samples)
        return frames


class Ear:
    """Follows the amplitude of one band.

    strength    amplitude relative to its running mean
    rise        nepers above the recent maximum, the most of the last frames
    loudest     amplitude, the most of the last frames
    """

    def __init__(self) -> None:
        self._past = deque([0.0] * FARTHEST, FARTHEST)
        self._rises = deque([0.0] * SPEAKS, SPEAKS)
        self._amplitudes = deque([0.0] * SPEAKS, SPEAKS)
        self._heard = HEARD
        self._mean = 0.0
        self.strength = self.rise = self.loudest = 0.0

    def step(self, amplitude: float, awake: bool) -> None:
        """One frame later; the running mean rests while not `awake`."""
        if awake:
            self._heard += EVERY
            self._mean += (amplitude - self._mean) * (ease(EVERY, self._heard) if self._heard < MEAN else _MEAN)
        past = self._past
        past.append(amplitude)
        # Newest last: leave out the newest NEAREST, this frame among them.
        before = max(list(past)[:-NEAREST])
        floor = FLOOR * self._mean + NOTHING
        self._rises.append(math.log((amplitude + floor) / (before + floor)) if amplitude > before else 0.0)
        self._amplitudes.append(amplitude)
        self.rise = max(self._rises)
        self.loudest = max(self._amplitudes)
        self.strength = amplitude / (self._mean + NOTHING)


class Trigger:
    """Decides when a strength is a hit: by its rise, and by its height against the hits before it.

    `peak` is the running peak of the strength, `height` the most of the last frames relative to it, 0..1, `last` the
    time of the latest hit, -1 before the first.
    """

    def __init__(self) -> None:
        self.peak = LEAST
        self._warm = WARM
        self._armed = True
        self._strengths = deque([0.0] * SPEAKS, SPEAKS)
        self.last = -1.0

    @property
    def height(self) -> float:
        return max(self._strengths) / self.peak

    def step(self, t: float, strength: float, rise: float, sensitivity: float, fits: bool = True) -> bool:
        """Whether the frame at `t` seconds begins a hit. `fits` is False where the sound is not of the right kind."""
        threshold = max(LEAST, PART * self.peak) / sensitivity
        rested = self.last < 0 or t - self.last >= REST
        fires = self._armed and fits and rested and strength >= threshold and rise >= RISE / sensitivity
        if fires:
            self._armed, self.last = False, t
        elif strength < REARM * threshold:
            self._armed = True
        self._warm += EVERY
        self.peak = max(strength, self.peak * (math.exp(-EVERY / self._warm) if self._warm < PEAK else _PEAK))
        self._strengths.append(strength)
        return fires


class Verdict:
    """Weighs what the level says against what the network recognises, and lets a drum be struck once per stroke.

    Where the network has been sure of several strokes lately it knows this drum, and the level only settles its doubts:
    that is how a bass note is told from a kick. Where it has not, the level alone may find a drum that is new to it,
    unless what rises is known to be another drum.
    """

    def __init__(self) -> None:
        self._odds = deque([DOUBT - 1.0] * MEMORY, MEMORY)
        self._others = deque([DOUBT - 1.0] * MEMORY, MEMORY)
        self._armed = True
        self._trust = 0.0
        self._last = -1.0

    def step(self, t: float, odds: float, other: float, risen: bool, sensitivity: float) -> bool:
        """Whether a stroke is recognised at `t`.

        `odds` are the network's log odds for it and `other` those for another drum; its level may have `risen`.
        """
        odds += math.log(sensitivity)
        self._odds.append(odds)
        self._others.append(other)
        self._trust *= _FORGET
        sure = self._armed and odds >= SURE
        known = self._trust >= TRUST or max(self._others) >= SURE
        backed = risen and not (known and max(self._odds) < DOUBT)
        rested = self._last < 0 or t - self._last >= REST
        fires = rested and (sure or backed)
        if fires:
            self._armed, self._last = False, t
            self._trust += sure
        elif odds < SURE - SETTLE:
            self._armed = True
        return fires
