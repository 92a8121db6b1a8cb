"""What was heard, in a dozen numbers a tick: for people, and to tell whether a replay hears the same."""

from operator import attrgetter
from typing import Any

from vj.core.types import Features

#: The numbers of a tick, as sources of modulation name them.
HEARD = (
    "level.loud", "level.peak", "bands.bass.level", "bands.snare.level", "bands.mids.level", "bands.highs.level",
    "onset.count", "tempo.bpm", "tempo.beat", "tempo.phase", "state.energy", "state.drops",
)  # fmt: skip


class Numbers:
    """Reads them off features; the kinds of records are looked up once."""

    def __init__(self) -> None:
        self._known: frozenset[type] = frozenset()
        self._readers: list[tuple[type, Any]] = []

    def of(self, features: Features) -> list[float | int]:
        """One number for each of HEARD, 0 where nobody listens for it."""
        records = features.records
        if self._known != records.keys():
            self._known = frozenset(records)
            by_name = {kind.__name__.lower(): kind for kind in records}
            names = (path.split(".", 1) for path in HEARD)
            self._readers = [(by_name.get(first, type(None)), attrgetter(rest)) for first, rest in names]
        return [round(read(records[kind]), 4) if kind in records else 0 for kind, read in self._readers]
