"""Gestures in time as pure functions: springs that are struck and come back, and walks that surge with the beat.

All are solutions, not approximations: the same movement at 24, 60 or 144 steps a second, however uneven the steps.
"""

import math
from dataclasses import dataclass, replace

_TURN = 2.0 * math.pi


@dataclass(frozen=True, slots=True)
class Spring:
    """A critically damped spring round 0: position `x`, velocity `v` a second, angular rate `w` in rad/s.

    Struck from rest to a height A it peaks at exactly A after 1/w seconds, is back at 10 % after 4.9/w, and never
    swings to the other side.
    """

    w: float
    x: float = 0.0
    v: float = 0.0

    def step(self, dt: float) -> "Spring":
        """The spring `dt` seconds on: x' = (x + (v + w x) dt) e^(-w dt), v' = (v - w (v + w x) dt) e^(-w dt)."""
        drive, decay = self.v + self.w * self.x, math.exp(-self.w * dt)
        return replace(self, x=(self.x + drive * dt) * decay, v=(self.v - self.w * drive * dt) * decay)

    def struck(self, height: float, most: float = math.inf) -> "Spring":
        """The spring with a hit of `height` added: v' = v + e w height (1 - x / most).

        Hits that come before it is back add up, ever less towards `most`.
        """
        room = max(1.0 - self.x / most, 0.0)
        return replace(self, v=self.v + math.e * self.w * height * room)


def surged(phase: float, beats: float, depth: float) -> float:
    """Mean of 1 + depth cos(2 pi phase) over the last `beats` beats, which end at `phase`.

    The factor on a speed that is fastest on the beat: with `depth` <= 1 never negative, 1 on average over whole beats.
    It is the integral (sin 2 pi b - sin 2 pi a) / (2 pi (b - a)), so a slow frame loses none of it.
    """
    if beats < 1e-9:
        return 1.0 + depth * math.cos(_TURN * phase)
    return 1.0 + depth * (math.sin(_TURN * phase) - math.sin(_TURN * (phase - beats))) / (_TURN * beats)
