"""Keeps screen saver, lock and display sleep away while a show is on the wall.

The desktop is asked through wakepy (D-Bus on Linux, caffeinate, SetThreadExecutionState); an X server without a desktop
that could be asked is told itself. By a thread of its own: a desktop may take its time to answer.
"""

import ctypes
import ctypes.util
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

#: What to do where nobody can be asked.
ASLEEP = "the screen saver cannot be held off: switch it off, and the display's sleep with it"


class Awake:
    """A context manager. `by` is who keeps the display awake, empty until somebody does; `notice` if nobody can."""

    def __init__(self) -> None:
        self.by = self.notice = ""
        self._ending = threading.Event()
        self._asked = threading.Event()
        self._thread = threading.Thread(target=self._run, name="awake", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._ending.set()
        self._thread.join(2.0)

    def wait(self, seconds: float) -> None:
        """Until it is known who keeps the display awake."""
        self._asked.wait(seconds)

    def _run(self) -> None:
        with _asking() as by:
            self._tell(by)
            if by:
                self._ending.wait()
                return
        with _x_server() as by:
            self._tell(by or "", "" if by else ASLEEP)
            self._ending.wait()

    def _tell(self, by: str, notice: str = "") -> None:
        self.by, self.notice = by, notice
        if by or notice:
            self._asked.set()


@contextmanager
def _asking() -> Iterator[str]:
    """Ask the desktop, or the system; the way that worked, or nothing."""
    try:
        from wakepy import keep
    except ImportError:
        yield ""
        return
    with keep.presenting(on_fail="pass") as mode:
        yield str(mode.method.name if mode.method else "presenting") if mode.active else ""


@contextmanager
def _x_server() -> Iterator[str]:
    """Suspend the X server's own screen saver and power saving for as long as our connection lives."""
    if not sys.platform.startswith("linux") or not os.environ.get("DISPLAY"):
        yield ""
        return
    try:
        x11, xss = (ctypes.CDLL(ctypes.util.find_library(name) or f"lib{name}.so") for name in ("X11", "Xss"))
    except OSError:
        yield ""
        return
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XOpenDisplay.argtypes = [ctypes.c_char_p]
    xss.XScreenSaverQueryExtension.argtypes = [
        ctypes.c_void_p,
        ctypes.POINTER(ctypes.c_int),
        ctypes.POINTER(ctypes.c_int),
    ]
    xss.XScreenSaverSuspend.argtypes = [ctypes.c_void_p, ctypes.c_int]
    x11.XSync.argtypes = [ctypes.c_void_p, ctypes.c_int]
    x11.XCloseDisplay.argtypes = [ctypes.c_void_p]
    display = x11.XOpenDisplay(None)
    if not display:
        yield ""
        return
    try:
        numbers = ctypes.c_int(), ctypes.c_int()
        known = bool(xss.XScreenSaverQueryExtension(display, *(ctypes.byref(number) for number in numbers)))
        if known:
            xss.XScreenSaverSuspend(display, 1)
            x11.XSync(display, 0)
        yield "X server" if known else ""
    finally:
        x11.XCloseDisplay(display)
