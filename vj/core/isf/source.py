"""A shader file as read: what it takes, and the GLSL 3.30 it becomes. Text only, no OpenGL.

All of ISF 2: INPUTS of every type, PASSES with their sizes, IMPORTED pictures, a vertex shader beside it (`NAME.vs`),
RENDERSIZE, TIME, TIMEDELTA, DATE, FRAMEINDEX, PASSINDEX, isf_FragNormCoord and the IMG_ functions; origin at the lower
left. What ISF 1 and the GLSL of its days wrote differently is translated. A file without a header that draws by
`mainImage` is Shadertoy's, one that draws by `main` is GLSL Sandbox's.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vj.core.errors import OutputError
from vj.core.isf import builtin, dialect, header, inputs, passes, sandbox, shadertoy
from vj.core.isf.header import listed
from vj.core.isf.passes import Pass
from vj.core.isf.tokens import bare

VERSION = "#version 330 core\n"
_UNIFORMS = """#extension GL_ARB_shading_language_420pack : enable
#extension GL_ARB_arrays_of_arrays : enable
uniform vec2 RENDERSIZE;
uniform float TIME;
uniform float TIMEDELTA;
uniform vec4 DATE;
uniform int FRAMEINDEX;
#define PASSINDEX {index}
#define IMG_SIZE(image) vec2(textureSize(image, 0))
#define IMG_NORM_PIXEL texture
#define IMG_PIXEL isf_Pixel
#define IMG_THIS_PIXEL(image) texture(image, isf_FragNormCoord)
#define IMG_THIS_NORM_PIXEL(image) texture(image, isf_FragNormCoord)
#define IMG_NORM_THIS_PIXEL(image) texture(image, isf_FragNormCoord)
#define isf_texture texture
vec4 isf_Pixel(sampler2D image, vec2 at) {{ return texture(image, at / IMG_SIZE(image)); }}
"""
_FRAGMENT = """in vec2 isf_FragNormCoord;
out vec4 isf_FragColor;
#define isf_FragCoord gl_FragCoord.xy
vec4 isf_Pixel(sampler2D image, vec2 at, float bias) { return texture(image, at / IMG_SIZE(image), bias); }
"""
#: One triangle that covers the whole target, and more.
_PLAIN = """out vec2 isf_FragNormCoord;
void main() {
    vec2 corner = vec2((gl_VertexID << 1) & 2, gl_VertexID & 2);
    isf_FragNormCoord = corner;
    gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}
"""
#: Two triangles with their corners in those of the target: what a file's own vertex shader works out is right there,
#: and goes straight between them.
_VERTEX = """out vec2 isf_FragNormCoord;
#define isf_Corner vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0, 0.0, 1.0)
vec4 isf_TexCoord[8], isf_FrontColor;
void isf_vertShaderInit() {
    gl_Position = isf_Corner;
    isf_FragNormCoord = gl_Position.xy * 0.5 + 0.5;
}
"""
_OURS = ("RENDERSIZE", "TIME", "TIMEDELTA", "DATE", "FRAMEINDEX", "PASSINDEX", "isf_FragNormCoord", "isf_FragColor")


@dataclass(frozen=True)
class Source:
    """A shader file as read.

    inputs      entries of INPUTS, their keys in capitals and their numbers of their own type
    passes      the drawings that make a picture, at least one
    categories  CATEGORIES
    imported    pictures that come with the file, by the name they have in it; a cube has six paths, others one
    header      all the rest of the header
    vertex      the text of the vertex shader beside the file, "" where there is none
    toy         whether it is Shadertoy's
    sandbox     names of GLSL Sandbox's kind that it uses, where it has no header
    """

    path: Path
    text: str
    inputs: tuple[dict[str, Any], ...]
    passes: tuple[Pass, ...]
    categories: tuple[str, ...] = ()
    imported: tuple[tuple[str, tuple[Path, ...]], ...] = ()
    header: dict[str, Any] | None = None
    vertex: str = ""
    toy: bool = False
    sandbox: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: Path) -> "Source":
        """Read and check one file and its vertex shader; raises OutputError naming file and line."""
        text = _text(path)
        if not header.has_header(text) and shadertoy.is_toy(bare(text)):
            entries = tuple(inputs.read(entry, f"{path}:1") for entry in shadertoy.inputs(bare(text)))
            return cls(path, text, entries, (Pass(),), header={}, toy=True)
        names: tuple[str, ...] = ()
        if not header.has_header(text) and sandbox.is_one(bare(text)):
            names = sandbox.names(bare(text))
            told, code = sandbox.header(names), text
        else:
            told, code = header.split(text, str(path))
        entries = tuple(inputs.read(entry, f"{path}:1") for entry in listed(told, "INPUTS", str(path)))
        beside = path.with_suffix(".vs")
        vertex = _text(beside) if path.suffix != ".vs" and beside.is_file() else ""
        vertex = vertex if re.search(r"\bmain\s*\(", bare(vertex)) else ""
        categories = told.get("CATEGORIES") or []
        return cls(
            path,
            text,
            entries,
            passes.read(told, entries, str(path)),
            tuple(str(word) for word in (categories if isinstance(categories, list) else [categories])),
            _imported(told, path),
            told,
            vertex,
            shadertoy.is_toy(bare(code)),
            names,
        )

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the buffers that passes draw to, each once, in the order of the passes."""
        return tuple(dict.fromkeys(one.target for one in self.passes if one.target))

    def glsl(self, index: int) -> str:
        """The fragment shader of pass `index`, whose line numbers are the file's."""
        own, body = builtin.beside(dialect.translated(self._code, self._ours, types=self._types))
        before, after = (shadertoy.BEFORE, shadertoy.AFTER) if self.toy else (sandbox.before(self.sandbox), "")
        return VERSION + self._declared(index, body) + _FRAGMENT + own + before + "#line 1\n" + body + after

    @property
    def corners(self) -> int:
        """How many corners the strip of triangles has that is to be drawn."""
        return 4 if self.vertex else 3

    def vertex_glsl(self, index: int) -> str:
        """The vertex shader of pass `index`; line numbers are its file's."""
        if not self.vertex:
            return VERSION + _PLAIN
        own, body = builtin.beside(dialect.translated(self.vertex, self._ours, vertex=True, types=self._types))
        return VERSION + self._declared(index, body) + _VERTEX + own + "#line 1\n" + body

    def _declared(self, index: int, body: str) -> str:
        """What stands before `body` in both shaders."""
        types = self._types
        lines = [_UNIFORMS.format(index=index)]
        lines += [f"uniform {kind} {dialect.kept(name)};\n" for name, kind in types.items()]
        for name, kind in types.items():
            if kind == "sampler2D" and f"_{name}_" in body:
                lines.append(f"#define _{name}_imgRect vec4(0.0, 0.0, 1.0, 1.0)\n")
                lines.append(f"#define _{name}_imgSize IMG_SIZE({dialect.kept(name)})\n")
                lines.append(f"#define _{name}_flip false\n")
        return "".join(lines)

    @property
    def _types(self) -> dict[str, str]:
        """What every name that the header declares is in GLSL."""
        buffers = passes.buffers(self.header or {}, str(self.path))
        types = dict.fromkeys((*buffers, *self.targets), "sampler2D")
        types |= {name: "samplerCube" if len(paths) == 6 else "sampler2D" for name, paths in self.imported}
        return types | {entry["NAME"]: inputs.GLSL_TYPES[entry["TYPE"]] for entry in self.inputs}

    @property
    def _code(self) -> str:
        """The text with the header blanked."""
        return header.split(self.text, str(self.path))[1] if header.has_header(self.text) else self.text

    @property
    def _ours(self) -> tuple[str, ...]:
        toys = tuple(shadertoy.NAMES) if self.toy else ()
        return (*_OURS, *toys, *self.sandbox, *self._types)


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise OutputError(f"cannot read the shader: {error}", str(path), "is it there, and text?") from None
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raw = raw.decode("utf-16", "replace").encode()
    if b"\0" in raw:
        raise OutputError("cannot read the shader: it is no text", str(path), "a shader is a file of GLSL")
    text = raw.decode("utf-8-sig", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _imported(told: dict[str, Any], path: Path) -> tuple[tuple[str, tuple[Path, ...]], ...]:
    """IMPORTED: names and the files they stand for, beside the shader. Raises OutputError."""
    found, raw = [], told.get("IMPORTED")
    if isinstance(raw, dict):
        named = {name: {"PATH": entry} if isinstance(entry, str) else entry for name, entry in raw.items()}
        told = {"IMPORTED": named}
    for entry in listed(told, "IMPORTED", str(path)):
        name, raw = str(entry.get("NAME") or ""), entry.get("PATH")
        files = raw if isinstance(raw, list) else [raw]
        paths = tuple(path.parent / file for file in files if isinstance(file, str) and file)
        if not name.isidentifier() or len(paths) != len(files):
            raise OutputError(f"an imported picture is {name!r} at {raw!r}", f"{path}:1", "give it NAME and PATH")
        if len(files) not in (1, 6):
            raise OutputError(f"imported {name!r} has {len(files)} files", f"{path}:1", "one, or six for a cube")
        found.append((name, paths))
    return tuple(found)
