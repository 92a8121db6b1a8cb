"""Opening OpenGL 3.3 core contexts and letting go of them."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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


def beside() -> moderngl.Context | None:
    """As `standalone`, but it is current on no thread: whoever draws is to be `at_work` with it."""
    with _restored():
        made = standalone()
        let_go()
    return made


@contextmanager
def at_work(context: moderngl.Context) -> Iterator[None]:
    """`context` is current on this thread, and after it what was before, of EGL."""
    with _restored(), context:
        yield


def put_away(context: moderngl.Context) -> None:
    """Give back a context from `beside`; what is current on this thread stays so."""
    with _restored():
        context.release()


@contextmanager
def _restored() -> Iterator[None]:
    """glcontext itself restores only what has a surface."""
    before = _current()
    try:
        yield
    finally:
        if before is not None:
            _egl().eglMakeCurrent(*before)


def _current() -> tuple[ctypes.c_void_p, ...] | None:
    """Display, surfaces and context of EGL on this thread, as eglMakeCurrent takes them."""
    try:
        egl = _egl()
    except OSError:
        return None
    if not egl.eglGetCurrentContext():
        return None
    surfaces = (ctypes.c_void_p(egl.eglGetCurrentSurface(which)) for which in (_EGL_DRAW, _EGL_READ))
    return (ctypes.c_void_p(egl.eglGetCurrentDisplay()), *surfaces, ctypes.c_void_p(egl.eglGetCurrentContext()))


def _egl() -> ctypes.CDLL:
    egl = ctypes.CDLL("libEGL.so.1")
    for name in ("eglGetCurrentContext", "eglGetCurrentDisplay", "eglGetCurrentSurface"):
        getattr(egl, name).restype = ctypes.c_void_p
    return egl


#: EGL's names of the two surfaces.
_EGL_DRAW = 0x3059
_EGL_READ = 0x305A


def opened(**choice: Any) -> tuple[moderngl.Context | None, str]:
    """A context, or why there is none."""
    try:
        return moderngl.create_context(require=330, **choice), ""
    except Exception as error:  # noqa: BLE001 - glcontext raises bare Exception, whatever the reason
        return None, str(error)
