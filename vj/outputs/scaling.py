"""Copies what a framebuffer holds, a window's own too, into another one of any size, which moderngl cannot."""

import ctypes
from typing import Any

import glfw
import moderngl

#: Bits and names of OpenGL 3.3, as its headers call them.
_READ_FRAMEBUFFER = 0x8CA8
_DRAW_FRAMEBUFFER = 0x8CA9
_COLOR_BUFFER_BIT = 0x4000
_NEAREST = 0x2600
_LINEAR = 0x2601


class Blit:
    """OpenGL's own way to do it, in the context of the window that is current."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        bind, blit = (glfw.get_proc_address(name) for name in ("glBindFramebuffer", "glBlitFramebuffer"))
        self._bind: Any = ctypes.CFUNCTYPE(None, *[ctypes.c_uint] * 2)(_address(bind))
        self._blit: Any = ctypes.CFUNCTYPE(None, *[ctypes.c_int] * 8, *[ctypes.c_uint] * 2)(_address(blit))

    def __call__(
        self,
        source: moderngl.Framebuffer,
        size: tuple[int, int],
        target: moderngl.Framebuffer,
        smooth: bool = False,
    ) -> None:
        """Copy `source`, `size` pixels of it, over all of `target`, each pixel the nearest, or a mean of four if
        `smooth`; nothing waits for it. The window's framebuffer is bound after it."""
        self._bind(_READ_FRAMEBUFFER, source.glo)
        self._bind(_DRAW_FRAMEBUFFER, target.glo)
        self._blit(0, 0, *size, 0, 0, *target.size, _COLOR_BUFFER_BIT, _LINEAR if smooth else _NEAREST)
        self._bind(_READ_FRAMEBUFFER, 0)
        self._bind(_DRAW_FRAMEBUFFER, 0)
        self._context.screen.use()


def _address(function: Any) -> int:
    """The address of a function as GLFW gives it."""
    return int(function if isinstance(function, int) else ctypes.cast(function, ctypes.c_void_p).value or 0)
