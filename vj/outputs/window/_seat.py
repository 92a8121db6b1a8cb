"""Where a window is: in a place of its own or filling a display, and the way back from there."""

import weakref
from dataclasses import dataclass
from typing import Any

import glfw

from vj.core.errors import OutputError
from vj.outputs.window import screens
from vj.outputs.window.screens import Display, displays

#: A window that fills no monitor.
_NO_MONITOR: Any = None
#: From the corner of a display to a window that is put there, in pixels.
INDENT = 40
#: Seconds between two looks at the display that is filled.
LOOK_S = 0.4


@dataclass(frozen=True)
class _Home:
    """Place and size of the picture area in screen pixels while the window fills no display."""

    x: int
    y: int
    width: int
    height: int
    maximized: bool = False

    def is_on(self, known: list[Display]) -> bool:
        """Whether its middle lies on one of the displays that are there."""
        x, y = self.x + self.width // 2, self.y + self.height // 2
        return any(d.x <= x < d.x + d.width and d.y <= y < d.y + d.height for d in known)


#: Those of all windows: GLFW tells of a display once.
_seats: "weakref.WeakSet[Seat]" = weakref.WeakSet()


def _monitors(monitor: Any, event: int) -> None:
    """One came or went."""
    for seat in tuple(_seats):
        seat.plugged(event)


screens.tell(_monitors)


class Seat:
    """The place of one GLFW window. `wanted` is a display's name, part of it, or its index; None is the primary.

    `notices` gets a line whenever the display goes or comes back.
    """

    def __init__(self, window: Any, wanted: str | int | None, size: tuple[int, int], notices: list[str]) -> None:
        self._window = window
        self._wanted = wanted
        self._size = size
        self._notices = notices
        self._home: _Home | None = None
        self.asked = False
        self._looked = 0.0
        self._missed: tuple[int, ...] = ()
        self._named: tuple[str | int | None, list[str], str] | None = None
        _seats.add(self)

    @property
    def is_fullscreen(self) -> bool:
        """Whether the window fills a display now."""
        return bool(glfw.get_window_monitor(self._window))

    @property
    def place(self) -> tuple[int, int, int, int]:
        """x, y, width and height while it fills no display, or before it did."""
        home = self._home if self.is_fullscreen and self._home else self._here()
        return home.x, home.y, home.width, home.height

    @property
    def wanted(self) -> str | int | None:
        """The display that was chosen, by name or index; None is the primary."""
        return self._wanted

    def fill(self, on: bool, home: tuple[int, int, int, int] | None = None) -> None:
        """Fill the chosen display in its present mode, without a border; or go back to where the window was.

        `home` (x, y, width, height) is where it goes back to, where that is not the place that it has now.
        """
        self.asked = on
        found = screens.find(self._wanted) if on else None
        if found is not None:
            monitor, display = found
            if not self.is_fullscreen:
                self._home = self._here() if home is None else _Home(*home)
            mode = glfw.get_video_mode(monitor)
            glfw.set_window_monitor(self._window, monitor, 0, 0, display.width, display.height, mode.refresh_rate)
        elif self.is_fullscreen:
            self._go_home()
        cursor = glfw.CURSOR_HIDDEN if found is not None else glfw.CURSOR_NORMAL
        glfw.set_input_mode(self._window, glfw.CURSOR, cursor)

    def leave(self) -> None:
        """The window is gone."""
        _seats.discard(self)

    def point(self, on: bool) -> None:
        """Show the cursor where there is something to point at, in a window always."""
        cursor = glfw.CURSOR_NORMAL if on or not self.is_fullscreen else glfw.CURSOR_HIDDEN
        glfw.set_input_mode(self._window, glfw.CURSOR, cursor)

    @property
    def display(self) -> str:
        """The name of the display that was chosen, where it is there; asked every frame, the window system is not."""
        known = screens.names()
        if self._named is None or self._named[:2] != (self._wanted, known):
            self._named = self._wanted, known, self._called(known)
        return self._named[2]

    def _called(self, known: list[str]) -> str:
        try:
            found = screens.find(self._wanted)
        except OutputError:  # it is not plugged in
            return ""
        return known[found[1].index] if found and found[1].index < len(known) else ""

    def next(self) -> Display | None:
        """Move on to the next display; None if there is none at all."""
        known = displays()
        if not known:
            return None
        try:
            _, now = screens.find(self._wanted) or (None, known[0])
        except OutputError:  # the one that was chosen is gone
            now = known[-1]
        return self.choose(screens.labels(known)[(now.index + 1) % len(known)])

    def choose(self, name: str) -> Display:
        """Move to the display of that name; raises OutputError if there is none."""
        found = screens.find(name)
        if found is None:
            raise OutputError(f"no display {name!r}", "GLFW", "`vj devices` lists what there is")
        self._wanted, chosen = name, found[1]
        if self.is_fullscreen:
            self.fill(True)
        else:
            glfw.set_window_pos(self._window, chosen.x + INDENT, chosen.y + INDENT)
        return chosen

    def _here(self) -> _Home:
        """Where the window is now."""
        maximized = bool(glfw.get_window_attrib(self._window, glfw.MAXIMIZED))
        return _Home(*glfw.get_window_pos(self._window), *glfw.get_window_size(self._window), maximized)

    def _go_home(self) -> None:
        """Be a window where there was one; on the primary display where that place is gone."""
        home, known = self._home, displays()
        if home is None or not home.is_on(known):
            x, y = (known[0].x, known[0].y) if known else (0, 0)
            home = _Home(x + INDENT, y + INDENT, *self._size)
        place = (home.x, home.y, home.width, home.height)
        glfw.set_window_monitor(self._window, _NO_MONITOR, *place, glfw.DONT_CARE)
        if home.maximized:
            glfw.maximize_window(self._window)

    def look(self, now: float) -> None:
        """See a few times a second, `now` being seconds of any clock, whether the display that it fills has another
        size or place by now: another mode, turned, scaled, moved. GLFW tells only of those that come and go."""
        if now - self._looked < LOOK_S:
            return
        self._looked = now
        monitor = glfw.get_window_monitor(self._window)
        if not monitor:
            return
        mode = glfw.get_video_mode(monitor)
        there = (*glfw.get_monitor_pos(monitor), mode.size.width, mode.size.height)
        if there != (*glfw.get_window_pos(self._window), *glfw.get_window_size(self._window)):
            if there == self._missed:  # who manages windows has not got there yet since the last look, or will not
                self.fill(True)
            self._missed = there

    def plugged(self, event: int) -> None:
        """A display came or went. GLFW has already turned a window on a lost one into a plain one."""
        if event == glfw.DISCONNECTED:
            if self.asked and not self.is_fullscreen:
                self._fall_back()
        elif self.asked and not self.is_fullscreen:
            self._come_back()

    def _fall_back(self) -> None:
        """Go on in a window; the cursor is the operator's again."""
        self._go_home()
        glfw.set_input_mode(self._window, glfw.CURSOR, glfw.CURSOR_NORMAL)
        self._notices.append("the display is gone; the show goes on in a window")

    def _come_back(self) -> None:
        """Fill the chosen display again, if the one that came is that one."""
        try:
            self.fill(True)
        except OutputError:
            return
        self._notices.append("the display is back")
