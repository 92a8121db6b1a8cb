"""Opening OpenGL 3.3 core contexts and letting go of them."""

import ctypes
from contextlib import suppress
from typing import Any

import moderngl


def standalone() -> moderngl.Context | None:
    """A context without a window: EGL, which needs no screen, else the platform's own way; None where there is none."""
    made, _ = opened(standalone=True, backend="egl")
    return made or opened(standalone=True)[0]


def let_go() -> None:
    """Leave this thread without a current EGL context; a window could not be opened on it otherwise."""
    with suppress(OSError):  # no EGL, so nothing of it is current
        ctypes.CDLL("libEGL.so.1").eglReleaseThread()


def opened(**choice: Any) -> tuple[moderngl.Context | None, str]:
    """A context, or why there is none."""
    try:
        return moderngl.create_context(require=330, **choice), ""
    except Exception as error:  # noqa: BLE001 - glcontext raises bare Exception, whatever the reason
        return None, str(error)
