"""Gestures in time as pure functions: springs that are struck and come back, and the shape of a move on a beat.

All are solutions, not approximations: the same movement at 24, 60 or 144 steps a second, however uneven the steps.
"""

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Spring:
    """A damped spring round 0: position `x`, velocity `v` a second, angular rate `w` in rad/s, damping `zeta` > 0.

    Struck from rest to a height A it peaks at exactly A. Critically damped (`zeta` 1) that is after 1/w seconds, it is
    back at 10 % after 4.9/w, and never swings to the other side. With less damping it follows through: it overshoots by
    25 % at 0.4. With more it comes as quick and goes slower: at 1.5 the peak is at 0.86/w and 10 % at 6.7/w.
    """

    w: float
    x: float = 0.0
    v: float = 0.0
    zeta: float = 1.0

    def step(self, dt: float) -> "Spring":
        """The spring `dt` seconds on, by the solution of x'' = -2 zeta w x' - w^2 x."""
        a = self.zeta * self.w
        drive, decay = self.v + a * self.x, math.exp(-a * dt)
        ring = self.w * math.sqrt(abs(1.0 - self.zeta**2))
        if ring * dt < 1e-6:
            along, across = 1.0, dt
        elif self.zeta < 1.0:
            along, across = math.cos(ring * dt), math.sin(ring * dt) / ring
        else:
            along, across = math.cosh(ring * dt), math.sinh(ring * dt) / ring
        return replace(
            self,
            x=(self.x * along + drive * across) * decay,
            v=(self.v * along - (a * self.v + self.w**2 * self.x) * across) * decay,
        )

    def struck(self, height: float, most: float = math.inf) -> "Spring":
        """The spring with a hit added that alone would peak at `height`: v' = v + c w height (1 - x / most).

        c is e at critical damping, exp(phi / tan phi) with cos phi = zeta below it, and the same with hyperbolic
        functions above. Hits that come before the spring is back add up, ever less towards `most`.
        """
        if abs(self.zeta - 1.0) < 1e-9:
            factor = math.e
        elif self.zeta < 1.0:
            factor = math.exp(math.acos(self.zeta) / math.tan(math.acos(self.zeta)))
        else:
            factor = math.exp(math.acosh(self.zeta) / math.tanh(math.acosh(self.zeta)))
        room = max(1.0 - self.x / most, 0.0)
        return replace(self, v=self.v + factor * self.w * height * room)


def arrived(phase: float, ease: float = 0.25) -> float:
    """0..1 how far a move that starts on the beat has come at `phase` 0..1 of the beat: fast at first, then settling.

    (1 - exp(-phase / ease)) / (1 - exp(-1 / ease)): an impact at the beat and a rest before the next.
    """
    return math.expm1(-phase / ease) / math.expm1(-1.0 / ease)


def gathered(phase: float, share: float = 0.13) -> float:
    """0..1 the bump sin^2 in the last `share` of the beat: drawing back before the blow."""
    x = (phase - 1.0 + share) / share
    return math.sin(math.pi * x) ** 2 if 0.0 < x < 1.0 else 0.0
