"""Reading what was drawn without ever waiting for it."""

from collections.abc import Callable
from dataclasses import dataclass

import moderngl
import numpy as np

from vj.core.types import U8
from vj.outputs.blits import Calls

Size = tuple[int, int]
#: Where to put a picture [h, w, 4] of that height and width: None where there is no room just now.
Place = Callable[[int, int], U8 | None]
#: So many pictures may be on their way at once.
DEPTH = 3


@dataclass
class _Asked:
    """A picture on its way through a pixel buffer."""

    buffer: moderngl.Buffer
    frame: moderngl.Framebuffer | None
    size: Size
    stamp: float
    fence: int = 0


class Readback:
    """Reads a box of a framebuffer as BGRA, the lowest row first, for one reader; all on the thread of the context.

    A card scales to at most `most` pixels, and what it reads is there a frame or two later. A rasteriser on the
    processor has it at once, in the order of its own memory; scaling is left to the reader, who has another processor.
    """

    def __init__(self, context: moderngl.Context, calls: Calls, most: int) -> None:
        self._context, self._calls, self.most = context, calls, most
        self._soft = "llvmpipe" in context.info["GL_RENDERER"]
        self._coming: list[_Asked] = []
        self._idle: list[_Asked] = []

    @property
    def full(self) -> bool:
        """Whether no other can be asked for just now."""
        return len(self._coming) >= DEPTH

    def ask(self, source: int, box: tuple[int, int, int, int], goal: Size | None, stamp: float, place: Place) -> bool:
        """Read `box` of framebuffer `source`, on a card no larger than `goal`. True if it was put in its `place` now;
        else it comes with `come`."""
        size = self._sized((box[2], box[3]), goal)
        if self._soft and size == (box[2], box[3]):
            into = place(size[1], size[0])
            if into is None:
                return False
            self._calls.read(source, box, into=into.ctypes.data)
            self._back()
            return True
        asked = self._one(size, scaled=size != (box[2], box[3]))
        if asked.frame is not None:
            self._calls.blit(source, box, asked.frame.glo, size)
            source, box = asked.frame.glo, (0, 0, *size)
        self._calls.read(source, box, buffer=asked.buffer.glo)
        asked.stamp, asked.fence = stamp, self._calls.fence()
        self._coming.append(asked)
        self._back()
        return False

    def _back(self) -> None:
        """Draw into what was drawn into before."""
        bound = self._context.fbo
        if bound is not None:
            bound.use()

    def come(self, place: Place) -> float | None:
        """The stamp of the oldest picture on its way if it is there and has its `place` now, else None."""
        if not self._coming or not self._calls.passed(self._coming[0].fence):
            return None
        asked = self._coming.pop(0)
        self._idle.append(asked)
        into = place(asked.size[1], asked.size[0])
        if into is None:
            return None
        asked.buffer.read_into(into.reshape(-1).data)
        return asked.stamp

    def _sized(self, box: Size, goal: Size | None) -> Size:
        """How large what is read becomes."""
        width, height = box
        if not self._soft and goal is not None and goal[0] < width and goal[1] < height:
            return goal
        if width * height <= self.most:
            return box
        scale = (self.most / (width * height)) ** 0.5
        return max(int(width * scale), 1), max(int(height * scale), 1)

    def _one(self, size: Size, scaled: bool) -> _Asked:
        """A pixel buffer for pictures of that size, and a framebuffer where they are scaled."""
        for kept in self._idle:
            if kept.size == size and (kept.frame is not None) == scaled:
                self._idle.remove(kept)
                return kept
        for other in self._idle:
            _let_go(other)
        self._idle = []
        frame = self._context.framebuffer([self._context.renderbuffer(size, 4)]) if scaled else None
        return _Asked(self._context.buffer(reserve=4 * size[0] * size[1]), frame, size, 0.0)

    def release(self) -> None:
        """Give all GL objects back; what is on its way is dropped."""
        for asked in self._coming:
            self._calls.forget(asked.fence)
        for asked in (*self._coming, *self._idle):
            _let_go(asked)
        self._coming, self._idle = [], []


def _let_go(asked: _Asked) -> None:
    asked.buffer.release()
    if asked.frame is not None:
        for attachment in asked.frame.color_attachments:
            attachment.release()
        asked.frame.release()


def flipped(image: U8) -> U8:
    """A picture [h, w, 4] as it was read, its top row first."""
    return np.ascontiguousarray(image[::-1])
