"""As much of Xlib as a window takes that keeps a picture, by ctypes: small, and there whatever else fails."""

import ctypes
import ctypes.util
from collections.abc import Callable
from ctypes import POINTER, Structure, byref, c_char_p, c_int, c_long, c_uint, c_ulong, c_void_p
from dataclasses import dataclass
from typing import Any

# As X's headers name them.
#: A window's state.
_IS_VIEWABLE = 2
#: Which attributes of a new window are given.
_CW_BORDER_PIXEL = 1 << 3
_CW_OVERRIDE_REDIRECT = 1 << 9
_CW_COLORMAP = 1 << 13
#: Which places of a window are changed, and to which.
_CW_SIBLING = 1 << 5
_CW_STACK_MODE = 1 << 6
_BELOW = 1
#: The events that tell of a window's end, and of its being put away.
_STRUCTURE_EVENTS = 1 << 17
#: Bytes of any event.
_EVENT_BYTES = 192
#: An extension that XWayland has, and what it calls monitors where it is too old for that.
_XWAYLAND = b"XWAYLAND"
#: The kind of a shape, and what is done with it.
_SHAPE_INPUT = 2
_SHAPE_SET = 0


class _Attributes(Structure):
    _fields_ = (
        *((name, c_int) for name in ("x", "y", "width", "height", "border", "depth")),
        ("visual", c_void_p), ("root", c_ulong), *((name, c_int) for name in ("kind", "bits", "gravity", "backing")),
        ("planes", c_ulong), ("pixel", c_ulong), ("save", c_int), ("colours", c_ulong), ("installed", c_int),
        ("map_state", c_int), ("all_events", c_long), ("events", c_long), ("propagate", c_long), ("override", c_int),
        ("screen", c_void_p),
    )  # fmt: skip


class _Wishes(Structure):
    _fields_ = (
        ("background", c_ulong), ("pixel", c_ulong), ("border_pixmap", c_ulong), ("border_pixel", c_ulong),
        *((name, c_int) for name in ("bits", "gravity", "backing")), ("planes", c_ulong), ("backing_pixel", c_ulong),
        ("save", c_int), ("events", c_long), ("propagate", c_long), ("override", c_int), ("colours", c_ulong),
        ("cursor", c_ulong),
    )  # fmt: skip


class _Changes(Structure):
    _fields_ = (
        *((name, c_int) for name in ("x", "y", "width", "height", "border")), ("sibling", c_ulong), ("mode", c_int),
    )  # fmt: skip


class _Monitor(Structure):
    _fields_ = (
        ("name", c_ulong), ("primary", c_int), ("automatic", c_int), ("outputs", c_int),
        *((name, c_int) for name in ("x", "y", "width", "height", "width_mm", "height_mm")), ("output", c_void_p),
    )  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A window as it is on its screen: corner in root pixels, size, and what pixels are like there."""

    x: int
    y: int
    width: int
    height: int
    depth: int
    visual: int
    root: int
    seen: bool


class Screen:
    """A connection to the X server of DISPLAY. Raises OSError where there is none. What fails is not done."""

    def __init__(self) -> None:
        self._x: Any = ctypes.CDLL(ctypes.util.find_library("X11") or "libX11.so.6")
        try:
            self._ext: Any = ctypes.CDLL(ctypes.util.find_library("Xext") or "libXext.so.6")
        except OSError:
            self._ext = None
        for name, result in (("XOpenDisplay", c_void_p), ("XCreateGC", c_void_p)):
            getattr(self._x, name).restype = result
        for name in ("XCreateWindow", "XCreatePixmap", "XCreateColormap", "XDefaultRootWindow"):
            getattr(self._x, name).restype = c_ulong
        self._display = c_void_p(self._x.XOpenDisplay(None))
        if not self._display:
            raise OSError("no X server")
        self._failed = False
        kind = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p)
        self._handler = kind(self._fail)
        self._x.XSetErrorHandler(self._handler)

    def _fail(self, display: Any, event: Any) -> int:
        self._failed = True
        return 0

    def _done(self) -> bool:
        """Wait until the server has done all that was asked for; whether it could."""
        self._x.XSync(self._display, 0)
        failed, self._failed = self._failed, False
        return not failed

    @property
    def stacks(self) -> bool:
        """Whether this server says what lies over what. Under XWayland the compositor does: windows that no window
        manager touches are over all others there, whatever the server says."""
        codes = (c_int(), c_int(), c_int())
        if self._x.XQueryExtension(self._display, c_char_p(_XWAYLAND), *map(byref, codes)):
            return False
        return not any(name.startswith(_XWAYLAND) for name in self._monitors())

    def _monitors(self) -> list[bytes]:
        """What the server calls them; none where it, or this machine, does not know."""
        try:
            randr: Any = ctypes.CDLL(ctypes.util.find_library("Xrandr") or "libXrandr.so.2")
        except OSError:
            return []
        randr.XRRGetMonitors.restype = POINTER(_Monitor)
        self._x.XGetAtomName.restype = c_char_p
        count, root = c_int(), c_ulong(self._x.XDefaultRootWindow(self._display))
        found = randr.XRRGetMonitors(self._display, root, 1, byref(count))
        names = [self._x.XGetAtomName(self._display, c_ulong(found[n].name)) or b"" for n in range(count.value)]
        if found:
            randr.XRRFreeMonitors(found)
        self._done()
        return names

    @property
    def descriptor(self) -> int:
        """Readable when something came, what is waiting already left out: see `news`."""
        return int(self._x.XConnectionNumber(self._display))

    def watch(self, window: int) -> None:
        """Be told when a window goes."""
        self._x.XSelectInput(self._display, c_ulong(window), c_long(_STRUCTURE_EVENTS))
        self._done()

    def news(self) -> bool:
        """Whether something came since the last time."""
        count, event = self._x.XPending(self._display), ctypes.create_string_buffer(_EVENT_BYTES)
        for _ in range(count):
            self._x.XNextEvent(self._display, event)
        return bool(count)

    def place(self, window: int) -> Place | None:
        """Where a window is; None where there is none."""
        found, x, y, child = _Attributes(), c_int(), c_int(), c_ulong()
        if not self._x.XGetWindowAttributes(self._display, c_ulong(window), byref(found)) or not self._done():
            self._failed = False
            return None
        root = c_ulong(found.root)
        self._x.XTranslateCoordinates(self._display, c_ulong(window), root, 0, 0, byref(x), byref(y), byref(child))
        if not self._done():
            return None
        seen = found.map_state == _IS_VIEWABLE
        return Place(x.value, y.value, found.width, found.height, found.depth, found.visual or 0, found.root, seen)

    def stack(self, window: int) -> list[int]:
        """The children of a window, the lowest first."""
        root, parent, kids, count = c_ulong(), c_ulong(), POINTER(c_ulong)(), c_uint()
        told = (byref(root), byref(parent), byref(kids), byref(count))
        if not self._x.XQueryTree(self._display, c_ulong(window), *told) or not self._done():
            return []
        found = [int(kids[n]) for n in range(count.value)]
        if kids:
            self._x.XFree(kids)
        return found

    def frame(self, window: int, root: int) -> int:
        """The window on the root that holds `window`, which is its window manager's, or itself."""
        above, parent, kids, count = c_ulong(), c_ulong(), POINTER(c_ulong)(), c_uint()
        while True:
            told = (byref(above), byref(parent), byref(kids), byref(count))
            if not self._x.XQueryTree(self._display, c_ulong(window), *told) or not self._done():
                return 0
            if kids:
                self._x.XFree(kids)
            if parent.value in (0, root):
                return window
            window = int(parent.value)

    def window(self, place: Place, title: str) -> int:
        """A window like that at `place`, not seen yet, that no window manager touches and no click meets."""
        wishes = _Wishes(override=1, border_pixel=0)
        visual, root = c_void_p(place.visual), c_ulong(place.root)
        wishes.colours = self._x.XCreateColormap(self._display, root, visual, 0)
        made = self._x.XCreateWindow(
            self._display, root, place.x, place.y, place.width, place.height, 0, place.depth, 1, visual,
            c_ulong(_CW_OVERRIDE_REDIRECT | _CW_BORDER_PIXEL | _CW_COLORMAP), byref(wishes),
        )  # fmt: skip
        self._x.XStoreName(self._display, c_ulong(made), c_char_p(title.encode()))
        if self._ext is not None:
            self._ext.XShapeCombineRectangles(self._display, c_ulong(made), _SHAPE_INPUT, 0, 0, None, 0, _SHAPE_SET, 0)
        return int(made) if self._done() else 0

    def pixmap(self, place: Place) -> tuple[int, Any]:
        """Pixels like those of the window at `place`, and what draws there."""
        made = self._x.XCreatePixmap(
            self._display, c_ulong(place.root), place.width, place.height, c_uint(place.depth)
        )  # fmt: skip
        pen = c_void_p(self._x.XCreateGC(self._display, c_ulong(made), c_ulong(0), None))
        self._x.XSetGraphicsExposures(self._display, pen, 0)
        return (int(made), pen) if self._done() else (0, None)

    def copy(self, window: int, pixmap: int, pen: Any, place: Place) -> bool:
        """Copy what is seen of a window; the rest of the pixels stays as it was."""
        size = (place.width, place.height)
        self._x.XCopyArea(self._display, c_ulong(window), c_ulong(pixmap), pen, 0, 0, *map(c_uint, size), 0, 0)
        return self._done()

    def lay(self, window: int, pixmap: int) -> None:
        """Have the server itself paint a window with those pixels whenever it comes to light."""
        self._x.XSetWindowBackgroundPixmap(self._display, c_ulong(window), c_ulong(pixmap))
        self._x.XClearWindow(self._display, c_ulong(window))
        self._done()

    def under(self, window: int, sibling: int, place: Place) -> None:
        """Put a window at `place`, right under another."""
        x, y, size = place.x, place.y, (c_uint(place.width), c_uint(place.height))
        self._x.XMoveResizeWindow(self._display, c_ulong(window), x, y, *size)
        changes = _Changes(sibling=sibling, mode=_BELOW)
        self._x.XConfigureWindow(self._display, c_ulong(window), c_uint(_CW_SIBLING | _CW_STACK_MODE), byref(changes))
        self._x.XMapWindow(self._display, c_ulong(window))
        self._done()

    def raised(self, window: int, place: Place) -> None:
        """Put a window at `place`, over all others."""
        x, y, size = place.x, place.y, (c_uint(place.width), c_uint(place.height))
        self._x.XMoveResizeWindow(self._display, c_ulong(window), x, y, *size)
        self._x.XMapRaised(self._display, c_ulong(window))
        self._done()

    def hide(self, window: int) -> None:
        """Have a window not seen."""
        self._x.XUnmapWindow(self._display, c_ulong(window))
        self._done()

    def drop(self, window: int, pixmap: int, pen: Any) -> None:
        """Give them back; 0 is none."""
        drops: list[tuple[Callable[..., int], int]] = [(self._x.XDestroyWindow, window), (self._x.XFreePixmap, pixmap)]
        for drop, what in drops:
            if what:
                drop(self._display, c_ulong(what))
        if pen is not None:
            self._x.XFreeGC(self._display, pen)
        self._done()
