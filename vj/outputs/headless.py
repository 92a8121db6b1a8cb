"""A window nobody sees: what a live show needs of a screen, on a machine that has none."""

from types import TracebackType
from typing import Self

import numpy as np

from vj.core.params import Values
from vj.core.types import U8, Frame
from vj.outputs._panel import HudState
from vj.outputs.null import Null


class Headless:
    """Takes frames like the window, keeps their hashes in `shown`, and waits for nobody."""

    closing = False
    paced = False
    renderer = "none"

    def __init__(self) -> None:
        self.state = HudState()
        self.shown = Null()
        self._image: U8 = np.zeros((2, 2, 3), np.uint8)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def write(self, frame: Frame) -> None:
        """Take one frame of any size."""
        self._image = frame.image
        self.shown.write(frame)

    def read(self) -> U8:
        """The last frame, [height, width, 3]."""
        return self._image

    def swap(self) -> None:
        """There is nothing to swap."""

    def poll(self) -> None:
        """There is nobody to press keys."""

    def follow(self, values: Values) -> None:
        """There is no window to change."""

    def close(self) -> None:
        """Nothing was opened."""
