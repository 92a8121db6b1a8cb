"""OSC bytes to messages and values to OSC bytes. What cannot be read costs itself: its neighbours in a bundle are read.

Reading is our own because python-osc's packet reader can be stopped by one datagram: a negative element size loops for
ever, deep nesting ends in RecursionError, and each unknown type tag prints a warning. Writing is python-osc's.
"""

import math
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from vj.core.errors import ControlError

Arg = float | int | bool | str

#: Bundles inside bundles; nobody sends more than two.
MAX_DEPTH = 4
#: Largest OSC datagram that passes an Ethernet or Wi-Fi link in one piece.
MAX_BUNDLE = 1400
#: Seconds from 1900 (NTP) to 1970 (Unix).
_EPOCH = 2208988800
_BUNDLE = b"#bundle\0"
#: Types of OSC 1.0 and 1.1 that mean nothing to a parameter.
_STRANGE = {"b": "a blob", "r": "a colour", "m": "a MIDI message", "t": "a time tag"}
_NUMBERS = {"i": (">i", 4), "f": (">f", 4), "h": (">q", 8), "d": (">d", 8), "c": (">i", 4)}


@dataclass(frozen=True)
class Message:
    """One OSC message: `due` is the Unix time its bundle asks for, 0 for at once. Nil and impulse leave no argument.

    `problem` says why it cannot be taken; it has no arguments then, and where not even that can be read no address.
    """

    address: str
    args: tuple[Arg, ...] = ()
    due: float = 0.0
    problem: str = ""


def read(packet: bytes) -> list[Message]:
    """The messages in a datagram, in order, those that cannot be taken among them."""
    return list(_elements(packet, 0.0, 0))


def _elements(packet: bytes, due: float, depth: int) -> Iterator[Message]:
    if not packet.startswith(_BUNDLE):
        yield _message(packet, due)
        return
    if depth == MAX_DEPTH or len(packet) < 16:
        yield Message("", (), due, "an OSC bundle is cut short or nested too deep")
        return
    (tag,) = struct.unpack_from(">Q", packet, 8)
    due = 0.0 if tag <= 1 else tag / 2**32 - _EPOCH
    at = 16
    while at < len(packet):
        (size,) = struct.unpack_from(">i", packet, at) if at + 4 <= len(packet) else (-1,)
        if size < 0 or at + 4 + size > len(packet):  # nobody knows where the next one starts
            yield Message("", (), due, f"an element of {size} bytes in an OSC bundle of {len(packet)}")
            return
        if size:
            yield from _elements(packet[at + 4 : at + 4 + size], due, depth + 1)
        at += 4 + size


def _message(packet: bytes, due: float) -> Message:
    address = ""
    try:
        address, at = _string(packet, 0)
        if not address.startswith("/"):
            address = ""
            raise ControlError("an OSC address starts with /")
        if at >= len(packet):
            return Message(address, (), due)  # old senders leave the type tags out
        tags, at = _string(packet, at)
        return Message(address, tuple(_arguments(packet, tags, at)), due)
    except ControlError as error:
        return Message(address, (), due, f"{error.what} ({error.hint})" if error.hint else error.what)


def _arguments(packet: bytes, tags: str, at: int) -> Iterator[Arg]:
    """What `tags` say that stands from `at` on; arrays are their contents."""
    if not tags.startswith(","):
        raise ControlError("OSC type tags start with a comma")
    depth = 0
    for tag in tags[1:]:
        if tag in _NUMBERS:
            form, size = _NUMBERS[tag]
            if at + size > len(packet):
                raise ControlError("an OSC argument is cut short")
            (number,) = struct.unpack_from(form, packet, at)
            if not math.isfinite(number):
                raise ControlError("an OSC number is not finite")
            yield _character(number) if tag == "c" else number
            at += size
        elif tag in "sS":
            word, at = _string(packet, at)
            yield word
        elif tag in "TF":
            yield tag == "T"
        elif tag in "[]":
            depth += 1 if tag == "[" else -1
            if depth < 0:
                break
        elif tag not in "NI":
            what = _STRANGE.get(tag, f"OSC type {tag!r}")
            raise ControlError(f"{what} is not taken here", hint="send i, f, d, s, T or F")
    if depth:
        raise ControlError("an OSC array does not open and close")


def _character(code: int) -> str:
    """The letter that a `c` stands for."""
    if not 0 < code < 0x110000 or 0xD800 <= code < 0xE000:
        raise ControlError(f"{code} is no character")
    return chr(code)


def _string(packet: bytes, start: int) -> tuple[str, int]:
    """The padded string at `start`, and where the next thing starts. Text that is no UTF-8 is taken for Latin-1."""
    end = packet.find(b"\0", start)
    if end < 0:
        raise ControlError("an OSC string has no end")
    raw = packet[start:end]
    try:
        return raw.decode("utf-8"), (end + 4) & ~3
    except UnicodeDecodeError:
        return raw.decode("latin-1"), (end + 4) & ~3


def message(address: str, args: Sequence[Arg | bytes]) -> bytes:
    """One OSC message; bytes are a blob."""
    return bytes(_built(address, args).dgram)


def bundles(values: Sequence[tuple[str, Any]], most: int = MAX_BUNDLE, numbers: bool = False) -> list[bytes]:
    """Values under their addresses in as few immediate bundles of up to `most` bytes as hold them.

    A value is what a parameter holds, or a tuple of arguments; of a mix and of other pairs all parts follow each other.
    With `numbers` true and false are sent as 1 and 0.
    """
    packets: list[bytes] = []
    builder, length = OscBundleBuilder(IMMEDIATELY), 16
    for address, value in values:
        args = flat(value)
        built = _built(address, [int(arg) if isinstance(arg, bool) else arg for arg in args] if numbers else args)
        if length > 16 and length + 4 + built.size > most:
            packets.append(builder.build().dgram)
            builder, length = OscBundleBuilder(IMMEDIATELY), 16
        builder.add_content(built)
        length += 4 + built.size
    if length > 16:
        packets.append(builder.build().dgram)
    return packets


def _built(address: str, args: Sequence[Any]) -> Any:
    builder = OscMessageBuilder(address)
    for arg in args:
        builder.add_arg(arg)
    return builder.build()


def flat(value: Any) -> list[Any]:
    """The arguments that a value is sent as."""
    if not isinstance(value, tuple | list):
        return [value]
    return [part for each in value for part in (each if isinstance(each, tuple | list) else (each,))]
