"""Lays the instrument panel over the picture without costing it its rhythm.

Words are painted by Pillow at most five times a second and only when they have changed; meters and lamps follow every
frame as cleared rectangles, which cost next to nothing even on a software rasteriser.
"""

from dataclasses import replace

import moderngl
import numpy as np
from PIL import Image

from vj.core.shelf import share
from vj.outputs.finish.shader import Shader
from vj.outputs.overlay.line import paint_line
from vj.outputs.overlay.panel import HudState, bars, paint

__all__ = ["Hud", "HudState"]

#: Seconds between two paintings of the words.
PERIOD = 0.2
#: Pixels from the window's upper left corner at scale 1.
OFFSET = 20


class Hud:
    """The panel in one GL context."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._blit = Shader(context, share("shaders") / "blit.fs")
        self._panel: moderngl.Texture | None = None
        self._painted: tuple[HudState, float, float] | None = None
        self._line: moderngl.Texture | None = None
        self._said: tuple[str, float, int] | None = None
        self._scale = self._room = 0.0
        self._due = 0.0

    def draw(self, target: moderngl.Framebuffer, size: tuple[int, int], state: HudState, now: float) -> None:
        """Draw over `target` of `size`; `now` in seconds decides whether the words are painted anew."""
        # Below three quarters nobody can read it; in a thumbnail of a window nobody expects to.
        side = min(size)  # the shorter one: a tall window is not to be covered from side to side
        scale = max(0.75 if side >= 360 else 0.5, round(side / 720 * 4) / 4)
        picked = self._painted is not None and self._painted[0].picks != state.picks  # a list follows its keys at once
        self._room = size[1] / scale - 2 * OFFSET
        if self._panel is None or scale != self._scale or now >= self._due or picked:
            self._scale, self._due = scale, now + PERIOD
            self._repaint(state)
        assert self._panel is not None
        left = round(OFFSET * scale)
        top = size[1] - left
        self._lay(target, self._panel, (left, top - self._panel.size[1]))
        if state.done:
            self._draw_line(target, size, state.done)
        for bar in bars(state, scale):
            red, green, blue = (channel / 255 for channel in bar.colour)
            place = (left + bar.x, top - bar.y - bar.height, bar.width, bar.height)
            self._context.clear(red, green, blue, 1.0, viewport=place)

    def _draw_line(self, target: moderngl.Framebuffer, size: tuple[int, int], words: str) -> None:
        """What was just done, at the foot of the picture."""
        key = (words, self._scale, size[0])
        if self._line is None or key != self._said:
            self._said = key
            room = size[0] / self._scale - 2 * OFFSET
            self._line = self._taken(self._line, paint_line(words, room, self._scale))
        place = (round(OFFSET * self._scale), round(OFFSET * self._scale))
        self._lay(target, self._line, place)

    def _lay(self, target: moderngl.Framebuffer, words: moderngl.Texture, place: tuple[int, int]) -> None:
        """Words over the picture, their lower left corner at `place`, which counts from below."""
        target.use()
        target.viewport = (*place, *words.size)
        self._context.enable(moderngl.BLEND)
        self._blit.draw(words, words.size, corner=(0, 0), extent=(1, 1))
        self._context.disable(moderngl.BLEND)

    def _repaint(self, state: HudState) -> None:
        """Bring the texture up to date, if any word of it has changed."""
        # What only moves bars does not touch the words, and decibels are read to a tenth.
        still = (0.0, 0.0, 0.0, 0.0)
        words = replace(
            state,
            bands=still,
            hits=still,
            beat=0.0,
            clip=False,
            pick_db=None,
            done="",
            input_db=round(state.input_db, 1),
        )
        said = replace(words, bpm=round(words.bpm, 1), confidence=round(words.confidence, 2))
        key = (said, self._scale, self._room if state.keys else 0.0)
        if key == self._painted and self._panel is not None:
            return
        self._painted = key
        self._panel = self._taken(self._panel, paint(words, self._scale, self._room))

    def _taken(self, before: moderngl.Texture | None, image: Image.Image) -> moderngl.Texture:
        """The texture of `image`, which is the one of `before` if its size will do."""
        if before is None or before.size != image.size:
            if before is not None:
                before.release()
            before = self._context.texture(image.size, 4)
            before.filter = (moderngl.NEAREST, moderngl.NEAREST)
        before.write(np.ascontiguousarray(np.asarray(image)[::-1]))
        return before

    def release(self) -> None:
        """Give the GL objects back."""
        self._blit.release()
        for words in filter(None, (self._panel, self._line)):
            words.release()
        self._panel = self._line = None
