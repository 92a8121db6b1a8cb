"""Functions of a file that are called as built-in ones: by the letter of GLSL 3.30 they hide those of all other kinds
of numbers; in ISF's days they stood beside them.

Those of the file get a name of their own, and so do the built-in ones that it may still mean.
"""

import re

#: What each takes, and what comes out: g is any of _KINDS, the same throughout; f a float, 2 to 4 a vector.
_TAKEN = {
    **dict.fromkeys(("abs", "acos", "asin", "ceil", "cos", "cosh", "exp", "exp2", "floor", "fract"), ("gg",)),
    **dict.fromkeys(("inversesqrt", "log", "log2", "normalize", "radians", "round", "sign", "sin"), ("gg",)),
    **dict.fromkeys(("sinh", "sqrt", "tan", "tanh", "trunc"), ("gg",)),
    **dict.fromkeys(("max", "min", "mod"), ("ggg", "ggf")),
    **dict.fromkeys(("distance", "dot"), ("fgg",)),
    **dict.fromkeys(("pow", "reflect"), ("ggg",)),
    "atan": ("gg", "ggg"),
    "clamp": ("gggg", "ggff"),
    "cross": ("333",),
    "length": ("fg",),
    "mix": ("gggg", "gggf"),
    "smoothstep": ("gggg", "gffg"),
    "step": ("ggg", "gfg"),
}
_KINDS = ("float", "vec2", "vec3", "vec4")
_DEFINED = re.compile(rf"\b(?:\w+)\s+({'|'.join(_TAKEN)})\s*\(([^()]*)\)\s*\{{")
_QUALIFIERS = ("const", "in", "out", "inout", "highp", "mediump", "lowp")


def beside(text: str) -> tuple[str, str]:
    """(what is to stand before it, `text`) of bare GLSL, whose functions then are beside the built-in ones."""
    theirs: dict[str, set[tuple[str, ...]]] = {}
    for found in _DEFINED.finditer(text):
        kinds = tuple(_kind(parameter) for parameter in found.group(2).split(",") if parameter.strip())
        theirs.setdefault(found.group(1), set()).add(kinds)
    before = ""
    for name, known in theirs.items():
        before += "".join(_passed_on(name, kinds) for kinds in sorted(_signatures(name)) if kinds[1:] not in known)
        text = re.sub(rf"\b{name}\b(?=\s*\()", f"{name}_own", text)
    return before, text


def _kind(parameter: str) -> str:
    words = [word for word in re.findall(r"\w+", parameter) if word not in _QUALIFIERS]
    return words[0] if words else ""


def _signatures(name: str) -> set[tuple[str, ...]]:
    """(what comes out, what is taken ...) of a built-in function."""
    plain = {"f": "float", "3": "vec3"}
    return {tuple(plain.get(sign, kind) for sign in signs) for signs in _TAKEN[name] for kind in _KINDS}


def _passed_on(name: str, kinds: tuple[str, ...]) -> str:
    names = "abcd"[: len(kinds) - 1]
    taken = ", ".join(f"{kind} {letter}" for kind, letter in zip(kinds[1:], names, strict=True))
    return f"{kinds[0]} {name}_own({taken}) {{ return {name}({', '.join(names)}); }}\n"
