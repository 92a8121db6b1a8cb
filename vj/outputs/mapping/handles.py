"""What is seen of a mapping while it is edited: its lines, its handles, and a line of words. Drawn over the output."""

import moderngl
import numpy as np
from PIL import Image

from vj.core.mapping.moves import handles
from vj.core.mapping.plane import Point
from vj.core.shelf import share
from vj.core.types import F64
from vj.outputs.finish.shader import Shader
from vj.outputs.mapping.guides import Guides, lines
from vj.outputs.overlay.line import paint_line

#: Half the width, at 720 rows, of a handle, of that which is chosen, of lines, and the width of the dark rim.
SPOT_PX = 6.0
CHOSEN_PX = 10.0
LINE_PX = 1.0
RIM_PX = 1.6
LIGHT = (0.95, 0.94, 0.91)
AMBER = (1.0, 0.745, 0.36)
GREEN = (0.41, 0.84, 0.66)
QUIET = (0.62, 0.64, 0.68)
#: Beside the words, at 720 rows.
OFFSET_PX = 20
#: How high above the foot of the output they are, as a part of it.
FOOT = 0.12


class Handles:
    """Draws guides over an output of one GL context."""

    def __init__(self, context: moderngl.Context) -> None:
        folder = share("shaders") / "mapping"
        self._context = context
        self._program = context.program(
            vertex_shader=(folder / "handle.vert").read_text("utf-8"),
            fragment_shader=(folder / "handle.frag").read_text("utf-8"),
        )
        self._blit = Shader(context, share("shaders") / "blit.fs")
        self._words: moderngl.Texture | None = None
        self._said: tuple[str, tuple[int, int]] | None = None

    def draw(self, target: moderngl.Framebuffer, size: tuple[int, int], guides: Guides) -> None:
        """Draw `guides` into `target` of `size`."""
        scale = max(min(size) / 720, 0.5)
        sheet = _Sheet(size, scale)
        for line in lines(guides):
            sheet.line(line, GREEN if guides.part != "mesh" else QUIET)
        for number, spot in enumerate(handles(guides.mapping, guides.part)):
            chosen = number == guides.chosen
            sheet.spot(spot, CHOSEN_PX if chosen else SPOT_PX, AMBER if chosen else LIGHT)
        target.use()
        target.viewport = (0, 0, *size)
        self._context.enable(moderngl.BLEND)
        data = np.concatenate(sheet.corners).astype(np.float32)
        buffer = self._context.buffer(data.tobytes())
        array = self._context.vertex_array(self._program, [(buffer, "2f 2f 2f 4f", "spot", "off", "form", "tint")])
        array.render(moderngl.TRIANGLES)
        array.release()
        buffer.release()
        if guides.words:
            self._write(target, guides.words, size, scale)
        self._context.disable(moderngl.BLEND)

    def _write(self, target: moderngl.Framebuffer, words: str, size: tuple[int, int], scale: float) -> None:
        if self._words is None or self._said != (words, size):
            image: Image.Image = paint_line(words, size[0] / scale - 2 * OFFSET_PX, scale)
            if self._words is not None:
                self._words.release()
            self._words = self._context.texture(image.size, 4, np.ascontiguousarray(np.asarray(image)[::-1]).tobytes())
            self._said = words, size
        left, low = (size[0] - self._words.size[0]) // 2, round(size[1] * FOOT)
        target.viewport = (left, low, *self._words.size)
        self._blit.draw(self._words, self._words.size, corner=(0, 0), extent=(1, 1))

    def release(self) -> None:
        """Give the GL objects back."""
        self._program.release()
        self._blit.release()
        if self._words is not None:
            self._words.release()
            self._words = None


class _Sheet:
    """Gathers triangles: where, how far from the middle in pixels, how wide, in which colour."""

    def __init__(self, size: tuple[int, int], scale: float) -> None:
        self._size, self._scale = np.array(size, np.float64), scale
        self.corners: list[F64] = [np.zeros((0, 10))]

    def spot(self, at: Point, radius: float, tint: tuple[float, float, float]) -> None:
        """A disc."""
        radius *= self._scale
        far = radius + RIM_PX * self._scale + 1.0
        square = far * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], np.float64)
        self._quad(np.array(at) * self._size + square, square, radius, tint)

    def line(self, points: F64, tint: tuple[float, float, float]) -> None:
        """Straight pieces from point to point."""
        far = (LINE_PX + RIM_PX) * self._scale + 1.0
        for a, b in zip(points[:-1] * self._size, points[1:] * self._size, strict=True):
            way = b - a
            long = float(np.hypot(*way))
            if long < 1e-6:
                continue
            beside = np.array([-way[1], way[0]]) / long * far
            off = np.array([(0, -far), (0, -far), (0, far), (0, far)], np.float64)
            self._quad(
                np.array([a - beside, b - beside, b + beside, a + beside]), off, max(LINE_PX * self._scale, 1.0), tint
            )

    def _quad(self, spots: F64, off: F64, half: float, tint: tuple[float, float, float]) -> None:
        clip = spots / self._size * (2.0, -2.0) + (-1.0, 1.0)
        rest = np.array([half, RIM_PX * self._scale, *tint, 1.0])
        four = np.hstack([clip, off, np.tile(rest, (4, 1))])
        self.corners.append(four[[0, 1, 2, 0, 2, 3]])
