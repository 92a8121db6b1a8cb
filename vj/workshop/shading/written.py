"""A layout as the text of one file: a header in JSON that lists the passes, then each of them under its number.

`COMMON` is what all such files need before them; whoever draws them puts `#version 330 core` and `#define PASS n` on top.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from vj.workshop.shading.layout import Layout, is_rim
from vj.workshop.shading.sketch import KNOT, NUMBER, PIXEL, cell
from vj.workshop.shading.text import Text, rows

#: What an entry of "passes" says: `draw` names the texture, `slots` how many places side by side it has, `rows` the most rows of a whole picture in fewer, `rim` pixels more on every side.
Entry = dict[str, Any]


def written(layout: Layout, tables: dict[str, np.ndarray]) -> str:
    """The whole file; `tables` takes up the arrays it looks up."""
    passes: list[tuple[Entry, str]] = []
    if layout.numbers.count:
        passes.append(({"draw": "numbers", "slots": layout.numbers.count}, _numbers(layout, tables)))
    for count, slots in layout.cells.items():
        passes.append(
            ({"draw": f"cells_{count}", "slots": count * slots.count}, _cells(layout, count, slots.names, tables))
        )
    for level, slots in sorted(layout.knots.items()):
        start = "vec2 at = knot_place();"
        body = _slots(layout, slots.names, tables, start)
        passes.append(({"draw": f"knots_{level}", "slots": slots.count}, body))
    for (level, where), wanted in layout.smooth.items():
        entry = {"draw": rows(level, where), "slots": len(wanted), "rows": _most(where)}
        passes.append((entry, _drawn_out(level, wanted)))
    for name in layout.fields:
        node = layout.sketch.nodes[name]
        entry = (
            {"draw": f"field_{name}", "rim": 1}
            if is_rim(node)
            else {"draw": f"field_{name}", "rows": _most(node.where)}
        )
        passes.append((entry, _field(layout, name, tables)))
    passes.append(({"draw": "picture"}, _field(layout, layout.result.name, tables)))
    header = ",\n    ".join(json.dumps(entry) for entry, _ in passes)
    bodies = [f"#if PASS == {k}\n{_samplers(body)}{body}#endif\n" for k, (_, body) in enumerate(passes)]
    return f'/*{{\n"passes": [\n    {header}\n]\n}}*/\n{_blocks(layout)}' + "".join(bodies)


def _blocks(layout: Layout) -> str:
    """What is worked out before all pixels, each for those passes that come after it."""
    sizes = {"numbers": layout.numbers.count} if layout.numbers.count else {}
    sizes |= {f"cells_{count}": count * slots.count for count, slots in layout.cells.items()}
    return "".join(
        f"#if PASS > {k}\nlayout(std140) uniform Of_{name} {{ vec4 {name}[{size}]; }};\n#endif\n"
        for k, (name, size) in enumerate(sizes.items())
    )


def _most(where: str) -> int:
    """Rows of the picture in which something is drawn, at the most; 0 for all."""
    return int(where.split()[1]) if " " in where else 0


def _numbers(layout: Layout, tables: dict[str, np.ndarray]) -> str:
    cases = _cases(layout, NUMBER, layout.numbers.names, tables, "made")
    return f"out vec4 made;\nvoid main() {{\nmade = vec4(0.0);\nswitch (gl_VertexID) {{\n{cases}}}\n}}\n"


def _cells(layout: Layout, count: int, names: Sequence[str], tables: dict[str, np.ndarray]) -> str:
    cases = _cases(layout, cell(count), names, tables, "made")
    start = f"int thing = gl_VertexID % {count};\nmade = vec4(0.0);\nswitch (gl_VertexID / {count}) {{\n"
    return f"out vec4 made;\nvoid main() {{\n{start}{cases}}}\n}}\n"


def _slots(layout: Layout, names: Sequence[str], tables: dict[str, np.ndarray], start: str) -> str:
    cases = _cases(layout, KNOT, names, tables, "made")
    return (
        f"out vec4 made;\nvoid main() {{\n{start}\nmade = vec4(0.0);\n"
        f"switch (int(gl_FragCoord.x) / columns) {{\n{cases}}}\n}}\n"
    )


def _cases(layout: Layout, where: str, names: Sequence[str], tables: dict[str, np.ndarray], out: str) -> str:
    cases = ""
    for slot in range(-(-len(names) // 4)):
        text = Text(layout, where, tables)
        vector = text.vector(names[4 * slot : 4 * slot + 4])
        lines = "".join(f"{line}\n" for line in text.lines)
        cases += f"case {slot}: {{\n{lines}{out} = {vector};\nbreak; }}\n"
    return cases


def _drawn_out(level: int, wanted: Sequence[tuple[int, bool]]) -> str:
    count = len(wanted)
    sources, steep = ", ".join(str(s) for s, _ in wanted), ", ".join(str(s).lower() for _, s in wanted)
    return (
        f"out vec4 made;\nconst int sources[{count}] = int[]({sources});\nconst bool steep[{count}] = bool[]({steep});\n"
        f"void main() {{\nint place = int(gl_FragCoord.x) / columns;\n"
        f"made = up(knots_{level}, sources[place], steep[place]);\n}}\n"
    )


def _field(layout: Layout, name: str, tables: dict[str, np.ndarray]) -> str:
    node = layout.sketch.nodes[name]
    text = Text(layout, node.where, tables)
    vector = text.vector([name])
    lines = "".join(f"{line}\n" for line in text.lines)
    place = "rim_place()" if is_rim(node) else "pixel_place()" if node.where == PIXEL else "wide_place()"
    return f"out vec4 made;\nvoid main() {{\nvec2 at = {place};\nstand(at.x);\n{lines}made = {vector};\n}}\n"


def _samplers(body: str) -> str:
    """Declarations of the textures that a pass reads."""
    return "".join(f"uniform sampler2D {name};\n" for name in sorted(set(_TEXTURE.findall(body))))


#: A texture as it is passed to a function.
_TEXTURE = re.compile(r"\b(?:knots_\d+|field_\w+|rows_\d+_(?:pixel|rim|wide_\d+)|table_\d+)\b")

COMMON = """uniform vec2 size;
uniform vec2 target;
uniform int columns;
uniform sampler2D lattice;
uniform sampler2D fields;
uniform float style[50];
uniform float tint[32];
uniform float share;
uniform uint grain;
#define aspect (size.x / size.y)
#define pixel (2.0 / size.y)

// Where a pixel, a pixel of the rim, a pixel of the picture in fewer rows and a knot lie: y from -1 below to 1 above.
#ifndef VERTEX
vec2 pixel_place() { return vec2(gl_FragCoord.x * pixel - aspect, 1.0 - gl_FragCoord.y * pixel); }
vec2 rim_place() { return pixel_place() + vec2(-pixel, pixel); }
vec2 wide_place() { return vec2((gl_FragCoord.x * 2.0 / target.x - 1.0) * aspect, 1.0 - gl_FragCoord.y * 2.0 / target.y); }
ivec2 knot_index() { return ivec2(int(gl_FragCoord.x) % columns, int(gl_FragCoord.y)); }
vec2 knot_place() { return vec2(knot_index()) / 16.0 - vec2(aspect, 1.0) - 1.0 / 16.0; }

// Weights of the four knots about a place that lies `part` of the way from the second to the third, and of the slope.
vec4 spline(float f) {
    float g = 1.0 - f;
    return vec4(g * g * g, 4.0 + f * f * (3.0 * f - 6.0), 4.0 + g * g * (3.0 * g - 6.0), f * f * f) / 6.0;
}
vec4 spline_slope(float f) {
    float g = 1.0 - f;
    return vec4(-0.5 * g * g, f * (1.5 * f - 2.0), g * (2.0 - 1.5 * g), 0.5 * f * f) * 16.0;
}
vec4 up(sampler2D knots, int slot, bool steep) {
    float place = (2.0 - gl_FragCoord.y * 2.0 / target.y) * 16.0 + 1.0;
    float below = floor(place);
    vec4 w = steep ? spline_slope(place - below) : spline(place - below);
    int x = slot * columns + int(gl_FragCoord.x) % columns;
    vec4 sum = vec4(0.0);
    for (int k = 0; k < 4; k++) sum += w[k] * texelFetch(knots, ivec2(x, clamp(int(below) - 1 + k, 0, 34)), 0);
    return sum;
}
int knot_before;
vec4 weights, slopes;
void stand(float x) {
    float place = (x + aspect) * 16.0 + 1.0;
    float before = floor(place);
    knot_before = clamp(int(before) - 1, 0, columns - 4);
    weights = spline(place - before);
    slopes = spline_slope(place - before);
}
vec4 along(sampler2D rows, int place, vec4 w) {
    ivec2 at = ivec2(place * columns + knot_before, int(gl_FragCoord.y));
    return w.x * texelFetch(rows, at, 0) + w.y * texelFetch(rows, at + ivec2(1, 0), 0)
        + w.z * texelFetch(rows, at + ivec2(2, 0), 0) + w.w * texelFetch(rows, at + ivec2(3, 0), 0);
}
vec4 near(sampler2D knots, int slot, ivec2 by) {
    ivec2 at = clamp(knot_index() + by, ivec2(0), ivec2(columns - 1, 34));
    return texelFetch(knots, at + ivec2(slot * columns, 0), 0);
}
vec4 look(sampler2D field, vec2 at) {
    vec2 place = ((at + 1.0) * vec2(textureSize(field, 0)) - 1.0) * 0.5;
    vec2 first = floor(place);
    vec2 part = place - first;
    ivec2 low = max(ivec2(first), 0), high = min(ivec2(first) + 1, textureSize(field, 0) - 1);
    vec4 top = mix(texelFetch(field, low, 0), texelFetch(field, ivec2(high.x, low.y), 0), part.x);
    vec4 foot = mix(texelFetch(field, ivec2(low.x, high.y), 0), texelFetch(field, high, 0), part.x);
    return mix(top, foot, part.y);
}
vec4 noise(vec2 at) { return texture(lattice, at / 8.0 + 0.5 / vec2(textureSize(lattice, 0))); }

// About a standard normal: four bytes of a hash of the pixel.
float dither() {
    uvec2 at = uvec2(gl_FragCoord.xy);
    uint h = at.x * 0x9E3779B9u ^ (at.y + 0x7F4A7C15u) * 0x85EBCA6Bu ^ grain * 0xC2B2AE35u;
    h = (h ^ (h >> 16)) * 0x7FEB352Du;
    h = (h ^ (h >> 15)) * 0x846CA68Bu;
    h ^= h >> 16;
    uint sum = (h & 255u) + ((h >> 8) & 255u) + ((h >> 16) & 255u) + (h >> 24);
    return (float(sum) - 510.0) / 147.8;
}
#endif
vec4 row(sampler2D table, int k) { return texelFetch(table, ivec2(k & 255, k >> 8), 0); }
float softplus(float x) { return max(x, 0.0) + log(1.0 + exp(-abs(x))); }
"""
