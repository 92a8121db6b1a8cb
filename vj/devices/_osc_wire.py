"""OSC bytes to messages and values to OSC bytes.

Reading is our own because python-osc's packet reader can be stopped by one datagram: a negative element size loops for
ever, deep nesting ends in RecursionError, and each unknown type tag prints a warning. Writing is python-osc's.
"""

import math
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from vj.core.errors import ControlError
from vj.core.types import Value

Arg = float | int | bool | str

#: Bundles inside bundles; nobody sends more than two.
MAX_DEPTH = 4
#: Largest OSC datagram that passes an Ethernet or Wi-Fi link in one piece.
MAX_BUNDLE = 1400
#: Seconds from 1900 (NTP) to 1970 (Unix).
_EPOCH = 2208988800
_BUNDLE = b"#bundle\0"
_NUMBERS = {"i": (">i", 4), "f": (">f", 4), "h": (">q", 8), "d": (">d", 8)}


@dataclass(frozen=True)
class Message:
    """One OSC message: `due` is the Unix time its bundle asks for, 0 for at once. Nil and impulse leave no argument."""

    address: str
    args: tuple[Arg, ...] = ()
    due: float = 0.0


def read(packet: bytes) -> list[Message]:
    """The messages in a datagram, in order; raises ControlError if any of it makes no sense."""
    return list(_elements(packet, 0.0, 0))


def _elements(packet: bytes, due: float, depth: int) -> Iterator[Message]:
    if not packet.startswith(_BUNDLE):
        yield _message(packet, due)
        return
    if depth == MAX_DEPTH or len(packet) < 16:
        raise ControlError("an OSC bundle is cut short or nested too deep")
    (tag,) = struct.unpack_from(">Q", packet, 8)
    due = 0.0 if tag <= 1 else tag / 2**32 - _EPOCH
    at = 16
    while at < len(packet):
        if at + 4 > len(packet):
            raise ControlError("an OSC bundle is cut short")
        (size,) = struct.unpack_from(">i", packet, at)
        if size <= 0 or at + 4 + size > len(packet):
            raise ControlError(f"an element of {size} bytes in an OSC bundle of {len(packet)}")
        yield from _elements(packet[at + 4 : at + 4 + size], due, depth + 1)
        at += 4 + size


def _message(packet: bytes, due: float) -> Message:
    address, at = _string(packet, 0)
    if not address.startswith("/"):
        raise ControlError("an OSC address starts with /")
    if at >= len(packet):
        return Message(address, (), due)  # old senders leave the type tags out
    tags, at = _string(packet, at)
    if not tags.startswith(","):
        raise ControlError("OSC type tags start with a comma")
    args: list[Arg] = []
    for tag in tags[1:]:
        if tag in _NUMBERS:
            form, size = _NUMBERS[tag]
            if at + size > len(packet):
                raise ControlError("an OSC argument is cut short")
            (number,) = struct.unpack_from(form, packet, at)
            if not math.isfinite(number):
                raise ControlError("an OSC number is not finite")
            args.append(number)
            at += size
        elif tag in "sS":
            word, at = _string(packet, at)
            args.append(word)
        elif tag in "TF":
            args.append(tag == "T")
        elif tag not in "NI":
            raise ControlError(f"OSC type {tag!r} is not taken here", hint="send i, f, d, s, T or F")
    return Message(address, tuple(args), due)


def _string(packet: bytes, start: int) -> tuple[str, int]:
    """The padded string at `start`, and where the next thing starts."""
    end = packet.find(b"\0", start)
    if end < 0:
        raise ControlError("an OSC string has no end")
    try:
        return packet[start:end].decode("utf-8"), (end + 4) & ~3
    except UnicodeDecodeError:
        raise ControlError("an OSC string is not text") from None


def bundles(values: Sequence[tuple[str, Value]]) -> list[bytes]:
    """Values under their addresses in as few immediate bundles of up to MAX_BUNDLE bytes as hold them."""
    packets: list[bytes] = []
    builder, length = OscBundleBuilder(IMMEDIATELY), 16
    for address, value in values:
        message = OscMessageBuilder(address)
        for arg in [part for pair in value for part in pair] if isinstance(value, tuple) else [value]:
            message.add_arg(arg)  # type: ignore[arg-type]  # a clock is never sent
        built = message.build()
        if length > 16 and length + 4 + built.size > MAX_BUNDLE:
            packets.append(builder.build().dgram)
            builder, length = OscBundleBuilder(IMMEDIATELY), 16
        builder.add_content(built)
        length += 4 + built.size
    if length > 16:
        packets.append(builder.build().dgram)
    return packets
