"""What is listened to, and the sockets for it."""

import re
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from vj.core.dmx import sacn
from vj.core.errors import ControlError

#: sACN universes that are listened to where none are named.
DEFAULT_UNIVERSES = (1, 2, 3, 4)
#: The most that may be listened to.
MAX_UNIVERSES = 64
ANY = "0.0.0.0"


@dataclass(frozen=True)
class Asked:
    """What is listened to: sACN `universes`, none for no sACN; and `artnet`; at the address `host` of ours."""

    universes: tuple[int, ...] = ()
    artnet: bool = False
    host: str = ANY


def read_asked(text: str) -> Asked:
    """What "sacn", "sacn:1-4", "artnet" or several of them with commas ask for, "@10.0.0.5" behind them at that address
    of ours; raises ControlError."""
    text, _, host = text.partition("@")
    universes: list[int] = []
    art = False
    for word in filter(None, (part.strip() for part in text.split(","))):
        found = re.fullmatch(r"(sacn|artnet)(?::(\d{1,5})(?:-(\d{1,5}))?)?", word)
        if found is None or (found[1] == "artnet" and found[2]):
            raise ControlError(
                f"{word!r} is nothing to listen to", "--light-in", "sacn, sacn:1-4, artnet, or both: sacn,artnet"
            )
        art |= found[1] == "artnet"
        if found[1] == "sacn":
            first, last = int(found[2] or DEFAULT_UNIVERSES[0]), int(found[3] or found[2] or DEFAULT_UNIVERSES[-1])
            universes += range(first, min(last, first + MAX_UNIVERSES) + 1)
    lo, hi = sacn.UNIVERSES
    if len(set(universes)) > MAX_UNIVERSES or any(not lo <= each <= hi for each in universes):
        raise ControlError(f"up to {MAX_UNIVERSES} universes of {lo} to {hi}", "--light-in", "such as sacn:1-4")
    try:
        socket.inet_aton(host or ANY)
    except OSError:
        raise ControlError(f"{host!r} is no address of ours", "--light-in", "such as sacn@10.0.0.5") from None
    return Asked(tuple(dict.fromkeys(universes)), art, host or ANY)


def listening(host: str, port: int, universes: Sequence[int] = ()) -> socket.socket:
    """A socket that hears what is sent to `host` and `port`, and to the groups of sACN `universes`; raises
    ControlError."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # a socket that is bound to one address of ours hears no group
        made.bind((host if not universes or host.startswith("127.") else ANY, port))
    except OSError as error:
        made.close()
        what = f"no light desk can be heard: {error.strerror}"
        raise ControlError(what, f"{host}:{port}", "end what has that port") from None
    made.setblocking(False)
    for universe in universes:
        member = struct.pack("4s4s", socket.inet_aton(sacn.group(universe)), socket.inet_aton(host))
        with suppress(OSError):  # a machine without multicast still hears what is sent to it alone
            made.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    return made


def own_ip(to: str) -> str:
    """Our address as `to` sees it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((to, 9))
        return str(probe.getsockname()[0])
