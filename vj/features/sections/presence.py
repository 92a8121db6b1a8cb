"""Whether the low end is there, by two thresholds, and the moment at which it is back after a long absence."""

from collections import deque

from vj.core.interp import follow
from vj.features.sections.low_end import LowEnd

#: In which it is believed to be gone once it is.
TURN_BARS = 0.95
#: Log odds that are as sure as can be.
SURE_ODDS = 0.5
#: Belief at which it is gone, -1..1. It begins between the two.
GONE = -0.95
#: Belief at which it is there again.
THERE = 0.0
#: It must be away for so long for a return to count; shorter than four seconds by what its going takes to be heard.
AWAY_S = 3.6
# Seconds of log odds that make a return.
#: On a beat where one may begin.
EXPECTED = 0.12
#: Where nobody knows.
UNKNOWN = 0.15
#: Elsewhere.
UNLIKELY = 0.8
#: Between two of its blows: at least, at most, and at first.
MIN_GAP_S = 0.2
MAX_GAP_S = 4.0
FIRST_GAP_S = 0.6
#: What every blow tells of how far apart they are.
LEARNING_RATE = 0.15
#: Away means less than this part of the usual blows, so that a groove of one blow a bar is not away between them.
RARE = 0.2
#: What is so much softer than the blows of the groove before may be a single one ...
SOFTER_DB = 5.0
#: ... and takes so many times as much.
WARY = 3.0
#: In which the strength of those blows is learnt.
LEARN_TAU_S = 1.0
#: In which it is forgotten.
FORGET_TAU_S = 30.0
#: How many times as much it takes after every return that was none.
FOOLED = 1.5
#: Log odds that count as the most.
MAX_ODDS = 12.0
#: It is back, too, if it is so much above all of the last PAST_S, and half of that above the last two blocks of them.
ABOVE_DB = 10.0
PAST_S = 4.0
BLOCK_S = 0.25


class Presence:
    """Follows the low end. Belief that it is there moves with the odds at most by a bar's worth, so blips do nothing.

    gone      it has been away for about a bar; where nothing else has been heard yet, for AWAY_S
    there     it is there again
    back      it is back at this very hop after at least four seconds; single blows within them do not count
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Nothing known."""
        self.low = LowEnd()
        self._past: deque[float] = deque(maxlen=round(PAST_S / BLOCK_S) + 2)
        self.restart()

    def restart(self) -> None:
        """After silence: whatever comes may be another song."""
        self.gone = self.there = self.back = self._ever = False
        self._belief, self._lowest = 0.0, 1.0
        self._away = self._odds = self._block_for = 0.0
        self._block = -999.0
        self._hard = 1.0
        self._gap, self._blow, self._blows = FIRST_GAP_S, MAX_GAP_S, 0
        self._strength: float | None = None
        self._since = float("inf")
        self._past.clear()

    def step(self, low: float, rest: float, dt: float, bar: float, likely: bool | None) -> None:
        """One hop; `bar` in seconds, `likely` whether a bar may begin now, None where nobody knows."""
        self.low.step(low, rest, dt)
        self._since += dt
        push = min(max(self.low.plays / SURE_ODDS, -1.0), 1.0)
        self._belief = min(max(self._belief + 2.0 * push * dt / (TURN_BARS * bar), -1.0), 1.0)
        if self._belief < 0.9:
            self._away += dt
            self._lowest = min(self._lowest, self._belief)
        if self._belief >= 0.5 and self._since > bar:
            self._away, self._lowest, self._hard, self._blows = 0.0, 1.0, 1.0, 0
        rare = self._blows <= RARE * self._away / self._gap
        self.there = self._belief >= THERE
        self._ever = self._ever or self._belief >= 0.5
        # What only begins may have its low end in a moment: a break is one from something.
        self.gone = self._belief <= GONE and (self._ever or self._away >= AWAY_S)
        limit = self._hard * (UNKNOWN if likely is None else EXPECTED if likely else UNLIKELY)
        if self._strength is not None and self.low.level < self._strength - SOFTER_DB:
            limit *= WARY
        self._odds = min(max(self._odds + min(max(self.low.back, -MAX_ODDS), MAX_ODDS) * dt, 0.0), limit)
        absent = rare and self._away >= AWAY_S and self._belief < 0.5 and self._lowest <= GONE
        self.back = self._odds >= 0.999 * limit and (absent or self._towers())
        self._count(dt)
        self._remember(dt)
        if self.back:
            self._belief, self._odds, self._since = 0.5, 0.0, 0.0
            self._hard *= FOOLED

    def _towers(self) -> bool:
        """Whether it is far above everything of the last seconds."""
        if len(self._past) < (self._past.maxlen or 0) or self._since < PAST_S:
            return False
        *before, last, newest = self._past
        return self.low.level > max(before) + ABOVE_DB and self.low.level > max(last, newest) + 0.5 * ABOVE_DB

    def _count(self, dt: float) -> None:
        """Count the blows while it is away, and learn how far apart they are while it is there."""
        self._blow += dt
        if self.low.back > 0.0:
            if self._blow > MIN_GAP_S:
                self._blows += self._away > 0.5
                if self._belief > 0.0 and self._blow < MAX_GAP_S:
                    self._gap += LEARNING_RATE * (self._blow - self._gap)
            self._blow = 0.0

    def _remember(self, dt: float) -> None:
        self._block, self._block_for = max(self._block, self.low.level), self._block_for + dt
        if self._block_for >= BLOCK_S:
            self._past.append(self._block)
            if self._belief >= 0.5:
                was = self._block if self._strength is None else self._strength
                self._strength = follow(was, self._block, self._block_for, LEARN_TAU_S, FORGET_TAU_S)
            self._block, self._block_for = -999.0, 0.0
