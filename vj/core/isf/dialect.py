"""GLSL of ISF's days, 1.20 and ES, said in GLSL 3.30 core. Every line stays where it was."""

import re
from collections.abc import Iterable
from functools import lru_cache

from vj.core.isf import whole
from vj.core.isf.tokens import bare

#: Functions and variables that have other names now.
_RENAMED = (
    (r"\bgl_FragColor\b|\bgl_FragData\s*\[\s*0\s*\]", "isf_FragColor"),
    (r"\bvv_(FragNormCoord|FragCoord|vertShaderInit)\b", r"isf_\1"),
    (r"\b(?:texture2D|texture2DRect|textureCube|shadow2D)(?=\s*\()", "texture"),
    (r"\b(?:texture2DRectProj|texture2DProj)(?:EXT)?(?=\s*\()", "textureProj"),
    (r"\b(?:texture2DLod|texture2DLodEXT|textureCubeLod|textureCubeLodEXT)(?=\s*\()", "textureLod"),
    (r"\b(?:texture2DGradEXT|texture2DGradARB)(?=\s*\()", "textureGrad"),
    (r"\bsampler2DRect\b", "sampler2D"),
)
#: What a vertex shader of old was given.
_CORNERS = (
    (r"\bgl_Vertex\b|\bftransform\s*\(\s*\)", "isf_Corner"),
    (r"\bgl_MultiTexCoord0\b", "vec4(isf_FragNormCoord, 0.0, 1.0)"),
    (r"\bgl_ModelViewProjectionMatrix\b|\bgl_ModelViewMatrix\b|\bgl_ProjectionMatrix\b", "mat4(1.0)"),
)
#: Words that were names once, and are kept by the language today; a `_` makes them names again.
_KEPT = (
    *("active", "buffer", "case", "cast", "class", "common", "default", "double", "enum", "extern", "external"),
    *("filter", "fixed", "flat", "goto", "half", "hvec2", "hvec3", "hvec4", "inline", "input", "interface", "layout"),
    *("long", "namespace", "noinline", "output", "partition", "patch", "public", "resource", "sample", "shared"),
    *("short", "sizeof", "smooth", "static", "subroutine", "superp", "switch", "template", "this", "typedef", "uint"),
    *("union", "unsigned", "using", "volatile"),
)
#: Those that a file of today may mean as the language does, and what shows that it does.
_TODAY = {
    "case": r"\bswitch\s*\(",
    "default": r"\bswitch\s*\(",
    "flat": r"\bflat\s+(?:in|out|varying)\b",
    "layout": r"\blayout\s*\(",
    "smooth": r"\bsmooth\s+(?:in|out|varying)\b",
    "switch": r"\bswitch\s*\(",
    "uint": r"\buint\s+\w|\buint\s*\(",
}
_DECLARED = re.compile(
    r"^[ \t]*(?:uniform|varying|attribute|in|out)\s+(?:(?:highp|mediump|lowp)\s+)?\w+\s+(\w+)\s*(?:\[[^\]]*\]\s*)?;",
    re.MULTILINE,
)
_OWN_OUTPUT = re.compile(r"^[ \t]*(?:layout\s*\([^)]*\)\s*)?out\s+(?:(?:highp|mediump|lowp)\s+)?vec4\s+(\w+)\s*;", re.M)


def kept(name: str) -> str:
    """What a name of somebody's file is in our GLSL."""
    return f"{name}_" if name in _KEPT or name == "texture" or name.startswith("gl_") else name


def translated(text: str, ours: Iterable[str], vertex: bool = False) -> str:
    """`text` of a file in GLSL 3.30; `ours` are names that are declared before it, and must not be again."""
    return _translated(text, frozenset(ours), vertex)


@lru_cache(128)  # every pass, and every set of names defined for one, asks for the same
def _translated(text: str, known: frozenset[str], vertex: bool) -> str:
    text = bare(text)
    text = re.sub(r"^[ \t]*#[ \t]*(?:version|extension)\b[^\n]*", "", text, flags=re.MULTILINE)
    text = re.sub(r"\bprecision\s+(?:highp|mediump|lowp)\s+\w+\s*;", "", text)
    if not vertex:
        text = _one_output(text)
    for old, new in _RENAMED:
        text = re.sub(old, new, text)
    text = _DECLARED.sub(lambda found: _blank(found) if found.group(1) in known else found.group(), text)
    text = re.sub(r"\bvarying\b", "out" if vertex else "in", text)
    text = re.sub(r"\battribute\b", "in", text)
    text = re.sub(r"\btexture\b(?!\s*\()", "texture_", text)
    words = [word for word in _KEPT if word not in _TODAY or not re.search(_TODAY[word], text)]
    text = re.sub(rf"\b({'|'.join(words)})\b", r"\1_", text)
    if vertex:
        for old, new in _CORNERS:
            text = re.sub(old, new, text)
    return whole.said(text)


def _one_output(text: str) -> str:
    """The output that a modern file declares itself becomes the one there is."""
    found = _OWN_OUTPUT.search(text)
    if found is None:
        return text
    text = text[: found.start()] + _blank(found) + text[found.end() :]
    return text if found.group(1) == "isf_FragColor" else re.sub(rf"\b{found.group(1)}\b", "isf_FragColor", text)


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found.group())
