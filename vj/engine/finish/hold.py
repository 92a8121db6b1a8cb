"""How a frame is held back: darker here, lit by the one before it there, or only part of the way from that one."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from vj.core.types import F32, F64, U8, U16

#: What is tried, as parts of the way, where rounding made of a hold more than was foreseen: at last the frame before.
NEARER = (1.0, 0.75, 0.5, 0.0)

#: Cells each way that count as surroundings.
AROUND = 5

P = TypeVar("P", U8, U16, U8 | U16)


@dataclass(frozen=True, slots=True)
class Hold:
    """What to do with a frame: `gain` and `share` [36, 64] are the part of its light that is left, and how much of what
    is shown then is light of the frame before; `part` 0..1 is how much of the way from that one to it is gone."""

    gain: F32
    share: F32
    part: float = 1.0

    def nearer(self) -> Iterator["Hold"]:
        """This one, and others that are nearer to the frame before; the last of them is that frame."""
        for part in NEARER:
            yield replace(self, part=self.part * part)

    def on(self, image: P, last: P) -> P:
        """`image` [height, width, 3] so held back, `last` being the frame before it, of the same size."""
        if self.part <= 0.0:
            return last
        height, width = image.shape[:2]
        gain, share = (_enlarged(cells, width, height) for cells in (self.gain, self.share))
        mixed = np.square(image, dtype=np.float32)
        mixed *= gain * (1.0 - share)
        mixed += np.square(last, dtype=np.float32) * share
        np.sqrt(mixed, out=mixed)
        if self.part < 1.0:
            mixed *= np.float32(self.part)
            mixed += last * np.float32(1.0 - self.part)
        mixed += np.float32(0.5)
        held: P = np.minimum(mixed, np.iinfo(image.dtype).max, out=mixed).astype(image.dtype)  # type: ignore[assignment]
        return held


def spread(cells: F32 | F64) -> F32:
    """The least of each place's surroundings, smoothly: nowhere more than `cells` [rows, columns]. A picture that is
    dimmed so keeps the contrast of what is beside each other."""
    found = np.asarray(cells, np.float32)
    for step in (np.min, np.mean):
        for axis in (0, 1):
            pad = [(AROUND, AROUND) if each == axis else (0, 0) for each in (0, 1)]
            around = np.lib.stride_tricks.sliding_window_view(np.pad(found, pad, mode="edge"), 2 * AROUND + 1, axis)
            found = step(around, axis=-1)
    return found


def _enlarged(cells: F32, width: int, height: int) -> F32:
    """[height, width, 1] a value for each pixel from those of cells [rows, columns], linear between them."""
    for axis, size in enumerate((height, width)):
        count = cells.shape[axis]
        at = np.clip((np.arange(size) + 0.5) * (count / size) - 0.5, 0, count - 1).astype(np.float32)
        low = at.astype(np.intp)
        part = (at - low).reshape((-1, 1) if axis == 0 else (1, -1))
        cells = cells.take(low, axis) * (1.0 - part) + cells.take(np.minimum(low + 1, count - 1), axis) * part
    return cells[..., None]
