"""Several sources of one universe become one, by the standards' rules. Pure: time is an argument.

sACN: the highest priority that is alive, and of equal ones the highest level of each slot; a source that says nothing
for 2.5 s, or that it ends, is gone. Art-Net: of up to two sources the highest level of each slot; one that says nothing
for 10 s is gone. Where all are gone the last levels hold.
"""

from dataclasses import dataclass

import numpy as np

from vj.core.types import U8

SLOTS = 512
#: Silence after which a source is gone.
SACN_TIMEOUT_S = 2.5
ARTNET_TIMEOUT_S = 10.0
#: Sources of a universe that are listened to at a time.
SACN_SOURCES = 8
ARTNET_SOURCES = 2
#: A packet that is fewer behind the newest came late, and is left out; from so many on the source began anew.
LATE = 20


@dataclass
class _Source:
    slots: U8
    heard: float
    sequence: int
    priority: int


class Universe:
    """One universe. `sources` may be heard at once, each for `patience` seconds after its last word."""

    def __init__(self, patience: float, sources: int) -> None:
        self._patience, self._most = patience, sources
        self._sources: dict[object, _Source] = {}
        self.levels: U8 = np.zeros(SLOTS, np.uint8)
        #: How many levels it has: none while nobody has spoken.
        self.size = 0

    @property
    def alive(self) -> int:
        """How many sources there are."""
        return len(self._sources)

    def take(
        self, source: object, slots: bytes, t: float, sequence: int = 0, priority: int = 100, ordered: bool = True
    ) -> bool:
        """`source` says `slots` at second `t`; whether it was heard. Only where it is `ordered` can it be late."""
        self.expire(t)
        before = self._sources.get(source)
        if before is None and len(self._sources) >= self._most:
            return False
        if before is not None and ordered and 0 < (before.sequence - sequence) & 0xFF < LATE:
            return False
        levels = np.zeros(SLOTS, np.uint8)
        levels[: len(slots)] = np.frombuffer(slots[:SLOTS], np.uint8)
        self._sources[source] = _Source(levels, t, sequence, priority)
        self.size = max(self.size, min(len(slots), SLOTS))
        self._merge()
        return True

    def end(self, source: object) -> None:
        """`source` says that it ends."""
        if self._sources.pop(source, None) is not None:
            self._merge()

    def expire(self, t: float) -> None:
        """Let those go that have been silent for too long by second `t`."""
        gone = [source for source, told in self._sources.items() if t - told.heard > self._patience]
        for source in gone:
            del self._sources[source]
        if gone:
            self._merge()

    def _merge(self) -> None:
        if not self._sources:
            return  # the last levels hold
        highest = max(told.priority for told in self._sources.values())
        heard = [told.slots for told in self._sources.values() if told.priority == highest]
        self.levels = np.maximum.reduce(heard)
