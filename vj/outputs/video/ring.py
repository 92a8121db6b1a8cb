"""Picture slots that two processes share: a file in memory, mapped by both."""

import mmap
import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np

from vj.core.errors import OutputError
from vj.core.reserving import reserved
from vj.core.types import U8, U16


class SharedSlots:
    """`count` slots of `capacity` bytes each, in a file mapped into memory.

    A plain file, not multiprocessing's shared memory: the child opens it by name and the name goes away at once, so
    nothing is left behind however either side dies, and no tracker process has to know of it.
    """

    def __init__(self, path: Path, capacity: int, count: int) -> None:
        self.path = path
        with open(path, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), capacity * count)
        self._pixels = np.frombuffer(self._map, np.uint8)
        self._capacity = capacity

    @classmethod
    def create(cls, capacity: int, count: int) -> "SharedSlots":
        """New slots, in memory where the system has such a folder with room, else in a temporary file."""
        for path in reserved(capacity * count, "vj-frames-"):
            with suppress(OSError):
                return cls(path, capacity, count)
        megabytes = capacity * count / 2**20
        raise OutputError(f"no room for {megabytes:.0f} MB of frames", tempfile.gettempdir(), "free some disk space")

    def view(self, slot: int, height: int, width: int, deep: bool = False) -> U8 | U16:
        """The picture [height, width, 3] in a slot, to be read or written in place; uint16 where it is `deep`."""
        start = slot * self._capacity
        count = height * width * 3
        if deep:
            return self._pixels[start : start + 2 * count].view(np.uint16).reshape(height, width, 3)
        return self._pixels[start : start + count].reshape(height, width, 3)

    def put(self, slot: int, image: U8 | U16, deep: bool) -> None:
        """Copy a picture [height, width, 3] into a slot; one of the other depth becomes of that one."""
        place = self.view(slot, image.shape[0], image.shape[1], deep)
        if image.dtype == place.dtype:
            np.copyto(place, image)
        elif deep:
            np.multiply(image, 257, out=place, dtype=np.uint16)
        else:
            np.copyto(place, image >> 8, casting="unsafe")

    def unlink(self) -> None:
        """Take the name away; both mappings stay valid. May be called twice."""
        self.path.unlink(missing_ok=True)
