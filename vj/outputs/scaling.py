"""Scaling a framebuffer into another by the driver's own means, the back buffer of a window as well."""

import ctypes
from typing import Any

import glfw

_READ, _DRAW, _COLOUR, _LINEAR = 0x8CA8, 0x8CA9, 0x4000, 0x2601


class Blit:
    """Calls of the window's context, which must be current."""

    def __init__(self) -> None:
        bind, blit = (glfw.get_proc_address(name) for name in ("glBindFramebuffer", "glBlitFramebuffer"))
        self._bind: Any = ctypes.CFUNCTYPE(None, *[ctypes.c_uint] * 2)(_address(bind))
        self._blit: Any = ctypes.CFUNCTYPE(None, *[ctypes.c_int] * 8, *[ctypes.c_uint] * 2)(_address(blit))

    def __call__(self, source: int, size: tuple[int, int], target: int, wanted: tuple[int, int]) -> None:
        """Scale all of framebuffer `source` of `size` into `target` of `wanted`; 0 is the window's own.

        Which one is bound afterwards is the window's own.
        """
        self._bind(_READ, source)
        self._bind(_DRAW, target)
        self._blit(0, 0, *size, 0, 0, *wanted, _COLOUR, _LINEAR)
        self._bind(_READ, 0)
        self._bind(_DRAW, 0)


def _address(function: Any) -> int:
    """The address of a function as GLFW gives it."""
    return int(function if isinstance(function, int) else ctypes.cast(function, ctypes.c_void_p).value or 0)
