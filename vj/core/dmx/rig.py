"""Which fixtures a picture lights, and how: the rig and its TOML file.

    format = 1
    [[universe]]
    number = 1
    protocol = "sacn"              # or "artnet"
    to = "10.0.0.20"               # whom to send to; sACN without one goes to the universe's multicast group
    priority = 100                 # of sACN, 0 to 200

    [[fixture]]
    name = "wash left"
    universe = 1
    address = 1                    # of its first slot, 1 to 512
    order = "rgb"                  # a slot each: r g b, w white, d dimmer, 0 and f for slots that stay at 0 and at full
    zone = [0.0, 0.0, 0.2, 1.0]    # x, y, width, height of the finished picture that it shows the mean of

    [[strip]]
    name = "bar"
    universe = 2
    address = 1
    order = "grb"
    pixels = 60
    line = [0.0, 0.5, 1.0, 0.5]    # x, y of its beginning and end in the picture
    width = 0.05                   # how wide a band along it each pixel sees, in 0..1 of the picture's height

A capital after its letter is the fine slot of 16 bits: order = "rRgGbB". Of fixture and strip also `gamma` (1.0: levels
are light; 2.2: they are bent as a screen's) and `level` (0 to 1). A strip goes on in the next universe where it must.
"""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NoReturn, get_args

from vj.core.dmx import artnet, sacn
from vj.core.errors import OutputError, nearest
from vj.core.written import parse_toml

Protocol = Literal["sacn", "artnet"]
Box = tuple[float, float, float, float]
#: Of the file.
FORMAT = 1
#: Levels of a universe.
SLOTS = 512
#: What an order is made of, and their capitals of `_FINE`.
LETTERS = "rgbwd0f"
#: Of a rig.
MAX_CELLS = 8192
MAX_UNIVERSES = 64
_FINE = "RGBWD"
_COMMON = ("name", "universe", "address", "order", "gamma", "level")


@dataclass(frozen=True)
class Universe:
    """A universe that is sent; an empty `to` is everybody that listens to it (sACN's multicast)."""

    number: int
    protocol: Protocol = "sacn"
    to: str = ""
    priority: int = 100


@dataclass(frozen=True)
class Cell:
    """One light: its slots from `slot` (0 to 511) of a universe on, and the corners of what it sees of the picture.

    `corners` are those of a box, or of a leaning band, clockwise, in 0..1 of the picture.
    """

    universe: int
    slot: int
    order: str
    corners: tuple[tuple[float, float], ...]
    gamma: float = 1.0
    level: float = 1.0
    name: str = ""


@dataclass(frozen=True)
class Rig:
    """All lights, and the universes they are in."""

    universes: tuple[Universe, ...] = ()
    cells: tuple[Cell, ...] = ()


def parse_rig(text: str, where: str) -> Rig:
    """The rig in the text of a file called `where`; raises OutputError that names the entry and the key."""
    try:
        document = parse_toml(text)
    except tomllib.TOMLDecodeError as error:
        raise OutputError(f"a rig is not TOML: {error}", where, "mend that line") from None
    if document.get("format") != FORMAT:
        raise OutputError(f"format {document.get('format')!r} is not known", where, f"begin it with: format = {FORMAT}")
    known = ("format", "universe", "fixture", "strip")
    for key in document:
        if key not in known:
            raise OutputError(f"unknown key {key!r}", where, nearest(key, known))
    universes = tuple(each.universe() for each in _entries(document, "universe", where))
    if len({u.number for u in universes}) < len(universes) or len(universes) > MAX_UNIVERSES:
        raise OutputError(
            f"up to {MAX_UNIVERSES} universes, each once", f"{where}, universe", "give each its own number"
        )
    numbers = {universe.number for universe in universes}
    cells = [cell for each in _entries(document, "fixture", where) for cell in each.fixture(numbers)]
    cells += [cell for each in _entries(document, "strip", where) for cell in each.strip(numbers)]
    if len(cells) > MAX_CELLS:
        raise OutputError(f"a rig has up to {MAX_CELLS} lights, this one {len(cells)}", where, "leave some out")
    return Rig(universes, tuple(cells))


def _entries(document: Mapping[str, Any], kind: str, where: str) -> "list[_Reader]":
    listed = document.get(kind, [])
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        raise OutputError(f"{kind} is a list of tables", where, f"[[{kind}]]")
    return [_Reader(entry, f"{where}, {kind} {n}") for n, entry in enumerate(listed, 1)]


@dataclass(frozen=True)
class _Reader:
    """Reads one entry, each key with its own complaint."""

    given: Mapping[str, Any]
    where: str

    def universe(self) -> Universe:
        self._known(("number", "protocol", "to", "priority"))
        protocol = self.given.get("protocol", "sacn")
        if protocol not in get_args(Protocol):
            self._fail(f"{protocol!r} is no protocol", "protocol", nearest(str(protocol), get_args(Protocol)))
        lo, hi = sacn.UNIVERSES if protocol == "sacn" else artnet.UNIVERSES
        to = self.given.get("to", "")
        if not isinstance(to, str) or len(to) > 253:
            self._fail(f"{to!r} is no host", "to", 'such as "10.0.0.20"')
        if protocol == "artnet" and not to:
            self._fail("Art-Net is sent to somebody", "to", 'the node, such as "10.0.0.20", or "255.255.255.255"')
        return Universe(self._int("number", None, lo, hi), protocol, to, self._int("priority", 100, *sacn.PRIORITIES))

    def fixture(self, universes: set[int]) -> list[Cell]:
        self._known((*_COMMON, "zone"))
        x, y, width, height = self._four("zone", [0.0, 0.0, 1.0, 1.0])
        if min(width, height) <= 0.0:
            self._fail("a zone has a width and a height", "zone", "x, y, width, height, such as [0.0, 0.0, 0.5, 1.0]")
        box = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
        return self._laid([box], universes)

    def strip(self, universes: set[int]) -> list[Cell]:
        self._known((*_COMMON, "pixels", "line", "width"))
        count = self._int("pixels", None, 1, MAX_CELLS)
        x0, y0, x1, y1 = self._four("line", None)
        half = self._number("width", 0.05, 0.0, 1.0) / 2
        return self._laid(bands((x0, y0), (x1, y1), count, half), universes)

    def _laid(self, seen: Sequence[tuple[tuple[float, float], ...]], universes: set[int]) -> list[Cell]:
        """Cells slot after slot, and universe after universe."""
        order, name = self.given.get("order", "rgb"), self.given.get("name", "")
        if not isinstance(order, str) or not is_order(order):
            self._fail(f"{order!r} is no order of slots", "order", 'such as "rgb", "grbw", "d", "rRgGbB"')
        if not isinstance(name, str):
            self._fail("a name is a word", "name", 'such as "wash left"')
        universe, slot = self._int("universe", 1, 0, 63999), self._int("address", None, 1, SLOTS) - 1
        gamma, level = self._number("gamma", 1.0, 0.2, 4.0), self._number("level", 1.0, 0.0, 1.0)
        cells = []
        for corners in seen:
            if slot + len(order) > SLOTS:
                universe, slot = universe + 1, 0
            if universe not in universes:
                self._fail(f"there is no universe {universe}", "universe", f"[[universe]] with number = {universe}")
            cells.append(Cell(universe, slot, order, corners, gamma, level, name))
            slot += len(order)
        return cells

    def _four(self, key: str, otherwise: list[float] | None) -> Box:
        given = self.given.get(key, otherwise)
        if not isinstance(given, list) or len(given) != 4 or not all(_number(v) and -1.0 <= v <= 2.0 for v in given):
            self._fail(f"{str(given)[:40]} is no {key}", key, "four numbers in 0 to 1 of the picture")
        x, y, z, w = map(float, given)
        return x, y, z, w

    def _int(self, key: str, otherwise: int | None, lo: int, hi: int) -> int:
        value = self.given.get(key, otherwise)
        if isinstance(value, bool) or not isinstance(value, int) or not lo <= value <= hi:
            what = f"{key} is missing" if value is None else f"{value!r} is not in {lo} to {hi}"
            self._fail(what, key, f"a whole number from {lo} to {hi}")
        return value

    def _number(self, key: str, otherwise: float, lo: float, hi: float) -> float:
        value = self.given.get(key, otherwise)
        if not _number(value) or not lo <= value <= hi:
            self._fail(f"{value!r} is not in {lo:g} to {hi:g}", key, f"such as {otherwise:g}")
        return float(value)

    def _known(self, keys: Sequence[str]) -> None:
        for key in self.given:
            if key not in keys:
                self._fail(f"unknown key {key!r}", "", nearest(key, keys))

    def _fail(self, what: str, key: str, hint: str) -> NoReturn:
        raise OutputError(what, f"{self.where}, {key}" if key else self.where, hint)


def is_order(order: str) -> bool:
    """Whether `order` lays out slots: known letters, and fine ones only after their own."""
    fine = all(k > 0 and order[k - 1] == letter.lower() for k, letter in enumerate(order) if letter in _FINE)
    return 0 < len(order) <= 32 and all(letter in LETTERS + _FINE for letter in order) and fine


def bands(
    first: tuple[float, float], last: tuple[float, float], count: int, half: float
) -> list[tuple[tuple[float, float], ...]]:
    """The corners of `count` boxes side by side along a line, each `half` to either side of it."""
    (x0, y0), (x1, y1) = first, last
    long = math.hypot(x1 - x0, y1 - y0)
    nx, ny = (-(y1 - y0) / long * half, (x1 - x0) / long * half) if long > 1e-9 else (0.0, half)
    made: list[tuple[tuple[float, float], ...]] = []
    for k in range(count):
        a, b = k / count, (k + 1) / count
        ax, ay, bx, by = x0 + a * (x1 - x0), y0 + a * (y1 - y0), x0 + b * (x1 - x0), y0 + b * (y1 - y0)
        made.append(((ax - nx, ay - ny), (bx - nx, by - ny), (bx + nx, by + ny), (ax + nx, ay + ny)))
    return made


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
