"""When the story goes on, and how far it has gone: written down for a whole track, or written as it is heard."""

from collections import deque
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from vj.core.cheap.compiled import rfft
from vj.core.frames import overlapping
from vj.core.interp import ease
from vj.core.sound.change import STEP_S, Change, Turning, smoothed
from vj.core.track import Channel, Track
from vj.core.types import F64
from vj.directors._score import at
from vj.features.novelty import Novelty

#: The rolling spectrum of a live show at half its rate.
RATE_HZ = 24000
WINDOW_SAMPLES = 1024
HOP_SAMPLES = 256
#: Part of the track's moments that change less than "least".
LEAST_QUANTILE = 0.05
#: Part of them that change less than "most".
MOST_QUANTILE = 0.95
#: The most is at least so much over the least, as a part of it: what hardly changes has no turning points.
EVEN = 0.3
#: Live: how soon both are forgotten.
FORGET_TAU_S = 40.0
#: Live: usual activity that the first segment is taken to last.
FIRST_S = 8.0
#: Segments remembered after that.
REMEMBERED = 6
#: Over how long activity is averaged to what is usual.
USUAL_TAU_S = 20.0
#: How much is remembered of the sum of activity: the longest mean.
MOST_MEAN_S = 1.4
#: How much is remembered of the curve: the furthest look back.
REACH_S = 4.8
#: A curve that is nothing still moves alpha, so slowly.
STILL = 0.02


@dataclass(frozen=True)
class Place:
    """Where in the story a moment is: `segment` from 0, and `alpha`, how much of it has gone, 0..1."""

    segment: int
    alpha: float


class Score(Protocol):
    """Tells the place of every moment."""

    def step(self, t: float, heard: Novelty, heard_at: float, mean: float, turning: Turning) -> Place:
        """The place at show time `t`; `heard` is the newest novelty, from show time `heard_at`."""
        ...


class Written:
    """The score of a track that was surveyed: no delay, and alpha arrives at 1 where a segment ends."""

    def __init__(self, curve: F64, points: list[int]) -> None:
        self.curve = curve
        self.times: F64 = np.array([0.0, *(k * STEP_S for k in points), max(len(curve) - 1, 1) * STEP_S])
        self._gone = np.concatenate([[0.0], np.cumsum(curve + STILL)])

    def step(self, t: float, heard: Novelty, heard_at: float, mean: float, turning: Turning) -> Place:
        """The place at show time `t`."""
        return self.at(t)

    def at(self, t: float) -> Place:
        """The place at show time `t`."""
        t = min(max(t, 0.0), float(self.times[-1]))
        segment = min(int(np.searchsorted(self.times, t, side="right")) - 1, len(self.times) - 2)
        begin, now, end = (self._activity(x) for x in (self.times[segment], t, self.times[segment + 1]))
        return Place(segment, min(max((now - begin) / max(end - begin, 1e-9), 0.0), 1.0))

    def _activity(self, t: float) -> float:
        return float(at(self._gone, 1.0 / STEP_S, t))


class Listening:
    """The score as it is heard: a point is told `turning.after` seconds after it, and half the mean besides."""

    def __init__(self) -> None:
        self._t = self._sum = 0.0
        self._sums: deque[float] = deque([0.0], round(MOST_MEAN_S / STEP_S))
        self._curve: deque[float] = deque(maxlen=round(REACH_S / STEP_S))
        self._count = self._heard = 0
        self._least = self._most = self._usual = 0.0
        self._last: int | None = None
        self._segment, self._gone = 0, 0.0
        self._lengths: deque[float] = deque([FIRST_S], REMEMBERED)

    def step(self, t: float, heard: Novelty, heard_at: float, mean: float, turning: Turning) -> Place:
        """The place at show time `t`."""
        span = heard_at - self._t
        if span < 0.0 or span > 1.0:  # another director was on
            self._resume(heard_at, heard.activity)
        while (self._count + 1) * STEP_S <= heard_at:
            self._count += 1
            share = (self._count * STEP_S - self._t) / span
            self._grow(self._sum + share * (heard.activity - self._sum), mean, turning)
        self._t, self._sum = heard_at, heard.activity
        return Place(self._segment, min(self._gone / self._expected, 1.0))

    def _resume(self, t: float, activity: float) -> None:
        """Listen on from `t`, knowing nothing of the time between."""
        self._t, self._sum, self._count, self._last = t, activity, int(t / STEP_S), None
        self._sums.clear()
        self._sums.append(activity)
        self._curve.clear()

    @property
    def _expected(self) -> float:
        """Seconds of usual activity that a segment is taken to last."""
        return sum(self._lengths) / len(self._lengths)

    def _grow(self, activity: float, mean: float, turning: Turning) -> None:
        """One more point of the curve, at which the sum of activity is `activity`."""
        rate = max(activity - self._sums[-1], 0.0) / STEP_S
        self._sums.append(activity)
        back = min(max(round(mean / STEP_S), 1), len(self._sums) - 1)
        value = max(self._sums[-1] - self._sums[-1 - back], 0.0) / (back * STEP_S)
        self._heard += 1
        forgotten = ease(STEP_S, FORGET_TAU_S) if self._heard * STEP_S > mean else 1.0
        self._most = max(value, self._most + (value - self._most) * forgotten)
        self._least = min(value, self._least + (value - self._least) * forgotten)
        self._usual += (rate - self._usual) * ease(STEP_S, min(self._heard * STEP_S, USUAL_TAU_S))
        self._gone += STEP_S * (rate / max(self._usual, 1e-6) + STILL) / (1.0 + STILL)
        self._curve.append(value)
        first = self._count - len(self._curve) + 1
        newest = relative(np.array(self._curve)[-turning.reach :], self._least, self._most)
        offset = self._count - len(newest) + 1
        found = turning.points(newest, None if self._last is None else self._last - offset)
        if found and found[-1] + offset >= first:
            self._last = found[-1] + offset
            self._lengths.append(max(self._gone, 1.0))
            self._segment, self._gone = self._segment + 1, 0.0


def survey(track: Track, channel: Channel, linear: bool, mean: float, turning: Turning) -> Written:
    """The score of a whole track. Its curve is 0 at the least and 1 at the most change, but for a few moments."""
    curve = smoothed(curve_of(track, channel, linear), mean)
    least, most = np.quantile(curve, (LEAST_QUANTILE, MOST_QUANTILE)) if len(curve) else (0.0, 0.0)
    curve = relative(curve, float(least), float(most))
    return Written(curve, turning.points(curve))


def relative(values: F64, least: float, most: float) -> F64:
    """`values` with `least` at 0 and `most` at 1."""
    return np.asarray(np.clip((values - least) / max(most - least, EVEN * most, 1e-9), 0.0, 1.5))


def curve_of(track: Track, channel: Channel, linear: bool) -> F64:
    """[n] change a second at times k STEP_S, of log amplitudes or of linear ones."""
    change = Change(WINDOW_SAMPLES, RATE_HZ, HOP_SAMPLES / RATE_HZ)
    window = (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(WINDOW_SAMPLES) / WINDOW_SAMPLES)).astype(np.float32)
    pieces = [np.zeros(0)]
    for views in overlapping(track.sound(RATE_HZ, channel), WINDOW_SAMPLES, HOP_SAMPLES):
        plains = change.plain(np.abs(rfft(views * window)) * np.float32(4.0 / WINDOW_SAMPLES))
        pieces.append(change.judge(plains)[:, int(linear)])
    changes = np.concatenate(pieces)
    times = (np.arange(len(changes)) * HOP_SAMPLES + WINDOW_SAMPLES) / RATE_HZ  # the end of each window, as it is heard
    sums = np.cumsum(changes)
    grid = np.arange(int(times[-1] / STEP_S) + 1) * STEP_S if len(times) else np.zeros(1)
    whole = np.interp(grid, np.concatenate([[0.0], times]), np.concatenate([[0.0], sums]))
    return np.asarray(np.diff(whole, prepend=0.0) / STEP_S)
