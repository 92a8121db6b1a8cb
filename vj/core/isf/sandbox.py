"""Shaders without a header that draw by `main`, as GLSL Sandbox and The Book of Shaders have them."""

import re

#: What the world calls our names; a pair is for a mouse, which is an input between 0 and 1.
_NAMES = {
    "backbuffer": "backbuffer",
    "mouse": "isf_mouse",
    "resolution": "RENDERSIZE",
    "surfacePosition": "((isf_FragNormCoord - 0.5) * RENDERSIZE / RENDERSIZE.y * 2.0)",
    "time": "TIME",
    "u_mouse": "(isf_mouse * RENDERSIZE)",
    "u_resolution": "RENDERSIZE",
    "u_time": "TIME",
}
MOUSE = {"NAME": "isf_mouse", "TYPE": "point2D", "DEFAULT": [0.5, 0.5], "MIN": [0.0, 0.0], "MAX": [1.0, 1.0]}
#: The picture before this one.
BUFFER = "backbuffer"


def is_one(text: str) -> bool:
    """Whether bare GLSL `text` draws by `main`."""
    return re.search(r"\bvoid\s+main\s*\(", text) is not None


def names(text: str) -> tuple[str, ...]:
    """Those of their names that bare `text` declares."""
    # without a bound a file of declarations that never end is looked through once for each
    declared = re.findall(r"\b(?:uniform|varying)\s+(?:(?:highp|mediump|lowp)\s+)?\w+\s+([\w\s,]{1,500});", text)
    found = {name.strip() for names in declared for name in names.split(",")}
    return tuple(name for name in _NAMES if name in found)


def header(told: tuple[str, ...]) -> dict[str, object]:
    """The header that a file with such names would have."""
    mouse = [MOUSE] if {"mouse", "u_mouse"}.intersection(told) else []
    return {"INPUTS": mouse, "PASSES": [{"TARGET": BUFFER, "PERSISTENT": True}] if BUFFER in told else []}


def before(told: tuple[str, ...]) -> str:
    """What stands before the text of a file with such names."""
    return "".join(f"#define {name} {_NAMES[name]}\n" for name in told if name != _NAMES[name])
