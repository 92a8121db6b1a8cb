"""What dims or switches the whole picture is not made to strobe: three ways down and up a second are the most.

The limiter of flashes would hold it back; so it need not, and blackout, which it never holds back, is kept calm too.
"""

import math
from collections import deque

#: What is kept calm: all that changes the light of everything.
CALM = ("/master/level", "/master/blackout", "/fx/on")
#: So many turns are let through ...
MOST_TURNS = 6
#: ... in this time.
WINDOW_S = 1.0
#: The least change that is a turn.
LEAST_TURN = 0.05


class Calm:
    """Follows a dimmer 0..1 and lets it turn six times a second; what would be one turn too many waits."""

    def __init__(self) -> None:
        self._way, self._end = 0.0, math.nan
        self._turns: deque[float] = deque(maxlen=MOST_TURNS)

    def step(self, t: float, x: float) -> float:
        """What may be shown of `x` at show time `t`."""
        if math.isnan(self._end):
            self._end = x
        way = self._way or math.copysign(1.0, self._end - x)  # whichever way it goes first is a turn
        if (self._end - x) * way >= LEAST_TURN:
            if len(self._turns) == MOST_TURNS and t - self._turns[0] < WINDOW_S:
                return self._end
            self._turns.append(t)
            self._way, self._end = -way, x
        elif (x - self._end) * self._way > 0.0:
            self._end = x
        return x
