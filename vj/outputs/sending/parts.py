"""A part of the picture: what one output shows of it."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from vj.core.errors import VjError


class Part(NamedTuple):
    """A rectangle of the finished picture, in 0..1 from its top left corner."""

    x: float = 0.0
    y: float = 0.0
    width: float = 1.0
    height: float = 1.0

    def box(self, size: tuple[int, int]) -> tuple[int, int, int, int]:
        """The same in pixels of a picture of `size`, as OpenGL has them: left, lowest row, width, height."""
        left, right = (min(max(round(x * size[0]), 0), size[0]) for x in (self.x, self.x + self.width))
        top, bottom = (min(max(round(y * size[1]), 0), size[1]) for y in (self.y, self.y + self.height))
        left, top = min(left, size[0] - 1), min(top, size[1] - 1)
        return left, size[1] - max(bottom, top + 1), max(right - left, 1), max(bottom - top, 1)


WHOLE = Part()
_NAMED = {
    "all": WHOLE,
    "left": Part(0.0, 0.0, 0.5, 1.0),
    "right": Part(0.5, 0.0, 0.5, 1.0),
    "top": Part(0.0, 0.0, 1.0, 0.5),
    "bottom": Part(0.0, 0.5, 1.0, 0.5),
}


def part_of(value: Any, where: str) -> Part:
    """A part as it is written: [x, y, width, height], "0.5/0/0.5/1", "left", or "2of3" for the second of three columns.

    Raises VjError.
    """
    text = str(value).strip().lower()
    if text in _NAMED:
        return _NAMED[text]
    if found := re.fullmatch(r"(\d{1,2})of(\d{1,2})", text):
        number, count = int(found[1]), int(found[2])
        if 1 <= number <= count:
            return Part((number - 1) / count, 0.0, 1.0 / count, 1.0)
    sides: Sequence[Any] = value if isinstance(value, list | tuple) else text.split("/")
    try:
        x, y, width, height = (float(side) for side in sides)
    except (TypeError, ValueError):
        width = height = x = y = -1.0
    edge = 1.0 + 1e-6
    if x < 0.0 or y < 0.0 or not (0.0 < width <= edge - x and 0.0 < height <= edge - y):
        raise VjError(f"{value!r} is no part of the picture", where, "left, right, top, bottom, 1of3, or 0.5/0/0.5/1")
    return Part(x, y, width, height)
