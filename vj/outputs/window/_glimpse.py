"""A small picture of what was just drawn, as cheap as can be: scaled by OpenGL, read a frame later without waiting."""

import moderngl
import numpy as np

from vj.core.types import U8
from vj.outputs.scaling import Blit

#: Pixels that a small picture is wide.
WIDTH = 320


class Glimpse:
    """`take` scales the window's back buffer down, or the canvas of what is mapped; `taken` gives what was taken with
    the frame before."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._buffers: list[moderngl.Framebuffer] = []
        self._pending = False
        self._blit = Blit(context)

    def take(self, size: tuple[int, int], source: moderngl.Framebuffer | None = None) -> None:
        """Keep what is in the back buffer of `size`, or in `source`; nothing waits for it to be drawn."""
        small = (min(WIDTH, size[0]), max(round(min(WIDTH, size[0]) * size[1] / size[0]), 1))
        half = (small[0] * 2, small[1] * 2)
        if [buffer.size for buffer in self._buffers] != [half, small]:
            self.release()
            self._buffers = [self._context.framebuffer(self._context.renderbuffer(each, 3)) for each in (half, small)]
        source, before = source or self._context.screen, size
        for buffer in self._buffers:  # in two steps, each a mean of four pixels: fine lines would flicker in one
            self._blit(source, before, buffer, smooth=True)
            source, before = buffer, buffer.size
        self._pending = True

    def taken(self) -> U8 | None:
        """What was taken with the frame before, [h, w, 3], top row first; None if nothing was."""
        if not self._pending:
            return None
        self._pending = False
        buffer = self._buffers[-1]
        rows = np.frombuffer(buffer.read(components=3, alignment=1), np.uint8).reshape(*buffer.size[::-1], 3)
        return np.ascontiguousarray(rows[::-1])

    def release(self) -> None:
        """Give all GL objects back."""
        for buffer in self._buffers:
            buffer.release()
        self._buffers = []
        self._pending = False
