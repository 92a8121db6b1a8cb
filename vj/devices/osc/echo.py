"""Some programs send back all that they are told: routers, mirrors, two shows in a ring. What was ours is no wish."""

import struct
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from vj.devices.osc.wire import flat

#: What was told may come back for so long.
BACK_S = 1.0
#: How many that were told are remembered, and how many of one address.
REMEMBERED = 1024
REMEMBERED_OF_ADDRESS = 64
#: Of so many that were told last half must have come back, or of so many of one address, at least twice.
LAST_TOLD = 64
LAST_OF_ADDRESS = 4

_Args = tuple[float | str, ...]


@dataclass
class _Told:
    """The `number`th that was told, at `t`, and whether it came back."""

    number: int
    args: _Args
    t: float
    back: bool = False


class Echoes:
    """What one client was told lately. Times are seconds on any one clock.

    Whoever wishes may wish for just what is so, to hold it there: that alone is no echo. One who sends back is known by
    sending back most of what it is told. A value may come back more than once, by more than one way. The client's own
    wish begins anew: who moves a control there may well put it back to where we had said it was.
    """

    def __init__(self) -> None:
        self._count = 0
        self._all: deque[_Told] = deque(maxlen=REMEMBERED)
        self._of: dict[str, deque[_Told]] = {}
        self._wished: dict[str, float] = {}

    def told(self, address: str, value: Any, now: float) -> None:
        """It was told `value`, as a parameter has it or as arguments."""
        self._count += 1
        told = _Told(self._count, _heard(flat(value)), now)
        self._all.append(told)
        self._of.setdefault(address, deque(maxlen=REMEMBERED_OF_ADDRESS)).append(told)

    def back(self, address: str, args: Sequence[Any], now: float) -> bool:
        """Whether `args` for `address` are what it was told, sent back by one who does so."""
        same = _heard(args)
        lately = [each for each in self._of.get(address, ()) if now - each.t <= BACK_S]
        found = next((each for each in lately if each.args == same), None)
        if found is None:
            self._wished[address] = now
            return False
        if now - self._wished.get(address, -BACK_S) < BACK_S:
            return False
        found.back = True
        return self._sends_back(address, found.number)

    def _sends_back(self, address: str, number: int) -> bool:
        """Whether most came back of what was told up to `number`: what was told later may still be on its way."""
        until = len(self._all) - (self._count - number)
        several = [self._all[k].back for k in range(max(until - LAST_TOLD, 0), until)]
        one = [each.back for each in self._of[address] if each.number <= number][-LAST_OF_ADDRESS:]
        most = bool(several) and 2 * sum(several) >= len(several)  # none: it is too long ago to be told from others
        return most or (sum(one) > 1 and 2 * sum(one) >= len(one))


def _heard(args: Sequence[Any]) -> _Args:
    """`args` as they are after a way over the wire: 32 bits, and 1 for true."""
    return tuple(arg if isinstance(arg, str) else _single(arg) for arg in args)


def _single(number: float) -> float:
    with suppress(struct.error, OverflowError):
        return float(struct.unpack("f", struct.pack("f", number))[0])
    return float(number)
