"""Reads a GLSL file with an ISF header: what it takes, and the GLSL 3.30 it becomes. Text only, no OpenGL.

The part of ISF 2 that is honoured: the JSON header, INPUTS of every type but sound, PASSES as separate programs,
RENDERSIZE, TIME, FRAMEINDEX, PASSINDEX, isf_FragNormCoord and the IMG_ functions; origin at the lower left.
"""

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vj.core.errors import OutputError

_PRELUDE = """#version 330 core
in vec2 isf_FragNormCoord;
out vec4 isf_FragColor;
uniform vec2 RENDERSIZE;
uniform float TIME;
uniform int FRAMEINDEX;
#define PASSINDEX {index}
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
    """A shader file as read: its header's inputs and categories, the number of its passes, and its text."""

    path: Path
    text: str
    inputs: tuple[dict[str, Any], ...]
    passes: int
    categories: tuple[str, ...] = ()

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
        inputs = tuple(_input(entry, f"{path}:1") for entry in header.get("INPUTS", []))
        passes = max(1, len(header.get("PASSES", [])))
        return cls(path, text, inputs, passes, tuple(header.get("CATEGORIES", [])))

    def glsl(self, index: int) -> str:
        """The fragment shader of pass `index`, whose line numbers are the file's."""
        uniforms = "".join(f"uniform {_GLSL_TYPES[entry['TYPE']]} {entry['NAME']};\n" for entry in self.inputs)
        body = self.text
        for old, new in _RENAMED:
            body = re.sub(old, new, body)
        return _PRELUDE.format(index=index) + uniforms + "#line 1\n" + body


def _input(entry: dict[str, Any], where: str) -> dict[str, Any]:
    """An entry of INPUTS whose numbers are of its own type, however they were written; raises OutputError."""
    kind, name = entry.get("TYPE"), entry.get("NAME")
    if kind not in _GLSL_TYPES:
        kinds = ", ".join(_GLSL_TYPES)
        raise OutputError(f"input {name!r} has the unknown type {kind!r}", where, f"one of: {kinds}")
    read = dict(entry)
    try:
        for key in ("DEFAULT", "MIN", "MAX"):
            if read.get(key) is not None:
                read[key] = _value(kind, read[key])
        if "VALUES" in read:
            read["VALUES"] = [_value(kind, value) for value in read["VALUES"]]
    except (TypeError, ValueError) as error:
        raise OutputError(f"input {name!r} has a number that is none: {error}", where, f"{kind} it must be") from None
    return read


def _value(kind: str, raw: Any) -> Any:
    """`raw` as a value of an ISF type. Editors write 1 or 1.0 for true, 2.0 for 2, and colours without alpha."""
    if kind in ("bool", "event"):
        return raw.strip().lower() in ("true", "yes", "on", "1") if isinstance(raw, str) else bool(_number(raw))
    if kind == "long":
        return round(_number(raw))
    if kind == "float":
        return _number(raw)
    if kind == "image":
        return raw
    length = {"color": 4, "point2D": 2}[kind]
    numbers = [_number(number) for number in raw]
    if kind == "color" and len(numbers) == 3:
        numbers.append(1.0)
    if len(numbers) != length:
        raise ValueError(f"{len(numbers)} numbers, where {length} are wanted")
    return numbers


def _number(raw: Any) -> float:
    number = float(raw)
    if not math.isfinite(number):
        raise ValueError(f"{raw!r}")
    return number
