"""Packets of Art-Net 4: levels of one port, and the question who is there with its answer."""

import struct
from dataclasses import dataclass

PORT = 6454
#: Port addresses, the least and the greatest: net, sub-net and universe in 15 bits.
UNIVERSES = (0, 32767)
#: Levels of a universe.
SLOTS = 512
_HEAD = struct.Struct("<8sH")
_LEVELS = struct.Struct(">HBBBBH")
_NAME = b"Art-Net\x00"
_VERSION = 14
# Op codes.
_POLL = 0x2000
_REPLY = 0x2100
_DMX = 0x5000


@dataclass(frozen=True)
class Levels:
    """Levels of the port `universe`. A `sequence` of 0 says that the order does not matter."""

    universe: int
    slots: bytes
    sequence: int = 0

    def packed(self) -> bytes:
        """The packet; an odd number of levels is made even."""
        slots = self.slots[:SLOTS] + b"\x00" * (len(self.slots) % 2)
        head = _HEAD.pack(_NAME, _DMX)
        low, net = self.universe & 0xFF, self.universe >> 8
        return head + _LEVELS.pack(_VERSION, self.sequence & 0xFF, 0, low, net, len(slots)) + slots


def parse(packet: bytes) -> Levels | None:
    """The levels in a packet; None for anything else."""
    if len(packet) < _HEAD.size + _LEVELS.size or _HEAD.unpack_from(packet) != (_NAME, _DMX):
        return None
    version, sequence, _, low, net, count = _LEVELS.unpack_from(packet, _HEAD.size)
    start = _HEAD.size + _LEVELS.size
    slots = packet[start : start + count]
    if version < _VERSION or not 1 <= count <= SLOTS or len(slots) != count or net > 127:
        return None
    return Levels(net << 8 | low, slots, sequence)


def is_poll(packet: bytes) -> bool:
    """Whether a packet asks who is there."""
    return len(packet) >= _HEAD.size and _HEAD.unpack_from(packet) == (_NAME, _POLL)


def reply(ip: str, universes: tuple[int, ...], name: str = "vj") -> bytes:
    """The answer to that: a node at `ip` that takes levels of up to four `universes` of one sub-net."""
    first = universes[0] if universes else 0
    ports = [each & 0xF for each in universes if each >> 4 == first >> 4][:4]
    out = bytearray(239)
    _HEAD.pack_into(out, 0, _NAME, _REPLY)
    out[10:14] = bytes(int(part) & 0xFF for part in ip.split("."))
    struct.pack_into("<H", out, 14, PORT)
    out[18], out[19] = first >> 8 & 0x7F, first >> 4 & 0xF
    out[20:22] = b"\x00\xff"  # no maker's code
    short, long = name.encode("utf-8")[:17], f"{name}: faders to parameters".encode()[:63]
    out[26 : 26 + len(short)] = short
    out[44 : 44 + len(long)] = long
    out[173] = len(ports)
    for k, port in enumerate(ports):
        out[174 + k] = 0x40  # what comes in from the network plays no DMX line, but is taken
        out[178 + k] = 0x80
        out[186 + k] = port
    out[200] = 0x00  # style: a node
    return bytes(out)
