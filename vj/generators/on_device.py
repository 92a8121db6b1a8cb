"""Pixels that also lie on a CUDA device, ready for a GL texture: for whoever shows them just as they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from vj.core.types import U8


@dataclass(frozen=True, eq=False)
class DevicePicture:
    """A finished picture in CUDA memory: RGBA bytes, the lowest row first, as GL has it.

    device   number of the CUDA device
    pointer  address of the first byte; `pitch` bytes from row to row
    size     (width, height)
    held     whatever keeps that memory alive

    What it lies in is not written to again before this is gone.
    """

    device: int
    pointer: int
    pitch: int
    size: tuple[int, int]
    held: object = None


class DeviceImage(np.ndarray[Any, np.dtype[np.uint8]]):
    """[N, h, w, 3] or [h, w, 3] uint8 sRGB in the processor's memory, with the same on a device where `on_device` says.

    `on_device` holds for this very array, which nobody may write to. A picture of a batch keeps its own; what any
    operation makes has none.
    """

    _pictures: tuple[DevicePicture, ...]

    def __new__(cls, pixels: U8, pictures: Sequence[DevicePicture]) -> Self:
        """`pixels` [N, h, w, 3] and where each of the N lies."""
        made = np.asarray(pixels).view(cls)
        made._pictures = tuple(pictures)
        made.flags.writeable = False
        return made

    def __array_finalize__(self, source: object) -> None:
        self._pictures = ()

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        if self._pictures and self.ndim == 4 and isinstance(key, int) and isinstance(found, DeviceImage):
            found._pictures = (self._pictures[key],)
        return found

    @property
    def on_device(self) -> DevicePicture | None:
        """Where this one picture lies on a device, None where it does not or has been changed."""
        return self._pictures[0] if self.ndim == 3 and len(self._pictures) == 1 else None
