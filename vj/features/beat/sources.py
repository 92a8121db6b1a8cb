"""Which clock of another machine leads: a Link session before a MIDI clock, as far as the performer lets them."""

from collections.abc import Mapping
from operator import is_

from vj.core.types import Clock

LINK = "link"
MIDI = "clock"
#: Sources of `/tempo/source` under which a clock may lead, and which: the first that runs.
MAY: Mapping[str, tuple[str, ...]] = {
    "auto": (LINK, MIDI),
    "fixed": (LINK, MIDI),
    "link": (LINK,),
    "midi": (MIDI,),
}


class Sources:
    """`leads` is LINK, MIDI or "" for neither; `clock` is that clock, or the one that led last.

    A lock holds who leads: where that is a clock, no other takes its place, and where it is none, none does.
    """

    def __init__(self) -> None:
        self.leads = ""
        self.clock = Clock()
        self._last = ""
        self._kept: str | None = None
        self._asked: tuple[object, ...] = (None,) * 4

    def step(self, source: str, lock: bool, link: Clock, midi: Clock) -> None:
        """Look who runs."""
        asked = source, lock, link, midi
        if all(map(is_, asked, self._asked)):  # nothing is new, as nearly always
            return
        self._asked = asked
        clocks = {LINK: link, MIDI: midi}
        running = [name for name in MAY.get(source, ()) if clocks[name].runs]
        if not lock:
            self._kept = None
        elif self._kept is None:
            self._kept = self.leads
        if self._kept is not None:
            running = [name for name in running if name == self._kept]
        self.leads = running[0] if running else ""
        self._last = self.leads or self._last
        self.clock = clocks.get(self._last, Clock())
