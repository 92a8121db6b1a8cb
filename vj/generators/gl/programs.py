"""The programs of a shader file in one context: one a pass, drawn over the whole of a target."""

from collections.abc import Mapping
from typing import Any

import moderngl

from vj.core.isf.complaint import complaint
from vj.core.isf.dialect import kept
from vj.core.isf.source import VERSION, Source


class Programs:
    """Compiled once; used and released on the context's thread. `defined` are names for the file's `#ifdef`s.

    Raises OutputError with file and line.
    """

    def __init__(self, context: moderngl.Context, source: Source, defined: tuple[str, ...] = ()) -> None:
        self.source = source
        self._names = "".join(f"#define {name}\n" for name in defined)
        self._made: list[tuple[moderngl.Program, moderngl.VertexArray]] = []
        #: What stands for a picture that there is none of.
        self._black = context.texture((1, 1), 4, bytes(4))
        self._no_cube = context.texture_cube((1, 1), 4, bytes(24))
        self._cubes = {name for name, paths in source.imported if len(paths) == 6}
        self._cubes |= {entry["NAME"] for entry in source.inputs if entry["TYPE"] == "cube"}
        try:
            for index in range(len(source.passes)):
                self._made.append(self._compiled(context, index))
        except Exception:
            self.release()
            raise

    def _compiled(self, context: moderngl.Context, index: int) -> tuple[moderngl.Program, moderngl.VertexArray]:
        source = self.source
        fragment = source.glsl(index).replace(VERSION, VERSION + self._names, 1)
        try:
            program = context.program(vertex_shader=source.vertex_glsl(index), fragment_shader=fragment)
        except moderngl.Error as error:
            raise complaint(source.path, str(error)) from None
        return program, context.vertex_array(program, [])

    def draw(
        self,
        index: int,
        target: moderngl.Framebuffer,
        values: Mapping[str, Any],
        pictures: Mapping[str, moderngl.Texture | moderngl.TextureCube],
    ) -> None:
        """Draw pass `index` over all of `target` with inputs set from `values`, and pictures by their names."""
        program, strip = self._made[index]
        target.use()
        target.viewport = (0, 0, *target.size)
        unit = 0
        for name in program:
            if (member := program[name]) is None or not isinstance(member, moderngl.Uniform):
                continue
            plain = name.removesuffix("_") if kept(name.removesuffix("_")) == name else name
            if plain == "RENDERSIZE":
                member.value = target.size
            elif plain in values:
                member.value = values[plain]
            elif getattr(member, "gl_type", 0) in _SAMPLERS:
                usual = self._no_cube if plain in self._cubes else self._black
                pictures.get(plain, usual).use(unit)
                member.value = unit
                unit += 1
        strip.render(moderngl.TRIANGLE_STRIP, vertices=self.source.corners)

    def release(self) -> None:
        """Give the GL objects back."""
        for program, strip in self._made:
            strip.release()
            program.release()
        self._made.clear()
        self._black.release()
        self._no_cube.release()


#: GL_SAMPLER_2D and GL_SAMPLER_CUBE.
_SAMPLERS = (0x8B5E, 0x8B60)
