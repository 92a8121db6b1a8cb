"""An OpenGL context without a window that threads take turns with."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import moderngl


def opened() -> moderngl.Context | None:
    """EGL's, which needs no screen, else the platform's own; None where there is none. Current on no thread."""
    for choice in ({"backend": "egl"}, {}):
        try:
            made = moderngl.create_context(standalone=True, require=330, **choice)
        except Exception:  # noqa: BLE001 - glcontext raises bare Exception, whatever the reason
            continue
        let_go()
        return made
    return None


def let_go() -> None:
    """Leave this thread without a current EGL context; a window could not be opened on it otherwise."""
    with suppress(OSError):  # no EGL, so nothing of it is current
        ctypes.CDLL("libEGL.so.1").eglReleaseThread()


@contextmanager
def at_work(context: moderngl.Context) -> Iterator[None]:
    """`context` is this thread's meanwhile."""
    with context:
        yield
