"""A `Graph` that is not written as ONNX but kept as an expression, of which each value knows where it is worked out.

    number       once a picture              cell K    once for each of K things
    knot         on the knots of the splines   wide N    for each pixel of the whole picture in at most N rows
    rim          for each pixel and one more at either end    pixel   for each pixel

Values have 1 to 4 parts, which GLSL calls a vector; a row is a list of numbers. Equal expressions are one value.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vj.workshop.graph import Graph, Operand, Value

#: Where values are: one for the whole picture, one a knot, one a pixel of a picture with a rim around it, one a pixel.
NUMBER = "number"
KNOT = "knot"
RIM = "rim"
PIXEL = "pixel"
#: Operators that only change how arrays lie, which expressions do not have.
_SAME = frozenset({"Cast", "Identity", "Pad", "Reshape", "Squeeze", "Transpose", "Unsqueeze"})
BOOLEAN = frozenset({"Greater", "Equal", "And"})


@dataclass(frozen=True, eq=False)
class Node:
    """One value: what it is, of what, where and with how many parts. `data` is what its kind needs besides."""

    kind: str
    parts: tuple[str, ...]
    where: str
    width: int
    data: Any = None


@dataclass(frozen=True)
class Bump:
    """A sum of Gaussians exp(-pull distance^2) over the things of a cell; its parts are x, y, then 1 / radius where
    they are `sized`, then weights where they are `weighed`; `squared` sums their squares.
    """

    pull: float
    faintest: float
    sized: bool
    weighed: bool = False
    squared: bool = False


class Sketch(Graph):
    """Expressions in the making."""

    def __init__(self) -> None:
        super().__init__()
        self.nodes: dict[str, Node] = {}
        self._known: dict[tuple[Any, ...], str] = {}

    def node(self, value: Value) -> Node:
        """What `value` is."""
        return self.nodes[value.name]

    def leaf(self, word: str, where: str, width: int = 1) -> Value:
        """A value that GLSL knows as `word` wherever `where` is drawn."""
        return self.add("leaf", (), where, width, word)

    def row(self, numbers: Sequence[Value]) -> Value:
        """Numbers side by side."""
        return self.add("row", numbers, NUMBER, len(numbers))

    def add(self, kind: str, parts: Sequence[Value], where: str, width: int = 1, data: Any = None) -> Value:
        """A value, the one there is already if it is the same."""
        names = tuple(part.name for part in parts)
        mark = (data.shape, data.tobytes()) if isinstance(data, np.ndarray) else data
        key = (kind, names, where, width, mark)
        if key not in self._known:
            self._known[key] = self._fresh()
            self.nodes[self._known[key]] = Node(kind, names, where, width, data)
        return Value(self, self._known[key])

    def constant(self, array: Any, dtype: type = np.float32) -> Value:
        """A number, a colour [1, n, 1, 1] or, for the things of a cell, a table [K, n]."""
        data = np.asarray(array, np.float64)
        if data.size == 1:
            return self.add("constant", (), "", 1, float(np.float32(data.reshape(-1)[0])))
        if data.ndim == 4 and data.size == data.shape[1] <= 4:
            return self.add("constant", (), "", data.size, tuple(data.reshape(-1).tolist()))
        if data.ndim in (2, 3):
            rows = data.reshape(-1, data.shape[-1]).astype(np.float32)
            return self.add("each", (), cell(len(rows)), rows.shape[1], rows)
        return self.add("list", (), "", 1, data.astype(np.float32))

    def ops(self, kind: str, outputs: int, *operands: Any, **attributes: Any) -> list[Value]:
        """One operator; those that are not done value by value are told apart here."""
        if kind == "MatMul":
            return [self._product(*operands)]
        if kind == "Conv":
            return [self._stencil(*operands[:2])]
        if kind == "GridSample":
            field, grid = operands
            return [self.add("look", (field, grid), self.node(grid).where, self.node(field).width)]
        values = [o if isinstance(o, Value) else self.constant(o) for o in operands]
        if kind in _SAME:
            return values[:1]
        width = max(self.node(v).width for v in values)
        return [self.add(kind, values, self.joined(values), width)]

    def joined(self, values: Sequence[Value]) -> str:
        """Where something of all these values is worked out."""
        places = {self.node(v).where for v in values} - {"", NUMBER}
        if len(places) > 1:
            raise ValueError(f"nothing lies both in {' and '.join(sorted(places))}")
        return places.pop() if places else NUMBER

    def concat(self, values: Sequence[Value], axis: int) -> Value:
        """Parts, or numbers, side by side."""
        where = self.joined(values)
        if where == NUMBER:
            return self.row(values)
        return self.add("join", values, where, sum(self.node(v).width for v in values))

    def take(self, x: Value, axis: int, start: int, stop: int) -> Value:
        """One part of several."""
        node = self.node(x)
        if node.kind == "row":
            return Value(self, node.parts[start])
        return x if node.width == 1 else self.add("part", (x,), node.where, 1, start)

    def reshape(self, x: Value, *shape: int) -> Value:
        """The same value; what things of a cell share out of a matrix comes two by two and the like."""
        node = self.node(x)
        if node.kind == "shares" and shape[-1] > 1:
            matrix = node.data.reshape(-1, shape[-1], node.data.shape[-1])
            return self.add("shares", (Value(self, node.parts[0]),), cell(len(matrix)), shape[-1], matrix)
        return x

    def sum(self, x: Value, axis: int) -> Value:
        raise NotImplementedError("a sum over an axis, of which there are none")

    def choose(self, condition: Value, then: Callable[[], Value], otherwise: Callable[[], Value]) -> Value:
        """What is right in every case: `then` is what is quicker for a processor."""
        return otherwise()

    def weighed(self, row: Value, weights: Any) -> Value:
        """The sum of the numbers of a row, each times its weight."""
        terms = [Value(self, name) * float(w) for name, w in zip(self.node(row).parts, weights, strict=True)]
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        return total

    def _product(self, a: Operand, b: Operand) -> Value:
        """A matrix times a row, a row times a matrix, or a matrix times a colour."""
        if isinstance(a, Value):
            assert isinstance(b, np.ndarray)
            return self.row([self.weighed(a, b[:, k]) for k in range(b.shape[1])])
        assert isinstance(a, np.ndarray)
        assert isinstance(b, Value)
        if self.node(b).kind == "row":
            return self.add("shares", (b,), cell(len(a)), 1, np.asarray(a, np.float32))
        return self.add("matrix", (b,), self.node(b).where, len(a), np.asarray(a, np.float32))

    def _stencil(self, field: Value, kernels: Value) -> Value:
        """3x3 sums about each place; kernels [out, 1, 3, 3], each for one part of the field."""
        data = self.node(kernels).data
        node = self.node(field)
        per = len(data) // node.width
        where = PIXEL if node.where == RIM else node.where
        return self.add("stencil", (field,), where, len(data), (per, tuple(map(tuple, data.reshape(-1, 9).tolist()))))


def cell(count: int) -> str:
    """Where things of which there are `count` are worked out."""
    return f"cell {count}"
