"""In step with the clock of another machine: its beat becomes ours, smoothly where it can be and at once where not."""

import math

from vj.core.interp import ease
from vj.core.types import Clock

#: Beats by which two places differ that are not the same place of the song.
ELSEWHERE = 0.25
#: A beat is gone to from either side.
HALF = 0.5
#: Seconds in which smaller differences are made good, and how far that may bend the tempo: always, and when the clock
#: has only just begun to lead or has leapt; and the beats from which on it is there.
CATCH_UP, BEND, WAIT, THERE = 0.1, 0.4, 0.95, 0.01
#: The same for a session, whose beat is told without jitter.
QUICK = 0.03
SLOWEST, FASTEST = 20.0, 999.0


class Leader:
    """Follows a clock that knows its beat. Our count never goes backwards, and its bars stay the clock's bars.

    `factor` is how many of our beats go to one of the clock's; a new start of the clock makes it 1 again.
    """

    def __init__(self) -> None:
        self.factor = 1.0
        self._offset = 0.0  # our beat when the clock's is 0
        self._line: Clock | None = None
        self._joins = self._slides = False

    def let_go(self) -> None:
        """The clock leads no more, or does not know its beat."""
        self._line = None

    def bpm(self, clock: Clock) -> float:
        """Our tempo while `clock` runs."""
        return min(max(clock.bpm * self.factor, SLOWEST), FASTEST)

    def beat(self, clock: Clock, t: float, dt: float, beats: float, gently: bool = False) -> float:
        """Our beat at show time `t`, which was `beats` `dt` seconds before.

        Where another place begins, our count leaps forward to it; `gently` it leaps by whole beats only, for the bar's
        sake, and the rest of the way is made good while the beat goes on.
        """
        master = clock.at(t)
        elsewhere = self._line is None or abs(master - self._line.at(t)) > ELSEWHERE
        if elsewhere or (self._line is not None and clock.metre != self._line.metre):
            self.factor = 1.0
            slack = HALF if gently else ELSEWHERE
            self._offset = float(clock.metre * math.ceil((beats - slack - master) / clock.metre))
            self._joins, self._slides = not gently, gently
            if gently:
                beats += round(master + self._offset - beats)
        self._line = clock
        step = dt * self.bpm(clock) / 60.0
        wrong = self.factor * master + self._offset - (beats + step)
        if self._slides:
            self._slides = abs(wrong) > THERE
            return beats + step + min(max(wrong, -BEND * step), BEND * step)
        self._joins = self._joins and abs(wrong) > THERE
        if wrong > ELSEWHERE or (self._joins and wrong > 0.0):
            return beats + step + wrong
        if self._joins:
            return beats + step + max(wrong, -WAIT * step)
        return beats + step + min(max(wrong * ease(dt, QUICK if gently else CATCH_UP), -BEND * step), BEND * step)

    def shift(self, beats: float) -> None:
        """The performer moves our beat against the clock's."""
        self._offset += beats

    def times(self, factor: float, clock: Clock, t: float, beats: float) -> None:
        """The performer wants `factor` times as many beats, ours being `beats` at `t`."""
        self.factor *= factor
        if self._line is not None:
            self._offset = float(math.ceil(beats - self.factor * clock.at(t)))
