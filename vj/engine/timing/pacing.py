"""When a frame's steps are due: time in, decision out.

One displayed frame asks the generator for a picture, waits for it, draws and is shown. Each step is as late as still
gives a frame in time, so that it has heard the newest sound and the newest hands. How long the steps take is learnt
from the frames before. Nothing here waits or reads a clock: who shows tells the time, in seconds of one monotonic
clock, and waits as long as it is told.
"""

#: How late a frame may be for the sake of a new picture, as a part of the period.
LENIENCE = 0.25
#: Seconds kept free before each swap, for what the measured times do not foresee.
MARGIN_S = 0.0015
#: A frame that takes or stays longer than this many seconds says no more than that of the others.
LONGEST_S = 0.1
#: What drawing and generating are taken to last before the first was measured.
DRAW_S = 0.004
GENERATE_S = 0.010
#: What the longest drawing and generating lately still count for a frame later, as a part.
DRAW_FADES = 0.95
GENERATE_FADES = 0.98
#: The part of a new value in an average.
NEW = 0.1


class Pacing:
    """The times of a show's frames.

    `period` is that of the display in seconds. `paced` in what follows says whether the driver waits for the display at
    each swap; then frames are due when it lets us go on.
    """

    def __init__(self, period: float) -> None:
        self.period = period
        #: When the frame that is being made is due.
        self.deadline = 0.0
        self._longest_draw = self._draw = DRAW_S
        self._longest_generate = GENERATE_S
        self._generate = self._asked = self._shown = 0.0
        self._stay = period

    def begin(self, now: float) -> None:
        """The show begins."""
        self.deadline = now + self.period

    def before_asking(self, now: float) -> float:
        """Seconds to wait before a picture is asked for, so that it is just there in time."""
        return max(0.0, self.deadline - now - self._longest_generate - self._longest_draw - MARGIN_S)

    def asks(self, now: float, rest: bool) -> bool:
        """Whether a picture is asked for now; a generator that is to rest does so for as long as it worked."""
        if rest and now - self._asked < max(2.0 * self._generate, 1.5 * self.period):
            return False
        self._asked = now
        return True

    def generated(self, seconds: float) -> None:
        """A picture took that long."""
        self._generate = seconds
        self._longest_generate = min(max(seconds, self._longest_generate * GENERATE_FADES), self.period)

    def patience(self, now: float, paced: bool) -> float:
        """Seconds for which the picture asked for is still waited for; not above 0 when there is no more time.

        Where the driver does not pace, a frame a little late is better than the same picture twice.
        """
        return self.deadline - self._draw + (0.0 if paced else LENIENCE * self.period) - now

    def before_drawing(self, now: float) -> float:
        """Seconds for which hands may still be listened to: what is left of a frame lies before drawing, not after."""
        return max(0.0, self.deadline - now - self._longest_draw - MARGIN_S)

    def drew(self, seconds: float, also_read: bool) -> None:
        """Drawing took that long.

        `also_read` when a picture of it was read back: that waits for what was drawn, which the swap does else.
        """
        if not also_read:
            self._longest_draw = min(max(seconds, self._longest_draw * DRAW_FADES), self.period / 2)
        self._draw += NEW * (min(seconds, LONGEST_S) - self._draw)

    def before_swapping(self, now: float) -> float:
        """Seconds to wait before a frame is shown where the driver does not pace."""
        return max(0.0, self.deadline - now)

    def goes_on(self, now: float, paced: bool) -> None:
        """The next frame is due a period later; one that was missed is not made up for."""
        self.deadline += self.period
        if paced or now > self.deadline:
            self.deadline = now + self.period

    def shown(self, now: float) -> None:
        """The frame is on the wall."""
        self._stay += NEW * (min(now - self._shown, LONGEST_S) - self._stay)
        self._shown = now

    def seen(self, now: float, latency: float) -> float:
        """The second in the middle of this frame's stay on a wall that shows it `latency` seconds after the swap."""
        return max(self.deadline, now + self._draw) + 0.5 * self._stay + latency
