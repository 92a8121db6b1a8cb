"""The window that the audience sees: GLFW and OpenGL 3.3, on a chosen display, never in anybody's way.

The caller paces: `write` draws, `swap` shows, `poll` lets keys and the window system in; all on one thread.
"""

import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self

import glfw

from vj.core.mapping.output import Mapping
from vj.core.types import U8, Frame
from vj.engine.finish.limiter import Limiter
from vj.engine.finish.mixer import NOTHING
from vj.outputs import context
from vj.outputs.blits import Calls
from vj.outputs.finish.picture import BLANK, Picture, Way
from vj.outputs.finish.viewport import Viewport
from vj.outputs.mapping.guides import Guides
from vj.outputs.overlay.curtain import Curtain
from vj.outputs.overlay.hud import Hud
from vj.outputs.overlay.panel import HudState
from vj.outputs.overlay.splash import SplashState
from vj.outputs.window import screens
from vj.outputs.window._beam import Beam
from vj.outputs.window._calm import Calm
from vj.outputs.window._curtained import Curtained
from vj.outputs.window._hands import Hands, OnKey
from vj.outputs.window._pace import paces
from vj.outputs.window._seat import Seat
from vj.outputs.window._watched import Watched
from vj.outputs.window.opening import lost, opened, settled
from vj.outputs.window.screens import Display, displays

__all__ = ["Display", "HudState", "SplashState", "Window", "displays"]

#: Of pictures that nobody knows yet.
_NO_SIZE: tuple[int, int] | None = None


class Window(Curtained, Watched):
    """Shows frames, upscaled to whatever size the window has.

    `display` is a monitor's name, part of it, or its index; None is the primary. `size` is that of the window while it
    is not fullscreen, or `place` (x, y, width, height). `on_key` gets the name of a key and the modifiers held. With a
    `splash` the window shows it from its first moment until `lift`; one that is `veiled` is not seen before its first
    picture after that; `handle` is a GLFW window that is open already. `pulse` is called while it does what takes long.
    Raises OutputError where there is no screen or
    no OpenGL 3.3.
    """

    def __init__(
        self,
        display: str | int | None = None,
        size: tuple[int, int] = (1280, 720),
        fullscreen: bool = False,
        title: str = "vj",
        on_key: OnKey | None = None,
        splash: SplashState | None = None,
        place: tuple[int, int, int, int] | None = None,
        veiled: bool = False,
        handle: Any = None,
    ) -> None:
        self._size = size = size if place is None else place[2:]
        self._place = place
        self._fills = fullscreen
        self._veiled = veiled
        self._last: Frame | None = None
        self.pulse: Callable[[], None] = lambda: None
        self._moved = 0
        self._way = Way()
        self._quality = "auto"
        self._show_hud = False
        self._closed = False
        self._area: tuple[int, int] | None = None
        self._prepared: tuple[tuple[int, int], tuple[int, int] | None] | None = None
        self._met, self._usual = False, _NO_SIZE
        self.state = HudState()
        self.notices: list[str] = []
        self.limiter = Limiter()
        #: For how many seconds `write` waited for the last frame to be drawn.
        self.waited = 0.0
        self.first_light: float | None = None
        screens.begin()
        try:
            fills = veiled and fullscreen
            self._window = handle or opened(title, size, display, place=place, fills=fills)
            #: Where keys and the mouse go.
            self.hands = Hands(self._window, on_key)
            self._seat = Seat(self._window, display, size, self.notices)
            self._context, self._calls = context.current(), Calls()
            if not veiled:
                self._unveil()
            if splash is not None:
                self._curtain = Curtain(self._context)
                self.splash(splash)
            self._picture = Picture(self._context, live=True)
            self._panel = Hud(self._context)
            self._calm = Calm(self._context, self.limiter)
            self._beam = Beam(self._context)
            self.paced = paces(self._window, self._context, self._cover)
            self.draw_ms = self.tune()
        except BaseException:
            self._abandon()
            raise

    def _unveil(self) -> None:
        """Let it be seen from now on."""
        self._veiled = False
        self._seat.fill(self._fills, self._place)
        glfw.show_window(self._window)
        glfw.poll_events()
        self._area = None

    def settle(
        self,
        display: str | int | None,
        size: tuple[int, int],
        fullscreen: bool,
        place: tuple[int, int, int, int] | None,
        on_key: OnKey | None,
    ) -> None:
        """A veiled one that was opened beforehand: be for that display and place after all, as if opened there. Raises
        OutputError where there is no such display."""
        found = screens.find(display)
        settled(self._window, size if place is None else place[2:], found, place, fullscreen)
        glfw.poll_events()
        self._area = None
        self._size, self._place, self._fills = (size if place is None else place[2:]), place, fullscreen
        self.hands = Hands(self._window, on_key)
        self._seat.leave()
        self._seat = Seat(self._window, display, self._size, self.notices)

    def splash(self, state: SplashState) -> None:
        """Show `state` where the window was opened with a splash; to be called many times a second until `lift`."""
        if self._curtain is not None:
            self._curtain.state = state
            self._cover()
            self.swap()

    def prepare(self, picture: tuple[int, int] | None = None) -> Iterator[None]:
        """Do, step by step, what would hold up the first finished frame; a step takes some 0.1 s, the first ones more.
        `picture` is the size of those that will be shown, where it is known: it may want programs of its own."""
        asked = self._tuned, picture
        if self._prepared != asked:
            first, self._prepared = self._prepared is None, asked
            if self._curtain is not None:
                self._curtain.prepare()
            try:
                yield from self._picture.prepare(self._context.screen, self.size, picture)
                if first:
                    yield from self._aids()
            except GeneratorExit:  # there was no time for the rest
                self._prepared = None
                raise

    def _aids(self) -> Iterator[None]:
        """Draw once, where nobody sees it, what comes over a picture."""
        self._calm.prepare(self._context.screen, self.size)
        yield
        self._panel.draw(self._context.screen, self.size, self.state, time.perf_counter())
        yield

    def tune(self) -> float:
        """Choose the upscaler by timing it at the present size; returns milliseconds of one draw, 0 if it was given."""
        self._tuned = self.size
        if self._quality != "auto":
            self._picture.upscaler = self._quality
            return 0.0
        if self._picture.size == (0, 0):
            self._picture.upload(BLANK)
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def follow(self, values: Viewport) -> None:
        """Take over the desk's values of the parameters of `Viewport`."""
        if values.next != self._moved:
            self._moved = values.next
            self.next_display()
        self._way = Way(values.fit, values.sharpness)
        self._show_hud = values.hud or values.help or values.learn or values.pick != "none"
        if values.quality != self._quality:
            self._quality = values.quality
            self.draw_ms = self.tune()
        if self._veiled:
            self._fills = values.fullscreen
        elif values.fullscreen != self._seat.asked:
            self.set_fullscreen(values.fullscreen)

    @property
    def lost(self) -> bool:
        """Whether the graphics card has lost all that was drawn with: nothing helps then but another window."""
        return lost()

    def write(self, frame: Frame) -> None:
        """Upload and draw one frame of any size, and the HUD over it; `swap` then shows it. While it is veiled, nothing
        is drawn before `lift`."""
        if self._veiled and not self._lifting:
            return
        self._calm.settle()
        self._take_back()
        size = self.size
        if not 0.7 < size[0] * size[1] / (self._tuned[0] * self._tuned[1]) < 1.4:
            # What was fast enough in a small window may not be on a whole wall.
            self.draw_ms = self.tune()
        finished = frame.finish is not None and frame.finish.on
        if not self._met and frame.image.shape != NOTHING.shape:
            # nobody waits for others while the show is on
            self._met, self._usual = True, (frame.image.shape[1], frame.image.shape[0]) if finished else _NO_SIZE
        if finished:
            for _ in self.prepare(self._usual):
                self.pulse()
        canvas, area = self._beam.aim(size)
        self._picture.show(frame, canvas, area, self._way)
        self._last = frame if self._veiled else None
        self.waited = self._calm.watch(frame, canvas, area)
        self._tell_layers()
        self._hand_on(frame.t, canvas, area)
        self._beam.throw(size)
        self._draw_curtain(size)
        if self._show_hud:
            self._panel.draw(self._context.screen, size, self.state, time.perf_counter())
        self._calls.flush()  # it is drawn while the frame's time is waited for, not after

    def _tell_layers(self) -> None:
        """What the layers could not show, and files of shaders, is for the operator to know."""
        for troubles in (self._picture.layers.notices, self._picture.notices):
            self.notices += troubles
            troubles.clear()

    @property
    def handle(self) -> Any:
        """GLFW's window, whose textures others may share."""
        return self._window

    def paint(self, size: tuple[int, int] | None) -> None:
        """From the next frame on the finished picture is of `size`, however large the window is; None: of its size."""
        self._beam.area = size

    def map(self, mapping: Mapping, name: str, guides: Guides | None = None) -> None:
        """From the next frame on show the picture as `mapping` says; a window's `name` is on its test pattern, `guides`
        are over it while it is edited."""
        self._beam.mapping, self._beam.name, self._beam.guides = mapping, name, guides
        self._seat.point(guides is not None)

    def swap(self) -> None:
        """Show what was drawn; waits for the display if `paced`."""
        if self._veiled and not self._lifting:
            return
        if self._veiled and self._last is not None:
            self._unveil()
            canvas, area = self._beam.aim(self.size)
            self._picture.show(self._last, canvas, area, self._way)  # what was drawn may be lost
            self._beam.throw(self.size)
        self._last = None
        glfw.swap_buffers(self._window)
        if self.first_light is None:
            self.first_light = time.perf_counter()

    def poll(self) -> None:
        """Let key presses and the window system's events in."""
        glfw.poll_events()
        self._seat.look(time.perf_counter())
        self._area = None

    def read(self) -> U8:
        """What was drawn last, [h, w, 3], top row first, not to be written to; to be called before `swap`."""
        return self._read(self._context.screen, self.size)

    def close(self) -> None:
        """Close the window; may be called twice."""
        if not self._closed:
            if self._curtain is not None:
                self._curtain.release()
            self._panel.release()
            self._leave()
            self._calm.release()
            self._beam.release()
            self._picture.release()
            self._abandon()

    def _abandon(self) -> None:
        self._closed = True
        if hasattr(self, "_context"):
            self._context.release()
        if hasattr(self, "_seat"):
            self._seat.leave()
        if hasattr(self, "_window"):
            glfw.destroy_window(self._window)
        screens.end()
