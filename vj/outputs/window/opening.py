"""A GLFW window on its display, hidden, its context current."""

import ctypes
from typing import Any

import glfw

from vj.core.errors import OutputError
from vj.outputs.window import screens

_HINTS = {
    glfw.CONTEXT_VERSION_MAJOR: 3,
    glfw.CONTEXT_VERSION_MINOR: 3,
    glfw.OPENGL_PROFILE: glfw.OPENGL_CORE_PROFILE,
    glfw.OPENGL_FORWARD_COMPAT: True,
    glfw.DOUBLEBUFFER: True,
    glfw.DEPTH_BITS: 0,
    glfw.STENCIL_BITS: 0,
    # A card that was reset says so, instead of drawing nothing for ever.
    glfw.CONTEXT_ROBUSTNESS: glfw.LOSE_CONTEXT_ON_RESET,
    # The operator works elsewhere: a click there must not fold the show away, nor the show take the keyboard.
    glfw.AUTO_ICONIFY: False,
    glfw.FOCUSED: False,
    glfw.FOCUS_ON_SHOW: False,
    glfw.VISIBLE: False,
}


def lost() -> bool:
    """Whether the context that is current has lost all that it had: the card was reset, or its driver was."""
    for name in ("glGetGraphicsResetStatus", "glGetGraphicsResetStatusARB", "glGetGraphicsResetStatusKHR"):
        address = glfw.get_proc_address(name)
        number = address if isinstance(address, int) else ctypes.cast(address, ctypes.c_void_p).value
        if number:
            return bool(ctypes.CFUNCTYPE(ctypes.c_uint)(number)())
    return False


def opened(
    title: str,
    size: tuple[int, int],
    wanted: str | int | None,
    shares: Any = None,
    place: tuple[int, int, int, int] | None = None,
    fills: bool = False,
) -> Any:
    """A new one of `size` in the middle of the display that is `wanted`, which has the textures of the window `shares`;
    at `place` (x, y, width, height) instead, or as large as the display, hidden as it is, where it `fills` it later.

    Raises OutputError where there is no such display or no OpenGL 3.3.
    """
    found = screens.find(wanted)
    for hint, value in _HINTS.items():
        glfw.window_hint(hint, value)
    window = glfw.create_window(*size, title, None, shares)
    if not window:
        raise OutputError(
            f"no OpenGL 3.3 window: {screens.complaint()}", "GLFW", "install Mesa (libgl1-mesa-dri) or a driver"
        )
    settled(window, size, found, place, fills)
    glfw.make_context_current(window)
    return window


def settled(
    window: Any,
    size: tuple[int, int],
    found: tuple[Any, screens.Display] | None,
    place: tuple[int, int, int, int] | None,
    fills: bool,
) -> None:
    """Put one that is hidden where `opened` puts it, `found` being its display."""
    if glfw.get_window_size(window) != size:
        glfw.set_window_size(window, *size)
    if found is not None:
        display = found[1]
        x = display.x + max(0, (display.width - size[0]) // 2)
        y = display.y + max(0, (display.height - size[1]) // 2)
        glfw.set_window_pos(window, x, y)
    if place is not None:
        glfw.set_window_pos(window, *place[:2])
    if fills and found is not None:  # what is drawn before it is seen is drawn as large
        glfw.set_window_size(window, found[1].width, found[1].height)
        glfw.set_window_pos(window, found[1].x, found[1].y)
