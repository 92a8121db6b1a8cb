"""Keys and mouse of a window, passed on by name."""

from collections.abc import Callable
from typing import Any

import glfw

from vj.outputs.window._keys import layout_name, mod_names

OnKey = Callable[[str, frozenset[str]], None]
OnMouse = Callable[[str, float, float], None]


class Hands:
    """Tells `on_key` the name of each key that is pressed or repeats and the modifiers held, `on_mouse` that the left
    button was pressed ("down"), the mouse moved ("move") or the button was let go ("up"), and where in 0..1 of the
    window."""

    def __init__(self, window: Any, on_key: OnKey | None) -> None:
        self._window, self._on_key = window, on_key
        self.on_mouse: OnMouse | None = None
        glfw.set_key_callback(window, self._key)
        glfw.set_mouse_button_callback(window, self._button)
        glfw.set_cursor_pos_callback(window, lambda *_: self._point("move"))

    def _key(self, _: Any, code: int, scancode: int, action: int, mods: int) -> None:
        name = layout_name(code, scancode)
        if self._on_key is not None and name is not None and action != glfw.RELEASE:
            self._on_key(name, mod_names(mods))

    def _button(self, _: Any, button: int, action: int, mods: int) -> None:
        if button == glfw.MOUSE_BUTTON_LEFT:
            self._point("up" if action == glfw.RELEASE else "down")

    def _point(self, what: str) -> None:
        if self.on_mouse is not None:
            (x, y), (width, height) = glfw.get_cursor_pos(self._window), glfw.get_window_size(self._window)
            self.on_mouse(what, x / max(width, 1), y / max(height, 1))
