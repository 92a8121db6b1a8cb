"""A running mean of how loud it is, that notices when somebody moves a fader.

What is heard relative to a mean of some seconds goes deaf when the whole sound is turned down, until the mean has
forgotten; and after a rise everything is the loudest ever. So the mean starts anew from what sounds now once the sound
has been far below it for longer than from one hit to the next, or far above it for longer than a stroke.
"""

from vj.core.interp import ease
from vj.core.sound.dsp import from_db
from vj.core.sound.short import HOP_S

#: Of the running mean.
MEAN_TAU_S = 4.0
#: Taken as heard when it begins, so that the first hit of a show already stands out.
HEARD_S = 0.05
#: Counts as nothing.
SILENCE_AMPLITUDE = 1e-5
# Turned down: for QUIET_S it stays so many times below the loudest of the last while.
DOWN_RATIO = 4.0
QUIET_S = 0.9
#: Over which that is felt.
BRIEF_TAU_S = 0.1
#: In which the loudest is forgotten.
TOP_TAU_S = 8.0
# Turned up: for LOUD_S it is so many times above the mean before it.
UP_RATIO = 3.0
LOUD_S = 0.5
#: Of gain, from which on it is followed.
STEP_DB = 0.05

# What they do in one step of the fixed grid.
_MEAN = ease(HOP_S, MEAN_TAU_S)
_BRIEF = ease(HOP_S, BRIEF_TAU_S)
_TOP = 1.0 - ease(HOP_S, TOP_TAU_S)


class Fader:
    """Follows the amplitude of the whole sound on the grid of short frames; `mean` is its running mean."""

    def __init__(self) -> None:
        self.mean = 0.0
        self._heard = HEARD_S
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
        high = self._brief > UP_RATIO * self.mean
        if self._heard > MEAN_TAU_S and (high or self._brief * DOWN_RATIO < self._top):
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
            if self._since < LOUD_S:
                return 1.0
            turned = level > UP_RATIO * self._usual
        elif self._brief * DOWN_RATIO >= self._top:
            turned = False
        elif self._since < QUIET_S:
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
        if self._gain_db is not None and abs(gain_db - before) < STEP_DB:
            return 1.0
        self._gain_db = gain_db
        return from_db(gain_db - before)
