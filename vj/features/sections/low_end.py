"""The low end of the sound as odds: whether it plays on, and whether it is back at this moment."""

import math
from collections.abc import Sequence
from operator import mul

from vj.core.interp import ease

#: Over which the low end is felt as it is now.
NOW_TAU_S = 0.25
#: Over which it is felt over a while.
WHILE_TAU_S = 1.2
#: Attack and release of its envelope.
ATTACK_TAU_S = 0.01
RELEASE_TAU_S = 0.1
#: Of the past that it is compared with where it may be back.
BEFORE_TAU_S = 1.5
#: In which what is usual follows upwards.
UP_TAU_S = 3.0
#: In which it follows downwards.
DOWN_TAU_S = 60.0
#: Added to every other amplitude, so that nothing is infinitely less.
SILENCE_AMPLITUDE = 1e-6
#: Most by which anything differs.
MOST_DB = 30.0
# Logistic regressions by `bench/beat/teach/sections.py`.
#: Log odds that it plays on: for each dB of its level above usual, of its attacks, of the rest, and of it above the
#: rest; and by themselves.
PLAYS = (0.089, 0.067, -0.120, 0.092, 1.3)
#: Log odds that it is back: for each dB of its level above the rest and above its own past, and of its attacks above
#: usual; and by themselves.
BACK = (0.097, 0.235, 0.082, -1.265)
#: Log odds that a song is thought to have when it begins.
FIRST_ODDS = 2.0
#: What has less is measured by its own after so long.
GIVE_UP_TAU_S = 90.0

_SILENCE_POWER = SILENCE_AMPLITUDE**2


class LowEnd:
    """Compares the low end with the rest of the sound, and both with what they usually are.

    plays   log odds that there is a low end now: kicks, bass or both
    back    log odds that it begins at this moment
    level   of its envelope, dB
    heard   what `plays` and `back` are judged by, in the order of their weights
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Nothing heard."""
        # The low end now and over a while, the rest, attacks, and what was before.
        self._means = [_Mean(tau) for tau in (NOW_TAU_S, WHILE_TAU_S, WHILE_TAU_S, NOW_TAU_S, BEFORE_TAU_S)]
        self._dt = 0.0
        self._usual = [_Usual(UP_TAU_S, DOWN_TAU_S) for _ in range(3)]
        self._usual_odds = _Usual(UP_TAU_S, GIVE_UP_TAU_S, FIRST_ODDS)
        self._envelope = 0.0
        self.plays = self.back = 0.0
        self.level = _db(0.0)
        self.heard: tuple[tuple[float, ...], tuple[float, ...]] = ((0.0,) * 4, (0.0,) * 3)

    def step(self, low: float, rest: float, dt: float) -> None:
        """`low` and `rest` are amplitudes of the low end and of what is above it in the last `dt` seconds."""
        if dt != self._dt:
            self._dt, self._attack, self._release = dt, ease(dt, ATTACK_TAU_S), ease(dt, RELEASE_TAU_S)
            for mean in self._means:
                mean.pace(dt)
            for usual in (*self._usual, self._usual_odds):
                usual.pace(dt)
        was, square = self._envelope, low * low
        more = low - was
        self._envelope = envelope = was + more * (self._attack if more > 0.0 else self._release)
        self.level = level = _db(envelope * envelope)
        now, over, others, attacks, before = self._means
        past = before.db
        over_db, others_db, risen = over.step(square), others.step(rest * rest), max(envelope - was, 0.0) / dt
        first, second, third = self._usual
        first.step(over_db)
        struck, above = second.step(attacks.step(risen * risen)), third.step(others_db)
        self.heard = (
            (_within(now.step(square) - first.at), struck, above, _within(over_db - others_db)),
            (_within(level - others_db), _within(level - past), struck),
        )
        before.step(square)
        odds, self.back = _odds(PLAYS, self.heard[0]), _odds(BACK, self.heard[1])
        self._usual_odds.step(odds)
        self.plays = odds + max(FIRST_ODDS - self._usual_odds.at, 0.0)


class _Mean:
    """Power felt over some seconds, and its level in dB."""

    def __init__(self, tau: float) -> None:
        self.tau, self.power, self.db = tau, 0.0, _db(0.0)

    def pace(self, dt: float) -> None:
        """Steps are of `dt` seconds."""
        self._part = ease(dt, self.tau)

    def step(self, power: float) -> float:
        self.power += (power - self.power) * self._part
        self.db = db = 10.0 * math.log10(self.power + _SILENCE_POWER)
        return db


class _Usual:
    """Where something usually is, `at`: it follows upwards soon and downwards late."""

    def __init__(self, up: float, down: float, first: float | None = None) -> None:
        self._taus, self._begun, self.at = (up, down), first is not None, first or 0.0

    def pace(self, dt: float) -> None:
        """Steps are of `dt` seconds."""
        self._up, self._down = (ease(dt, tau) for tau in self._taus)

    def step(self, value: float) -> float:
        """How far `value` is above what is usual."""
        if not self._begun:
            self.at, self._begun = value, True
        more = value - self.at
        more -= more * (self._up if more > 0.0 else self._down)
        self.at = value - more
        return _within(more)


def _odds(weights: Sequence[float], heard: Sequence[float]) -> float:
    return math.fsum((*map(mul, weights, heard), weights[-1]))


def _within(db: float) -> float:
    return -MOST_DB if db < -MOST_DB else MOST_DB if db > MOST_DB else db


def _db(power: float) -> float:
    return 10.0 * math.log10(power + _SILENCE_POWER)
