"""A GLSL file with an ISF header becomes programs; a bad one leaves the last good programs in use."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import moderngl

from vj.core.errors import OutputError
from vj.engine.finish.isf import Source

_VERTEX = """#version 330 core
out vec2 isf_FragNormCoord;
void main() {
    // One triangle that covers the whole target.
    vec2 corner = vec2((gl_VertexID << 1) & 2, gl_VertexID & 2);
    isf_FragNormCoord = corner;
    gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}
"""
_VERSION = "#version 330 core\n"

_Program = tuple[moderngl.Program, moderngl.VertexArray]
#: A pass and the names defined for it.
_Key = tuple[int, frozenset[str]]


class Shader:
    """One file's programs in one GL context; to be used and released on that context's thread.

    There is one program for each pass and for each set of names that was ever asked to be defined for it: a software
    rasteriser walks both sides of every `if`, so what is off must not be compiled in.
    """

    def __init__(self, context: moderngl.Context, path: Path) -> None:
        self.path = path
        self._context = context
        self._programs: dict[_Key, _Program] = {}
        self._source = Source.read(path)
        self.reload()

    @property
    def defaults(self) -> dict[str, Any]:
        """The inputs that have a default, and what it is."""
        return {entry["NAME"]: entry["DEFAULT"] for entry in self._source.inputs if "DEFAULT" in entry}

    @property
    def passes(self) -> int:
        """How often it is drawn for one picture."""
        return self._source.passes

    def reload(self) -> None:
        """Read and compile the file again. Raises OutputError with file and line, and keeps what worked before."""
        source = Source.read(self.path)
        wanted = set(self._programs) | {(index, frozenset[str]()) for index in range(source.passes)}
        fresh: dict[_Key, _Program] = {}
        try:
            for key in wanted:
                if key[0] < source.passes:
                    fresh[key] = self._compiled(source, key)
        except OutputError:
            _release(fresh.values())
            raise
        _release(self._programs.values())
        self._programs, self._source = fresh, source

    def _compiled(self, source: Source, key: _Key) -> _Program:
        names = "".join(f"#define {name}\n" for name in sorted(key[1])).replace("=", " ")
        text = source.glsl(key[0]).replace(_VERSION, _VERSION + names, 1)
        try:
            program = self._context.program(vertex_shader=_VERTEX, fragment_shader=text)
        except moderngl.Error as error:
            raise _compile_error(self.path, str(error)) from None
        for entry in source.inputs:
            _set(program, entry["NAME"], entry.get("DEFAULT"))
        return program, self._context.vertex_array(program, [])

    def draw(
        self,
        image: moderngl.Texture,
        size: tuple[int, int],
        index: int = 0,
        defined: frozenset[str] = frozenset(),
        **values: Any,
    ) -> None:
        """Draw pass `index` over the bound framebuffer's viewport of `size`, with inputs set from `values`.

        Textures among the values are bound. `defined` are names, or NAME=VALUE, for the file's `#ifdef`s.
        """
        key = (index, defined)
        if key not in self._programs:
            self._programs[key] = self._compiled(self._source, key)
        program, triangle = self._programs[key]
        _set(program, "RENDERSIZE", size)
        unit = 0
        image.use(0)
        _set(program, "inputImage", 0)
        for name, value in values.items():
            if isinstance(value, moderngl.Texture):
                unit += 1
                value.use(unit)
                value = unit
            _set(program, name, value)
        triangle.render(moderngl.TRIANGLES, vertices=3)

    def release(self) -> None:
        """Give the GL objects back."""
        _release(self._programs.values())
        self._programs = {}


def _release(programs: Iterable[_Program]) -> None:
    for program, triangle in programs:
        triangle.release()
        program.release()


def _set(program: moderngl.Program, name: str, value: Any) -> None:
    """Set a uniform, unless the compiler found it unused or there is nothing to set."""
    if value is None or name not in program:
        return
    program[name] = tuple(value) if isinstance(value, list) else value


def _compile_error(path: Path, log: str) -> OutputError:
    """The driver's first complaint: `0:12(5): error ...` (Mesa), `0(12) : error ...` (NVIDIA) or `ERROR: 0:12: ...`."""
    for line in log.splitlines():
        found = re.search(r"\b0[:(](\d+)\)?(?:\(\d+\))?\s*:\s*(?:error\s*[\w]*:?\s*)?(.+)", line)
        if found:
            return OutputError(f"the shader does not compile: {found.group(2)}", f"{path}:{found.group(1)}")
    return OutputError(f"the shader does not compile: {log.strip()[:300]}", str(path), "check it with another driver")
