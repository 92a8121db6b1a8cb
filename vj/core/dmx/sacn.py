"""Packets of sACN (ANSI E1.31): levels of one universe, as bytes."""

import struct
from dataclasses import dataclass

PORT = 5568
#: The least and the greatest.
UNIVERSES = (1, 63999)
PRIORITIES = (0, 200)
#: Levels of a universe.
SLOTS = 512
_ROOT = struct.Struct(">HH12sHI16s")
_FRAMING = struct.Struct(">HI64sBHBBH")
_LEVELS = struct.Struct(">HBBHHHB")
_HEAD = _ROOT.size + _FRAMING.size + _LEVELS.size
_NAME = b"ASC-E1.17\x00\x00\x00"
#: Bits of the options.
PREVIEW = 0x80
TERMINATED = 0x40


@dataclass(frozen=True)
class Levels:
    """What a source says of a universe: `cid` is the source's own [16], `slots` its levels, 1 to 512 of them."""

    cid: bytes
    universe: int
    slots: bytes
    sequence: int = 0
    priority: int = 100
    name: str = "vj"
    preview: bool = False
    terminated: bool = False

    def packed(self) -> bytes:
        """The packet."""
        slots = self.slots[:SLOTS]
        size = _HEAD + len(slots)
        options = PREVIEW * self.preview | TERMINATED * self.terminated
        name = self.name.encode("utf-8")[:63]
        root = _ROOT.pack(0x10, 0, _NAME, 0x7000 | (size - 16), 4, self.cid)
        framing = _FRAMING.pack(
            0x7000 | (size - _ROOT.size), 2, name, self.priority, 0, self.sequence & 0xFF, options, self.universe
        )
        length = 0x7000 | (size - _ROOT.size - _FRAMING.size)
        return root + framing + _LEVELS.pack(length, 2, 0xA1, 0, 1, 1 + len(slots), 0) + slots


def parse(packet: bytes) -> Levels | None:
    """The levels in a packet; None for anything else, such as discovery, synchronisation, or another start code."""
    if len(packet) < _HEAD:
        return None
    preamble, post, name, _, vector, cid = _ROOT.unpack_from(packet)
    _, framing, source, priority, _, sequence, options, universe = _FRAMING.unpack_from(packet, _ROOT.size)
    _, levels, kind, first, step, count, start = _LEVELS.unpack_from(packet, _ROOT.size + _FRAMING.size)
    known = (preamble, post, name, vector, framing, levels, kind, first, step) == (0x10, 0, _NAME, 4, 2, 2, 0xA1, 0, 1)
    slots = packet[_HEAD : _HEAD + count - 1]
    whole = 1 <= count <= SLOTS + 1 and len(slots) == count - 1
    lawful = UNIVERSES[0] <= universe <= UNIVERSES[1] and priority <= PRIORITIES[1]
    if not (known and whole and lawful and start == 0):
        return None
    words = source.split(b"\x00")[0].decode("utf-8", "replace")
    return Levels(
        cid, universe, slots, sequence, priority, words, bool(options & PREVIEW), bool(options & TERMINATED)
    )  # fmt: skip


def group(universe: int) -> str:
    """The multicast address of a universe."""
    return f"239.255.{universe >> 8}.{universe & 0xFF}"
