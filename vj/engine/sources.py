"""Features by name: "bands.bass.level" is what a setlist, a look or a shader's header calls a thing that is heard."""

import dataclasses
import importlib
import inspect
import math
import re
import typing
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np

from vj.core import shelf
from vj.core.types import F32, Features

#: What can be asked for besides: slow waves that keep to the beat.
LFOS = tuple(f"lfo.{n}" for n in range(1, 5))
#: Where a record's number does not lie in 0..1: what is taken off it, and the range that is then divided by.
_RANGES = {"level": (1.0, 1.5), "rate": (0.0, 16.0), "bpm": (60.0, 120.0)}

#: The same for numbers that only a hand binds: a look's have meant themselves, and go on doing so.
_MORE = {
    "level.db": (-60.0, 60.0),
    "level.gain_db": (-24.0, 48.0),
    "novelty.change": (0.0, 6.0),
    "phrase.bars": (0.0, 16.0),
    "phrase.bar": (0.0, 16.0),
    "phrase.left": (0.0, 64.0),
    "state.metre": (0.0, 8.0),
    "tempo.metre": (0.0, 8.0),
    "tempo.place": (0.0, 4.0),
    "tempo.spread": (0.0, 0.1),
}
#: What counts goes on and off by turns.
_COUNTS = ("count", "beat", "drops", "downbeat")
#: What adds up without end runs from 0 to 1 by turns.
_SUMS = ("time", "activity", "plain")
#: Moments fade, ...
_MOMENTS = ("last", "since")
#: ... in this time.
_FADE_S = 2.0
#: Between these brightness goes from 0 to 1, evenly by pitch.
_DULL_HZ = 60.0
_BRIGHT_HZ = 8000.0
_NOTHING: F32 = np.zeros(0, np.float32)


def record(records: Mapping[type, Any], path: str) -> Any:
    """What `path` names among `records`: a record, or a part of one; None where nothing of that name is heard."""
    first, *rest = path.split(".")
    value = next((r for kind, r in records.items() if kind.__name__.lower() == first), None)
    for name in rest:
        value = getattr(value, name, None)
    return value


def sounds(features: Features) -> tuple[F32, F32]:
    """Wave and spectrum as they are heard, each empty where nobody listens for it."""
    wave, spectrum = (record(features.records, path) for path in ("wave.samples", "spectrum.magnitudes"))
    return _NOTHING if wave is None else wave, _NOTHING if spectrum is None else spectrum


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


def strength(records: Mapping[type, Any], path: str, t: float) -> float:
    """The number that `path` names as 0..1 at show time `t`, so that any of them moves something.

    As `heard`, but that counts are 0 and 1 by turns, sums without end run from 0 to 1 and again, moments are 1 and gone
    two seconds later, and brightness goes by pitch.
    """
    value, last = record(records, path), path.rsplit(".", 1)[-1]
    if not isinstance(value, int | float):
        return 0.0
    if last in _COUNTS:
        return float(value % 2)
    if last in _SUMS or path == "novelty.energy":
        return float(value % 1.0)
    if last in _MOMENTS:
        return max(1.0 - max(t - value, 0.0) / _FADE_S, 0.0) if value >= 0.0 else 0.0
    if last == "centroid_hz":
        octaves = math.log2(max(value, _DULL_HZ) / _DULL_HZ) / math.log2(_BRIGHT_HZ / _DULL_HZ)
        return min(octaves, 1.0)
    if path in _MORE:
        zero, span = _MORE[path]
        return min(max((value - zero) / span, 0.0), 1.0)
    return heard(records, path)


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
    """What a record's doc says of its parts: a line each, name or names first; Python 3.13 takes its indent away."""
    text = re.sub(r"\n {2,}", " ", inspect.cleandoc(kind.__doc__ or ""))  # what goes on in the next line
    lines = re.findall(r"^((?:[a-z_]+, )*[a-z_]+) +(.+)$", text, re.M)
    return {name: text for names, text in lines for name in names.split(", ")}
