"""OpenGL 3.3 core contexts: that of a window, and those without one."""

import moderngl

from vj.core.errors import OutputError
from vj.generators.gl.context import let_go, opened, standalone

__all__ = ["current", "let_go", "standalone"]


def current() -> moderngl.Context:
    """The context that the window of this thread made current; OutputError if it cannot be used."""
    made, why = opened()
    if made is None:
        raise OutputError(f"no OpenGL 3.3: {why}", "moderngl", "install Mesa (libgl1-mesa-dri) or the card's driver")
    return made
