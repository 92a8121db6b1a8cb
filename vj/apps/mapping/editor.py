"""The mapping of all outputs while a show runs: changed by keys, mouse, OSC and surfaces, undone, kept in a file."""

import queue
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from vj.apps.mapping.file import VenueFile
from vj.apps.mapping.keys import pressed
from vj.core.errors import ControlError, nearest
from vj.core.mapping import moves
from vj.core.mapping.moves import PARTS, Part, part_of
from vj.core.mapping.output import TESTS, Mapping
from vj.core.mapping.plane import Point
from vj.core.mapping.venue import BLENDS, MAIN, OUTPUTS, Venue
from vj.core.params import Snapshot
from vj.core.types import Event
from vj.outputs.mapping.guides import Guides, lines

ROOT = "/output/map"
EDIT = f"{ROOT}/edit"
TEST = f"{ROOT}/test"
PART = f"{ROOT}/part"
OUTPUT = f"{ROOT}/output"
#: Changes of the same handle within so long are one to undo.
GESTURE_S = 1.0
#: Of so many at most is known what was before.
UNDO_STEPS = 100


class Screen(Protocol):
    """Where a mapped picture goes: the window."""

    @property
    def size(self) -> tuple[int, int] | None: ...
    def map(self, mapping: Mapping, name: str, guides: Guides | None) -> None: ...


class Editor:
    """Owns the venue. `others` are outputs besides the window, by name with their sizes. `step` is called once a frame.
    Main thread only.
    """

    def __init__(self, file: VenueFile, events: "queue.SimpleQueue[Event]", unnamed: bool = False) -> None:
        self._file, self._events, self._unnamed = file, events, unnamed
        self.venue = file.first
        self.others: dict[str, tuple[int, int]] = {}
        self.on = False
        self.part: Part = "corners"
        self.output, self.test = MAIN, TESTS[0]
        self.index = 0
        self.size = (1280, 720)
        self._before: list[Venue] = []
        self._after: list[Venue] = []
        self._gesture: tuple[Any, ...] = ()
        self._moved = 0.0
        self._told: tuple[Any, ...] = ()
        self._listed: tuple[Any, list[dict[str, Any]]] = (None, [])
        self._held = False

    @property
    def notice(self) -> str:
        """What the operator should know."""
        kept = (
            f"the mapping is kept: vj live --venue {self._file.path.stem}" if self._unnamed and self._file.saved else ""
        )
        return self._file.notice or kept

    @property
    def place(self) -> str | None:
        """The file to go on with in another show: that of a venue with a name, or where something was mapped."""
        return str(self._file.path.absolute()) if self._file.saved or not self._unnamed else None

    @property
    def outputs(self) -> list[str]:
        """The names of all outputs, that of the window first."""
        return list(dict.fromkeys((MAIN, *self.others, *self.venue.outputs)))

    @property
    def mapping(self) -> Mapping:
        """That of the output which is edited."""
        return self.venue.of(self.output)

    def shown(self, output: str) -> Mapping:
        """What an output is to show now: its mapping, with the test pattern if one is on."""
        return replace(self.venue.of(output), test=self.test)

    def sliced(self, output: str, mapping: Mapping) -> None:
        """An output begins as `mapping` says, unless the venue says how."""
        if output not in self.venue.outputs and not mapping.plain:
            self.venue = self.venue.having(output, mapping)

    def guides(self, output: str) -> Guides | None:
        """What lies over an output while it is the one that is edited."""
        if not self.on or output != self.output:
            return None
        return Guides(self.part, self.index, self.words, self.venue.of(output))

    def step(self, snapshot: Snapshot, screen: Screen) -> None:
        """Follow the desk's values, take what another hand wrote, tell the screen."""
        self.on, self.test = bool(snapshot[EDIT]), TESTS[[*TESTS].index(snapshot[TEST])]  # type: ignore[arg-type]
        part, output = part_of(str(snapshot[PART])), str(snapshot[OUTPUT])
        self.size = screen.size or self.size
        if (part, output) != (self.part, self.output):
            self.part, self.output, self.index = part, output, 0
        if (come := self._file.come()) is not None:
            self._remember(())
            self.venue = come
        if self.on:
            self.index = min(self.index, max(len(moves.handles(self.mapping, self.part)) - 1, 0))
        guides = self.guides(MAIN)
        if self.on and guides is None:
            guides = Guides("corners", -1, self.words)  # where the operator looks while another output is edited
        told = (self.shown(MAIN), guides)
        if told != self._told:
            self._told = told
            screen.map(told[0], MAIN, guides)

    def change(self, output: str, fresh: Mapping, *gesture: Any) -> None:
        """The mapping of `output` is `fresh` from now on; what belongs to one `gesture` is undone together."""
        if output not in self.outputs and len(self.outputs) >= OUTPUTS:
            raise ControlError(f"a venue has up to {OUTPUTS} outputs", hint=nearest(output, self.outputs))
        if fresh == self.venue.of(output):
            return
        self._remember((output, *gesture))
        self._put(self.venue.having(output, replace(fresh, test="none")))

    def key(self, key: str, mods: Collection[str] = ()) -> bool:
        """Whether `key` was for the mapping, which it is only while that is edited."""
        return self.on and pressed(self, key, frozenset(mods))

    def wish(self, address: str, value: Any) -> None:
        """Ask the desk for a value."""
        self._events.put(Event(address, (value,), "key"))

    def wish_deed(self, name: str, *args: Any) -> None:
        """Ask the desk for a deed."""
        self._events.put(Event(f"{ROOT}/{name}", args, "key"))

    def nudge(self, x: float, y: float) -> None:
        """Move the chosen handle by so many pixels of the window."""
        spots = moves.handles(self.mapping, self.part)
        if spots:
            at = spots[self.index]
            self.drag(self.index, (at[0] + x / self.size[0], at[1] + y / self.size[1]))

    def drag(self, index: int, to: Point) -> None:
        """Move a handle of the part that is held to a place."""
        self.index = index
        self.change(self.output, moves.drag(self.mapping, self.part, index, to), self.part, index)

    def mouse(self, what: str, x: float, y: float, output: str = MAIN) -> bool:
        """The mouse was pressed ("down"), moved ("move") or let go ("up") at x, y in 0..1 of the window of an output;
        whether it was for the mapping."""
        if not self.on or self.output != output:
            return False
        if what == "down":
            wide, high = self.others.get(output, self.size)
            reach = (24 / wide + 0.01, 24 / high + 0.01)
            found = moves.near(self.mapping, self.part, (x, y), reach)
            self._gesture, self._held = (), found is not None
            self.index = self.index if found is None else found
        elif what == "move" and self._held:
            self.drag(self.index, (x, y))
        elif what == "up":
            self._held = False
        return True

    @property
    def words(self) -> str:
        """What the operator reads on the wall."""
        count = len(moves.handles(self.mapping, self.part))
        where = f"{self.output} · {self.part}" + (f" {self.index + 1} of {count}" if count else ", none: + adds one")
        return f"{where}   Tab next · arrows move · 1-5 part · G pattern · R turn · X flip · Esc leaves"

    def overview(self) -> dict[str, Any]:
        """Everything that a surface shows, as plain JSON."""
        return {
            "venue": self.venue.name, "file": self._file.path.name, "notice": self.notice, "size": list(self.size),
            "outputs": self._outputs(),
        }  # fmt: skip

    def _outputs(self) -> list[dict[str, Any]]:
        """Each output; made anew only where something has changed."""
        key = (self.venue, dict(self.others), self.size)
        if key != self._listed[0]:
            size = self.size
            told = [_told(name, self.others.get(name, size), self.venue.of(name)) for name in self.outputs]
            self._listed = key, told
        return self._listed[1]

    def close(self) -> None:
        """Save what is not saved yet."""
        self._file.close()

    def _remember(self, gesture: tuple[Any, ...]) -> None:
        now = time.monotonic()
        if not gesture or gesture != self._gesture or now - self._moved > GESTURE_S:
            self._before = [*self._before, self.venue][-UNDO_STEPS:]
            self._after = []
        self._gesture, self._moved = gesture, now

    def _put(self, venue: Venue) -> None:
        self.venue = venue
        self._file.put(venue)

    def undo(self) -> None:
        """Take back the last change."""
        self._back(self._before, self._after)

    def redo(self) -> None:
        """Bring back what was taken back."""
        self._back(self._after, self._before)

    def _back(self, source: list[Venue], target: list[Venue]) -> None:
        if source:
            target.append(self.venue)
            self._gesture = ()
            self._put(source.pop())


def _told(name: str, size: tuple[int, int], mapping: Mapping) -> dict[str, Any]:
    """An output as plain JSON."""
    part, mesh = mapping.slice, mapping.mesh
    return {
        "name": name, "size": list(size), "plain": mapping.plain, "turn": mapping.turn, "flip": mapping.flip,
        "slice": [part.x, part.y, part.width, part.height],
        "handles": {part: _plain(moves.handles(mapping, part)) for part in PARTS},
        "mesh": [mesh.columns, mesh.rows, mesh.smooth] if mesh else None,
        "ends": [_plain(line) for line in lines(Guides("blend", mapping=mapping))[1:]],
        "blend": {key: getattr(mapping.blend, key) for key in BLENDS},
        "masks": [[len(mask.points), mask.feather, mask.shows] for mask in mapping.masks],
    }  # fmt: skip


def _plain(points: Iterable[Sequence[float]]) -> list[list[float]]:
    return [[round(float(x), 5), round(float(y), 5)] for x, y in points]
