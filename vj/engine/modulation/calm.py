"""What dims or switches the whole picture is not made to strobe: three ways down and up a second are the most.

The limiter of flashes would hold it back; so it need not, and blackout, which it never holds back, is kept calm too.
"""

import math
from collections import deque

#: What is kept calm: all that changes the light of everything.
CALM = ("/master/level", "/master/blackout", "/fx/on")
#: Turns a second that are let through, and the least change that is one.
TURNS, WINDOW, LEAST = 6, 1.0, 0.05


class Calm:
    """Follows a dimmer 0..1 and lets it turn six times a second; what would be one turn too many waits."""

    def __init__(self) -> None:
        self._way, self._end = 0.0, math.nan
        self._turns: deque[float] = deque(maxlen=TURNS)

    def step(self, t: float, x: float) -> float:
        """What may be shown of `x` at show time `t`."""
        if math.isnan(self._end):
            self._end = x
        way = self._way or math.copysign(1.0, self._end - x)  # whichever way it goes first is a turn
        if (self._end - x) * way >= LEAST:
            if len(self._turns) == TURNS and t - self._turns[0] < WINDOW:
                return self._end
            self._turns.append(t)
            self._way, self._end = -way, x
        elif (x - self._end) * self._way > 0.0:
            self._end = x
        return x
