"""One pass that draws a picture as a `Mapping` says, into any framebuffer of one GL context."""

from dataclasses import replace
from typing import Any

import moderngl
import numpy as np

from vj.core.errors import OutputError
from vj.core.mapping.output import MASK_POINTS, TESTS, Mapping, Mask
from vj.core.shelf import share
from vj.core.types import F64
from vj.outputs.mapping.plate import paint_plate

#: Squares of the patterns across the picture.
CELLS = 16
#: Width of the plate with an output's name, in 0..1 of the slice.
PLATE = 0.5
#: Bytes of a corner of a triangle.
VERTEX = 20

_Drawn = tuple[moderngl.Program, moderngl.VertexArray]


class Warp:
    """Draws what one output shows of the finished picture. Everything that stays from frame to frame is kept."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        folder = share("shaders") / "mapping"
        self._sources = {name: (folder / f"{name}.frag").read_text("utf-8") for name in ("warp", "blend", "mask")}
        self._sources["vertex"] = (folder / "warp.vert").read_text("utf-8")
        self._corners = context.buffer(reserve=VERTEX)
        self._whole = context.buffer(Mapping().vertices().tobytes())
        self._drawn: dict[tuple[str, ...], _Drawn] = {}
        self._mapping: Mapping | None = None
        self._shade: moderngl.Framebuffer | None = None
        self._cast_for: tuple[Mapping, tuple[int, int]] | None = None
        self._plate: moderngl.Texture | None = None
        self._named: tuple[str, tuple[int, int]] | None = None

    def draw(
        self,
        picture: moderngl.Texture,
        target: moderngl.Framebuffer,
        size: tuple[int, int],
        mapping: Mapping,
        name: str = "",
    ) -> None:
        """Draw `picture`, the whole finished one, or the mapping's test pattern with `name`, into `target` of `size`.

        What the picture is not thrown at is black.
        """
        if mapping.masks or mapping.blend.on:
            self._cast(mapping, size)
        if mapping.test == "name":
            self._write_plate(name, size, mapping)
        self._lay(mapping)
        program, triangles = self._program(mapping)
        look, part = mapping.look(), mapping.slice
        _set(program, "across", _three(look[0]))
        _set(program, "down", _three(look[1]))
        _set(program, "part", (part.x, part.y, part.width, part.height))
        _set(program, "size", size)
        _set(program, "cells", (CELLS, max(round(CELLS * picture.size[1] / picture.size[0]), 1)))
        for unit, (key, image) in enumerate((("picture", picture), ("shade", self._shade), ("plate", self._plate))):
            if image is not None and key in program:
                _texture(image).use(unit)
                _set(program, key, unit)
        if self._plate is not None:
            aspect = self._plate.size[0] / self._plate.size[1]
            wide, high = mapping.canvas(size, 1e9)
            shape = part.width * wide / max(part.height * high, 1e-6)
            _set(program, "plated", (PLATE, PLATE * shape / aspect))
        target.use()
        target.viewport = (0, 0, *size)
        self._context.clear()
        triangles.render(moderngl.TRIANGLES, vertices=self._corners.size // VERTEX)

    def _program(self, mapping: Mapping) -> _Drawn:
        """What draws that and no more: a software rasteriser pays for every branch."""
        names = [f"PATTERN {TESTS.index(mapping.test)}"] if mapping.test != "none" else []
        names += ["SHADE"] if mapping.masks or mapping.blend.on else []
        return self._drawn.get(tuple(names)) or self._compiled("warp", tuple(names))

    def _compiled(self, shader: str, names: tuple[str, ...], corners: moderngl.Buffer | None = None) -> _Drawn:
        """The program of a shader with `names` defined, kept under them, over the mapping's triangles or others."""
        version, rest = self._sources[shader].split("\n", 1)
        text = "\n".join((version, *(f"#define {name}" for name in names), rest))
        try:
            program = self._context.program(vertex_shader=self._sources["vertex"], fragment_shader=text)
        except moderngl.Error as error:
            what = f"the mapping's shader does not compile: {str(error).strip()[:300]}"
            raise OutputError(what, f"shaders/mapping/{shader}.frag", "check it with another driver") from None
        array = self._context.vertex_array(program, [(corners or self._corners, "3f 2f", "clip", "place")])
        self._drawn[names] = program, array
        return program, array

    def _lay(self, mapping: Mapping) -> None:
        """Bring the triangles up to date."""
        if mapping == self._mapping:
            return
        data = np.ascontiguousarray(mapping.vertices()).tobytes()
        if len(data) != self._corners.size:
            self._corners.orphan(len(data))
        self._corners.write(data)
        self._mapping = mapping

    def _cast(self, mapping: Mapping, size: tuple[int, int]) -> None:
        """Bring the shade of masks and blends up to date: drawn once, looked at by every frame."""
        key = (replace(mapping, test="none"), size)
        if self._cast_for == key:
            return
        if self._shade is None or self._shade.size != size:
            _release(self._shade)
            image = self._context.texture(size, 2, dtype="f2")
            image.repeat_x = image.repeat_y = False
            self._shade = self._context.framebuffer([image])
        self._cast_for, context = key, self._context
        self._shade.use()
        self._shade.viewport = (0, 0, *size)
        shown = any(mask.shows for mask in mapping.masks)
        context.clear(*((0.0 if shown else 1.0,) * 4))
        context.enable(moderngl.BLEND)
        context.blend_func = moderngl.ZERO, moderngl.SRC_COLOR
        if mapping.masks:
            self._draw_masks(mapping.masks, size)
        if mapping.blend.on:
            self._lay(mapping)
            program, triangles = self._drawn.get(("blend",)) or self._compiled("blend", ("blend",))
            blend = mapping.blend
            _set(program, "widths", blend.widths)
            _set(program, "fading", (blend.gamma, blend.curve, blend.luminance, blend.black))
            triangles.render(moderngl.TRIANGLES, vertices=self._corners.size // VERTEX)
        context.blend_func = moderngl.DEFAULT_BLENDING  # type: ignore[assignment]
        context.disable(moderngl.BLEND)

    def _draw_masks(self, masks: tuple[Mask, ...], size: tuple[int, int]) -> None:
        program, square = self._drawn.get(("mask",)) or self._compiled("mask", ("mask",), self._whole)
        for mask in sorted(masks, key=lambda mask: not mask.shows):  # light first, then what is dark of it
            self._context.blend_equation = moderngl.MAX if mask.shows else moderngl.FUNC_ADD  # type: ignore[assignment]
            program["points"] = [*mask.points, *[(0.0, 0.0)] * (MASK_POINTS - len(mask.points))]
            _set(program, "count", len(mask.points))
            _set(program, "size", size)
            _set(program, "feather", mask.feather * size[1])
            _set(program, "shows", float(mask.shows))
            square.render(moderngl.TRIANGLES)
        self._context.blend_equation = moderngl.FUNC_ADD  # type: ignore[assignment]

    def _write_plate(self, name: str, size: tuple[int, int], mapping: Mapping) -> None:
        """Bring the plate with the output's name up to date."""
        if self._named == (name, size) and self._plate is not None:
            return
        if self._plate is not None:
            self._plate.release()
        image = paint_plate(name, f"{size[0]} x {size[1]}", max(int(PLATE * size[0]), 16))
        self._plate = self._context.texture(image.size, 4, np.ascontiguousarray(np.asarray(image)[::-1]).tobytes())
        self._plate.repeat_x = self._plate.repeat_y = False
        self._named = name, size

    def release(self) -> None:
        """Give the GL objects back."""
        for program, triangles in self._drawn.values():
            triangles.release()
            program.release()
        self._drawn = {}
        self._corners.release()
        self._whole.release()
        _release(self._shade)
        if self._plate is not None:
            self._plate.release()
        self._shade = self._plate = None


def _texture(image: "moderngl.Texture | moderngl.Framebuffer") -> moderngl.Texture:
    found = image.color_attachments[0] if isinstance(image, moderngl.Framebuffer) else image
    assert isinstance(found, moderngl.Texture)
    return found


def _release(buffer: moderngl.Framebuffer | None) -> None:
    if buffer is not None:
        _texture(buffer).release()
        buffer.release()


def _three(row: F64) -> tuple[float, float, float]:
    return float(row[0]), float(row[1]), float(row[2])


def _set(program: moderngl.Program, name: str, value: Any) -> None:
    """Set a uniform, unless the compiler found it unused."""
    if name in program:
        program[name] = value
