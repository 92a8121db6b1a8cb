"""Where a window is, for those who ask it and have it go elsewhere."""

from typing import Any

import glfw

from vj.core.errors import OutputError
from vj.outputs.window import screens
from vj.outputs.window._seat import Seat
from vj.outputs.window.screens import Display


class Seated:
    """One that has a GLFW window and a seat. X11 is asked as rarely as can be: it may be busy."""

    _window: Any
    _seat: Seat
    #: Width and height as they were found after the last events; None is to be asked for.
    _area: tuple[int, int] | None
    notices: list[str]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture area in pixels, as the last `poll` found it: X11 may be busy."""
        if self._area is None:
            width, height = glfw.get_framebuffer_size(self._window)
            self._area = max(width, 1), max(height, 1)
        return self._area

    @property
    def closing(self) -> bool:
        """Whether the close button was pressed. Nothing closes by itself."""
        return bool(glfw.window_should_close(self._window))

    @property
    def is_fullscreen(self) -> bool:
        """Whether the window fills a display now."""
        return self._seat.is_fullscreen

    def set_fullscreen(self, on: bool) -> None:
        """Fill the chosen display in its present mode, without a border; or go back to where the window was."""
        self._seat.fill(on)
        self._area = None

    @property
    def native(self) -> int:
        """What X11 calls the window; 0 elsewhere."""
        try:
            return int(glfw.get_x11_window(self._window) or 0)
        except (AttributeError, glfw.GLFWError):
            return 0

    @property
    def place(self) -> tuple[int, int, int, int]:
        """x, y, width and height in screen pixels, while it fills no display or before it did."""
        return self._seat.place

    @property
    def display(self) -> str | int | None:
        """The display that was chosen, by name or index; None is the primary."""
        return self._seat.wanted

    @property
    def on_display(self) -> str:
        """The name of the display it is on or for; empty while that is not there."""
        return self._seat.display

    @property
    def displays(self) -> list[str]:
        """The names of all displays."""
        return screens.names()

    def choose_display(self, name: str) -> None:
        """Move to the display of that name; one that is gone meanwhile is told of."""
        try:
            self._seat.choose(name)
        except OutputError as error:
            self.notices.append(error.what)

    def next_display(self) -> Display | None:
        """Move on to the next display; None if there is none at all."""
        return self._seat.next()
