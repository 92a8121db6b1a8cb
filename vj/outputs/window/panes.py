"""More windows with the same picture: each shows its part of it, on a display of its own, by a thread of its own.

They share the first window's textures, so that no pixel passes through the processor, and none of them makes it wait:
one that is slow leaves pictures out.
"""

import threading
import time
from collections.abc import Mapping as Table
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import glfw
import moderngl

from vj.core.mapping.output import WHOLE, Mapping, Slice
from vj.core.threads.side import Side
from vj.outputs import context
from vj.outputs.blits import Calls
from vj.outputs.mapping.guides import Guides
from vj.outputs.mapping.handles import Handles
from vj.outputs.mapping.warp import Warp
from vj.outputs.window._hands import Hands, OnKey
from vj.outputs.window._reel import Reel, Slot
from vj.outputs.window._seat import Seat
from vj.outputs.window.opening import opened

#: Size of a window that is given none and no display to fill.
USUAL = (960, 540)
#: No window.
_NONE: Any = None
#: After so long one that failed is tried again.
AGAIN_S = 2.0
#: What its thread has to end.
PATIENCE_S = 1.5
#: Where the processor draws all windows, between two pictures of the others: the first one comes first.
SOFT_EVERY_S = 1 / 30


@dataclass(frozen=True)
class Asked:
    """A window: its `name`, the display it is for ("" for the primary), its size (None fills that display), and the
    part of the picture it shows unless its mapping says otherwise."""

    name: str
    display: str = ""
    size: tuple[int, int] | None = None
    part: Slice = WHOLE


class Pane:
    """One window. `step` is called by the main thread once a frame; a thread of its own draws."""

    def __init__(self, main: Any, asked: Asked, on_key: OnKey | None, news: list[str]) -> None:
        self.asked, self._news = asked, news
        fills = asked.size is None and bool(asked.display)
        display = int(asked.display) if asked.display.isdigit() else asked.display or None
        self._window = opened(f"vj {asked.name}", asked.size or USUAL, display, main)
        glfw.make_context_current(main)
        self.hands = Hands(self._window, on_key)
        self._seat = Seat(self._window, display, asked.size or USUAL, news)
        self._fills = fills
        self.mapping = Mapping(slice=asked.part)
        #: What is seen over it while its mapping is edited.
        self.guides: Guides | None = None
        self.size = asked.size or USUAL
        self.on = self.shut = False
        self.state, self.shown, self.errors = "off", 0, 0
        self._ending = threading.Event()
        self._handles: Handles | None = None
        self._thread: Side | None = None

    def step(self, on: bool, reel: Reel) -> None:
        """Show or hide it; what it shows comes from `reel`."""
        if not on:
            self.shut = False
            glfw.set_window_should_close(self._window, False)
        elif glfw.window_should_close(self._window) and not self.shut:
            self.shut = True  # until it is switched off and on again
            self._news.append(f"the window {self.asked.name} was closed")
        on = on and not self.shut
        if on != self.on:
            self.on = on
            if on:
                self._seat.fill(self._fills)
                glfw.show_window(self._window)
            else:
                self._seat.fill(False)
                glfw.hide_window(self._window)
        self._seat.point(self.guides is not None)
        width, height = glfw.get_framebuffer_size(self._window)
        self.size = max(width, 1), max(height, 1)
        if on and self._thread is None:
            self._thread = Side(f"window {self.asked.name}", lambda: self._run(reel), again=False)
            self._thread.start()
        if not on:
            self.state = "off"
        elif self.state != "failed":
            self.state = "on" if self.shown else "starting"

    def _run(self, reel: Reel) -> None:
        """Thread: draw, and begin again where that fails."""
        while not self._ending.is_set():
            try:
                self._draw(reel)
            except Exception as error:  # noqa: BLE001  the show goes on, and so do the other windows
                self.errors += 1
                if self.errors == 1:
                    self._news.append(f"the window {self.asked.name}: {error}; it is tried again")
                self.state = "failed"
                self._ending.wait(AGAIN_S)
                self.state = "starting"
            with suppress(glfw.GLFWError):
                glfw.make_context_current(_NONE)

    def _draw(self, reel: Reel) -> None:
        """Show what comes until the end."""
        glfw.make_context_current(self._window)
        glfw.swap_interval(1)
        own, calls = context.current(), Calls()
        warp, self._handles = Warp(own), None
        images: dict[tuple[int, tuple[int, int]], moderngl.Texture] = {}
        number = -1
        try:
            while not self._ending.is_set():
                if self._thread is not None:
                    self._thread.turn()
                slot, number = reel.take(self.asked.name, number, 0.1)
                if slot is None:
                    continue
                try:
                    if self.on:
                        self._show(own, calls, warp, slot, images)
                finally:
                    reel.give(self.asked.name, slot)
        finally:
            warp.release()
            if self._handles is not None:
                self._handles.release()
            own.release()

    def _show(
        self,
        own: moderngl.Context,
        calls: Calls,
        warp: Warp,
        slot: Slot,
        images: dict[tuple[int, tuple[int, int]], moderngl.Texture],
    ) -> None:
        key = (slot.image.glo, slot.size)
        if key not in images:
            for other in [other for other in images if other[0] == key[0] or other[1] != key[1]]:
                images.pop(other).release()
            images[key] = own.external_texture(slot.image.glo, slot.size, 4, 0, "f1")
        calls.after(slot.fence)
        warp.draw(images[key], own.screen, self.size, self.mapping, self.asked.name)
        guides = self.guides
        if guides is not None:
            self._handles = self._handles or Handles(own)
            self._handles.draw(own.screen, self.size, guides)
        fence = calls.fence()
        glfw.swap_buffers(self._window)
        end = time.monotonic() + 1.0
        while not calls.passed(fence, 20_000_000):
            if time.monotonic() > end:
                calls.forget(fence)
                break
        self.shown += 1

    def close(self) -> None:
        """Take it away; by the main thread."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(PATIENCE_S)
            if self._thread.is_alive():  # its driver hangs: to destroy the window would hang us too
                return
        self._seat.leave()
        glfw.destroy_window(self._window)


class Panes:
    """All of them, beside the window `main` (GLFW's). `news` are lines for the operator."""

    def __init__(self, main: Any, asked: tuple[Asked, ...], on_key: OnKey | None) -> None:
        self.news: list[str] = []
        self._main = main
        self._wanted: Table[str, bool] = {}
        self._due = self._every = 0.0
        self._reels: list[Reel] = []
        self.panes: list[Pane] = []
        try:
            for each in asked:
                self.panes.append(Pane(main, each, on_key, self.news))
        except BaseException:
            self.close()
            raise

    def follow(self, wanted: Table[str, bool]) -> None:
        """Which of them are to be there, by name; to be called before `see`."""
        self._wanted = wanted

    def see(self, own: moderngl.Context, source: int, size: tuple[int, int]) -> None:
        """Framebuffer `source` of the main window's context, which is current, holds the finished picture."""
        if not self._reels:
            self._reels.append(Reel(own, Calls(), len(self.panes)))
            self._every = SOFT_EVERY_S if "llvmpipe" in own.info["GL_RENDERER"] else 0.0
        reel = self._reels[0]
        for pane in self.panes:
            pane.step(self._wanted.get(pane.asked.name, True), reel)
        now = time.perf_counter()
        if any(pane.on for pane in self.panes) and now >= self._due:
            self._due = max(self._due + self._every, now)
            reel.offer(source, size)

    def close(self) -> None:
        """Take all away; by the main thread."""
        for pane in self.panes:
            pane.close()
        self.panes = []
        with suppress(glfw.GLFWError):
            glfw.make_context_current(self._main)
        for reel in self._reels:
            reel.release()
        self._reels = []
