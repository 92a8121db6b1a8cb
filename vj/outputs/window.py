"""The window that the audience sees: GLFW and OpenGL 3.3, on a chosen display, never in anybody's way.

The caller paces: `write` draws, `swap` shows, `poll` lets keys and the window system in; all on one thread.
"""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import glfw
import numpy as np

from vj.core.errors import OutputError
from vj.core.params import Values
from vj.core.types import U8, Frame
from vj.outputs import _context, _screens
from vj.outputs._hud import Hud
from vj.outputs._keys import layout_name, mod_names
from vj.outputs._panel import HudState
from vj.outputs._picture import Picture, Way
from vj.outputs._screens import Display, displays

__all__ = ["Display", "HudState", "Window", "displays"]

OnKey = Callable[[str, frozenset[str]], None]
#: Swaps that are timed to learn whether the driver waits for the display.
SWAPS = 20
#: A window that fills no monitor.
_NO_MONITOR: Any = None
_HINTS = {
    glfw.CONTEXT_VERSION_MAJOR: 3,
    glfw.CONTEXT_VERSION_MINOR: 3,
    glfw.OPENGL_PROFILE: glfw.OPENGL_CORE_PROFILE,
    glfw.OPENGL_FORWARD_COMPAT: True,
    glfw.DOUBLEBUFFER: True,
    glfw.DEPTH_BITS: 0,
    glfw.STENCIL_BITS: 0,
    # The operator works elsewhere: a click there must not fold the show away, nor the show take the keyboard.
    glfw.AUTO_ICONIFY: False,
    glfw.FOCUSED: False,
    glfw.FOCUS_ON_SHOW: False,
    glfw.VISIBLE: False,
}


class Window:
    """Shows frames, upscaled to whatever size the window has.

    `display` is a monitor's name, part of it, or its index; None is the primary. `size` is that of the window while it
    is not fullscreen. `on_key` gets the name of a key and the modifiers held. Raises OutputError where there is no
    screen or no OpenGL 3.3.
    """

    def __init__(
        self,
        display: str | int | None = None,
        size: tuple[int, int] = (1280, 720),
        fullscreen: bool = False,
        title: str = "vj",
        on_key: OnKey | None = None,
    ) -> None:
        self._wanted = display
        self._size = size
        self._on_key = on_key
        self._moved = 0
        self._way = Way()
        self._quality = "auto"
        self._show_hud = False
        self._closed = False
        self._prepared: tuple[int, int] | None = None
        self.state = HudState()
        #: While `capture` is set, `write` keeps in `captured` what it drew, without the HUD: [h, w, 3], top row first.
        self.capture = False
        self.captured: U8 | None = None
        self.notices: list[str] = []
        _screens.begin()
        try:
            self._window = self._open(title)
            self._context = _context.current()
            self._picture = Picture(self._context)
            self._panel = Hud(self._context)
            self.set_fullscreen(fullscreen)
            glfw.show_window(self._window)
            glfw.poll_events()
            self.paced = self._measure_pace()
            self.draw_ms = self.tune()
        except BaseException:
            self._abandon()
            raise

    def _open(self, title: str) -> Any:
        """Create the hidden window on the chosen display and make its context current."""
        found = _screens.find(self._wanted)
        for hint, value in _HINTS.items():
            glfw.window_hint(hint, value)
        window = glfw.create_window(*self._size, title, None, None)
        if not window:
            raise OutputError(
                f"no OpenGL 3.3 window: {_screens.complaint()}", "GLFW", "install Mesa (libgl1-mesa-dri) or a driver"
            )
        if found is not None:
            display = found[1]
            x = display.x + max(0, (display.width - self._size[0]) // 2)
            y = display.y + max(0, (display.height - self._size[1]) // 2)
            glfw.set_window_pos(window, x, y)
        glfw.make_context_current(window)
        glfw.set_key_callback(window, self._key)
        glfw.set_monitor_callback(self._monitor)
        return window

    def _measure_pace(self) -> bool:
        """Whether the driver makes a swap wait for the display; if not, waiting is switched off altogether."""
        glfw.swap_interval(1)
        begun = time.perf_counter()
        for _ in range(SWAPS):
            self._context.clear()
            glfw.swap_buffers(self._window)
        self._context.finish()
        # Nothing refreshes faster than 500 Hz, and no swap that waits for nothing takes 2 ms.
        paced = (time.perf_counter() - begun) / SWAPS > 0.002
        if not paced:
            glfw.swap_interval(0)
        return paced

    def tune(self) -> float:
        """Choose the upscaler by timing it at the present size; returns milliseconds of one draw, 0 if it was given."""
        self._tuned = self.size
        if self._quality != "auto":
            self._picture.upscaler = self._quality
            return 0.0
        if self._picture.size == (0, 0):
            self._picture.upload(np.zeros((256, 256, 3), np.uint8))
        return self._picture.choose(self._context.screen, self._tuned)

    @property
    def upscaler(self) -> str:
        """The upscaler in use: "crisp" or "plain"."""
        return self._picture.upscaler

    @property
    def hand_over(self) -> str:
        """How pictures come here: "upload", or "CUDA interop" from a card without the processor."""
        return self._picture.path

    @property
    def renderer(self) -> str:
        """What draws, as the driver names itself."""
        return str(self._context.info["GL_RENDERER"])

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture area in pixels."""
        width, height = glfw.get_framebuffer_size(self._window)
        return max(width, 1), max(height, 1)

    @property
    def closing(self) -> bool:
        """Whether the close button was pressed. Nothing closes by itself."""
        return bool(glfw.window_should_close(self._window))

    @property
    def is_fullscreen(self) -> bool:
        """Whether the window fills a display now."""
        return bool(glfw.get_window_monitor(self._window))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def follow(self, values: Values) -> None:
        """Take over the desk's values of the parameters of `Wall`."""
        if values.next != self._moved:
            self._moved = values.next
            self.next_display()
        self._way = Way(values.fit, values.sharpness)
        self._show_hud = values.hud or values.help
        if values.quality != self._quality:
            self._quality = values.quality
            self.draw_ms = self.tune()
        if values.fullscreen != self._asked_fullscreen:
            self.set_fullscreen(values.fullscreen)

    def set_fullscreen(self, on: bool) -> None:
        """Fill the chosen display in its present mode, without a border; or go back to a window."""
        self._asked_fullscreen = on
        found = _screens.find(self._wanted) if on else None
        if found is not None:
            monitor, display = found
            mode = glfw.get_video_mode(monitor)
            glfw.set_window_monitor(self._window, monitor, 0, 0, display.width, display.height, mode.refresh_rate)
        elif self.is_fullscreen:
            x, y = glfw.get_window_pos(self._window)
            glfw.set_window_monitor(self._window, _NO_MONITOR, x + 40, y + 40, *self._size, glfw.DONT_CARE)
        cursor = glfw.CURSOR_HIDDEN if found is not None else glfw.CURSOR_NORMAL
        glfw.set_input_mode(self._window, glfw.CURSOR, cursor)

    def next_display(self) -> Display | None:
        """Move on to the next display; None if there is none at all."""
        known = displays()
        if not known:
            return None
        _, now = _screens.find(self._wanted) or (None, known[0])
        chosen = known[(now.index + 1) % len(known)]
        self._wanted = chosen.index
        if self.is_fullscreen:
            self.set_fullscreen(True)
        else:
            glfw.set_window_pos(self._window, chosen.x + 40, chosen.y + 40)
        return chosen

    def write(self, frame: Frame) -> None:
        """Upload and draw one frame of any size, and the HUD over it; `swap` then shows it."""
        size = self.size
        if not 0.7 < size[0] * size[1] / (self._tuned[0] * self._tuned[1]) < 1.4:
            # What was fast enough in a small window may not be on a whole wall.
            self.draw_ms = self.tune()
        if frame.finish is not None and frame.finish.on and self._prepared != self._tuned:
            self._prepared = self._tuned
            self._picture.prepare(self._context.screen, size)
        self._picture.show(frame, self._context.screen, size, self._way)
        self.captured = self.read() if self.capture else None
        if self._show_hud:
            self._panel.draw(self._context.screen, size, self.state, time.perf_counter())

    def swap(self) -> None:
        """Show what was drawn; waits for the display if `paced`."""
        glfw.swap_buffers(self._window)

    def poll(self) -> None:
        """Let key presses and the window system's events in."""
        glfw.poll_events()

    def read(self) -> U8:
        """What was drawn last, [h, w, 3], top row first, not to be written to; to be called before `swap`."""
        width, height = self.size
        raw = self._context.screen.read(viewport=(0, 0, width, height), components=3, alignment=1)
        # moderngl names a colour attachment to read from, which a window's framebuffer has not: GL complains once
        # and reads the back buffer. Asking for the error takes it away.
        _ = self._context.error
        return np.frombuffer(raw, np.uint8).reshape(height, width, 3)[::-1]

    def _key(self, _: Any, code: int, scancode: int, action: int, mods: int) -> None:
        """GLFW's callback: pass presses and repeats on by name."""
        name = layout_name(code, scancode)
        if self._on_key is not None and name is not None and action != glfw.RELEASE:
            self._on_key(name, mod_names(mods))

    def _monitor(self, monitor: Any, event: int) -> None:
        """GLFW's callback: a display came or went. GLFW has already turned a window on a lost one into a plain one."""
        if event == glfw.DISCONNECTED:
            if self._asked_fullscreen and not self.is_fullscreen:
                self._fall_back()
        elif self._asked_fullscreen and not self.is_fullscreen:
            self._come_back()

    def _fall_back(self) -> None:
        """Go on in a window on the primary display; the cursor is the operator's again."""
        primary = glfw.get_primary_monitor()
        x, y = glfw.get_monitor_pos(primary) if primary else (0, 0)
        glfw.set_window_monitor(self._window, _NO_MONITOR, x + 40, y + 40, *self._size, glfw.DONT_CARE)
        glfw.set_input_mode(self._window, glfw.CURSOR, glfw.CURSOR_NORMAL)
        self.notices.append("the display is gone; the show goes on in a window")

    def _come_back(self) -> None:
        """Fill the chosen display again, if the one that came is that one."""
        try:
            self.set_fullscreen(True)
        except OutputError:
            return
        self.notices.append("the display is back")

    def close(self) -> None:
        """Close the window; may be called twice."""
        if not self._closed:
            self._panel.release()
            self._picture.release()
            self._abandon()

    def _abandon(self) -> None:
        self._closed = True
        if hasattr(self, "_context"):
            self._context.release()
        if hasattr(self, "_window"):
            glfw.destroy_window(self._window)
        _screens.end()
