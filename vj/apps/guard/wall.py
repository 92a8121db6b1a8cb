"""Keeps the last picture on the wall: `python -m vj.apps.guard.wall BLOCK`, for X11 and XWayland.

A window of its own lies right under the show's, in the same place, and is painted by the server itself with what was
last copied from there. When the show's window goes, with the process that it belonged to, this one comes to light in
the same request: there is nothing between. It goes when the show ends, or the guard does.

Under XWayland nothing can lie under the show's window: there it comes over everything as soon as the show's has gone,
which may be a frame later, and goes when the next one has shown a picture.
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
#: Pictures that a new window has shown when the compositor must have had one of them.
PICTURES = 3


class Keeper:
    """The window that keeps a picture. `step` is one look."""

    def __init__(self, block: Block, screen: Screen) -> None:
        self._block, self._screen = block, screen
        self._own = self._pixmap = 0
        self._pen: Any = None
        self._like: Place | None = None
        self._shown = self._known = (0, 0)
        self._looks = 0
        self._stacks, self._over, self._away, self._met = True, False, False, -1

    def step(self) -> float:
        """Look after the window; seconds until the next look."""
        window = self._block.window
        which = (self._block.start, window)  # a new one may be called as the one before was
        if which != self._known:
            self._known, self._looks = which, LOOKS
            if window:
                self._screen.watch(window)
        place = self._screen.place(window) if window else None
        if place is not None and place.seen:
            if not self._over or self._has_shown():
                self._follow(window, place)
                self._shown = which
        elif place is not None and which == self._shown:
            self._away = True
            self._screen.hide(self._own)  # it was put away by the operator
        elif place is None and self._own and self._like is not None and not (self._stacks or self._away):
            self._cover(self._like)
        self._looks -= self._looks > 0
        return QUICK_S if self._looks or self._over else COPY_S

    def _follow(self, window: int, place: Place) -> None:
        """Have the picture of `window`, and be right under it where the server says what lies over what."""
        screen = self._screen
        if self._like is None or not _alike(self._like, place):
            old = (self._own, self._pixmap, self._pen)
            self._own = screen.window(place, "vj, the last picture")
            self._pixmap, self._pen = screen.pixmap(place)
            screen.drop(*old)
            self._stacks = screen.stacks
        if screen.copy(window, self._pixmap, self._pen, place):
            screen.lay(self._own, self._pixmap)
        if self._stacks:
            self._under(window, place)
        elif self._over:
            screen.hide(self._own)
        self._over = self._away = False
        self._like = place

    def _under(self, window: int, place: Place) -> None:
        """Lie right under `window`."""
        screen = self._screen
        frame = screen.frame(window, place.root)
        order = screen.stack(place.root)
        at = order.index(frame) if frame in order else 0
        lies = at > 0 and order[at - 1] == self._own and self._like == place
        if frame and not lies:
            screen.under(self._own, frame, place)

    def _has_shown(self) -> bool:
        """Whether the new window has shown something since it came up."""
        if self._met < 0:
            self._met = self._block.frames
        return self._block.frames >= self._met + PICTURES

    def _cover(self, place: Place) -> None:
        """Lie over all others, where the window was that is gone."""
        if not self._over:
            self._over, self._met = True, -1
            self._screen.raised(self._own, place)


def _alike(one: Place, other: Place) -> bool:
    """Whether a window for the one can be used for the other."""
    return replace(one, x=other.x, y=other.y, seen=other.seen) == other


def main() -> None:
    """Until the show ends, or the guard closes our standard input."""
    block, screen = Block(Path(sys.argv[1])), Screen()
    keeper = Keeper(block, screen)
    pause = 0.0
    while sys.stdin not in select.select([sys.stdin, screen.descriptor], [], [], pause)[0]:
        if block.phase >= ENDING:
            break
        pause = keeper.step()
        if screen.news():  # perhaps of what has happened since that look
            pause = 0.0


if __name__ == "__main__":
    main()
