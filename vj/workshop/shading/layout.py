"""Which passes a sketched picture takes: what is drawn into which texture before what looks it up.

numbers     what is worked out once a picture, four to a vertex
cells K     the values of each of K things, a slot of K for every four of them
knots L     fields on the knots, in slots likewise; level L looks up its neighbours in the levels before
rows L S    the same drawn out to the rows of S, value or slope a slot, by splines; along a row the reader does it
near X      tiles of the picture, with the few things of a cell that have a say in each
field F     a field of the whole picture in fewer rows, or of the picture and a rim of one pixel
picture     what it was all for
"""

from dataclasses import dataclass, field

from vj.workshop.graph import Value
from vj.workshop.shading.sketch import KNOT, NUMBER, RIM, Node, Sketch

SMOOTH = ("smooth", "slope_x", "slope_y")


@dataclass
class Slots:
    """Values of one texture, four to a slot; `steep` are those whose slope up the picture is asked for, by where."""

    names: list[str] = field(default_factory=list)

    def place(self, name: str) -> tuple[int, int]:
        """Slot and part of a value."""
        return divmod(self.names.index(name), 4)

    def add(self, name: str) -> None:
        """Give a value its place."""
        if name not in self.names:
            self.names.append(name)

    @property
    def count(self) -> int:
        return -(-len(self.names) // 4)


@dataclass
class Layout:
    """All that `result` needs, in an order in which it can be drawn.

    numbers  each with its place in the block of numbers      cells  count of things -> their values
    knots    level -> fields        smooth  (level, where) -> slots drawn out, and whether as slopes
    near     places of bumps -> a sum of them
    fields   what whole textures hold, first things first
    """

    sketch: Sketch
    result: Value
    numbers: Slots = field(default_factory=Slots)
    cells: dict[int, Slots] = field(default_factory=dict)
    knots: dict[int, Slots] = field(default_factory=dict)
    smooth: dict[tuple[int, str], list[tuple[int, bool]]] = field(default_factory=dict)
    near: dict[tuple[str, ...], Node] = field(default_factory=dict)
    fields: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._seen: set[str] = set()
        self._levels: dict[str, int] = {}
        self._asked: list[tuple[Node, int]] = []
        self._visit(self.result.name)
        for node, level in self._asked:
            slot = self.knots[level].place(node.parts[0])[0]
            wanted = self.smooth.setdefault((level, node.where), [])
            if (slot, node.kind == "slope_y") not in wanted:
                wanted.append((slot, node.kind == "slope_y"))

    def level(self, name: str) -> int:
        """Of a field on the knots: 0, or one more than those whose neighbours it looks at."""
        if name not in self._levels:
            node = self.sketch.nodes[name]
            below = max((self.level(part) for part in node.parts), default=0)
            self._levels[name] = below + (node.kind == "stencil" and node.where == KNOT)
        return self._levels[name]

    def _visit(self, name: str) -> None:
        """All that a value needs, before itself."""
        if name in self._seen:
            return
        self._seen.add(name)
        node = self.sketch.nodes[name]
        for part in node.parts:
            self._visit(part)
            other = self.sketch.nodes[part]
            if other.where == NUMBER and node.where != NUMBER and other.kind not in ("constant", "row"):
                self._number(part)
        if node.kind == "shares":
            for part in self.sketch.nodes[node.parts[0]].parts:
                self._number(part)
        elif node.kind in SMOOTH:
            self._knot(node.parts[0])
            self._asked.append((node, self.level(node.parts[0])))
        elif node.kind == "stencil" and node.where == KNOT:
            self._knot(node.parts[0])
        elif node.kind in ("stencil", "look") and node.parts[0] not in self.fields:
            self.fields.append(node.parts[0])
        elif node.kind == "bumps":
            self.near.setdefault(node.parts[:2], node)
            for part in node.parts:
                place = self.sketch.nodes[part].where
                self.cells.setdefault(int(place.split()[1]), Slots()).add(part)

    def _number(self, name: str) -> None:
        if not (self.sketch.nodes[name].kind == "leaf" and everywhere(str(self.sketch.nodes[name].data))):
            self.numbers.add(name)

    def _knot(self, name: str) -> None:
        self.knots.setdefault(self.level(name), Slots()).add(name)


def everywhere(word: str) -> bool:
    """Whether a number is known in every pass without being handed on."""
    return not word.startswith("style")


def is_rim(node: Node) -> bool:
    """Whether a field has a rim."""
    return node.where == RIM
