"""The window's picture without a window: draws frames at any size into an array, for rendering to a file."""

from types import TracebackType
from typing import Self

import numpy as np

from vj.core.params import Values
from vj.core.types import U8, U16, Frame
from vj.outputs import context
from vj.outputs.finish.enlarge import DEEP, texture
from vj.outputs.finish.picture import Picture, Way, dimmed
from vj.outputs.finish.swscale import fitted


class Offscreen:
    """Draws frames at `size` (width, height) through the same shaders as the window.

    `renderer` names what draws: the OpenGL driver, or "swscale" where there is no OpenGL at all. Always the good
    upscaler: nobody waits for a render's next frame. One instance belongs to the thread that made it. `deep` asks for
    pictures of 16 bits a channel; it is False where there is no OpenGL to draw them.
    """

    def __init__(
        self,
        size: tuple[int, int],
        fit: str = "cover",
        sharpness: float = 0.5,
        opengl: bool = True,
        deep: bool = False,
    ) -> None:
        self.size = size
        self.image: U8 | None = None
        self._way = Way(fit, sharpness)
        self._context = context.standalone() if opengl else None
        self.renderer = "swscale"
        self.deep = deep and self._context is not None
        if self._context is not None:
            self.renderer = str(self._context.info["GL_RENDERER"])
            self._picture = Picture(self._context, self.deep)
            self._texture = texture(self._context, size, 4, self.deep)
            self._target = self._context.framebuffer([self._texture])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def follow(self, values: Values) -> None:
        """Take over the desk's values of the parameters of `Wall`."""
        self._way = Way(values.fit, values.sharpness)

    def forget(self) -> None:
        """Let what frames leave behind, trails and the like, begin anew."""
        if self._context is not None:
            self._picture.forget()

    @property
    def memory(self) -> tuple[tuple[int, int], bytes] | None:
        """What frames have left behind: size and texels of the trails; None where there are none."""
        return self._picture.memory if self._context is not None else None

    def remember(self, memory: tuple[tuple[int, int], bytes] | None) -> None:
        """Go on from the `memory` of another one."""
        if self._context is not None:
            self._picture.remember(memory)

    def write(self, frame: Frame) -> None:
        """Draw one frame and keep it in `image`."""
        self.image = self.draw(frame)

    def draw(self, frame: Frame) -> U8:
        """The frame's picture as [height, width, 3] uint8 of our size, top row first; not to be written to."""
        if self._context is None:
            level = frame.finish.level if frame.finish else 1.0
            return fitted(dimmed(frame.image, level), self.size, self._way.fit)
        if self.deep:
            return (self._fine(frame) >> 8).astype(np.uint8)
        self._picture.show(frame, self._target, self.size, self._way)
        raw = np.frombuffer(self._target.read(components=3, alignment=1), np.uint8)
        return raw.reshape(self.size[1], self.size[0], 3)[::-1]

    def fine(self, frame: Frame) -> U8 | U16:
        """As `draw`, but uint16 where we are `deep`."""
        return self._fine(frame) if self.deep else self.draw(frame)

    def _fine(self, frame: Frame) -> U16:
        self._picture.show(frame, self._target, self.size, self._way)
        raw = np.frombuffer(self._target.read(components=3, alignment=1, dtype=DEEP), np.uint16)
        return raw.reshape(self.size[1], self.size[0], 3)[::-1]

    def close(self) -> None:
        """Give the context back; may be called twice."""
        if self._context is not None:
            self._picture.release()
            self._target.release()
            self._texture.release()
            context.let_go()
            self._context.release()
            self._context = None
            self.renderer = "closed"
