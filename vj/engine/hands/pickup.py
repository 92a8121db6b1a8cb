"""Soft takeover: a knob that stands elsewhere than its value waits until it meets it."""

#: Seconds for which a knob that was moved in vain is told about.
WAITING_S = 4.0
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


class Nearing:
    """Value scaling: what is left of the knob's way to either end moves what is left of the value's."""

    def __init__(self) -> None:
        self._last: float | None = None

    def moved(self, x: float, value: float) -> float | None:
        """The value, now `value`, once the knob is at `x` (both 0..1); None at its first word, which moves nothing."""
        last, self._last = self._last, x
        if abs(x - value) <= PICKUP_CATCH / 2:
            return x
        if last is None or x == last:
            return None
        if x > last:
            return 1.0 - (1.0 - value) * (1.0 - x) / (1.0 - last)
        return value * x / last


class Pickups:
    """All knobs there are, by who moves what. Positions are 0..1, times seconds of the show."""

    def __init__(self) -> None:
        self._knobs: dict[tuple[str, str], Pickup] = {}
        self._waiting: dict[str, tuple[float, float]] = {}
        self._nearing: dict[tuple[str, str], Nearing] = {}

    def nears(self, source: str, address: str, x: float, value: float) -> float | None:
        """Where the knob of `source` moves what stands at `value`, by scaling; None for nowhere yet."""
        return self._nearing.setdefault((source, address), Nearing()).moved(x, value)

    def moves(self, source: str, address: str, x: float, value: float, t: float) -> bool:
        """Whether the knob of `source` for `address`, moved to `x` at `t`, may move what stands at `value`."""
        if self._knobs.setdefault((source, address), Pickup()).moves(x, value):
            self._waiting.pop(address, None)
            return True
        self._waiting[address] = (x, t)
        return False

    def waiting(self, t: float) -> dict[str, float]:
        """Where the knobs stand that were moved lately and have not met their value yet, by address."""
        self._waiting = {address: (x, at) for address, (x, at) in self._waiting.items() if t - at < WAITING_S}
        return {address: x for address, (x, _) in self._waiting.items()}

    def clear(self) -> None:
        """All values have gone elsewhere: every knob must be picked up again."""
        self._knobs.clear()
        self._waiting.clear()
        self._nearing.clear()
