"""The table of what was measured, with every figure read from the file that a benchmark wrote.

`measured.in.md` beside this file is the table as one writes it, with places for figures:

    {render > 720p30 > times_real_time | .2f}      a file of results, the way to a figure in it, its format
    {chain > 720p > history > min_ms | .1f}
    {most of look > looks > *rhythmic=True > pieces > * > r less null95 | ~.2f}

On the way a number is a place in a list, `3:` all places from there, `*` all there are, `*key=value; key=value` those
where that is so; of many figures the least, the most or the median is told. `a less b` is a difference. A `~` before
the format leaves the nought before the point away. A figure that is not there is an error.
"""

import json
import re
import statistics
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).resolve().parent / "measured.in.md"
_FILE = re.compile(r"\{(?:\w+ of )?([\w-]+) >")
_PLACE = re.compile(r"\{([^{}]+)\|\s*(~?)([^{}|]*)\}")


@cache
def _result(folder: Path, name: str) -> Any:
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


_OF: dict[str, Callable[[Iterable[float]], float]] = {"least": min, "most": max, "median": statistics.median}


def figure(folder: Path, way: str) -> float:
    """What lies at `way` ("file > key > key", perhaps "most of file > * > key"); raises LookupError."""
    many, _, rest = way.strip().rpartition(" of ")
    name, *keys = (part.strip() for part in (rest if many in _OF else way).split(">"))
    found = [_number(value) for value in _along(_result(folder, name), keys)]
    if many in _OF and found:
        return _OF[many](found)
    if len(found) != 1:
        raise LookupError(f"{len(found)} figures at {way}")
    return found[0]


def _along(found: Any, keys: list[str]) -> Iterator[Any]:
    """Every value that the way leads to."""
    if not keys:
        yield found
        return
    key, rest = keys[0], keys[1:]
    if key.startswith("*") or (key.endswith(":") and isinstance(found, list)):
        for value in _several(found, key):
            yield from _along(value, rest)
    elif " less " in key:
        first, second = key.split(" less ")
        yield _number(found[first]) - _number(found[second])
    else:
        yield from _along(found[int(key)] if isinstance(found, list) else found[key], rest)


def _several(found: Any, key: str) -> list[Any]:
    if key.endswith(":"):
        return [found[int(key[:-1]) :]]
    values = list(found.values() if isinstance(found, dict) else found)
    for so in filter(None, key.removeprefix("*").split("; ")):
        name, wanted = so.split("=")
        values = [value for value in values if str(value[name]) == wanted]
    return values


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise LookupError(f"no figure: {value!r}")
    return float(value)


def filled(text: str, folder: Path) -> str:
    """`text` with its figures in their places."""

    def told(place: re.Match[str]) -> str:
        shown = format(figure(folder, place[1]), place[3].strip())
        shown = shown.removeprefix("0") if place[2] and shown.startswith("0.") else shown
        return shown.replace("%", " %")

    return _PLACE.sub(told, text)


def measured(folder: Path) -> str:
    """The table with the figures of now; a row whose file of results is not there yet is left out."""
    rows = SOURCE.read_text(encoding="utf-8").strip().splitlines()
    known = [row for row in rows if all((folder / f"{name}.json").is_file() for name in _FILE.findall(row))]
    return filled("\n".join(known), folder)
