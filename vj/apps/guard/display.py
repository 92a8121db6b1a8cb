"""Whether somebody answers where windows are shown: a server of X11 or Wayland may die, and come again."""

import os
import re
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

#: Seconds for which an answer is waited for.
ANSWERS_S = 0.3


def answers(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the server that DISPLAY or WAYLAND_DISPLAY names takes callers; True where nobody can say."""
    named = re.fullmatch(r"(?:unix|([^:/]*))(?:/unix)?:(\d+)(?:\.\d+)?", environment.get("DISPLAY", ""))
    if named is not None:
        host, number = named[1] or "", int(named[2])
        if host:
            return _takes(socket.AF_INET, (host, 6000 + number))
        path = f"/tmp/.X11-unix/X{number}"
        return _takes(socket.AF_UNIX, "\0" + path) or _takes(socket.AF_UNIX, path)
    wayland, folder = environment.get("WAYLAND_DISPLAY"), environment.get("XDG_RUNTIME_DIR")
    if not environment.get("DISPLAY") and wayland and folder:
        return _takes(socket.AF_UNIX, str(Path(folder) / wayland))
    return True


def _takes(family: int, address: "str | tuple[str, int]") -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as caller, suppress(OSError):
        caller.settimeout(ANSWERS_S)
        caller.connect(address)
        return True
    return False
