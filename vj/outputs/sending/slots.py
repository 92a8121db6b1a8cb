"""Pictures in memory that two processes share, and who has which: no message tells it, and nobody waits."""

from pathlib import Path
from typing import Self

import numpy as np

from vj.core.types import U8
from vj.outputs.video.ring import SharedSlots

#: Slots, and numbers behind them.
COUNT = 3
_FIELDS = ("sent", "heard", "late", "eyes", "beat")
#: Bytes of a picture at least: the numbers have the room of one.
_LEAST = 4096


class Shared:
    """`COUNT` slots of `capacity` bytes for BGRA pictures, and numbers that the child counts up.

    A slot is the parent's while its flag is 0, and the child's from when the parent sets it to when the child clears
    it. `sent` counts pictures that went out, `heard` sounds, `late` those that were too late, `eyes` is how many watch
    where that is known, `beat` goes on while the child is well.
    """

    def __init__(self, slots: SharedSlots, capacity: int) -> None:
        self._slots, self.capacity = slots, capacity
        numbers = slots.view(COUNT, 1, _LEAST // 3).reshape(-1)[: 8 * 64].view(np.int64)
        self._flags, self._numbers = numbers[:COUNT], numbers[COUNT:]

    @classmethod
    def create(cls, pixels: int) -> Self:
        """New ones, for pictures of so many pixels. Raises OutputError where there is no room."""
        capacity = -(-max(4 * pixels, _LEAST) // 24) * 24  # whole pixels of three bytes and of four
        return cls(SharedSlots.create(capacity, COUNT + 1), capacity)

    @classmethod
    def open(cls, path: Path, capacity: int) -> Self:
        """Those of the parent; their name goes away."""
        slots = SharedSlots(path, capacity, COUNT + 1)
        slots.unlink()
        return cls(slots, capacity)

    @property
    def path(self) -> Path:
        """The file they lie in."""
        return self._slots.path

    def free(self) -> int | None:
        """The number of a slot that nobody has, or None."""
        for slot in range(COUNT):
            if self._flags[slot] == 0:
                return slot
        return None

    def view(self, slot: int, height: int, width: int) -> U8:
        """The picture [height, width, 4] in a slot."""
        bytes_ = self._slots.view(slot, 1, self.capacity // 3).reshape(-1)
        return bytes_[: 4 * height * width].reshape(height, width, 4)  # type: ignore[return-value]

    def give(self, slot: int) -> None:
        """The slot is the child's."""
        self._flags[slot] = 1

    def back(self, slot: int) -> None:
        """The slot is the parent's again."""
        self._flags[slot] = 0

    def count(self, field: str, by: int = 1) -> None:
        """Count a number up."""
        self._numbers[_FIELDS.index(field)] += by

    def say(self, field: str, value: int) -> None:
        """Set a number."""
        self._numbers[_FIELDS.index(field)] = value

    def __getitem__(self, field: str) -> int:
        return int(self._numbers[_FIELDS.index(field)])

    def unlink(self) -> None:
        """Take the file's name away."""
        self._slots.unlink()
