"""The window's picture without a window: draws frames at any size into an array, for rendering to a file."""

from types import TracebackType
from typing import Self

import moderngl
import numpy as np

from vj.core.errors import OutputError
from vj.core.mapping.output import Mapping
from vj.core.shelf import share
from vj.core.types import U8, U16, Frame
from vj.engine.finish.limiter import Limiter
from vj.outputs import context
from vj.outputs.blits import Calls
from vj.outputs.finish.enlarge import DEEP, behind, texture
from vj.outputs.finish.picture import Picture, Way, dimmed, passed
from vj.outputs.finish.shader import Shader
from vj.outputs.finish.swscale import fitted, reduced
from vj.outputs.finish.viewport import Viewport
from vj.outputs.mapping.warp import Warp

#: The picture may have so many times the pixels of the output that shows a slice of it.
AREA = 4.0


class Offscreen:
    """Draws frames at `size` (width, height) through the same shaders as the window.

    `renderer` names what draws: the OpenGL driver, or "swscale" where there is no OpenGL at all. Always the good
    upscaler: nobody waits for a render's next frame. One instance belongs to the thread that made it. `deep` asks for
    pictures of 16 bits a channel; it is False where there is no OpenGL to draw them.

    With `samples` > 1 all is drawn so many times wider and higher, and each pixel is the mean of its light. With a
    `mapping` pictures are as an output of `size` throws them; that takes OpenGL, and raises OutputError without.
    """

    def __init__(
        self,
        size: tuple[int, int],
        fit: str = "cover",
        sharpness: float = 0.5,
        opengl: bool = True,
        deep: bool = False,
        samples: int = 1,
        mapping: Mapping | None = None,
    ) -> None:
        self.size, self._samples, self._mapping = size, samples, mapping
        self._whole = size if mapping is None else mapping.canvas(size, AREA)
        self._inner = (self._whole[0] * samples, self._whole[1] * samples)
        self.image: U8 | None = None
        #: Holds back what flashes of the frames that ask for it.
        self.limiter = Limiter()
        self._way = Way(fit, sharpness)
        self._context = context.standalone() if opengl else None
        self.renderer = "swscale"
        self.deep = deep and self._context is not None
        if self._context is not None:
            self._calls = Calls()
            self.renderer = str(self._context.info["GL_RENDERER"])
            self._picture = Picture(self._context, self.deep)
            self._texture = texture(self._context, self._inner, 4, self.deep)
            self._target = self._small = self._context.framebuffer([self._texture])
            if samples > 1:
                self._reduce = Shader(self._context, share("shaders") / "reduce.fs")
                self._small = self._context.framebuffer([texture(self._context, self._whole, 4, self.deep)])
            if mapping is not None:
                self._warp = Warp(self._context)
                self._thrown = self._context.framebuffer([texture(self._context, size, 4, self.deep)])
                self._seen = texture(self._context, self._whole, 3, self.deep)
        elif mapping is not None:
            raise OutputError("pictures are mapped by OpenGL, which is not here", "--venue", "leave it out")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def follow(self, values: Viewport) -> None:
        """Take over the desk's values of the parameters of `Viewport`."""
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
        rows = raw.reshape(self._whole[1], self._whole[0], 3)[::-1]
        return np.asarray(self._mapped(self.limiter.shown(frame.t, rows, frame.flash)), np.uint8)

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
        """Draw into `_small`, and wait for it, which holds nobody up."""
        self._picture.show(frame, self._target, self._inner, self._way)
        if self._samples > 1:
            self._small.use()
            self._small.viewport = (0, 0, *self._whole)
            self._reduce.draw(self._texture, self._whole, 0, frozenset({f"SAMPLES={self._samples}"}))
        self._calls.finish()

    def _fine(self, frame: Frame) -> U16:
        self._show(frame)
        raw = np.frombuffer(self._small.read(components=3, alignment=1, dtype=DEEP), np.uint16)
        rows = raw.reshape(self._whole[1], self._whole[0], 3)[::-1]
        return np.asarray(self._mapped(self.limiter.shown(frame.t, rows, frame.flash)), np.uint16)

    def _mapped(self, image: U8 | U16) -> U8 | U16:
        """`image` as it is thrown, where that was asked for."""
        if self._mapping is None:
            return image
        self._seen.write(np.ascontiguousarray(image[::-1]).tobytes(), alignment=1)
        self._warp.draw(self._seen, self._thrown, self.size, self._mapping)
        raw = self._thrown.read(components=3, alignment=1, dtype=DEEP if self.deep else "f1")
        rows: U8 | U16 = np.frombuffer(raw, np.uint16 if self.deep else np.uint8)  # type: ignore[assignment]
        return rows.reshape(self.size[1], self.size[0], 3)[::-1]

    def close(self) -> None:
        """Give the context back; may be called twice."""
        if self._context is not None:
            self._picture.release()
            if self._mapping is not None:
                self._warp.release()
                behind(self._thrown).release()
                self._thrown.release()
                self._seen.release()
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
