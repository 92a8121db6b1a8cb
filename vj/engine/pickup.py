"""Soft takeover: a knob that stands elsewhere than its value waits until it meets it."""

#: It takes hold within this distance of the value, and lets go when another hand moves the value further.
PICKUP_CATCH = 2 / 127
PICKUP_LOSE = 3 / 127


class Pickup:
    """Soft takeover of one knob: it waits until it meets the value, then holds until another hand moves it away."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._set: float | None = None

    def moves(self, x: float, value: float) -> bool:
        """Whether the knob, now at `x`, may move the value, now at `value` (both 0..1)."""
        if self._set is not None and abs(value - self._set) > PICKUP_LOSE:
            self._set = None
        crossed = self._last is not None and min(self._last, x) <= value <= max(self._last, x)
        self._last = x
        if self._set is None and not crossed and abs(x - value) > PICKUP_CATCH:
            return False
        self._set = x
        return True
