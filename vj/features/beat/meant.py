"""Keeps to the beat that is meant while the one that is heard wanders among its kin."""

import math

import numpy as np

from vj.core.types import F32, F64
from vj.features.beat.levels import FACTORS, FAMILY, OFFSETS, Levels
from vj.features.beat.preferred import SETTLED, Preferred

#: From one comparison to the next.
ASK_HALVES = 48
#: Heard before the first: so many halves, and so many beats.
FIRST_HALVES = 110
FIRST_BEATS = 3.0
#: For which a hand's word stands.
SAID_HALVES = 1900
#: How much a comparison counts against those before it.
NEW_WEIGHT = 0.4
#: Log odds by which another must be better.
BETTER = 0.6
#: Least log odds.
LEAST_ODDS = -12.0
#: Tempi within this part are one.
SAME_TEMPO = 0.045
#: Beats that lie within this are one.
SAME_BEATS = 0.12
#: Factors of the heard beat that may be meant: from kin of kin one would come anywhere.
NEAR = np.array(sorted({*FACTORS.tolist(), 0.25, 4.0}))
#: How much is remembered when the beat has become one that nothing before goes with.
RECENT_HALVES = 190


class Meant:
    """The count of the beat that is meant is `factor * count + offset` of the one that is heard.

    sure  0..1 the probability that it is this one of its family
    """

    def __init__(self) -> None:
        self.levels = Levels()
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction: what is heard is what is meant."""
        self.levels.reset()
        self.factor, self.offset = 1.0, 0.0
        self._odds: F64 | None = None
        self._wait = ASK_HALVES
        self._stands = 0
        self.sure = 0.5

    def count(self, heard: float) -> float:
        """Of the beat that is meant, from that of the one that is heard."""
        return self.factor * heard + self.offset

    def keep(self, count: float, interval: float, heard: float, heard_interval: float) -> bool:
        """The beat that is heard has leapt to `heard`, of `heard_interval` halves: stay at `count` of `interval`
        if these are kin.

        False if they are not: what is heard is then what is meant.
        """
        kin = np.abs(np.log(heard_interval / FACTORS / interval)) < SAME_TEMPO
        away = np.where(kin, np.abs((FACTORS * heard + OFFSETS - count + 0.5) % 1.0 - 0.5), 1.0)
        best = int(away.argmin())
        if away[best] < SAME_BEATS:
            self.factor = float(FACTORS[best])
            self.offset = float(OFFSETS[best] + round(count - self.factor * heard - OFFSETS[best]))
            return True
        self.factor, self.offset = 1.0, float(round(count - heard))
        self.levels.forget(RECENT_HALVES)
        self._odds = None
        return False

    def say(self) -> None:
        """A hand says that what is heard, as it was told to hear, is meant."""
        self.factor, self.offset, self._odds, self._stands = 1.0, 0.0, None, SAID_HALVES

    def hear(self, chances: F32, shown: F32, heard: float, interval: float, preferred: Preferred) -> bool:
        """Some halves more, as `Levels.hear`; whether another beat is meant from now on.

        `heard` and `interval` are of the beat that is heard.
        """
        self.levels.hear(chances, shown)
        self._wait -= len(chances)
        self._stands -= len(chances)
        if self._wait > 0 or len(self.levels.heard) < max(FIRST_HALVES, FIRST_BEATS * interval / self.factor):
            return False
        self._wait = ASK_HALVES
        found = self._compare(heard, interval)
        self._odds = found if self._odds is None else self._odds + NEW_WEIGHT * (found - self._odds)
        odds = self._odds + preferred.odds(interval / self.factor / FACTORS)
        odds[~np.isclose(self.factor * FACTORS[:, None], NEAR, rtol=0.01).any(axis=1)] = -np.inf
        best = int(odds.argmax())
        settled = odds[0] < -0.5 * SETTLED
        moved = best != 0 and odds[best] > odds[0] + BETTER and (settled or self._stands <= 0)
        if moved:
            self.offset = float(FACTORS[best] * self.offset + OFFSETS[best])
            self.factor *= float(FACTORS[best])
            self._odds = self._compare(heard, interval)
        each = np.exp(self._odds)
        self.sure = float(each[0] / each.sum())
        return moved

    def _compare(self, heard: float, interval: float) -> F64:
        odds = self.levels.compare(self.count(heard), interval / self.factor)
        top = odds.max()
        if not math.isfinite(top):
            return np.zeros(len(FAMILY))
        out: F64 = np.maximum(odds - top - math.log(float(np.exp(odds - top).sum())), LEAST_ODDS)
        return out
