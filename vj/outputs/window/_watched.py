"""What of a finished picture goes elsewhere than to the window: whole, small, as light, or as it is in OpenGL."""

from collections.abc import Callable

import moderngl
import numpy as np

from vj.core.types import F32, U8
from vj.outputs.light.gather import Gather
from vj.outputs.window._glimpse import Glimpse

#: Gets the context, the framebuffer that holds the finished picture, its size and show time; draws nothing there.
Watch = Callable[[moderngl.Context, int, tuple[int, int], float], None]


class Watched:
    """One whose pictures are seen by others, in its context."""

    _context: moderngl.Context
    #: While `capture` is set, `write` keeps in `captured` the finished picture, without mapping and HUD: [h, w, 3],
    #: top row first.
    capture = False
    captured: U8 | None = None
    #: While `glance` is set, `write` keeps in `glanced` what it drew before, small: [h, w, 3], top row first.
    glance = False
    glanced: U8 | None = None
    #: Whoever takes the finished picture elsewhere, before anything is over it.
    watch: Watch | None = None
    #: While `gather` is set, `write` keeps in `gathered` the light of what it drew before, in few cells.
    gather = False
    gathered: F32 | None = None
    _glimpse: Glimpse | None = None
    _gather: Gather | None = None

    def _take_back(self) -> None:
        """What was asked for with the frame before is there by now."""
        self.glanced = self._glimpse.taken() if self._glimpse is not None else None
        self.gathered = self._gather.taken() if self._gather is not None else None

    def _hand_on(self, t: float, canvas: moderngl.Framebuffer, area: tuple[int, int]) -> None:
        """The finished picture of show time `t` is in `canvas`, of the size `area`."""
        self.captured = self._read(canvas, area) if self.capture else None
        if self.glance:
            self._glimpse = self._glimpse or Glimpse(self._context)
            self._glimpse.take(area, canvas)
        if self.watch is not None:
            self.watch(self._context, canvas.glo, area, t)
        if self.gather:
            self._gather = self._gather or Gather(self._context)
            self._gather.take(canvas, area)

    def _read(self, target: moderngl.Framebuffer, size: tuple[int, int]) -> U8:
        width, height = size
        raw = target.read(viewport=(0, 0, width, height), components=3, alignment=1)
        # moderngl names a colour attachment to read from, which a window's framebuffer has not: GL complains once
        # and reads the back buffer. Asking for the error takes it away.
        _ = self._context.error
        return np.frombuffer(raw, np.uint8).reshape(height, width, 3)[::-1]

    def _leave(self) -> None:
        """Give back what that took."""
        for each in (self._glimpse, self._gather):
            if each is not None:
                each.release()
