"""Takes: what was laid over a performance, in its folder, beside what was recorded and never in its place.

Take 1 is what was recorded. Every other is a file takes/N.jsonl, one JSON object a line, and holds differences only:

    {"k": "take", "format": 1, "n": N, "parent": take it lies over, "made": ISO 8601}
    {"k": "over", "id": i, "lane": lane, "t": t}    from show time t on the parent's moves in that lane give way ("*" is
                                                    every lane, "+" none)
    {"k": "do", "id": i, "t": t, "event": {...}}    what is done in their place
    {"k": "end", "id": i, "t": t}                   up to here

Lines are written as things are done, so a crash costs no more than the last of them; what has no end ends with the
file.
"""

import json
import os
import queue
import re
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import reduce
from pathlib import Path
from typing import Any, TextIO

from vj.apps.replay.lanes import BESIDES, Layover, Moves, lane, merged
from vj.apps.worker import Worker
from vj.core.errors import OutputError, VjError
from vj.core.types import Event

TAKES = "takes"
#: The take that was recorded.
RECORDED = 1


@dataclass(frozen=True)
class Take:
    """One take but the first: what it lies over, and what is laid over it, in the order it was done."""

    number: int
    parent: int
    made: str
    layovers: tuple[Layover, ...]

    @property
    def lanes(self) -> tuple[str, ...]:
        """What was moved in it, each once."""
        besides = (lane(event) for over in self.layovers if over.lane == BESIDES for _, event in over.events)
        return tuple(dict.fromkeys((*(over.lane for over in self.layovers if over.lane != BESIDES), *besides)))


def numbers(folder: Path) -> list[int]:
    """Of the takes of the performance in `folder`, ascending."""
    found = (re.fullmatch(r"(\d+)\.jsonl", path.name) for path in (folder / TAKES).glob("*.jsonl"))
    return [RECORDED, *sorted(int(match[1]) for match in found if match and int(match[1]) > RECORDED)]


def read_take(folder: Path, number: int) -> Take:
    """Take `number`, but not the first. Raises VjError where there is none, or it is damaged."""
    path = folder / TAKES / f"{number}.jsonl"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        there = ", ".join(map(str, numbers(folder)))
        raise VjError(f"there is no take {number}", str(folder), f"there are: {there}") from error
    try:
        return _take(path, list(_parsed(lines)))
    except (KeyError, TypeError, ValueError) as error:
        raise VjError("this take is damaged", str(path), f"use an undamaged copy ({error})") from error


def script_of(folder: Path, number: int, recorded: Moves) -> Moves:
    """What is done in take `number` of the performance in `folder`; `recorded` is the first. Raises VjError."""
    line: list[Take] = []
    while number != RECORDED:
        line.append(read_take(folder, number))
        number = line[-1].parent
    return reduce(merged, (over for take in reversed(line) for over in take.layovers), recorded)


def _parsed(lines: list[str]) -> Iterator[dict[str, Any]]:
    """The objects; a last line that was cut off is left out."""
    for place, line in enumerate(lines):
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            if place < len(lines) - 1:
                raise


def _take(path: Path, entries: list[dict[str, Any]]) -> Take:
    if not entries or entries[0]["k"] != "take":
        raise ValueError("it does not begin as takes do")
    head, last = entries[0], 0.0
    number, parent = int(path.stem), int(head["parent"])
    if not RECORDED <= parent < number:
        raise ValueError(f"take {number} cannot lie over take {parent}")
    begun: dict[int, Layover] = {}
    done: dict[int, Layover] = {}
    for entry in entries[1:]:
        last = max(last, float(entry["t"]))
        key = int(entry["id"])
        if entry["k"] == "over":
            begun[key] = Layover(str(entry["lane"]), float(entry["t"]), float(entry["t"]))
        elif entry["k"] == "do":
            event = Event(**{**entry["event"], "args": tuple(entry["event"]["args"])})
            begun[key] = _with(begun[key], (*begun[key].events, (float(entry["t"]), event)))
        else:
            over = begun.pop(key)
            done[key] = Layover(over.lane, over.start, float(entry["t"]), over.events)
    done |= {key: Layover(over.lane, over.start, max(last, over.start), over.events) for key, over in begun.items()}
    # what was ended first was there first for what came after
    return Take(number, parent, str(head["made"]), tuple(done.values()))


def _with(over: Layover, events: Moves) -> Layover:
    return Layover(over.lane, over.start, over.end, events)


class TakeWriter(Worker):
    """Writes a take as it is made, into the next free number from the first touch on; a Scribe.

    parent   the take that is laid over; where it is set anew, what comes next is another take
    number   of the take that is being made, 0 before there is one

    All writing is done by its own thread. What cannot be written is told, and the show goes on.
    """

    def __init__(self, folder: Path, parent: int) -> None:
        super().__init__("takes")
        self._folder = folder / TAKES
        self._numbers = numbers(folder)
        self._parent = parent
        self._lines: queue.SimpleQueue[tuple[int, dict[str, Any]]] = queue.SimpleQueue()
        self._file: TextIO | None = None
        self._open = 0
        self._synced = 0.0
        self.number = 0

    @property
    def parent(self) -> int:
        """The take that is laid over."""
        return self._parent

    def over(self, parent: int) -> None:
        """What comes next is another take, over `parent`."""
        self._parent, self.number = parent, 0

    def begun(self, number: int, lane: str, t: float) -> None:
        """Layover `number` begins."""
        if not self.number:
            self.number = self._numbers[-1] + 1
            self._numbers.append(self.number)
            head = {"k": "take", "format": 1, "n": self.number, "parent": self._parent}
            self._put({**head, "made": time.strftime("%Y-%m-%dT%H:%M:%S%z")})
        self._put({"k": "over", "id": number, "lane": lane, "t": t})

    def done(self, number: int, t: float, event: Event) -> None:
        """`event` was done in it."""
        self._put({"k": "do", "id": number, "t": t, "event": {**asdict(event), "stamp": 0.0}})

    def ended(self, number: int, layover: Layover) -> None:
        """It is complete."""
        self._put({"k": "end", "id": number, "t": layover.end})

    def step(self) -> None:
        """Write what there is; to the disk itself once a second."""
        try:
            number, entry = self._lines.get(timeout=0.1)
        except queue.Empty:
            self._sync()
            return
        try:
            self._write(number, entry)
        except OSError as error:
            raise OutputError(f"take {number} cannot be written ({error.strerror})", str(self._folder)) from error

    def stop(self) -> None:
        """Write what is left, and end."""
        super().stop()
        self.drain()

    def drain(self) -> None:
        """Write what is left, and close the file: for a thread that has ended, or was never begun."""
        while not self._lines.empty():
            try:
                self._write(*self._lines.get())
            except OSError:
                break
        self._close()

    def _put(self, entry: dict[str, Any]) -> None:
        self._lines.put((self.number, entry))

    def _write(self, number: int, entry: dict[str, Any]) -> None:
        if number != self._open:
            self._close()
            self._folder.mkdir(exist_ok=True)
            self._file = (self._folder / f"{number}.jsonl").open("x", encoding="utf-8")
            self._open = number
        assert self._file is not None
        self._file.write(json.dumps(entry) + "\n")
        self._sync()

    def _sync(self) -> None:
        now = time.monotonic()
        if self._file is not None and now - self._synced > 1.0:
            self._synced = now
            self._file.flush()
            os.fsync(self._file.fileno())

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = None
