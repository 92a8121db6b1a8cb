"""The window's picture without a window: draws frames at any size into an array, for rendering to a file."""

from types import TracebackType
from typing import Self

import moderngl
import numpy as np

from vj.core.params import Values
from vj.core.shelf import share
from vj.core.types import U8, U16, Frame
from vj.engine.finish.limiter import Limiter
from vj.outputs import context
from vj.outputs.finish.enlarge import DEEP, behind, texture
from vj.outputs.finish.picture import Picture, Way, dimmed, passed
from vj.outputs.finish.shader import Shader
from vj.outputs.finish.swscale import fitted, reduced


class Offscreen:
    """Draws frames at `size` (width, height) through the same shaders as the window.

    `renderer` names what draws: the OpenGL driver, or "swscale" where there is no OpenGL at all. Always the good
    upscaler: nobody waits for a render's next frame. One instance belongs to the thread that made it. `deep` asks for
    pictures of 16 bits a channel; it is False where there is no OpenGL to draw them.

    With `samples` > 1 all is drawn so many times wider and higher, and each pixel is the mean of its light.
    """

    def __init__(
        self,
        size: tuple[int, int],
        fit: str = "cover",
        sharpness: float = 0.5,
        opengl: bool = True,
        deep: bool = False,
        samples: int = 1,
    ) -> None:
        self.size, self._samples = size, samples
        self._inner = (size[0] * samples, size[1] * samples)
        self.image: U8 | None = None
        #: Holds back what flashes of the frames that ask for it.
        self.limiter = Limiter()
        self._way = Way(fit, sharpness)
        self._context = context.standalone() if opengl else None
        self.renderer = "swscale"
        self.deep = deep and self._context is not None
        if self._context is not None:
            self.renderer = str(self._context.info["GL_RENDERER"])
            self._picture = Picture(self._context, self.deep)
            self._texture = texture(self._context, self._inner, 4, self.deep)
            self._target = self._small = self._context.framebuffer([self._texture])
            if samples > 1:
                self._reduce = Shader(self._context, share("shaders") / "reduce.fs")
                self._small = self._context.framebuffer([texture(self._context, size, 4, self.deep)])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def follow(self, values: Values) -> None:
        """Take over the desk's values of the parameters of `Wall`."""
        self._way = Way(values.fit, values.sharpness)

    def forget(self) -> None:
        """Let what frames leave behind, trails and the like, begin anew."""
        self.limiter.reset()
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

    @property
    def notices(self) -> list[str]:
        """What of the layers there is not, outside of a show."""
        return list(self._picture.layers.notices) if self._context is not None else []

    def write(self, frame: Frame) -> None:
        """Draw one frame and keep it in `image`."""
        self.image = self.draw(frame)

    def draw(self, frame: Frame) -> U8:
        """The frame's picture as [height, width, 3] uint8 of our size, top row first; not to be written to."""
        if self._context is None:
            level = frame.finish.level if frame.finish else 1.0
            image = frame.image if frame.passage is None else passed(frame.image, frame.passage)
            plain = reduced(fitted(dimmed(image, level), self._inner, self._way.fit), self._samples)
            return self.limiter.shown(frame.t, plain, frame.flash)
        if self.deep:
            return (self._fine(frame) >> 8).astype(np.uint8)
        self._show(frame)
        raw = np.frombuffer(self._small.read(components=3, alignment=1), np.uint8)
        return self.limiter.shown(frame.t, raw.reshape(self.size[1], self.size[0], 3)[::-1], frame.flash)

    def show(self, frame: Frame) -> tuple[moderngl.Context, int] | None:
        """Draw one frame, within the rule of flashes, and leave it there: the context, current, and its framebuffer;
        None without OpenGL."""
        if self._context is None:
            return None
        self._show(frame)
        raw = np.frombuffer(self._small.read(components=3, alignment=1), np.uint8)
        drawn = raw.reshape(self.size[1], self.size[0], 3)[::-1]
        shown = self.limiter.shown(frame.t, drawn, frame.flash)
        if shown is not drawn:
            opaque = np.full((*shown.shape[:2], 4), 255, np.uint8)
            opaque[..., :3] = shown[::-1]
            behind(self._small).write(opaque)
        return self._context, self._small.glo

    def fine(self, frame: Frame) -> U8 | U16:
        """As `draw`, but uint16 where we are `deep`."""
        return self._fine(frame) if self.deep else self.draw(frame)

    def _show(self, frame: Frame) -> None:
        """Draw into `_small`."""
        self._picture.show(frame, self._target, self._inner, self._way)
        if self._samples > 1:
            self._small.use()
            self._small.viewport = (0, 0, *self.size)
            self._reduce.draw(self._texture, self.size, 0, frozenset({f"SAMPLES={self._samples}"}))

    def _fine(self, frame: Frame) -> U16:
        self._show(frame)
        raw = np.frombuffer(self._small.read(components=3, alignment=1, dtype=DEEP), np.uint16)
        return self.limiter.shown(frame.t, raw.reshape(self.size[1], self.size[0], 3)[::-1], frame.flash)

    def close(self) -> None:
        """Give the context back; may be called twice."""
        if self._context is not None:
            self._picture.release()
            if self._samples > 1:
                self._reduce.release()
                behind(self._small).release()
                self._small.release()
            self._target.release()
            self._texture.release()
            context.let_go()
            self._context.release()
            self._context = None
            self.renderer = "closed"
