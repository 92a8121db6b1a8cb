"""Some programs send back all that they are told: routers, mirrors, two shows in a ring. What was ours is no wish."""

import struct
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from vj.devices.osc.wire import flat

#: Seconds for which what was told may come back, and how much is remembered of one address.
BACK_S, MOST = 1.0, 64

_Args = tuple[float | str, ...]


class Echoes:
    """What one client was told lately. Times are seconds on any one clock.

    A value may come back more than once, by more than one way. The client's own wish begins anew: who moves a control
    there may well put it back to where we had said it was, or say again that it is while the wish is on its way.
    """

    def __init__(self) -> None:
        self._told: dict[str, deque[tuple[_Args, float]]] = {}
        self._wished: dict[str, float] = {}

    def told(self, address: str, value: Any, now: float) -> None:
        """It was told `value`, as a parameter has it or as arguments."""
        told = self._told.setdefault(address, deque(maxlen=MOST))
        _forget(told, now)
        told.append((_heard(flat(value)), now))

    def back(self, address: str, args: Sequence[Any], now: float) -> bool:
        """Whether `args` for `address` are what it was told."""
        told = self._told.get(address)
        if told is None:
            return False
        _forget(told, now)
        same = _heard(args)
        if any(before == same for before, _ in told):
            return now - self._wished.get(address, -BACK_S) >= BACK_S
        del self._told[address]
        self._wished[address] = now
        return False


def _forget(told: deque[tuple[_Args, float]], now: float) -> None:
    """Take out of `told` what is too long ago to come back."""
    while told and now - told[0][1] > BACK_S:
        told.popleft()


def _heard(args: Sequence[Any]) -> _Args:
    """`args` as they are after a way over the wire: 32 bits, and 1 for true."""
    return tuple(arg if isinstance(arg, str) else _single(arg) for arg in args)


def _single(number: float) -> float:
    with suppress(struct.error, OverflowError):
        return float(struct.unpack("f", struct.pack("f", number))[0])
    return float(number)
