"""How vj knows what it sent itself: a message that no device heeds, of which every run has its own."""

import secrets
from collections.abc import Callable

from vj.devices.midi.ports import Ports

#: System exclusive of the maker's number that is nobody's (7D), "vj", and this run's own word.
MARK = bytes((0xF0, 0x7D, 0x76, 0x6A, *(byte & 0x7F for byte in secrets.token_bytes(4)), 0xF7))
#: Seconds between two marks, and for which one that came back says that all else does too.
MARK_S, BACK_S = 2.0, 5.0
#: Seconds within which exactly what was sent to one device comes in from another: a wire, and no hand.
WIRE_S = 0.05


class Wires:
    """Remembers what was sent where, for a moment."""

    def __init__(self) -> None:
        self._sent: dict[bytes, tuple[str, float]] = {}

    def sent(self, raw: bytes, to: str, now: float) -> None:
        """`raw` went to the device `to` at second `now`."""
        if len(self._sent) > 1024:
            self._sent = {raw: told for raw, told in self._sent.items() if now - told[1] < WIRE_S}
        self._sent[raw] = to, now

    def brought(self, raw: bytes, device: str, now: float) -> bool:
        """Whether `raw`, which came from `device`, is what went to another a moment ago."""
        to, at = self._sent.get(raw, (device, now))
        return to != device and now - at < WIRE_S


def same_device(one: str, other: str) -> bool:
    """Whether an input and an output, by their full names, are of one machine."""
    return bool(one) and (one == other or one.partition(":")[0] == other.partition(":")[0])


def output_like(ports: Ports, wanted: str, shown: Callable[[str], str]) -> list[str]:
    """Outputs whose name, as `shown`, has `wanted` in it."""
    return [name for name in ports.outputs() if wanted.casefold() in shown(name).casefold()]
