"""A GLSL file with an ISF header becomes a program; a bad one leaves the last good program in use."""

import re
from pathlib import Path
from typing import Any

import moderngl

from vj.core.errors import OutputError
from vj.engine.isf import Source

_VERTEX = """#version 330 core
out vec2 isf_FragNormCoord;
void main() {
    // One triangle that covers the whole target.
    vec2 corner = vec2((gl_VertexID << 1) & 2, gl_VertexID & 2);
    isf_FragNormCoord = corner;
    gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}
"""


class Shader:
    """One file's programs, one a pass, in one GL context; to be used and released on that context's thread."""

    def __init__(self, context: moderngl.Context, path: Path) -> None:
        self.path = path
        self._context = context
        self._passes: list[tuple[moderngl.Program, moderngl.VertexArray]] = []
        self._inputs: tuple[dict[str, Any], ...] = ()
        self.reload()

    def reload(self) -> None:
        """Read and compile the file again. Raises OutputError with file and line, and keeps what worked before."""
        source = Source.read(self.path)
        fresh: list[tuple[moderngl.Program, moderngl.VertexArray]] = []
        for index in range(source.passes):
            try:
                program = self._context.program(vertex_shader=_VERTEX, fragment_shader=source.glsl(index))
            except moderngl.Error as error:
                _release(fresh)
                raise _compile_error(self.path, str(error)) from None
            fresh.append((program, self._context.vertex_array(program, [])))
        _release(self._passes)
        self._passes, self._inputs = fresh, source.inputs
        for program, _ in fresh:
            for entry in source.inputs:
                _set(program, entry["NAME"], entry.get("DEFAULT"))

    def draw(self, image: moderngl.Texture, size: tuple[int, int], index: int = 0, **values: Any) -> None:
        """Draw pass `index` over the bound framebuffer's viewport of `size`, with inputs set from `values`."""
        program, triangle = self._passes[index]
        _set(program, "RENDERSIZE", size)
        for name, value in values.items():
            _set(program, name, value)
        image.use(0)
        triangle.render(moderngl.TRIANGLES, vertices=3)

    def release(self) -> None:
        """Give the GL objects back."""
        _release(self._passes)
        self._passes = []


def _release(passes: list[tuple[moderngl.Program, moderngl.VertexArray]]) -> None:
    for program, triangle in passes:
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
