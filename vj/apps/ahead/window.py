"""A window that is open, hidden, and has compiled its shaders before anybody wants it.

    ahead = WindowAhead(size, display, place, fills)    # on the thread that will show
    ahead.compile(wanted.is_set)                        # on another one, which may be slow
    keep(ahead)
    window = take(...)                                  # on the first again

OpenGL's drawing threads are as urgent as who opens the context: that is the thread that will show.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import glfw

from vj.outputs.window import Window, screens
from vj.outputs.window.opening import opened

#: No window.
_NONE: Any = None
#: The part of the time that compiling takes for itself beside a show.
SHARE = 0.3
#: The longest that it rests.
MAX_REST_S = 0.3

_kept: "list[WindowAhead]" = []


class WindowAhead:
    """Open on the display that is wanted, of `size` or like `place` (x, y, width, height), as large as the display
    where it `fills` it. Raises OutputError."""

    def __init__(
        self,
        display: str | int | None,
        size: tuple[int, int],
        place: tuple[int, int, int, int] | None,
        fills: bool,
    ) -> None:
        self._asked = (display, size, place, fills)
        self._window: Window | None = None
        screens.begin()
        try:
            self._handle = opened("vj", size if place is None else place[2:], display, place=place, fills=fills)
            glfw.make_context_current(_NONE)
        except BaseException:
            screens.end()
            raise

    def compile(self, wanted: Callable[[], bool]) -> None:
        """Compile what a show may need, with rests between, until all is done or it is `wanted`. What is left is left
        to who shows."""
        display, size, place, fills = self._asked
        glfw.make_context_current(self._handle)
        try:
            self._window = Window(display, size, fills, place=place, veiled=True, handle=self._handle)
            began = time.perf_counter()
            for _ in self._window.prepare():
                if wanted():
                    break
                spent = time.perf_counter() - began
                time.sleep(min(spent * (1.0 / SHARE - 1.0), MAX_REST_S))
                began = time.perf_counter()
        finally:
            glfw.make_context_current(_NONE)

    def poll(self) -> None:
        """Let the window system's events in, now and then."""
        glfw.poll_events()

    def take(self) -> Window | None:
        """The window, with its context current; None where it could not be made."""
        if self._window is None:
            glfw.destroy_window(self._handle)
        else:
            glfw.make_context_current(self._handle)
        screens.end()
        return self._window


def keep(ahead: WindowAhead) -> None:
    """For whoever takes it."""
    _kept.append(ahead)


def take(**asked: Any) -> Window | None:
    """The one that was kept, settled where it is asked for (`Window.settle`); None where there is none."""
    if not _kept:
        return None
    window = _kept.pop().take()
    if window is not None:
        try:
            window.settle(**asked)
        except Exception:
            with suppress(Exception):
                window.close()
            raise
    return window
