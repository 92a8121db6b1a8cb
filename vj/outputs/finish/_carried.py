"""Uniforms carried to the pixels as flat varyings: a rasteriser on the processor checks each uniform's place anew
wherever one is read, for every few pixels, and what comes from the corners it does not."""

import re
from collections import Counter

_UNIFORM = re.compile(r"^uniform (float|int|vec[234]) (\w+);$", re.MULTILINE)
_WORD = re.compile(r"\w+")
_SIZES = {"float": 1, "int": 1, "vec2": 2, "vec3": 3, "vec4": 4}
#: So many numbers at most go this way; OpenGL 3.3 has room for 60 beside the place itself.
MOST = 56


def carried(vertex: str, fragment: str) -> tuple[str, str]:
    """Both shaders with the uniforms that `fragment` reads handed over by `vertex`, which has none of its own.

    They are set by the same names as before.
    """
    given, room = list[tuple[str, str]](), MOST
    written = Counter(_WORD.findall(fragment))
    for kind, name in _UNIFORM.findall(fragment):
        if written[name] > 1 and _SIZES[kind] <= room:
            given.append((kind, name))
            room -= _SIZES[kind]
    for kind, name in given:
        flat = f"flat in {kind} carried_{name};\n#define {name} carried_{name}"
        fragment = fragment.replace(f"uniform {kind} {name};", flat, 1)
    declared = "".join(f"uniform {kind} {name};\nflat out {kind} carried_{name};\n" for kind, name in given)
    handed = "".join(f"    carried_{name} = {name};\n" for _, name in given)
    return vertex.replace("void main() {\n", f"{declared}void main() {{\n{handed}", 1), fragment
