"""In step with the clock of another machine: its beat becomes ours, smoothly where it can be and at once where not."""

import math

from vj.core.interp import ease
from vj.core.types import Clock

#: Two places that differ by more are not the same place of the song.
ELSEWHERE_BEATS = 0.25
#: A beat is gone to from either side.
HALF_BEAT = 0.5
#: In which smaller differences are made good.
CATCH_UP_TAU_S = 0.1
#: The same for a session, whose beat is told without jitter.
SESSION_TAU_S = 0.03
#: The most that this may bend the tempo, always.
BEND = 0.4
#: The most that it may when the clock has only just begun to lead or has leapt.
WAIT = 0.95
#: So near it is there.
THERE_BEATS = 0.01
#: Range of the tempo that a clock or a hand sets.
SLOWEST_BPM = 20.0
FASTEST_BPM = 999.0


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
        return min(max(clock.bpm * self.factor, SLOWEST_BPM), FASTEST_BPM)

    def beat(self, clock: Clock, t: float, dt: float, beats: float, gently: bool = False) -> float:
        """Our beat at show time `t`, which was `beats` `dt` seconds before.

        Where another place begins, our count leaps forward to it; `gently` it leaps by whole beats only, for the bar's
        sake, and the rest of the way is made good while the beat goes on.
        """
        master = clock.at(t)
        elsewhere = self._line is None or abs(master - self._line.at(t)) > ELSEWHERE_BEATS
        if elsewhere or (self._line is not None and clock.metre != self._line.metre):
            self.factor = 1.0
            slack = HALF_BEAT if gently else ELSEWHERE_BEATS
            self._offset = float(clock.metre * math.ceil((beats - slack - master) / clock.metre))
            self._joins, self._slides = not gently, gently
            if gently:
                beats += round(master + self._offset - beats)
        self._line = clock
        step = dt * self.bpm(clock) / 60.0
        wrong = self.factor * master + self._offset - (beats + step)
        if self._slides:
            self._slides = abs(wrong) > THERE_BEATS
            return beats + step + min(max(wrong, -BEND * step), BEND * step)
        self._joins = self._joins and abs(wrong) > THERE_BEATS
        if wrong > ELSEWHERE_BEATS or (self._joins and wrong > 0.0):
            return beats + step + wrong
        if self._joins:
            return beats + step + max(wrong, -WAIT * step)
        pull = wrong * ease(dt, SESSION_TAU_S if gently else CATCH_UP_TAU_S)
        return beats + step + min(max(pull, -BEND * step), BEND * step)

    def shift(self, beats: float) -> None:
        """The performer moves our beat against the clock's."""
        self._offset += beats

    def times(self, factor: float, clock: Clock, t: float, beats: float) -> None:
        """The performer wants `factor` times as many beats, ours being `beats` at `t`."""
        self.factor *= factor
        if self._line is not None:
            self._offset = float(math.ceil(beats - self.factor * clock.at(t)))
