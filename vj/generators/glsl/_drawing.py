"""One file of GLSL in one context: its programs, and the textures that its passes draw into."""

from collections.abc import Mapping
from typing import Any

import moderngl
import numpy as np

from vj.core.errors import BundleError
from vj.core.types import F32
from vj.generators.glsl._archive import Source

_VERTEX = """#version 330 core
void main() {
    vec2 corner = vec2((gl_VertexID << 1) & 2, gl_VertexID & 2);
    gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}
"""
#: Knots to a unit of the picture.
_KNOTS_PER_UNIT = 16
_KNOT_ROWS = 35
#: Columns of knots beyond the picture's sides.
_COLUMNS_BEYOND = 3
#: Tables are this wide.
_TABLE = 256
#: GL_SAMPLER_2D.
_SAMPLER = 0x8B5E


class Drawing:
    """Compiled when it is made. Raises BundleError with what the driver says."""

    def __init__(self, context: moderngl.Context, source: Source, common: str) -> None:
        self._context, self._source = context, source
        self._textures = {name: table(context, rows) for name, rows in source.tables.items()}
        self._targets: dict[str, moderngl.Framebuffer] = {}
        self._programs: list[tuple[moderngl.Program, moderngl.VertexArray]] = []
        self._blocks: dict[str, moderngl.Buffer] = {}
        for k, entry in enumerate(source.passes):
            program = self._compiled(k, entry, common)
            if _is_block(entry):
                self._blocks[entry["draw"]] = context.buffer(reserve=16 * int(entry["slots"]))
            self._programs.append((program, context.vertex_array(program, [])))

    def draw(
        self,
        target: moderngl.Framebuffer,
        values: Mapping[str, Any],
        textures: Mapping[str, moderngl.Texture],
        adding: bool = False,
    ) -> None:
        """All passes, the last into `target`, which is as large as the picture; `adding` to what is there."""
        size = width, height = target.size
        columns = int(np.ceil(width / height * 2 * _KNOTS_PER_UNIT + _COLUMNS_BEYOND))
        tiles = 1
        known = {**textures, **self._textures}
        target.use()  # blocks are not drawn either where there is nothing to draw into
        for (program, triangle), entry in zip(self._programs, self._source.passes, strict=True):
            name = str(entry["draw"])
            if name in self._blocks:
                _set(program, {**values, "size": _floats(size)}, known)
                triangle.transform(self._blocks[name], moderngl.POINTS, vertices=int(entry["slots"]))
                self._blocks[name].bind_to_uniform_block(list(self._blocks).index(name))
                continue
            last = name == "picture"
            into = target if last else self._target(name, _size(entry, size, columns))
            into.use()
            into.viewport = (0, 0, *into.size)
            set_to = {**values, "size": _floats(size), "columns": columns, "target": _floats(into.size)}
            if "tiles" in entry:
                tiles = _tiles(entry, size)
            set_to["tiles"] = tiles
            if "rows" in entry and "slots" in entry:
                set_to["target"] = (1.0, float(into.size[1]))
            _set(program, set_to, known)
            if last and adding:
                self._context.enable(moderngl.BLEND)
            triangle.render(moderngl.TRIANGLES, vertices=3)
            self._context.disable(moderngl.BLEND)
            if not last:
                known[name] = self._textures[name]

    def release(self) -> None:
        """Give the GL objects back."""
        for program, triangle in self._programs:
            triangle.release()
            program.release()
        for target in self._targets.values():
            target.release()
        for texture in self._textures.values():
            texture.release()
        for block in self._blocks.values():
            block.release()

    def _compiled(self, k: int, entry: Mapping[str, Any], common: str) -> moderngl.Program:
        head = f"#version 330 core\n#define PASS {k}\n"
        try:
            if _is_block(entry):
                text = f"{head}#define VERTEX\n{common}{self._source.text}"
                program = self._context.program(vertex_shader=text, varyings=("made",))
            else:
                text = f"{head}{common}{self._source.text}"
                program = self._context.program(vertex_shader=_VERTEX, fragment_shader=text)
        except moderngl.Error as error:
            what = " ".join(str(error).split())[:300]
            raise BundleError(f"{self._source.name}.glsl does not compile: {what}", f"pass {k}") from None
        for number, name in enumerate(self._blocks):
            block = program.get(f"Of_{name}", None)
            if isinstance(block, moderngl.UniformBlock):
                block.binding = number
        return program

    def _target(self, name: str, size: tuple[int, int]) -> moderngl.Framebuffer:
        known = self._targets.get(name)
        if known is None or known.size != size:
            if known is not None:
                known.release()
                self._textures[name].release()
            self._textures[name] = self._context.texture(size, 4, dtype="f4")
            self._textures[name].filter = (moderngl.NEAREST, moderngl.NEAREST)
            known = self._targets[name] = self._context.framebuffer([self._textures[name]])
        return known


def table(context: moderngl.Context, rows: F32) -> moderngl.Texture:
    """[n, parts] in a texture so wide that no driver minds."""
    padded = np.zeros((-(-len(rows) // _TABLE) * _TABLE, 4), np.float32)
    padded[: len(rows), : rows.shape[1]] = rows
    made = context.texture((_TABLE, len(padded) // _TABLE), 4, padded.tobytes(), dtype="f4")
    made.filter = (moderngl.NEAREST, moderngl.NEAREST)
    return made


def _size(entry: Mapping[str, Any], size: tuple[int, int], columns: int) -> tuple[int, int]:
    """Width and height of what a pass draws into."""
    width, height = size
    rows = min(height, int(entry["rows"])) if entry.get("rows") else height
    if "tiles" in entry:
        return _tiles(entry, size) * int(entry["slots"]), int(entry["tiles"])
    if "slots" in entry:
        return columns * int(entry["slots"]), rows if "rows" in entry else _KNOT_ROWS
    if "rim" in entry:
        return width + 2, height + 2
    return (int(np.ceil(width / height * rows - 0.01)), rows) if rows < height else size


def _is_block(entry: Mapping[str, Any]) -> bool:
    """Whether a pass works out numbers for the pixels of all others."""
    return str(entry["draw"]).startswith(("numbers", "cells_"))


def _tiles(entry: Mapping[str, Any], size: tuple[int, int]) -> int:
    """Tiles across a picture."""
    return int(np.ceil(size[0] / size[1] * int(entry["tiles"])))


def _floats(size: tuple[int, int]) -> tuple[float, float]:
    return float(size[0]), float(size[1])


def _set(program: moderngl.Program, values: Mapping[str, Any], textures: Mapping[str, moderngl.Texture]) -> None:
    """Give a program all that it asks for."""
    unit = 0
    for name in program:
        member = program[name]
        if not isinstance(member, moderngl.Uniform):
            continue
        if member.gl_type == _SAMPLER:  # type: ignore[attr-defined]
            textures[name].use(unit)
            member.value = unit
            unit += 1
        elif isinstance(values[name], np.ndarray):
            member.write(np.ascontiguousarray(values[name][: member.array_length], np.float32).tobytes())
        else:
            member.value = values[name]
