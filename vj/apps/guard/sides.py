"""Sees from within that what stands beside a show lives: hands, lights, layers, files. None of them takes it down.

One that hangs is begun again where that can be done, or left alone with a word. Those that show, hear and dream are
looked after by the guard, from outside.
"""

from collections.abc import Callable
from dataclasses import dataclass

from vj.core.threads.side import Side, sides

#: What counts between two looks, however long ago the last one was: a show that stood still blames nobody.
STRIDE_S = 1.0
#: How often one is begun again in a row.
MAX_TRIES = 3
#: After so many it has found its feet.
WELL_TURNS = 50
#: What they are called to who plays.
CALLED = {
    "osc": "OSC", "midi": "MIDI", "dmx": "the light desk's input", "light": "the lights", "link": "Link",
    "midi clock out": "the MIDI clock", "keeper": "what keeps presets and the session", "terminal": "the terminal",
    "rehearsal": "the preview of what is next", "refining": "the refining", "painting": "the painter",
}  # fmt: skip


@dataclass
class _Seen:
    """How one was at the last look: its turns, seconds without one, how often it was begun again in a row, its turns
    when it was told of last; errors that were told, whether it is told of, and whether it is left alone."""

    turns: int = -1
    silent: float = 0.0
    tries: int = 0
    since: int = 0
    errors: int = 0
    told: bool = False
    alone: bool = False


class Sides:
    """All of this process. `step` is for the main thread, a few times a second; `fault` gets who raised, and what."""

    def __init__(self, fault: Callable[[str, Exception], None] = lambda name, error: None) -> None:
        self._fault = fault
        self._seen: dict[Side, _Seen] = {}
        self._last: float | None = None

    def step(self, now: float) -> list[str]:
        """Look after them at `now`, in seconds of any clock; lines for who plays."""
        dt = 0.0 if self._last is None else min(now - self._last, STRIDE_S)
        self._last = now
        there = sides()
        self._seen = {side: self._seen.get(side) or _Seen() for side in there}
        return [line for side in there for line in self._look(side, self._seen[side], dt)]

    def _look(self, side: Side, seen: _Seen, dt: float) -> list[str]:
        name = CALLED.get(side.name, side.name)
        if side.errors != seen.errors:
            seen.errors = side.errors
            if side.error is not None:
                self._fault(side.name, side.error)
                return [f"{name}: {side.error}; it goes on"]
        well = side.turns - seen.since > WELL_TURNS
        if side.turns != seen.turns or side.resting or not side.patience:
            seen.silent, seen.turns = 0.0, side.turns
            if seen.told and well:
                seen.told, seen.alone, seen.tries = False, False, 0
                return [f"{name} answers again"]
            return []
        seen.silent += dt
        if seen.alone or seen.silent < side.patience * (1 + seen.tries):
            return []
        seen.silent, seen.since, seen.told = 0.0, side.turns, True
        if not side.again or seen.tries >= MAX_TRIES:
            seen.alone = True
            return [f"{name} does not answer" + (" and is left alone" if side.again else "")]
        seen.tries += 1
        side.renew()
        return [f"{name} does not answer and is begun again"]
