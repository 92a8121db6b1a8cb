"""A part of the picture, as it is written and as it lies in its pixels."""

import re
from collections.abc import Sequence
from typing import Any

from vj.core.errors import VjError
from vj.core.mapping.output import WHOLE, Slice

_NAMED = {
    "all": WHOLE,
    "left": Slice(0.0, 0.0, 0.5, 1.0),
    "right": Slice(0.5, 0.0, 0.5, 1.0),
    "top": Slice(0.0, 0.0, 1.0, 0.5),
    "bottom": Slice(0.0, 0.5, 1.0, 0.5),
}


def part_of(value: Any, where: str) -> Slice:
    """A part as it is written: [x, y, width, height], "0.5/0/0.5/1", "left", or "2of3" for the second of three columns.

    Raises VjError.
    """
    text = str(value).strip().lower()
    if text in _NAMED:
        return _NAMED[text]
    if found := re.fullmatch(r"(\d{1,2})of(\d{1,2})", text):
        number, count = int(found[1]), int(found[2])
        if 1 <= number <= count:
            return Slice((number - 1) / count, 0.0, 1.0 / count, 1.0)
    sides: Sequence[Any] = value if isinstance(value, list | tuple) else text.split("/")
    try:
        x, y, width, height = (float(side) for side in sides)
    except (TypeError, ValueError):
        width = height = x = y = -1.0
    edge = 1.0 + 1e-6
    if not (x >= 0.0 and y >= 0.0 and 0.01 <= width <= edge - x and 0.01 <= height <= edge - y):
        raise VjError(f"{value!r} is no part of the picture", where, "left, right, top, bottom, 1of3, or 0.5/0/0.5/1")
    return Slice(x, y, width, height)


def box(part: Slice, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """A part of a picture of `size` in its pixels, as OpenGL has them: left, lowest row, width, height."""
    left, right = (min(max(round(x * size[0]), 0), size[0]) for x in (part.x, part.x + part.width))
    top, bottom = (min(max(round(y * size[1]), 0), size[1]) for y in (part.y, part.y + part.height))
    left, top = min(left, size[0] - 1), min(top, size[1] - 1)
    return left, size[1] - max(bottom, top + 1), max(right - left, 1), max(bottom - top, 1)
