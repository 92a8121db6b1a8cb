"""GLFW's life time, and the monitors it knows."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

# Under Wayland a program can neither place its window nor keep the focus elsewhere; through XWayland it can.
if os.environ.get("DISPLAY"):
    os.environ.setdefault("PYGLFW_LIBRARY_VARIANT", "x11")

import glfw

from vj.core.errors import OutputError, nearest

_users = 0
_complaint = ""
#: Names of all displays, until one comes or goes: to ask the window system for them takes a frame of a busy machine.
_names: list[str] | None = None
#: Those who are told of a display that came or went.
_told: list[Callable[[Any, int], None]] = []


@dataclass(frozen=True)
class Display:
    """One monitor: place and size in screen pixels, refresh in Hz (0 when unknown)."""

    index: int
    name: str
    x: int
    y: int
    width: int
    height: int
    refresh: int
    primary: bool

    def __str__(self) -> str:
        rate = f" {self.refresh} Hz" if self.refresh else ""
        mark = ", primary" if self.primary else ""
        return f"{self.index}: {self.name} {self.width}x{self.height}+{self.x}+{self.y}{rate}{mark}"


def begin() -> None:
    """Start GLFW for one more user; raises OutputError where there is no screen."""
    global _users
    if _users == 0:
        glfw.set_error_callback(_on_error)
        if not glfw.init():
            raise OutputError(
                f"no screen to open a window on{': ' if _complaint else ''}{_complaint}",
                f"DISPLAY={os.environ.get('DISPLAY', '')!r}",
                "start a desktop or Xvfb, or render to a file",
            )
        forget()
        glfw.set_monitor_callback(_plugged)
    _users += 1


def end() -> None:
    """One user less; the last one stops GLFW."""
    global _users
    _users -= 1
    if _users == 0:
        glfw.terminate()


def complaint() -> str:
    """What GLFW said last, for an error message."""
    return _complaint


def _on_error(code: int, text: Any) -> None:
    global _complaint
    words = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
    _complaint = f"{words} ({code:#x})"


def displays() -> list[Display]:
    """All monitors, the primary one first, as the window system orders them."""
    begin()
    try:
        return [_describe(index, monitor) for index, monitor in enumerate(glfw.get_monitors())]
    finally:
        end()


def names() -> list[str]:
    """Their labels, as they were when one last came or went: may be asked every frame. GLFW must be running."""
    global _names
    if _names is None:
        _names = labels(displays())
    return list(_names)


def forget() -> None:
    """Ask anew for what displays there are."""
    global _names
    _names = None


def tell(who: Callable[[Any, int], None]) -> None:
    """Have `who` told of each display that comes or goes: GLFW's monitor, CONNECTED or DISCONNECTED."""
    _told.append(who)


def _plugged(monitor: Any, event: int) -> None:
    forget()
    for who in _told:
        who(monitor, event)


def labels(known: Sequence[Display]) -> list[str]:
    """Their names, of which each means one: those that several have are numbered."""
    names = [display.name for display in known]
    return [name if names.count(name) == 1 else f"{name} ({k + 1})" for k, name in enumerate(names)]


def find(wanted: str | int | None) -> tuple[Any, Display] | None:
    """GLFW's monitor for a name, part of a name or index; the primary for None. None when no monitor is there.

    GLFW must be running. Raises OutputError with the nearest known name.
    """
    monitors = [(monitor, _describe(index, monitor)) for index, monitor in enumerate(glfw.get_monitors())]
    if wanted is None or not monitors:
        return monitors[0] if monitors else None
    text = str(wanted)
    for (monitor, display), label in zip(monitors, labels([display for _, display in monitors]), strict=True):
        if text in (display.name, str(display.index), label):
            return monitor, display
    partial = [each for each in monitors if text.lower() in each[1].name.lower()]
    if len(partial) == 1:
        return partial[0]
    known = "; ".join(str(display) for _, display in monitors)
    raise OutputError(f"no display {text!r}", known, nearest(text, [display.name for _, display in monitors]))


def _describe(index: int, monitor: Any) -> Display:
    x, y = glfw.get_monitor_pos(monitor)
    mode = glfw.get_video_mode(monitor)
    name = glfw.get_monitor_name(monitor)
    name = name.decode(errors="replace") if isinstance(name, bytes) else str(name)
    return Display(index, name, x, y, mode.size.width, mode.size.height, mode.refresh_rate, index == 0)
