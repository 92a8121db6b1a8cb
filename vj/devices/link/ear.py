"""Who speaks Ableton Link on this network, found out by listening only.

A program that switches Link on founds a session, and of two that meet the older one wins: a show that stood ready all
evening would give its tempo to the musician who comes. So nothing is said until a session has been heard for a while:
then that one is the older.
"""

import socket
import struct
import time
from contextlib import suppress

#: Where Link's peers find each other: a multicast group and its UDP port.
GROUP = "224.76.78.75"
PORT = 20808
#: How each of their messages begins: protocol and version.
_HEADER = b"_asdp_v\x01"
#: Kinds of messages: alive and the answer to it, and byebye.
_ALIVE = (1, 2)
_BYE = 3
#: A session this old wins over one that begins now.
OLD_S = 1.0
#: Of who has said nothing for so long nobody knows anything.
FORGOTTEN_S = 3.0
#: Networks come and go: they are looked for this often.
JOIN_S = 5.0


class Ear:
    """Hears peers. Opening raises OSError where the port cannot be had."""

    def __init__(self) -> None:
        self._heard: dict[bytes, tuple[float, float]] = {}
        self._joined = -JOIN_S
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            for name in ("SO_REUSEADDR", "SO_REUSEPORT"):  # a Link program on this machine has it too
                if hasattr(socket, name):
                    self._socket.setsockopt(socket.SOL_SOCKET, getattr(socket, name), 1)
            self._socket.bind(("", PORT))
        except OSError:
            self._socket.close()
            raise

    def hear(self, timeout: float) -> int:
        """How many peers there are whose session is old enough to be joined, after listening for `timeout` seconds."""
        now = time.monotonic()
        if now - self._joined >= JOIN_S:
            self._joined = now
            self._join()
        end = now + timeout
        while (left := end - time.monotonic()) > 0.0:
            self._socket.settimeout(left)
            with suppress(OSError):  # nobody spoke, or a network went away
                self._take(self._socket.recv(2048), time.monotonic())
        now = time.monotonic()
        self._heard = {peer: times for peer, times in self._heard.items() if now - times[1] < FORGOTTEN_S}
        return sum(last - first >= OLD_S for first, last in self._heard.values())

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()

    def _join(self) -> None:
        for index, _ in socket.if_nameindex():
            member = struct.pack("=4s4si", socket.inet_aton(GROUP), b"\0" * 4, index)
            with suppress(OSError):  # joined before, or no network of that kind
                self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)

    def _take(self, packet: bytes, now: float) -> None:
        if not packet.startswith(_HEADER) or len(packet) < 20:
            return
        kind, peer = packet[8], packet[12:20]
        if kind in _ALIVE:
            self._heard[peer] = (self._heard.get(peer, (now, now))[0], now)
        elif kind == _BYE:
            self._heard.pop(peer, None)
