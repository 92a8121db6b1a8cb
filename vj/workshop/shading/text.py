"""GLSL 3.30 of sketched values: the statements that work out some of them in one pass, reading what others left."""

from collections.abc import Sequence

import numpy as np

from vj.workshop.shading.layout import SMOOTH, Layout
from vj.workshop.shading.sketch import BOOLEAN, KNOT, NUMBER, Node

#: Operators by what GLSL writes for them; NaN and infinity are kept out where drivers differ.
_WORDS = {
    "Abs": "abs({})",
    "Add": "{} + {}",
    "Clip": "clamp({}, {}, {})",
    "Cos": "cos({})",
    "Div": "{} / {}",
    "Exp": "exp({})",
    "Floor": "floor({})",
    "Greater": "{} > {}",
    "Log": "log({})",
    "Max": "max({}, {})",
    "Min": "min({}, {})",
    "Mul": "{} * {}",
    "Neg": "-{}",
    "Reciprocal": "1.0 / {}",
    "Relu": "max({}, 0.0)",
    "Round": "roundEven({})",
    "Sigmoid": "1.0 / (1.0 + exp(-{}))",
    "Sign": "sign({})",
    "Sin": "sin({})",
    "Softplus": "softplus({})",
    "Sqrt": "sqrt({})",
    "Sub": "{} - {}",
    "Tanh": "tanh(clamp({}, -15.0, 15.0))",
    "Where": "{} ? {} : {}",
}
#: Tiles from the bottom to the top of the picture.
TILES = 32
#: Slots of four things that may have a say in one; where there are more, all are asked.
SLOTS = 4
#: What is fainter than the strongest by so much has none.
FAINT_NATS = 15.0
_TYPES = ("", "float", "vec2", "vec3", "vec4")
_PARTS = "xyzw"


class Text:
    """Statements of one pass. `tables` takes up the arrays it looks up, by the name of their textures."""

    def __init__(self, layout: Layout, where: str, tables: dict[str, np.ndarray]) -> None:
        self._layout, self._nodes = layout, layout.sketch.nodes
        self._where, self._tables = where, tables
        self.lines: list[str] = []
        self._words: dict[str, str] = {}

    def vector(self, names: Sequence[str]) -> str:
        """Up to four values as one vector, padded with zeros."""
        parts = [self.word(name) for name in names]
        width = sum(self._nodes[name].width for name in names)
        return f"vec4({', '.join(parts + ['0.0'] * (4 - width))})"

    def word(self, name: str) -> str:
        """What a value is called, after its statement has been written."""
        if name not in self._words:
            self._words[name] = self._written(name, self._nodes[name])
        return self._words[name]

    def _written(self, name: str, node: Node) -> str:
        if node.kind == "constant":
            return _constant(node)
        if node.kind == "leaf" and (self._where == NUMBER or name not in self._layout.numbers.names):
            return str(node.data)
        if node.where == NUMBER and self._where != NUMBER:
            slot, part = self._layout.numbers.place(name)
            return f"numbers[{slot}].{_PARTS[part]}"
        if node.kind == "part":
            return f"{self.word(node.parts[0])}.{_PARTS[node.data]}"
        if node.kind in SMOOTH:
            return self._smoothed(node)
        if node.kind == "bumps":
            return self._bumps(node, name)
        kind = "bool" if node.kind in BOOLEAN else _TYPES[node.width]
        self.lines.append(f"{kind} {name} = {self._expression(node)};")
        return name

    def _expression(self, node: Node) -> str:
        if node.kind in _WORDS:
            return _WORDS[node.kind].format(*map(self.word, node.parts))
        return str(getattr(self, f"_{node.kind}")(node))

    def _join(self, node: Node) -> str:
        return f"{_TYPES[node.width]}({', '.join(map(self.word, node.parts))})"

    def _noise(self, node: Node) -> str:
        x, y = map(self.word, node.parts)
        return f"noise(vec2({x}, {y}))"

    def _table(self, node: Node) -> str:
        name = self._table_of(node.data)
        return f"row({name}, int({self.word(node.parts[0])})).{_PARTS[: node.width]}"

    def _each(self, node: Node) -> str:
        return f"row({self._table_of(node.data)}, thing).{_PARTS[: node.width]}"

    def _shares(self, node: Node) -> str:
        """Each thing's share of a row of numbers."""
        matrix = np.atleast_3d(node.data) if node.data.ndim == 2 else np.moveaxis(node.data, 1, 2)
        table = self._table_of(np.ascontiguousarray(matrix.reshape(-1, matrix.shape[-1])))
        count, parts = matrix.shape[1], _PARTS[: node.width]
        terms = [
            f"row({table}, thing * {count} + {k}).{parts} * {self.word(number)}"
            for k, number in enumerate(self._nodes[node.parts[0]].parts)
        ]
        return " + ".join(terms)

    def _matrix(self, node: Node) -> str:
        columns = ", ".join(_number(v) for v in node.data.T.reshape(-1))
        return f"mat{len(node.data)}({columns}) * {self.word(node.parts[0])}"

    def _look(self, node: Node) -> str:
        return f"look(field_{node.parts[0]}, {self.word(node.parts[1])}).{_PARTS[: node.width]}"

    def _stencil(self, node: Node) -> str:
        """Sums over the neighbours of a place."""
        per, kernels = node.data
        sums = [self._kernel(node, kernel, k // per) for k, kernel in enumerate(kernels)]
        return sums[0] if len(sums) == 1 else f"{_TYPES[node.width]}({', '.join(sums)})"

    def _kernel(self, node: Node, kernel: Sequence[float], part: int) -> str:
        source = node.parts[0]
        terms = []
        for k, weight in enumerate(kernel):
            if weight:
                x, y = k % 3, k // 3
                if node.where == KNOT:
                    level = self._layout.level(source)
                    slot, part = self._layout.knots[level].place(source)
                    place = f"near(knots_{level}, {slot}, ivec2({x - 1}, {y - 1}))"
                else:
                    place = f"texelFetch(field_{source}, ivec2(gl_FragCoord.xy) + ivec2({x}, {y}), 0)"
                terms.append(f"{place}.{_PARTS[part]} * {_number(weight)}")
        return " + ".join(terms)

    def _smoothed(self, node: Node) -> str:
        """A field drawn out from the knots: four of them at once along the row."""
        level = self._layout.level(node.parts[0])
        slot, part = self._layout.knots[level].place(node.parts[0])
        texture = rows(level, node.where)
        place = self._layout.smooth[level, node.where].index((slot, node.kind == "slope_y"))
        word = f"{texture}_{place}{'x' if node.kind == 'slope_x' else ''}"
        if word not in self._words:
            weights = "slopes" if node.kind == "slope_x" else "weights"
            self.lines.append(f"vec4 {word} = along({texture}, {place}, {weights});")
            self._words[word] = word
        return f"{word}.{_PARTS[part]}"

    def _bumps(self, node: Node, name: str) -> str:
        """All sums over the same bumps in one loop."""
        count, at = self._things(node)
        near, few = f"near_{node.parts[0]}", 4 * SLOTS
        sums = {other: n for other, n in self._nodes.items() if n.kind == "bumps" and n.parts[:2] == node.parts[:2]}
        sums = {other: n for other, n in sums.items() if all(part in at for part in n.parts)}
        self.lines += [
            *(f"float {other} = 0.0;" for other in sums),
            f"bool many_{name} = is_many({near});",
            f"for (int k = 0; k < (many_{name} ? {count} : {few}); k++) {{",
            f"int thing = many_{name} ? k : thing_near({near}, k);",
            "if (thing < 0) break;",
            *self._fetched(count),
            f"vec2 off = {self._off(node)};",
            f"vec2 faint = max(off * off * {_number(-node.data.pull)}, {_number(node.data.faintest)});",
            "float bump = exp(faint.x + faint.y);",
        ]
        for other, n in sums.items():
            weight = f" * {at[n.parts[-1]]}" if n.data.weighed else ""
            self.lines.append(f"{other} += bump{' * bump' if n.data.squared else ''}{weight};")
            self._words[other] = other
        self.lines.append("}")
        return name

    def whoever_is_near(self, node: Node) -> None:
        """Statements that find the things which have a say in the tile about `at`: all but those that are nowhere in it
        within `FAINT_NATS` of the strongest."""
        count, _ = self._things(node)
        loop = [f"for (int thing = 0; thing < {count}; thing++) {{", *self._fetched(count)]
        pull, half = _number(-node.data.pull), _number(1.0 / TILES)
        strength = f"dot(max(off * off * {pull}, {_number(node.data.faintest)}), vec2(1.0))"
        self.lines += [
            "float best = -1e9;",
            *loop,
            f"vec2 off = {self._off(node, f'+ {half}')};",
            f"best = max(best, {strength});",
            "}",
            "int found = 0;",
            *loop,
            f"vec2 off = {self._off(node, f'- {half}')};",
            f"if ({strength} > best - {_number(FAINT_NATS)}) {{",
            "int k = found - 4 * slot;",
            "if (k >= 0 && k < 4) made[k] = float(thing);",
            "found++;",
            "}",
            "}",
            f"if (found > {4 * SLOTS}) made.x = -2.0;",
        ]

    def _things(self, node: Node) -> tuple[int, dict[str, str]]:
        """How many there are, and what their values are called once fetched."""
        count = int(self._nodes[node.parts[0]].where.split()[1])
        slots = self._layout.cells[count]
        return count, {part: f"c{slot}.{_PARTS[k]}" for part in slots.names for slot, k in [slots.place(part)]}

    def _fetched(self, count: int) -> list[str]:
        slots = self._layout.cells[count].count
        return [f"vec4 c{k} = cells_{count}[thing + {k * count}];" for k in range(slots)]

    def _off(self, node: Node, by: str = "") -> str:
        """How far a thing is away in its own radii; of a tile the far or the near side, `by` half of its side."""
        _, names = self._things(node)
        x, y = (names[part] for part in node.parts[:2])
        size = f" * {names[node.parts[2]]}" if node.data.sized else ""
        away = f"at - vec2({x}, {y})"
        return f"max(abs({away}) {by}, 0.0){size}" if by else f"({away}){size}"

    def _table_of(self, rows: np.ndarray) -> str:
        for name, known in self._tables.items():
            if known.shape == rows.shape and np.array_equal(known, rows):
                return name
        name = f"table_{len(self._tables)}"
        self._tables[name] = rows
        return name


def rows(level: int, where: str) -> str:
    """The texture of fields drawn out to the rows of a place."""
    return f"rows_{level}_{where.replace(' ', '_')}"


def _constant(node: Node) -> str:
    if isinstance(node.data, tuple):
        return f"vec{len(node.data)}({', '.join(map(_number, node.data))})"
    word = _number(node.data)
    return f"({word})" if word.startswith("-") else word


def _number(value: float) -> str:
    """The shortest that single precision reads back."""
    word = str(np.float32(value))
    return word if any(c in word for c in ".en") else f"{word}.0"
