"""The table of what was measured, with every figure read from the file that a benchmark wrote.

`measured.in.md` beside this file is the table as one writes it, with places for figures:

    {render > 720p30 > times_real_time | .2f}      a file of results, the way to a figure in it, its format
    {chain > 720p > history > min_ms | .1f}

A `~` before the format leaves the nought before the point away. A figure that is not there is an error.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).resolve().parent / "measured.in.md"
_FILE = re.compile(r"\{([\w-]+) >")
_PLACE = re.compile(r"\{([^{}]+)\|\s*(~?)([^{}|]*)\}")


@cache
def _result(folder: Path, name: str) -> Any:
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def figure(folder: Path, way: str) -> float:
    """What lies at `way` ("file > key > key"; a number is a place in a list); raises LookupError."""
    name, *keys = (part.strip() for part in way.split(">"))
    found = _result(folder, name)
    for key in keys:
        found = found[int(key)] if isinstance(found, list) else found[key]
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise LookupError(f"no figure at {way}")
    return float(found)


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
