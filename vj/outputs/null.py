"""Shows nothing and keeps a hash of every frame, so that two runs can be compared.

It also stands in for the window on a machine that has no screen.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np

from vj.core.mapping.output import Mapping
from vj.core.types import F32, U8, Frame
from vj.engine.finish.limiter import Limiter
from vj.outputs.finish.viewport import Viewport
from vj.outputs.light.cells import gathered
from vj.outputs.mapping.guides import Guides
from vj.outputs.overlay.panel import HudState
from vj.outputs.overlay.splash import SplashState
from vj.outputs.unfinished import unfinished

#: Size of what is watched where nobody says another.
_USUAL = (1280, 720)


class Drawer(Protocol):
    """Draws frames of its `size` in an OpenGL context of its own."""

    size: tuple[int, int]
    renderer: str

    def show(self, frame: Frame) -> tuple[Any, int] | None: ...
    def follow(self, values: Viewport) -> None: ...
    def close(self) -> None: ...


def frame_hash(frame: Frame) -> str:
    """32 hex digits of the picture's size and pixels, and of how it is to be finished; the same on every machine."""
    digest = hashlib.blake2b(repr(frame.image.shape).encode(), digest_size=16)
    digest.update(frame.image.tobytes())
    if frame.finish is not None:
        digest.update(repr(frame.finish).encode())
        if frame.finish.layers:
            digest.update(repr(frame.finish.layers).encode())
        for heard in frame.finish.heard or ():
            digest.update(heard.tobytes())
    if frame.passage is not None:
        digest.update(repr(frame.passage).encode())
        digest.update(frame.passage.leaving.tobytes())
    return digest.hexdigest()


class Null:
    """Keeps, frame by frame, `hashes` and show times `times` (seconds); counts `unique` pictures.

    While somebody `watch`es, it does draw, without a window, and he gets what he would of one.

    As a window it waits for nobody (`paced` is False) and is never closed; `size` (width, height) is that of the one it
    stands in for, None if pictures need not fit any. It finishes nothing: what it captures for a recording is the
    mixer's picture, within the rule of flashes.
    """

    paced = False
    capture = False
    glance = False
    gather = False
    waited = 0.0
    closing = False
    renderer = "none"
    hand_over = ""
    first_light: float | None = None
    on_display = ""
    displays: Sequence[str] = ()

    def __init__(self, size: tuple[int, int] | None = None) -> None:
        self.size = size
        self.hashes: list[str] = []
        self.times: list[float] = []
        self.unique = 0
        self.limiter = Limiter()
        self._shown: U8 = np.zeros((2, 2, 3), np.uint8)
        self.captured: U8 | None = None
        self.glanced: U8 | None = None
        self.gathered: F32 | None = None
        self.state = HudState()
        self.watch: Callable[[Any, int, tuple[int, int], float], None] | None = None
        self._area = size
        #: What draws for whoever watches, made for a size; without one he sees nothing.
        self.drawer: Callable[[tuple[int, int]], Drawer] | None = None
        self._unseen: Drawer | None = None
        self.notices: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def write(self, frame: Frame) -> None:
        """Hash one frame of any size."""
        self.hashes.append(frame_hash(frame))
        self.times.append(frame.t)
        self.unique += frame.unique
        self._shown = self.limiter.shown(frame.t, unfinished(frame), frame.flash)
        self.captured = self._shown if self.capture else None
        self.glanced = self._shown if self.glance else None
        self.gathered = gathered(self._shown) if self.gather else None
        if self.watch is not None:
            self._draw(frame, self.watch)

    def paint(self, size: tuple[int, int] | None) -> None:
        """From the next frame on what is watched is of `size`."""
        self._area = size or self.size

    def _draw(self, frame: Frame, watch: Callable[[Any, int, tuple[int, int], float], None]) -> None:
        if self._unseen is None and self.drawer is not None:
            self._unseen = self.drawer(self._area or _USUAL)
            if self._unseen.renderer == "swscale":
                self.notices.append("nothing is sent: there is no OpenGL to draw the picture with")
        if self._unseen is None:
            return
        if (shown := self._unseen.show(frame)) is not None:
            watch(*shown, self._unseen.size, frame.t)

    def read(self) -> U8:
        """The last picture, [h, w, 3], without its finish."""
        return self._shown

    def map(self, mapping: Mapping, name: str, guides: Guides | None = None) -> None:
        """There is no wall to be thrown at."""

    def swap(self) -> None:
        """There is nothing to swap."""

    def poll(self) -> None:
        """There is nobody to press keys."""

    def splash(self, state: SplashState) -> None:
        """There is nobody to read it."""

    def prepare(self, picture: tuple[int, int] | None = None) -> Iterator[None]:
        """There is nothing to compile."""
        return iter(())

    def lift(self) -> None:
        """There is no splash."""

    def set_fullscreen(self, on: bool) -> None:
        """There is nothing to fill."""

    def follow(self, values: Viewport) -> None:
        """There is no window to change, but what is watched."""
        if self._unseen is not None:
            self._unseen.follow(values)

    def choose_display(self, name: str) -> None:
        """There is none."""

    def close(self) -> None:
        """Give back what was drawn with, if anything; may be called any number of times."""
        if self._unseen is not None:
            self._unseen.close()
            self._unseen = None
