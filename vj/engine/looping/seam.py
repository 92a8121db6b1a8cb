"""The seam of a loop: whether its first picture follows its last as any other follows the one before."""

from dataclasses import dataclass, field

import numpy as np

from vj.core.types import U8, U16

#: A picture [height, width, 3] of 8 or 16 bits.
Pixels = U8 | U16
#: About so many pixels of a picture are compared.
PIXELS = 2**17


@dataclass
class Seam:
    """Told every frame of a loop in turn; differences are the means of levels 0..255, over pixels and channels."""

    changes: list[float] = field(default_factory=list)
    _first: U8 | None = None
    _last: U8 | None = None

    def step(self, picture: Pixels) -> None:
        """The next frame [height, width, 3]."""
        every = max(1, int((picture.shape[0] * picture.shape[1] / PIXELS) ** 0.5))
        seen = plain(picture[::every, ::every]).copy()
        if self._last is None:
            self._first = seen
        else:
            self.changes.append(difference(self._last, seen))
        self._last = seen

    @property
    def jump(self) -> float:
        """How much the first frame differs from the last."""
        return difference(self._last, self._first) if self._last is not None and self._first is not None else 0.0

    @property
    def usual(self) -> float:
        """How much a frame differs from the one before, at the most."""
        return max(self.changes, default=0.0)

    @property
    def ratio(self) -> float:
        """The jump as a part of the usual: up to 1 there is no seam."""
        return self.jump / self.usual if self.usual > 0.0 else (0.0 if self.jump == 0.0 else float("inf"))


def plain(picture: Pixels) -> U8:
    """`picture` in 8 bits."""
    return (picture >> 8).astype(np.uint8) if picture.dtype == np.uint16 else np.asarray(picture, np.uint8)


def difference(a: Pixels, b: Pixels) -> float:
    """Mean absolute difference of two pictures, levels 0..255."""
    return float(np.abs(plain(a).astype(np.int16) - plain(b)).mean())
