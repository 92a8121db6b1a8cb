"""A file in memory that two processes map: sound one way, a picture the other."""

import mmap
import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np

from vj.core.errors import BundleError
from vj.core.reserving import reserved
from vj.core.types import F32, U8

#: Floats of a wave and of a spectrum, and where the picture begins; numbers that say how many floats there are.
FLOATS = 8192
_COUNTS = 4
_PICTURE = 4 * (_COUNTS + 2 * FLOATS)


class Shared:
    """Mapped by both sides. `capacity` is the bytes of the largest picture."""

    def __init__(self, path: Path, capacity: int) -> None:
        self.path, self.capacity = path, capacity
        with open(path, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), _PICTURE + capacity)
        self._bytes = np.frombuffer(self._map, np.uint8)
        self._numbers = self._bytes[:_PICTURE].view(np.float32)

    @classmethod
    def create(cls, capacity: int) -> "Shared":
        """New, in memory where the system has such a folder with room, else in a temporary file; BundleError if not."""
        for path in reserved(_PICTURE + capacity, "vj-shader-"):
            with suppress(OSError):
                return cls(path, capacity)
        raise BundleError(f"no room for pictures of {capacity >> 20} MB", tempfile.gettempdir(), "free some disk space")

    def tell(self, wave: F32, spectrum: F32) -> None:
        """What is heard, as much of it as there is room for: the newest, and the lowest."""
        wave, spectrum = wave[-FLOATS:], spectrum[:FLOATS]
        self._numbers[:2] = len(wave), len(spectrum)
        self._numbers[_COUNTS : _COUNTS + len(wave)] = wave
        self._numbers[_COUNTS + FLOATS : _COUNTS + FLOATS + len(spectrum)] = spectrum

    @property
    def heard(self) -> tuple[F32, F32]:
        """Wave and spectrum."""
        waves, bins = int(self._numbers[0]), int(self._numbers[1])
        spectrum = self._numbers[_COUNTS + FLOATS : _COUNTS + FLOATS + bins]
        return self._numbers[_COUNTS : _COUNTS + waves], spectrum

    def pixels(self, size: tuple[int, int]) -> U8:
        """[height, width, 3], the lowest row first."""
        width, height = size
        return self._bytes[_PICTURE : _PICTURE + 3 * width * height].reshape(height, width, 3)

    def unlink(self) -> None:
        """Take the name away; both mappings stay valid."""
        self.path.unlink(missing_ok=True)
