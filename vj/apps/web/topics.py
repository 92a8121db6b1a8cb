"""What a surface is told of a running show besides values and the desk's topics: the one called `show`."""

import time
from collections import deque
from collections.abc import Callable, Iterable
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
        #: Whoever else listens: each says what, and where.
        self.also: list[Callable[[], Iterable[tuple[str, str]]]] = []
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
            "ports": self._ports(),
            "notices": self._notices(words.notices),
        }

    def _notices(self, standing: tuple[str, ...]) -> list[str]:
        """The last of all that ever stood."""
        if standing != self._standing:
            clock = time.strftime("%H:%M:%S")
            self._lines += [f"{clock} {line}" for line in standing if line not in self._standing]
            self._standing = standing
        return list(self._lines)

    def _ports(self) -> list[dict[str, str]]:
        """Every port that the show listens on: what, and where."""
        own = (("surface and OSCQuery", "TCP", self._port), ("OSC", "UDP", self.osc_port))
        found = [(what, f"{kind} {self._host}:{number}") for what, kind, number in own if number]
        if self._host != "127.0.0.1":
            found.append(("names of both, by mDNS", "UDP 5353"))
        found += [each for asked in self.also for each in asked()]
        return [{"what": what, "where": where} for what, where in found]
