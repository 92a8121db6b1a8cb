"""A GLSL file with an ISF header becomes a program; a bad one leaves the last good program in use.

The part of ISF 2 that is honoured: the JSON header, INPUTS of every type but sound, PASSES as separate programs,
RENDERSIZE, TIME, FRAMEINDEX, PASSINDEX, isf_FragNormCoord and the IMG_ functions; origin at the lower left.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import moderngl

from vj.core.errors import OutputError

_VERTEX = """#version 330 core
out vec2 isf_FragNormCoord;
void main() {
    // One triangle that covers the whole target.
    vec2 corner = vec2((gl_VertexID << 1) & 2, gl_VertexID & 2);
    isf_FragNormCoord = corner;
    gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}
"""
_PRELUDE = """#version 330 core
in vec2 isf_FragNormCoord;
out vec4 isf_FragColor;
uniform vec2 RENDERSIZE;
uniform float TIME;
uniform int FRAMEINDEX;
const int PASSINDEX = {index};
#define IMG_SIZE(image) vec2(textureSize(image, 0))
#define IMG_PIXEL(image, at) texture(image, (at) / IMG_SIZE(image))
#define IMG_NORM_PIXEL(image, at) texture(image, at)
#define IMG_THIS_PIXEL(image) texture(image, isf_FragNormCoord)
#define IMG_THIS_NORM_PIXEL(image) texture(image, isf_FragNormCoord)
"""
_GLSL_TYPES = {
    "bool": "bool",
    "color": "vec4",
    "event": "bool",
    "float": "float",
    "image": "sampler2D",
    "long": "int",
    "point2D": "vec2",
}
_HEADER = re.compile(r"/\*\s*(\{.*?\})\s*\*/", re.DOTALL)
#: GLSL of ISF's days, and what 3.30 core says instead.
_RENAMED = ((r"\bgl_FragColor\b", "isf_FragColor"), (r"\btexture2D(Rect)?\b", "texture"))


@dataclass(frozen=True)
class Source:
    """A shader file as read: its header's inputs and its text."""

    path: Path
    text: str
    inputs: tuple[dict[str, Any], ...]
    passes: int

    @classmethod
    def read(cls, path: Path) -> "Source":
        """Read and check one file; raises OutputError naming file and line."""
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise OutputError(f"cannot read the shader: {error}", str(path), "is it there, and text?") from None
        found = _HEADER.search(text)
        if found is None:
            raise OutputError("the shader has no ISF header", f"{path}:1", "begin it with /*{ ... }*/")
        try:
            header = json.loads(found.group(1))
        except json.JSONDecodeError as error:
            line = text[: found.start(1)].count("\n") + error.lineno
            raise OutputError(f"the shader's header is no JSON: {error.msg}", f"{path}:{line}") from None
        inputs = tuple(header.get("INPUTS", []))
        for entry in inputs:
            if entry.get("TYPE") not in _GLSL_TYPES:
                kinds = ", ".join(_GLSL_TYPES)
                what = f"input {entry.get('NAME')!r} has the unknown type {entry.get('TYPE')!r}"
                raise OutputError(what, f"{path}:1", f"one of: {kinds}")
        return cls(path, text, inputs, max(1, len(header.get("PASSES", []))))

    def glsl(self, index: int) -> str:
        """The fragment shader of pass `index`, whose line numbers are the file's."""
        uniforms = "".join(f"uniform {_GLSL_TYPES[entry['TYPE']]} {entry['NAME']};\n" for entry in self.inputs)
        body = self.text
        for old, new in _RENAMED:
            body = re.sub(old, new, body)
        return _PRELUDE.format(index=index) + uniforms + "#line 1\n" + body


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
