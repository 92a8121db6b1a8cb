"""The splash before a window's picture: there from its first moment, drawn aside once there is something to be seen."""

import time

import moderngl

from vj.outputs.overlay.curtain import Curtain
from vj.outputs.window._seated import Seated


class Curtained(Seated):
    """One that may have a splash in front of its picture, in its context."""

    _context: moderngl.Context
    _curtain: Curtain | None = None
    _lifting = False

    def lift(self) -> None:
        """Draw the splash aside: from the next frame on there is a picture to be seen."""
        self._lifting = True

    def _cover(self) -> None:
        """Draw what is seen while there is no picture."""
        if self._curtain is None:
            self._context.clear()
        else:
            self._curtain.draw(self._context.screen, self.size, time.perf_counter())

    def _draw_curtain(self, size: tuple[int, int]) -> None:
        """What is left of the splash, over the picture."""
        if self._curtain is None:
            return
        if not self._lifting:
            self._cover()
        elif not self._curtain.fade(self._context.screen, size, time.perf_counter()):
            self._curtain.release()
            self._curtain = None
