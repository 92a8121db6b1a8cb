"""The few calls of OpenGL that moderngl has not, or in which it holds the interpreter while it waits."""

import ctypes
from collections.abc import Callable
from contextlib import suppress
from typing import Any

#: Bits and names of OpenGL 3.3, as its headers call them.
_READ_FRAMEBUFFER = 0x8CA8
_DRAW_FRAMEBUFFER = 0x8CA9
_COLOR_BUFFER_BIT = 0x4000
_LINEAR = 0x2601
_PIXEL_PACK_BUFFER = 0x88EB
_BGRA = 0x80E1
_UNSIGNED_BYTE = 0x1401
_SYNC_GPU_COMMANDS_COMPLETE = 0x9117
_SYNC_FLUSH_COMMANDS_BIT = 1
_TIMEOUT_IGNORED = 0xFFFFFFFFFFFFFFFF
#: What a wait says of a mark that is passed: already signalled, and just now.
_DONE = (0x911A, 0x911C)
_INT = ctypes.c_int
_UINT = ctypes.c_uint
_POINTER = ctypes.c_void_p


class Calls:
    """The calls, for whatever context is current on this thread. None holds the interpreter while it waits."""

    def __init__(self) -> None:
        find = _finder()

        def call(name: str, *types: Any, result: Any = None) -> Any:
            return ctypes.CFUNCTYPE(result, *types)(find(name))

        self._bind_frame = call("glBindFramebuffer", _UINT, _UINT)
        self._bind_buffer = call("glBindBuffer", _UINT, _UINT)
        self._blit = call("glBlitFramebuffer", *[_INT] * 8, _UINT, _UINT)
        self._read = call("glReadPixels", *[_INT] * 4, _UINT, _UINT, _POINTER)
        self._align = call("glPixelStorei", _UINT, _INT)
        self._fence = call("glFenceSync", _UINT, _UINT, result=_POINTER)
        self._wait = call("glClientWaitSync", _POINTER, _UINT, ctypes.c_uint64, result=_UINT)
        self._hold = call("glWaitSync", _POINTER, _UINT, ctypes.c_uint64)
        self._delete = call("glDeleteSync", _POINTER)
        self._flush, self._finish = call("glFlush"), call("glFinish")

    def blit(self, source: int, box: tuple[int, int, int, int], target: int, size: tuple[int, int]) -> None:
        """Scale what is in `box` (left, lowest row, width, height) of framebuffer `source` into `target` of `size`."""
        left, low, width, height = box
        self._bind_frame(_READ_FRAMEBUFFER, source)
        self._bind_frame(_DRAW_FRAMEBUFFER, target)
        self._blit(left, low, left + width, low + height, 0, 0, *size, _COLOR_BUFFER_BIT, _LINEAR)

    def read(self, source: int, box: tuple[int, int, int, int], into: int | None = None, buffer: int = 0) -> None:
        """BGRA bytes of `box` of framebuffer `source`, the lowest row first: to memory at `into`, or into the pixel
        `buffer`, which nobody waits for."""
        self._bind_frame(_READ_FRAMEBUFFER, source)
        self._bind_buffer(_PIXEL_PACK_BUFFER, buffer)
        self._align(0x0D05, 4)
        self._read(*box, _BGRA, _UNSIGNED_BYTE, into)
        self._bind_buffer(_PIXEL_PACK_BUFFER, 0)

    def fence(self) -> int:
        """A mark after what was asked for so far."""
        return int(self._fence(_SYNC_GPU_COMMANDS_COMPLETE, 0))

    def passed(self, fence: int, wait_ns: int = 0) -> bool:
        """Whether what was asked for before the mark is done; it is gone then."""
        if self._wait(fence, _SYNC_FLUSH_COMMANDS_BIT, wait_ns) not in _DONE:
            return False
        self._delete(fence)
        return True

    def after(self, fence: int) -> None:
        """What this context is asked for from now on comes after the mark, whichever context made it."""
        self._hold(fence, 0, _TIMEOUT_IGNORED)

    def flush(self) -> None:
        """Have what was asked for begun."""
        self._flush()

    def finish(self) -> None:
        """Wait until all that was asked for is done."""
        self._finish()

    def forget(self, fence: int) -> None:
        """Nobody asks for that mark any more."""
        self._delete(fence)


def _finder() -> Callable[[str], int]:
    """Name -> address of a call of the context that is current."""
    with suppress(OSError, AttributeError):
        egl = ctypes.CDLL("libEGL.so.1")
        egl.eglGetCurrentContext.restype = _POINTER
        if egl.eglGetCurrentContext():
            egl.eglGetProcAddress.restype, egl.eglGetProcAddress.argtypes = _POINTER, [ctypes.c_char_p]
            return lambda name: int(egl.eglGetProcAddress(name.encode()) or 0)
    import glfw

    return lambda name: _address(glfw.get_proc_address(name))


def _address(function: Any) -> int:
    """The address of a function as GLFW gives it."""
    return int(function if isinstance(function, int) else ctypes.cast(function, _POINTER).value or 0)
