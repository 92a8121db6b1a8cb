"""A value on its way from one number to another."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fade:
    """From `start` at show time `t` to `goal`, `seconds` later, evenly."""

    start: float
    goal: float
    t: float
    seconds: float

    def done(self, t: float) -> bool:
        """Whether it has arrived at show time `t`."""
        return t >= self.t + self.seconds

    def at(self, t: float) -> float:
        """The value at show time `t`."""
        x = min(max((t - self.t) / self.seconds, 0.0), 1.0)
        return self.start + (self.goal - self.start) * x
