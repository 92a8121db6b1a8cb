"""Keeps the last picture on the wall: `python -m vj.apps.guard.wall BLOCK`, for X11 and XWayland.

A window of its own lies right under the show's, in the same place, and is painted by the server itself with what was
last copied from there. When the show's window goes, with the process that it belonged to, this one comes to light in
the same request: there is nothing between. It goes when the show ends, or the guard does.
"""

import select
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from vj.apps.guard.block import ENDING, Block
from vj.apps.guard.xlib import Place, Screen

#: Between two copies.
COPY_S = 0.1
#: Between two looks while a new window of the show comes up, which may come up below.
QUICK_S = 0.02
#: Looks of that kind.
LOOKS = 150


class Keeper:
    """The window that keeps a picture. `step` is one look."""

    def __init__(self, block: Block, screen: Screen) -> None:
        self._block, self._screen = block, screen
        self._own = self._pixmap = 0
        self._pen: Any = None
        self._like: Place | None = None
        self._shown = self._known = (0, 0)
        self._looks = 0

    def step(self) -> float:
        """Look after the window; seconds until the next look."""
        window = self._block.window
        which = (self._block.start, window)  # a new one may be called as the one before was
        if which != self._known:
            self._known, self._looks = which, LOOKS
        place = self._screen.place(window) if window else None
        if place is not None and place.seen:
            self._follow(window, place)
            self._shown = which
        elif place is not None and which == self._shown:
            self._screen.hide(self._own)  # it was put away by the operator
        self._looks -= self._looks > 0
        return QUICK_S if self._looks else COPY_S

    def _follow(self, window: int, place: Place) -> None:
        """Be right under `window`, with its picture."""
        screen = self._screen
        if self._like is None or not _alike(self._like, place):
            old = (self._own, self._pixmap, self._pen)
            self._own = screen.window(place, "vj, the last picture")
            self._pixmap, self._pen = screen.pixmap(place)
            screen.drop(*old)
        if screen.copy(window, self._pixmap, self._pen, place):
            screen.lay(self._own, self._pixmap)
        frame = screen.frame(window, place.root)
        order = screen.stack(place.root)
        at = order.index(frame) if frame in order else 0
        lies = at > 0 and order[at - 1] == self._own and self._like == place
        if frame and not lies:
            screen.under(self._own, frame, place)
        self._like = place


def _alike(one: Place, other: Place) -> bool:
    """Whether a window for the one can be used for the other."""
    return replace(one, x=other.x, y=other.y, seen=other.seen) == other


def main() -> None:
    """Until the show ends, or the guard closes our standard input."""
    block = Block(Path(sys.argv[1]))
    keeper = Keeper(block, Screen())
    pause = 0.0
    while not select.select([sys.stdin], [], [], pause)[0]:
        if block.phase >= ENDING:
            break
        pause = keeper.step()


if __name__ == "__main__":
    main()
