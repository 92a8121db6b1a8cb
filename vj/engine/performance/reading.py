"""Reads a log step by step, whatever became of it: what cannot be read is left out and told."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vj.core.errors import VjError
from vj.engine.performance.lines import opened
from vj.engine.performance.shape import fits

_HINT = "name a sound file, or a folder that --record-performance wrote"


class Reading:
    """The log at `path`: its `header`, and its steps when iterated. Raises VjError if it is no log.

    After (or while) it is iterated:
    unreadable  numbers of the lines, from 1, that nothing could be made of and that are left out
    altered     numbers of those that are not as they were written, or whose predecessor is missing; they are read
    cut         the last line broke off
    ended       the log says that it was closed
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.unreadable: list[int] = []
        self.altered: list[int] = []
        self.cut = self.ended = False
        try:
            with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
                first = opened(file.readline().rstrip("\n"), 0)
        except OSError as error:
            what = f"this is no performance: {(error.strerror or 'it cannot be read').lower()}"
            raise VjError(what, str(path.parent.resolve()), _HINT) from error
        if first.entry is None or first.entry["k"] != "performance":
            hint = "name a folder that --record-performance wrote"
            raise VjError("this is no performance log", str(path), hint)
        if not fits(first.entry):
            raise VjError("its first line does not say how the performance began", str(path), "use an undamaged copy")
        self.header = first.entry
        self._sealed = first.seal is not None

    def __iter__(self) -> Iterator[dict[str, Any]]:
        before, pending = 0, 0
        self.unreadable, self.altered, self.cut, self.ended = [], [], False, False
        with self.path.open(encoding="utf-8", errors="replace", newline="\n") as file:
            for number, text in enumerate(file, 1):
                if pending:
                    self._unreadable(pending)
                    pending = 0
                line = opened(text.rstrip("\n"), before)
                if line.entry is None or not fits(line.entry):
                    pending = number
                    continue
                if self._sealed and not line.whole:
                    self.altered.append(number)
                before = line.seal or 0
                self.ended = line.entry["k"] == "end"
                if number > 1:
                    yield line.entry
        self.cut = bool(pending)

    def _unreadable(self, number: int) -> None:
        if not self._sealed:
            raise VjError(f"line {number} is damaged", str(self.path), "use an undamaged copy")
        self.unreadable.append(number)


def read_performance(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Header and steps of a log; what cannot be read is left out. Raises VjError if it is no log."""
    reading = Reading(path)
    return reading.header, list(reading)
