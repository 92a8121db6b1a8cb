"""GLSL of ISF's days, 1.20 and ES, said in GLSL 3.30 core. Every line stays where it was."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from vj.core.isf import constants, whole
from vj.core.isf.tokens import bare

#: Functions and variables that have other names now.
_RENAMED = (
    (r"\bgl_FragColor\b|\bgl_FragData\s*\[\s*0\s*\]", "isf_FragColor"),
    (r"\bvv_(FragNormCoord|FragCoord|vertShaderInit)\b", r"isf_\1"),
    (r"\b(?:texture2D|texture2DRect|textureCube|shadow2D)(?=\s*\()", "texture"),
    (r"\b(?:texture2DRectProj|texture2DProj)(?:EXT)?(?=\s*\()", "textureProj"),
    (r"\b(?:texture2DLod|texture2DLodEXT|textureCubeLod|textureCubeLodEXT)(?=\s*\()", "textureLod"),
    (r"\b(?:texture2DGradEXT|texture2DGradARB)(?=\s*\()", "textureGrad"),
    (r"\b(?:texture2D|texture2DRect|textureCube)\b", "isf_texture"),
    (r"\bsampler2DRect\b", "sampler2D"),
    (r"\bgl_(?:Secondary)?Color\b", "vec4(1.0)"),
    (r"\bgl_TextureMatrix\s*\[[^\]]*\]", "mat4(1.0)"),
)
_TEXTURE_PLACE = r"\bgl_TexCoord\s*\[[^\]]*\]"
#: What a vertex shader of old was given.
_CORNERS = (
    (r"\bgl_TexCoord\b", "isf_TexCoord"),
    (r"\bgl_(?:Front|Back)Color\b", "isf_FrontColor"),
    (r"\bgl_Normal\b", "vec3(0.0, 0.0, 1.0)"),
    (r"\bgl_Vertex\b|\bftransform\s*\(\s*\)", "isf_Corner"),
    (r"\bgl_MultiTexCoord0\b", "vec4(isf_FragNormCoord, 0.0, 1.0)"),
    (r"\bgl_ModelViewProjectionMatrix\b|\bgl_ModelViewMatrix\b|\bgl_ProjectionMatrix\b", "mat4(1.0)"),
)
#: Words that were names once, and are kept by the language today; a `_` makes them names again.
_KEPT = (
    *("active", "asm", "buffer", "case", "cast", "class", "common", "default", "double", "enum", "extern", "external"),
    *("filter", "fixed", "flat", "goto", "half", "hvec2", "hvec3", "hvec4", "inline", "input", "interface", "layout"),
    *("long", "namespace", "noinline", "output", "partition", "patch", "public", "resource", "sample", "shared"),
    *("short", "sizeof", "smooth", "static", "subroutine", "superp", "switch", "template", "this", "typedef", "uint"),
    *("union", "unsigned", "using", "volatile", "atomic_uint", "centroid", "coherent", "noperspective", "packed"),
    *("precise", "readonly", "restrict", "row_major", "writeonly", "fvec2", "fvec3", "fvec4", "dvec2", "dvec3"),
    *("dvec4", "image1D", "image2D", "image3D", "imageCube", "imageBuffer", "sampler3DRect"),
)
#: Those that a file of today may mean as the language does, and what shows that it does.
_TODAY = {
    "case": r"\bswitch\s*\(",
    "centroid": r"\bcentroid\s+(?:in|out|varying)\b",
    "default": r"\bswitch\s*\(",
    "flat": r"\bflat\s+(?:in|out|varying)\b",
    "noperspective": r"\bnoperspective\s+(?:in|out|varying)\b",
    "layout": r"\blayout\s*\(",
    "smooth": r"\bsmooth\s+(?:in|out|varying)\b",
    "switch": r"\bswitch\s*\(",
    "uint": r"\buint\s+\w|\buint\s*\(",
}
_DECLARED = re.compile(
    r"(?:^|(?<=[;}]))[ \t]*(?:(?:flat|smooth)\s+)?(?:uniform|varying|attribute|in|out)\s+"
    r"(?:(?:highp|mediump|lowp)\s+)?\w+\s+(\w+\s*(?:\[[^\]]*\]\s*)?(?:,\s*\w+\s*(?:\[[^\]]*\]\s*)?)*);",
    re.MULTILINE,
)
_MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)((?:\\\n|[^\n])*)", re.MULTILINE)
_OWN_OUTPUT = re.compile(
    r"^[ \t]*(?:layout\s*\([^)]{0,99}\)\s*)?out\s+(?:(?:highp|mediump|lowp)\s+)?vec4\s+(\w+)\s*;", re.M
)


def kept(name: str) -> str:
    """What a name of somebody's file is in our GLSL."""
    return f"{name}_" if name in _KEPT or name == "texture" or name.startswith("gl_") else name


def translated(text: str, ours: Iterable[str], vertex: bool = False, types: Mapping[str, str] | None = None) -> str:
    """`text` of a file in GLSL 3.30; `ours` are names that are declared before it, and must not be again; of some of
    them there are `types`."""
    return _translated(text, frozenset(ours), vertex, tuple(sorted((types or {}).items())))


@lru_cache(128)  # every pass, and every set of names defined for one, asks for the same
def _translated(text: str, known: frozenset[str], vertex: bool, types: tuple[tuple[str, str], ...]) -> str:
    text = bare(text)
    text = re.sub(r"^[ \t]*#[ \t]*(?:version|extension)\b[^\n]*", "", text, flags=re.MULTILINE)
    text = re.sub(r"\bprecision\s+(?:highp|mediump|lowp)\s+\w+\s*;", "", text)
    text = re.sub(r"^[ \t]*#[ \t]*define[ \t]+(?:texture2D|texture)[ \t]+texture(?:2D)?[ \t]*$", "", text, flags=re.M)
    text = _defined_anew(text)
    if not vertex:
        text = re.sub(_TEXTURE_PLACE, "vec4(isf_FragNormCoord, 0.0, 1.0)", _one_output(text))
    for old, new in _RENAMED:
        text = re.sub(old, new, text)
    text = _DECLARED.sub(lambda found: _without(found, known), text)
    text = re.sub(r"\bvarying\b", "out" if vertex else "in", text)
    text = re.sub(r"\battribute\b", "in", text)
    text = re.sub(r"\btexture\b(?!\s*\()", "texture_", text)
    words = [word for word in _KEPT if word not in _TODAY or not re.search(_TODAY[word], text)]
    text = re.sub(rf"\b({'|'.join(words)})\b", r"\1_", text)
    if vertex:
        for old, new in _CORNERS:
            text = re.sub(old, new, text)
    text = constants.freed(text, {kept(name) for name in known})
    return whole.said(text, {kept(name): kind for name, kind in types})


def _one_output(text: str) -> str:
    """The output that a modern file declares itself becomes the one there is."""
    found = _OWN_OUTPUT.search(text)
    if found is None:
        return text
    text = text[: found.start()] + _blank(found) + text[found.end() :]
    return text if found.group(1) == "isf_FragColor" else re.sub(rf"\b{found.group(1)}\b", "isf_FragColor", text)


def _defined_anew(text: str) -> str:
    """Macros that a file defines twice, each time otherwise, are let go of before they are defined again."""
    bodies: dict[str, set[str]] = {}
    for found in _MACRO.finditer(text):
        bodies.setdefault(found.group(1), set()).add(" ".join(found.group(2).split()))
    seen: set[str] = set()

    def anew(found: re.Match[str]) -> str:
        name = found.group(1)
        if len(bodies[name]) > 1 and name in seen:
            line = text.count("\n", 0, found.start()) + 1
            return f"#undef {name}\n#line {line}\n{found.group()}"
        seen.add(name)
        return found.group()

    return _MACRO.sub(anew, text)


def _without(found: re.Match[str], known: frozenset[str]) -> str:
    """A declaration without the names that are known."""
    names = found.group(1).split(",")
    left = [name for name in names if re.split(r"[\s\[]", name.strip())[0] not in known]
    if len(left) == len(names):
        return found.group()
    if not left:
        return _blank(found)
    lines = "\n" * (found.group(1).count("\n") - ",".join(left).count("\n"))
    return f"{found.string[found.start() : found.start(1)]}{','.join(left)};{lines}"


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found.group())
