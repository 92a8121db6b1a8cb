"""The low end of the sound as odds: whether it plays on, and whether it is back at this moment."""

import math

from vj.core.interp import ease

#: Seconds over which the low end is felt as it is now, and over a while.
NOW, WHILE = 0.25, 1.2
#: Attack and release of its envelope in seconds, and seconds before which it is compared with when it may be back.
ATTACK, RELEASE, BEFORE = 0.01, 0.1, 1.5
#: Seconds in which what is usual follows upwards and downwards.
UP, DOWN = 3.0, 60.0
#: Amplitude that is added to every other, so that nothing is infinitely less; most dB by which anything differs.
NOTHING, MOST = 1e-6, 30.0


class _Mean:
    """Power felt over some seconds, and its level in dB."""

    def __init__(self, tau: float) -> None:
        self.tau, self.power, self.db = tau, 0.0, -120.0

    def step(self, power: float, dt: float) -> float:
        self.power += (power - self.power) * ease(dt, self.tau)
        self.db = 10.0 * math.log10(self.power + NOTHING**2)
        return self.db


class _Usual:
    """A level in dB that follows the louder soon and the quieter late."""

    def __init__(self) -> None:
        self.db: float | None = None

    def step(self, db: float, dt: float) -> float:
        """How far `db` is above what is usual."""
        if self.db is None:
            self.db = db
        self.db += (db - self.db) * ease(dt, UP if db > self.db else DOWN)
        return min(max(db - self.db, -MOST), MOST)


class LowEnd:
    """Compares the low end with the rest of the sound, and both with what they usually are.

    `plays` holds what tells whether it goes on: how far level and attacks of the low end, the rest, and the balance of
    the two are from usual, and that balance itself. `back` tells whether it returns: level against the usual one and
    against the rest, its jump, and the jump of the rest. All in dB, each at most MOST.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Nothing heard."""
        self._now, self._while = _Mean(NOW), _Mean(WHILE)
        self._rest, self._rest_now = _Mean(WHILE), _Mean(0.05)
        self._rise, self._before, self._rest_before = _Mean(NOW), _Mean(BEFORE), _Mean(BEFORE)
        self._usual = [_Usual() for _ in range(4)]
        self._envelope = 0.0
        self.plays = (0.0,) * 6
        self.back = (0.0,) * 6

    def step(self, low: float, rest: float, dt: float) -> None:
        """`low` and `rest` are amplitudes below 150 Hz and above 250 Hz in the last `dt` seconds."""
        was = self._envelope
        self._envelope += (low - was) * ease(dt, ATTACK if low > was else RELEASE)
        loud = 20.0 * math.log10(self._envelope + NOTHING)
        jump, rest_jump = loud - self._before.db, -self._rest_before.db
        low_now, low_while = self._now.step(low * low, dt), self._while.step(low * low, dt)
        rest_while, rest_now = self._rest.step(rest * rest, dt), self._rest_now.step(rest * rest, dt)
        rise = self._rise.step((max(self._envelope - was, 0.0) / dt) ** 2, dt)
        balance = low_while - rest_while
        self._usual[0].step(low_while, dt)
        usual = self._usual[0].db or 0.0
        self.plays = (
            _within(low_now - usual),
            self._usual[1].step(rise, dt),
            self._usual[2].step(rest_while, dt),
            _within(balance),
            self._usual[3].step(balance, dt),
            _within(rise - rest_while - 20.0),
        )
        self.back = (
            _within(loud - usual),
            _within(loud - rest_while),
            _within(jump),
            _within(rest_now + rest_jump),
            _within(rise - rest_while - 20.0),
            self.plays[1],
        )
        self._before.step(low * low, dt)
        self._rest_before.step(rest * rest, dt)


def _within(db: float) -> float:
    return min(max(db, -MOST), MOST)
