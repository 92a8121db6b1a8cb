"""What an ISF file of anybody asks for, as parameters: numbers within bounds, a colour and a point by their parts."""

import math
from collections.abc import Mapping
from typing import Any

from vj.core.isf.source import Source
from vj.core.params import AnyParam, Param

#: Seconds in which a fader settles.
SMOOTH = 0.15
#: Parts of a colour and of a point.
PARTS = {"color": ("red", "green", "blue", "alpha"), "point2D": ("x", "y")}
#: An input of this name would be taken for where the filter stands.
PLACE = "place"
_BOUNDS = ("DEFAULT", "MIN", "MAX")


def asked_of(source: Source) -> tuple[dict[str, AnyParam], dict[str, Mapping[str, int]]]:
    """Input -> Param, and for choices the numbers behind their labels."""
    params: dict[str, AnyParam] = {}
    words: dict[str, Mapping[str, int]] = {}
    for entry in source.inputs:
        kind, doc = entry["TYPE"], f"{entry.get('LABEL') or entry['NAME']}."
        key = named(entry)
        if kind in PARTS:
            for k, part in enumerate(PARTS[kind]):
                usual, lo, hi = (_part(entry, name, k) for name in _BOUNDS)
                params[f"{key}_{part}"] = _float(usual, lo, hi, f"{doc[:-1]}: {part}.")
        elif kind == "float":
            usual, lo, hi = (_number(entry.get(name)) for name in _BOUNDS)
            params[key] = _float(usual, lo, hi, doc)
        elif kind in ("bool", "event"):
            params[key] = Param(bool(entry.get("DEFAULT", False)), doc=doc)
        elif kind == "long":
            params[key], words[key] = _long(entry, doc)
    return params, {key: labels for key, labels in words.items() if labels}


def told_to(source: Source, values: Mapping[str, Any]) -> dict[str, Any]:
    """What the inputs of a file are to hold, of the values of its parameters; those that it lacks keep their own."""
    told: dict[str, Any] = {}
    for entry in source.inputs:
        key = named(entry)
        parts = [f"{key}_{part}" for part in PARTS.get(entry["TYPE"], ())]
        if parts and all(part in values for part in parts):
            told[entry["NAME"]] = tuple(float(values[part]) for part in parts)
        elif key in values and not parts:
            told[entry["NAME"]] = _KINDS.get(entry["TYPE"], lambda value: value)(values[key])
    return told


def named(entry: Mapping[str, Any]) -> str:
    """What the parameter of an input is called."""
    name = str(entry["NAME"])
    return f"{name}_" if name == PLACE else name


_KINDS: Mapping[str, Any] = {"bool": bool, "event": bool, "float": float, "long": int}


def _float(default: float | None, lo: float | None, hi: float | None, doc: str) -> AnyParam:
    """A number between the bounds that are given, or between 0 and 1, or as far as the default lies beyond."""
    usual = default if default is not None else (lo if lo is not None else 0.0)
    lo = min(0.0, usual) if lo is None else lo
    hi = max(1.0, usual, lo) if hi is None else hi
    lo, hi = min(lo, hi), max(lo, hi)
    hi = hi if hi > lo else lo + 1.0
    return Param(min(max(usual, lo), hi), lo, hi, doc=doc, smooth=SMOOTH)


def _long(entry: Mapping[str, Any], doc: str) -> tuple[AnyParam, Mapping[str, int]]:
    values = [int(value) for value in entry.get("VALUES") or ()]
    if values:
        labels = [str(label) for label in entry.get("LABELS") or ()]
        if len(labels) != len(values) or len(set(labels)) < len(labels):
            labels = [str(value) for value in values]
        words = dict(zip(labels, values, strict=True))
        usual = next((word for word, value in words.items() if value == entry.get("DEFAULT")), labels[0])
        return Param(usual, choices=tuple(words), doc=doc), words
    usual_, lo, hi = (entry.get(name) for name in ("DEFAULT", "MIN", "MAX"))
    low = int(lo) if lo is not None else min(0, int(usual_ or 0))
    high = max(int(hi) if hi is not None else max(10, int(usual_ or 0)), low + 1)
    return Param(min(max(int(usual_ or 0), low), high), float(low), float(high), doc=doc), {}


def _part(entry: Mapping[str, Any], name: str, k: int) -> float | None:
    """Part `k` of a colour or a point."""
    value = entry.get(name)
    if isinstance(value, list | tuple) and k < len(value):
        return _number(value[k])
    return (1.0 if k == 3 else 0.5 if entry["TYPE"] == "point2D" else 1.0) if name == "DEFAULT" else None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
