"""Values of 14 bits that come in halves: pairs of CCs, and the numbered parameters of NRPN and RPN."""

from typing import NamedTuple

#: Seconds that a half waits for its other half; they come within a millisecond of each other, if both come.
WAIT_S = 0.02
#: CCs of parameters: NRPN low and high, RPN low and high.
_SELECT = {98: ("nrpn", 0), 99: ("nrpn", 1), 100: ("rpn", 0), 101: ("rpn", 1)}
#: CCs of their values: data entry, high and low; one up, one down.
_DATA_MSB = 6
_DATA_LSB = 38
_INCREMENT = 96
_DECREMENT = 97
#: The parameter that stands for none.
_NULL = (127, 127)


class Pair:
    """One value from its upper and lower halves, in either order, either of them silent at times or always.

    A half waits for the other where that usually follows. A pair whose lower half was never heard has 7 bits in its
    upper one, and one whose upper half never comes 7 in its lower.
    """

    def __init__(self) -> None:
        self._halves: list[int | None] = [None, None]  # upper, lower
        self._waiting: int | None = None
        self._since = 0.0
        self._alone = [False, False]
        self._lower_first = False

    def take(self, half: int, value: int, now: float) -> float | None:
        """The value 0..1 now that `value` of `half` (0 upper, 1 lower) came at second `now`; None till it is whole."""
        self._halves[half] = value
        other = self._halves[1 - half]
        if self._waiting == 1 - half:  # the other half came just before
            self._lower_first = half == 0
            self._alone = [False, False]
            self._waiting = None
            return self._value()
        if self._waiting == half:
            self._alone[half] = True  # twice in a row: the other one says nothing
        if other is None and half == 0:
            return self._value()
        leads = half == (1 if self._lower_first or other is None else 0)
        if leads and not self._alone[half]:
            self._waiting, self._since = half, now
            return None
        self._waiting = half if leads else None
        return self._value()

    def late(self, now: float) -> float | None:
        """The value, if a half has waited for the other in vain by second `now`."""
        if self._waiting is None or now - self._since < WAIT_S or self._alone[self._waiting]:
            return None
        if self._waiting == 1 and self._halves[0] is None:
            return None  # a first lower half says nothing without its upper one
        self._waiting = None
        return self._value()

    def _value(self) -> float:
        upper, lower = self._halves
        if upper is None or lower is None:
            return (upper if lower is None else lower or 0) / 127  # type: ignore[operator]
        return (upper * 128 + lower) / 16383


class Change(NamedTuple):
    """What a numbered parameter was told: a position 0..1, or steps up (+) or down (-)."""

    source: str
    channel: int
    number: int
    position: float | None
    steps: int = 0


class Parameters:
    """NRPN and RPN of one device, from its CCs. The number is chosen first, in two halves, and then holds."""

    def __init__(self) -> None:
        self._chosen: dict[tuple[str, int], list[int | None]] = {}
        self._open: dict[int, str] = {}  # channel -> "nrpn" or "rpn", as last spoken of
        self._pairs: dict[tuple[str, int, int], Pair] = {}

    def take(self, channel: int, cc: int, value: int, now: float) -> tuple[Change, ...] | None:
        """What CC `cc` changes; None if it has to do with no parameter."""
        if cc in _SELECT:
            source, half = _SELECT[cc]
            self._chosen.setdefault((source, channel), [None, None])[half] = value
            self._open[channel] = source
            return ()
        number = self._number(channel)
        if number is None or cc not in (_DATA_MSB, _DATA_LSB, _INCREMENT, _DECREMENT):
            return None
        source = self._open[channel]
        if cc in (_INCREMENT, _DECREMENT):
            return (Change(source, channel, number, None, 1 if cc == _INCREMENT else -1),)
        position = self._pairs.setdefault((source, channel, number), Pair()).take(int(cc == _DATA_LSB), value, now)
        return () if position is None else (Change(source, channel, number, position),)

    def late(self, now: float) -> list[Change]:
        """Values whose second half has not come by `now`."""
        found = [(key, pair.late(now)) for key, pair in self._pairs.items()]
        return [Change(*key, position) for key, position in found if position is not None]

    def _number(self, channel: int) -> int | None:
        low, high = self._chosen.get((self._open.get(channel, ""), channel), (None, None))
        if low is None or high is None or (low, high) == _NULL:
            return None
        return high * 128 + low
