"""What a surface is told of a running show besides values and the desk's topics: the one called `show`."""

import time
from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

from vj import __version__
from vj.core.params import Snapshot

if TYPE_CHECKING:
    from vj.outputs.overlay.panel import HudState

#: Notices that a surface is shown.
NOTICES = 20


class Facing(Protocol):
    """Where sound comes from, as far as it is told."""

    @property
    def name(self) -> str: ...
    @property
    def lost(self) -> bool: ...
    @property
    def silent(self) -> bool: ...


class Teller:
    """Gathers the topic; remembers what the performer was told, with the time of day."""

    def __init__(self, port: int, host: str) -> None:
        self._port, self._host = port, host
        self.osc_port = 0
        self._lines: deque[str] = deque(maxlen=NOTICES)
        self._standing: tuple[str, ...] = ()

    def show(self, words: "HudState", snapshot: Snapshot, source: Facing) -> dict[str, Any]:
        """The topic as plain JSON, to be made a few times a second."""
        black, frozen = bool(snapshot["/master/blackout"]), bool(snapshot["/master/freeze"])
        return {
            "version": __version__,
            "port": self._port,
            "osc": self.osc_port,
            "lan": self._host != "127.0.0.1",
            "live": not black and not frozen,
            "black": black,
            "frozen": frozen,
            "rec": "REC" in words.badges,
            "input": {
                "name": source.name,
                "db": round(words.input_db, 1),
                "clip": words.clip,
                "silent": source.silent,
                "problem": getattr(source, "problem", "") or ("the input is gone" if source.lost else ""),
            },
            "ports": listening(self._port, self._host, self.osc_port),
            "notices": self._notices(words.notices),
        }

    def _notices(self, standing: tuple[str, ...]) -> list[str]:
        """The last of all that ever stood."""
        if standing != self._standing:
            clock = time.strftime("%H:%M:%S")
            self._lines += [f"{clock} {line}" for line in standing if line not in self._standing]
            self._standing = standing
        return list(self._lines)


def listening(port: int, host: str, osc_port: int) -> list[dict[str, str]]:
    """Every port that the show listens on: what, and where."""
    ports = (("surface and OSCQuery", "TCP", port), ("OSC", "UDP", osc_port))
    return [{"what": what, "where": f"{kind} {host}:{number}"} for what, kind, number in ports if number]
