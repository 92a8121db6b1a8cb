"""A running mean of how loud it is, that notices when somebody moves a fader.

What is heard relative to a mean of some seconds goes deaf when the whole sound is turned down, until the mean has
forgotten; and after a rise everything is the loudest ever. So the mean starts anew from what sounds now once the sound
has been far below it for longer than from one hit to the next, or far above it for longer than a stroke.
"""

from vj.core.interp import ease
from vj.core.sound.dsp import from_db
from vj.core.sound.short import HOP_S

#: Seconds of the running mean, and what it starts with, so that the first hit of a show already stands out.
MEAN_TAU_S, HEARD = 4.0, 0.05
#: Amplitude that counts as nothing.
SILENCE_AMPLITUDE = 1e-5
#: Turned down: for QUIET seconds it stays this many times below the loudest, felt over BRIEF, of the last TOP ...
DOWN, QUIET, BRIEF, TOP = 4.0, 0.9, 0.1, 8.0
#: ... and turned up: half a second is this many times above the mean before it.
UP, LOUD = 3.0, 0.5
#: Decibels of gain from which on it is followed.
STEP = 0.05

_MEAN, _BRIEF, _TOP = ease(HOP_S, MEAN_TAU_S), ease(HOP_S, BRIEF), 1.0 - ease(HOP_S, TOP)


class Fader:
    """Follows the amplitude of the whole sound on the grid of short frames; `mean` is its running mean."""

    def __init__(self) -> None:
        self.mean = 0.0
        self._heard = HEARD
        self._brief = self._top = 0.0
        self._away = 0  # 1 while the sound is much louder than `_usual`, -1 while it is much quieter
        self._usual = self._since = self._sum = 0.0

    def step(self, amplitude: float) -> float:
        """How much louder the sound was just turned, as a factor: 1 nearly always. All rests in silence."""
        if amplitude <= SILENCE_AMPLITUDE:
            return 1.0
        self._heard += HOP_S
        self.mean += (amplitude - self.mean) * (ease(HOP_S, self._heard) if self._heard < MEAN_TAU_S else _MEAN)
        self._brief += (amplitude - self._brief) * _BRIEF
        self._top = max(self._brief, self._top * _TOP)
        if self._away:
            self._since += HOP_S
            self._sum += amplitude * HOP_S
            return self._wait()
        high = self._brief > UP * self.mean
        if self._heard > MEAN_TAU_S and (high or self._brief * DOWN < self._top):
            self._away = 1 if high else -1
            self._usual, self._since, self._sum = self.mean, 0.0, 0.0
        return 1.0

    def turn(self, factor: float) -> None:
        """Somebody says that all is louder by `factor` now."""
        self.mean *= factor
        self._brief *= factor
        self._top *= factor
        self._usual *= factor
        self._sum *= factor

    def _wait(self) -> float:
        """See whether it stays away for long enough."""
        level = self._sum / self._since
        if self._away > 0:
            if self._since < LOUD:
                return 1.0
            turned = level > UP * self._usual
        elif self._brief * DOWN >= self._top:
            turned = False
        elif self._since < QUIET:
            return 1.0
        else:
            turned = True
        self._away = 0
        if not turned:
            return 1.0
        factor = level / self.mean
        self.mean = self._brief = level
        self._top = max(level, self._top * min(factor, 1.0))
        return factor


class Knob:
    """Follows the gain of the input stage, which is no news about the music."""

    def __init__(self) -> None:
        self._gain_db: float | None = None

    def step(self, gain_db: float) -> float:
        """How much louder the gain was turned, as a factor: 1 for nearly no change."""
        before = gain_db if self._gain_db is None else self._gain_db
        if self._gain_db is not None and abs(gain_db - before) < STEP:
            return 1.0
        self._gain_db = gain_db
        return from_db(gain_db - before)
