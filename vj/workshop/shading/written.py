"""A layout as the text of one file: a header in JSON that lists the passes, then each of them under its number.

`common.COMMON` comes before all such files; whoever draws them puts `#version 330 core` and `#define PASS n` on top.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from vj.workshop.shading.layout import Layout, is_rim
from vj.workshop.shading.sketch import KNOT, NUMBER, PIXEL, Node, cell
from vj.workshop.shading.text import SLOTS, TILES, Text, rows

#: What an entry of "passes" says: `draw` names the texture, `slots` how many places side by side it has, `rows` the
#: most rows of a whole picture in fewer, `tiles` how many there are from bottom to top, `rim` pixels more on each side.
Entry = dict[str, Any]


def written(layout: Layout, tables: dict[str, np.ndarray]) -> str:
    """The whole file; `tables` takes up the arrays it looks up."""
    passes: list[tuple[Entry, str]] = []
    if layout.numbers.count:
        body = _slots(layout, NUMBER, layout.numbers.names, tables, "", "gl_VertexID")
        passes.append(({"draw": "numbers", "slots": layout.numbers.count}, body))
    for count, slots in layout.cells.items():
        start, slot = f"int thing = gl_VertexID % {count};\n", f"gl_VertexID / {count}"
        body = _slots(layout, cell(count), slots.names, tables, start, slot)
        passes.append(({"draw": f"cells_{count}", "slots": count * slots.count}, body))
    for level, slots in sorted(layout.knots.items()):
        slot = "int(gl_FragCoord.x) / columns"
        body = _slots(layout, KNOT, slots.names, tables, "vec2 at = knot_place();\n", slot)
        passes.append(({"draw": f"knots_{level}", "slots": slots.count}, body))
    for (level, where), wanted in layout.smooth.items():
        entry = {"draw": rows(level, where), "slots": len(wanted), "rows": _most(where)}
        passes.append((entry, _drawn_out(level, wanted)))
    for node in layout.near.values():
        entry = {"draw": f"near_{node.parts[0]}", "slots": SLOTS, "tiles": TILES}
        passes.append((entry, _near(layout, node, tables)))
    for name in layout.fields:
        node = layout.sketch.nodes[name]
        size = {"rim": 1} if is_rim(node) else {"rows": _most(node.where)}
        passes.append(({"draw": f"field_{name}", **size}, _field(layout, name, tables)))
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


def _slots(
    layout: Layout, where: str, names: Sequence[str], tables: dict[str, np.ndarray], start: str, slot: str
) -> str:
    """All values, of which each place takes the four of its slot: what several have in common is worked out once."""
    text = Text(layout, where, tables)
    vectors = [text.vector(names[k : k + 4]) for k in range(0, len(names), 4)]
    lines = "".join(f"{line}\n" for line in text.lines)
    cases = "".join(f"case {k}: made = {vector}; break;\n" for k, vector in enumerate(vectors))
    return f"out vec4 made;\nvoid main() {{\n{start}{lines}made = vec4(0.0);\nswitch ({slot}) {{\n{cases}}}\n}}\n"


def _drawn_out(level: int, wanted: Sequence[tuple[int, bool]]) -> str:
    count = len(wanted)
    sources, steep = ", ".join(str(s) for s, _ in wanted), ", ".join(str(s).lower() for _, s in wanted)
    return (
        f"out vec4 made;\nconst int sources[{count}] = int[]({sources});\n"
        f"const bool steep[{count}] = bool[]({steep});\n"
        f"void main() {{\nint place = int(gl_FragCoord.x) / columns;\n"
        f"made = up(knots_{level}, sources[place], steep[place]);\n}}\n"
    )


def _near(layout: Layout, node: Node, tables: dict[str, np.ndarray]) -> str:
    text = Text(layout, PIXEL, tables)
    text.whoever_is_near(node)
    lines = "".join(f"{line}\n" for line in text.lines)
    start = "int slot = int(gl_FragCoord.x) / tiles;\nvec2 at = tile_place();\nmade = vec4(-1.0);\n"
    return f"out vec4 made;\nvoid main() {{\n{start}{lines}}}\n"


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
_TEXTURE = re.compile(r"\b(?:near_\w+|knots_\d+|field_\w+|rows_\d+_(?:pixel|rim|wide_\d+)|table_\d+)\b")
