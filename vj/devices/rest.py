"""Manners towards a surface that is being touched: it is told nothing while a finger may still be there."""

import math
from collections.abc import Callable, Hashable
from typing import Any, Protocol

#: A fader that is being moved must not be told where it is: motors and fingers fight.
QUIET_S = 0.15
#: A smoothed value glides for a while after the finger left; its sender is told when it rests, or after this long.
SETTLE_S = 2.0


class Rest:
    """Remembers which controls spoke when. Times are seconds on any one clock."""

    def __init__(self) -> None:
        self._spoke: dict[Hashable, float] = {}
        self._seen: dict[Hashable, Any] = {}

    def spoke(self, control: Hashable, now: float) -> None:
        """A hand moved `control`."""
        self._spoke[control] = now
        self._seen.pop(control, None)

    def forget(self, control: Hashable) -> None:
        """`control` may be told at once."""
        self._spoke.pop(control, None)
        self._seen.pop(control, None)

    def over(self, control: Hashable, value: Any, now: float, same: Callable[[Any, Any], bool]) -> bool:
        """Whether `control` may be told `value` now: it did not speak lately, and `value` rests since the last look."""
        if control not in self._spoke:
            return True
        age = now - self._spoke[control]
        gliding = not same(self._seen.get(control), value)
        self._seen[control] = value
        if age < QUIET_S or (gliding and age < SETTLE_S):
            return False
        self.forget(control)
        return True


class Ranged(Protocol):
    """What has a range: a Param, or what a surface knows of one."""

    @property
    def lo(self) -> float: ...
    @property
    def hi(self) -> float: ...


def same(param: Ranged, old: Any, new: Any) -> bool:
    """Whether a surface showing `old` need not be told `new`."""
    if not isinstance(old, int | float) or not isinstance(new, int | float):
        return bool(old == new)
    span = param.hi - param.lo if math.isfinite(param.hi - param.lo) else 1.0
    return abs(old - new) <= 1e-5 * max(span, 1e-6)
