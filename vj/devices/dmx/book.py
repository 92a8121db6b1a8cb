"""The mapping file of faders as it is learnt: a line added or taken away, all else and its comments stay."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Array

from vj.core.errors import ControlError
from vj.devices.dmx.fader import Channel, Fader


def bind(path: Path, fader: Fader) -> None:
    """Write `fader` in place of what its channel, and any other fader, moved it with; raises ControlError."""

    def stays(source: object, to: object) -> bool:
        return source != str(fader.channel) and to != fader.to

    _rewrite(path, stays, fader)


def unbind(path: Path, channel: Channel, to: str) -> None:
    """Take a line away; raises ControlError."""
    _rewrite(path, lambda source, target: (source, target) != (str(channel), to))


def _rewrite(path: Path, stays: Callable[[object, object], bool], fresh: Fader | None = None) -> None:
    try:
        text = path.read_text("utf-8") if path.exists() else "format = 1\nmap = []\n"
        document = tomlkit.parse(text)
        listed = document.setdefault("map", tomlkit.array())
        if not isinstance(listed, Array):
            raise ControlError("map is a list of entries", path.name, "map = []")
        for n in reversed(range(len(listed))):
            if not stays(listed[n].get("from"), listed[n].get("to")):
                del listed[n]
        listed.multiline(True)
        if fresh is not None:
            line = tomlkit.inline_table()
            line.update(fresh.line())
            listed.append(line)
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.new")
        beside.write_text(tomlkit.dumps(document), "utf-8")
        os.replace(beside, path)
    except (OSError, TOMLKitError, AttributeError) as error:
        raise ControlError(f"the binding cannot be written: {error}", str(path), "mend the file") from None
