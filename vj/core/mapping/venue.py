"""The mappings of a venue, one for each output, and the TOML file they are kept in.

format = 1
name = "Club"

[output.main]                                   # "main" is the window; others have names of their own
slice = [0.0, 0.0, 0.55, 1.0]                   # x, y, width, height of the finished picture, from its top left
turn = 0                                        # degrees clockwise: 0, 90, 180, 270
flip = "none"                                   # across, down, both
corners = [[0, 0], [1, 0.02], [0.98, 1], [0, 1]]  # top left, then clockwise, in 0..1 of the output

[output.left]                                   # another one, and where it goes, as `--output` has it
to = "window:2"

[output.main.mesh]                              # rows of points, from the top left
smooth = true
points = [[[0, 0], [1, 0]], [[0, 1], [1, 1]]]

[output.main.blend]                             # widths of the edges that another output overlaps
right = 0.18
gamma = 2.2

[[output.main.mask]]                            # dark inside; shows = true: dark outside of all such
points = [[0.4, 0.8], [0.6, 0.8], [0.6, 1.0]]
feather = 0.01
"""

import math
import re
import tomllib
from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from vj.core.errors import OutputError, nearest
from vj.core.mapping.mesh import BEYOND, MAX_POINTS, MIN_POINTS, Mesh
from vj.core.mapping.output import FLIPS, MASK_POINTS, MASKS, TURNS, Blend, Mapping, Mask, Slice
from vj.core.mapping.plane import SQUARE, Point, convex, cornered
from vj.core.written import parse_toml

FORMAT = 1
#: The output that is always there.
MAIN = "main"
#: Outputs of a venue, at most.
OUTPUTS = 16
#: How far a corner may lie outside the output.
REACH = 1.0
#: Key of a blend -> least and most.
BLENDS: Table[str, tuple[float, float]] = {
    "left": (0.0, 1.0), "right": (0.0, 1.0), "top": (0.0, 1.0), "bottom": (0.0, 1.0),
    "gamma": (1.0, 3.0), "curve": (1.0, 4.0), "luminance": (0.2, 0.8), "black": (0.0, 0.2),
}  # fmt: skip
_KEYS = ("to", "slice", "turn", "flip", "corners", "mesh", "blend", "mask")


@dataclass(frozen=True)
class Venue:
    """A name, and a mapping for each output that is not shown as it is; `targets` say where some of them go."""

    name: str = "venue"
    outputs: Table[str, Mapping] = field(default_factory=dict)
    targets: Table[str, str] = field(default_factory=dict)

    def of(self, output: str) -> Mapping:
        """The mapping of an output; one that shows the picture as it is where there is none."""
        return self.outputs.get(output, Mapping())

    def having(self, output: str, mapping: Mapping) -> "Venue":
        """The same with another mapping of one output."""
        return replace(self, outputs={**self.outputs, output: mapping})

    def text(self) -> str:
        """The file; a test pattern that is on is no part of it."""
        lines = [f"format = {FORMAT}", f"name = {_quoted(self.name)}"]
        for name, mapping in self.outputs.items():
            lines += ["", *_lines(name, mapping, self.targets.get(name))]
        return "\n".join(lines) + "\n"


def parse_venue(text: str, where: str) -> Venue:
    """The venue in the text of a file called `where`; raises OutputError that names the key."""
    try:
        document = parse_toml(text)
    except tomllib.TOMLDecodeError as error:
        raise OutputError(f"a venue is not TOML: {error}", where, "mend that line") from None
    if document.get("format") != FORMAT:
        raise OutputError(f"format {document.get('format')!r} is not known", where, f"begin it with: format = {FORMAT}")
    _known(document, ("format", "name", "output"), where)
    name, outputs = document.get("name", "venue"), document.get("output", {})
    if not isinstance(name, str):
        raise OutputError("a name is a word", f"{where}, name", 'such as "Club"')
    if not isinstance(outputs, dict) or len(outputs) > OUTPUTS:
        raise OutputError(f"a venue has up to {OUTPUTS} outputs", f"{where}, output", "[output.main]")
    readers = {key: _Reader(given, f"{where}, output.{key}") for key, given in outputs.items()}
    mappings = {key: reader.mapping() for key, reader in readers.items()}
    return Venue(name, mappings, {key: reader.target(key) for key, reader in readers.items() if "to" in reader.given})


@dataclass(frozen=True)
class _Reader:
    """Reads one output, each key with its own complaint."""

    given: Any
    where: str

    def mapping(self) -> Mapping:
        if not isinstance(self.given, dict):
            self._fail("an output is a table", "", "[output.main]")
        _known(self.given, _KEYS, self.where)
        turn, flip = self.given.get("turn", 0), self.given.get("flip", "none")
        if isinstance(turn, bool) or turn not in TURNS:
            self._fail(f"{turn!r} is no turn", "turn", "0, 90, 180 or 270")
        if flip not in FLIPS:
            self._fail(f"{flip!r} is no flip", "flip", nearest(str(flip), FLIPS))
        points = self._points("corners", self.given.get("corners", SQUARE), REACH)
        if len(points) != 4 or not convex(points):
            self._fail("corners are four that bulge outwards", "corners", "top left, then clockwise; flip mirrors")
        return Mapping(
            self._slice(), int(turn), flip, cornered(points), self._mesh(), self._blend(), self._masks()
        )  # fmt: skip

    def target(self, name: str) -> str:
        """Where it goes."""
        to = self.given["to"]
        if not isinstance(to, str) or name == MAIN:
            self._fail("main is the window" if name == MAIN else "to is a line", "to", 'such as "window:2"')
        return str(to)

    def _slice(self) -> Slice:
        part = self.given.get("slice", [0.0, 0.0, 1.0, 1.0])
        if not isinstance(part, list) or len(part) != 4 or not all(map(_number, part)) or min(part[2:]) <= 0.0:
            self._fail("a slice is four numbers", "slice", "x, y, width, height, such as [0.0, 0.0, 0.5, 1.0]")
        return Slice(*map(float, part)).kept()

    def _mesh(self) -> Mesh | None:
        given = self.given.get("mesh")
        if given is None:
            return None
        table = self._table("mesh", given, ("smooth", "points"))
        rows, smooth = table.get("points"), table.get("smooth", True)
        if not isinstance(rows, list) or not MIN_POINTS <= len(rows) <= MAX_POINTS or not isinstance(smooth, bool):
            self._fail(
                f"a mesh has {MIN_POINTS} to {MAX_POINTS} rows of points", "mesh", "points = [[[0, 0], [1, 0]], ...]"
            )
        read = tuple(self._points("mesh", row, BEYOND) for row in rows)
        if not MIN_POINTS <= len(read[0]) <= MAX_POINTS or len({len(row) for row in read}) > 1:
            self._fail(
                f"a row has {MIN_POINTS} to {MAX_POINTS} points, each as many",
                "mesh",
                "points = [[[0, 0], [1, 0]], ...]",
            )
        return Mesh(read, smooth)

    def _blend(self) -> Blend:
        table = self._table("blend", self.given.get("blend", {}), tuple(BLENDS))
        values = {}
        for key, value in table.items():
            lo, hi = BLENDS[key]
            if not _number(value) or not lo <= value <= hi:
                self._fail(f"{value!r} is not in {lo:g} to {hi:g}", f"blend.{key}", f"such as {getattr(Blend(), key)}")
            values[key] = float(value)
        return Blend(**values)

    def _masks(self) -> tuple[Mask, ...]:
        given = self.given.get("mask", [])
        if not isinstance(given, list) or len(given) > MASKS:
            self._fail(f"an output has up to {MASKS} masks", "mask", "[[output.main.mask]]")
        return tuple(self._mask(each) for each in given)

    def _mask(self, given: Any) -> Mask:
        table = self._table("mask", given, ("points", "feather", "shows"))
        points = self._points("mask", table.get("points"), REACH)
        if not 3 <= len(points) <= MASK_POINTS:
            self._fail(f"a mask has 3 to {MASK_POINTS} points", "mask", "points = [[0, 0], [1, 0], [1, 1]]")
        feather, shows = table.get("feather", 0.01), table.get("shows", False)
        if not _number(feather) or not 0.0 <= feather <= 1.0 or not isinstance(shows, bool):
            self._fail("a mask has a feather of 0 to 1", "mask", "feather = 0.01; shows = true or false")
        return Mask(points, float(feather), shows)

    def _points(self, key: str, given: Any, beyond: float) -> tuple[Point, ...]:
        listed: list[Any] = list(given) if isinstance(given, list | tuple) else [None]
        for point in listed:
            pair = isinstance(point, list | tuple) and len(point) == 2 and all(map(_number, point))
            if not pair or not all(-beyond <= v <= 1.0 + beyond for v in point):
                hint = f"[x, y], each from {-beyond:g} to {1.0 + beyond:g}"
                self._fail(f"{str(point)[:40]} is no point", key, hint)
        return tuple((float(x), float(y)) for x, y in listed)

    def _table(self, key: str, given: Any, known: Sequence[str]) -> Table[str, Any]:
        if not isinstance(given, dict):
            self._fail(f"{key} is a table", key, ", ".join(known))
        _known(given, known, f"{self.where}, {key}")
        return given

    def _fail(self, what: str, key: str, hint: str) -> NoReturn:
        raise OutputError(what, f"{self.where}, {key}" if key else self.where, hint)


def _known(table: Table[str, Any], known: Sequence[str], where: str) -> None:
    for key in table:
        if key not in known:
            raise OutputError(f"unknown key {key!r}", where, nearest(key, known))


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _lines(name: str, mapping: Mapping, target: str | None) -> list[str]:
    key = f"output.{name}" if re.fullmatch(r"[A-Za-z0-9_-]+", name) else f"output.{_quoted(name)}"
    part = mapping.slice
    lines = [
        f"[{key}]",
        *([f"to = {_quoted(target)}"] if target else []),
        f"slice = {_list((part.x, part.y, part.width, part.height))}",
        f"turn = {mapping.turn}",
    ]
    lines += [f'flip = "{mapping.flip}"', f"corners = {_list(mapping.corners)}"]
    if mapping.mesh is not None:
        lines += ["", f"[{key}.mesh]", f"smooth = {str(mapping.mesh.smooth).lower()}", "points = ["]
        lines += [*(f"  {_list(row)}," for row in mapping.mesh.points), "]"]
    if mapping.blend != Blend():
        lines += ["", f"[{key}.blend]", *(f"{each} = {_list(getattr(mapping.blend, each))}" for each in BLENDS)]
    for mask in mapping.masks:
        lines += ["", f"[[{key}.mask]]", f"points = {_list(mask.points)}"]
        lines += [f"feather = {_list(mask.feather)}", f"shows = {str(mask.shows).lower()}"]
    return lines


def _list(value: Any) -> str:
    """Numbers, and lists of them, to a millionth: far less than a pixel."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_list, value))}]"
    return f"{round(value, 6) + 0.0!r}"


def _quoted(text: str) -> str:
    def escaped(found: re.Match[str]) -> str:
        return f"\\u{ord(found.group()):04x}"

    return '"' + re.sub(r'[\x00-\x1f"\\\x7f]', escaped, text) + '"'
