"""The finished picture as few cells of mean linear light, drawn by OpenGL and read a frame later without waiting."""

import moderngl
import numpy as np

from vj.core.mapping.output import Mapping
from vj.core.shelf import share
from vj.core.types import F32
from vj.outputs.light.cells import CELLS
from vj.outputs.scaling import Blit


class Gather:
    """`take` reduces what was drawn; `taken` gives what was taken with the frame before."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        folder = share("shaders")
        self._program = context.program(
            vertex_shader=(folder / "mapping" / "warp.vert").read_text("utf-8"),
            fragment_shader=(folder / "light" / "gather.frag").read_text("utf-8"),
        )
        self._whole = context.buffer(Mapping().vertices().tobytes())
        self._square = context.vertex_array(self._program, [(self._whole, "3f 8x", "clip")])
        # a rasteriser on the processor looks at every texel: it gets a quarter of them
        self._less = 2 if "llvmpipe" in context.info["GL_RENDERER"] else 1
        self._blit = Blit(context)
        self._copy: moderngl.Framebuffer | None = None
        self._small: moderngl.Framebuffer | None = None
        self._read: moderngl.Buffer | None = None
        self._pending = False

    def take(self, source: moderngl.Framebuffer, size: tuple[int, int]) -> None:
        """Reduce what is in `source` of `size`; nothing waits for it to be drawn."""
        copied = (max(size[0] // self._less, 1), max(size[1] // self._less, 1))
        cells = (min(CELLS[0], copied[0]), min(CELLS[1], copied[1]))
        if self._copy is None or self._copy.size != copied:
            self._drop()
            self._copy = self._context.framebuffer([self._context.texture(copied, 4)])
            self._small = self._context.framebuffer([self._context.texture(cells, 4, dtype="f2")])
            self._read = self._context.buffer(reserve=cells[0] * cells[1] * 8)
        assert self._small is not None
        assert self._read is not None
        self._blit(source, size, self._copy, smooth=True)
        image = self._copy.color_attachments[0]
        assert isinstance(image, moderngl.Texture)
        image.use(0)
        self._program["picture"], self._program["texels"], self._program["cells"] = 0, copied, cells
        self._small.use()
        self._small.viewport = (0, 0, *cells)
        self._square.render(moderngl.TRIANGLES)
        self._small.read_into(self._read, components=4, dtype="f2", alignment=1)
        self._context.screen.use()
        self._pending = True

    def taken(self) -> F32 | None:
        """[h, w, 3] linear light of what was taken with the frame before, top row first; None if nothing was."""
        if not self._pending or self._small is None or self._read is None:
            return None
        self._pending = False
        width, height = self._small.size
        rows = np.frombuffer(self._read.read(), np.float16).reshape(height, width, 4)
        return np.ascontiguousarray(rows[::-1, :, :3], np.float32)

    def _drop(self) -> None:
        for buffer in (self._copy, self._small):
            if buffer is not None:
                self._context.screen.use()  # what is bound must not be let go of
                for attachment in buffer.color_attachments:
                    attachment.release()
                buffer.release()
        if self._read is not None:
            self._read.release()
        self._copy = self._small = self._read = None
        self._pending = False

    def release(self) -> None:
        """Give all GL objects back."""
        self._drop()
        for made in (self._square, self._whole, self._program):
            made.release()
