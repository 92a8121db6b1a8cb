"""Features by name: "bands.bass.level" is what a setlist, a look or a shader's header calls a thing that is heard."""

import dataclasses
import importlib
import re
import typing
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from vj.core import shelf

#: Where a record's number does not lie in 0..1: what is taken off it, and the range that is then divided by.
_RANGES = {"level": (1.0, 1.5), "rate": (0.0, 16.0), "bpm": (60.0, 120.0)}


def record(records: Mapping[type, Any], path: str) -> Any:
    """What `path` names among `records`: a record, or a part of one; None where nothing of that name is heard."""
    first, *rest = path.split(".")
    value = next((r for kind, r in records.items() if kind.__name__.lower() == first), None)
    for name in rest:
        value = getattr(value, name, None)
    return value


def heard(records: Mapping[type, Any], path: str) -> float:
    """The number that `path` names as 0..1; 0 where nothing of that name is heard.

    The level of a band hovers round 1 in music, so it is 0 at its mean and 1 at 2.5 times that; onsets are full at 16
    a second.
    """
    value = record(records, path)
    if not isinstance(value, int | float):
        return 0.0
    first, last = path.split(".")[0], path.rsplit(".", 1)[1]
    zero, span = _RANGES.get(last, (0.0, 1.0)) if (first, last) != ("spectrum", "level") else (0.0, 1.0)
    return min(max((float(value) - zero) / span, 0.0), 1.0)


@cache
def numbers() -> Mapping[str, str]:
    """Every number that is heard, by the name it can be asked for with, and what its record says of it."""
    found: dict[str, str] = {}
    for name in shelf.names("features"):
        kind = getattr(importlib.import_module(f"vj.features.{name}"), name.title().replace("_", ""))
        found |= dict(_numbers(kind, kind.__name__.lower()))
    return found


def _numbers(kind: type, path: str) -> Iterator[tuple[str, str]]:
    """Path and words of every number in the record `kind`, which lies at `path`; records in it included."""
    hints, said = typing.get_type_hints(kind), _said(kind)
    for part in dataclasses.fields(kind):
        inside = hints[part.name]
        if dataclasses.is_dataclass(inside):
            yield from _numbers(typing.cast(type, inside), f"{path}.{part.name}")
        elif inside in (float, int, bool):
            yield f"{path}.{part.name}", said.get(part.name, "")


def _said(kind: type) -> dict[str, str]:
    """What a record's doc says of its parts: a line each, name or names first."""
    lines = re.findall(r"^ {4}((?:[a-z_]+, )*[a-z_]+) +(.+)$", kind.__doc__ or "", re.M)
    return {name: text for names, text in lines for name in names.split(", ")}
