"""The splash in a window: up before anything is loaded, and drawn aside when the first picture is there."""

from dataclasses import replace

import moderngl
import numpy as np

from vj.core.curves import smoothstep
from vj.core.shelf import share
from vj.outputs.finish.shader import Shader
from vj.outputs.overlay.page import AMBER
from vj.outputs.overlay.splash import LINE_TALL, LINE_Y, WIDTH, SplashState, corner_of, paint, scale_of

#: Seconds in which it goes.
LIFT_S = 1.4
#: How much of the way to its goal the line goes in a second: it should never stand, and nobody knows how long it takes.
HASTE = 0.4
_STILL = frozenset({"STILL"})


class Curtain:
    """The splash in one GL context. `draw` covers the window with it; `fade` lets the picture through more and more."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._shader = Shader(context, share("shaders") / "splash.fs")
        self._words: moderngl.Texture | None = None
        self._painted: tuple[SplashState, float] | None = None
        self._still: moderngl.Framebuffer | None = None
        self._begun: float | None = None
        self._drawn = 0.0
        self._part = 0.0
        self._done = False
        self._lifted: float | None = None
        self.state = SplashState()

    def draw(self, target: moderngl.Framebuffer, size: tuple[int, int], now: float) -> None:
        """Cover `target` of `size`; `now` in seconds moves it."""
        self._begun = now if self._begun is None else self._begun
        ease = 1.0 - np.exp(-HASTE * max(now - self._drawn, 0.0)) if self._drawn else 0.0
        self._part += (self.state.part - self._part) * float(ease)
        self._drawn = now
        scale = scale_of(size)
        left, top = corner_of(size, scale)
        words = self._repainted(scale)
        height = words.size[1]
        low = size[1] - top - height
        target.use()
        target.viewport = (0, 0, *size)
        seconds = now - self._begun
        self._shader.draw(
            words, size, corner=(left, low), extent=words.size, part=self._part, TIME=seconds, opacity=1.0
        )
        long = round(WIDTH * scale * (1.0 if self._done else self._part))
        if long:
            y, tall = round(LINE_Y * scale), max(round((LINE_Y + LINE_TALL) * scale) - round(LINE_Y * scale), 1)
            place = (left, low + height - y - tall, long, tall)
            red, green, blue = (channel / 255 for channel in AMBER)
            self._context.clear(red, green, blue, 1.0, viewport=place)

    def fade(self, target: moderngl.Framebuffer, size: tuple[int, int], now: float) -> bool:
        """Draw what is left of it over the picture in `target`; whether there is anything left."""
        if self._lifted is None or self._still is None:
            self._lifted = now
            self._still = self._kept(size, now)
        gone = (now - self._lifted) / LIFT_S
        if gone >= 1.0:
            return False
        still = self._still.color_attachments[0]
        assert isinstance(still, moderngl.Texture)
        target.use()
        target.viewport = (0, 0, *size)
        self._context.enable(moderngl.BLEND)
        self._shader.draw(still, size, 0, _STILL, opacity=1.0 - smoothstep(gone))
        self._context.disable(moderngl.BLEND)
        return True

    def prepare(self) -> None:
        """Compile what its going needs: a picture waits for that."""
        small = self._context.framebuffer([self._context.texture((2, 2), 4)])
        small.use()
        small.viewport = (0, 0, 2, 2)
        self._shader.draw(self._repainted(scale_of((2, 2))), (2, 2), 0, _STILL, opacity=1.0)
        _let_go(small)

    def _kept(self, size: tuple[int, int], now: float) -> moderngl.Framebuffer:
        """A last drawing of it, which costs nothing to fade."""
        buffer = self._context.framebuffer([self._context.texture(size, 3)])
        self._done = True
        self.draw(buffer, size, now)
        return buffer

    def _repainted(self, scale: float) -> moderngl.Texture:
        """The words, up to date."""
        key = (replace(self.state, part=0.0), scale)
        if self._words is None or key != self._painted:
            self._painted = key
            image = np.asarray(paint(self.state, scale))[::-1]
            if self._words is not None:
                self._words.release()
            self._words = self._context.texture((image.shape[1], image.shape[0]), 4, np.ascontiguousarray(image))
            self._words.filter = (moderngl.NEAREST, moderngl.NEAREST)
        return self._words

    def release(self) -> None:
        """Give the GL objects back."""
        self._shader.release()
        if self._words is not None:
            self._words.release()
        if self._still is not None:
            _let_go(self._still)
        self._words = self._still = None


def _let_go(buffer: moderngl.Framebuffer) -> None:
    for attachment in buffer.color_attachments:
        attachment.release()
    buffer.release()
