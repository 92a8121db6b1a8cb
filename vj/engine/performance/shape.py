"""What the entries of a log look like: one that has another shape says nothing that could be done again."""

import base64
import math
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from vj.core.types import Event

#: No number of a step is larger, ...
MOST = 2**53
#: ... no moment later, ...
LATEST_S = 1e9
#: ... and no side of a picture longer.
LONGEST_PX = 16384

Entry = Mapping[str, Any]


def fits(entry: Entry) -> bool:
    """Whether an entry of a log, its header too, has all that its kind is read for, each of its own kind."""
    parts = _SHAPES.get(entry["k"], {}) if isinstance(entry["k"], str) else {"k": _text}
    return all(fit(entry.get(name)) for name, fit in parts.items())


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -MOST < value < MOST


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < MOST and math.isfinite(value)


def _time(value: Any) -> bool:
    return _number(value) and abs(value) <= LATEST_S


def _rate(value: Any) -> bool:
    return _whole(value) and 1000 <= value <= 4_000_000


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _maybe(fit: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or fit(value)


def _size(value: Any) -> bool:
    return (
        isinstance(value, list) and len(value) == 2 and all(_whole(side) and 0 < side <= LONGEST_PX for side in value)
    )


def _events(value: Any) -> bool:
    return isinstance(value, list) and all(map(_event, value))


def _event(value: Any) -> bool:
    if not isinstance(value, dict) or not value.keys() <= _EVENT or not _text(value.get("address")):
        return False
    args, flags = value.get("args"), [value.get(name, False) for name in ("scaled", "pickup", "nears")]
    plain = isinstance(args, list) and all(isinstance(arg, bool | str) or _number(arg) for arg in args)
    return plain and _text(value.get("source")) and all(isinstance(flag, bool) for flag in flags)


def _fixes(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(fix, list) and len(fix) == 2 and _whole(fix[0]) and fix[0] >= 0 and _number(fix[1]) for fix in value
    )


def _samples(value: Any) -> bool:
    try:
        return _text(value) and len(base64.b64decode(value, validate=True)) % 4 == 0
    except ValueError:
        return False


_EVENT = {field.name for field in fields(Event)}
_SHAPES: Mapping[str, Mapping[str, Callable[[Any], bool]]] = {
    "performance": {
        "rate": _rate, "bundle": _text, "director": _maybe(_text), "seed": _whole, "look": _maybe(_text),
        "memory": _maybe(lambda value: isinstance(value, dict)), "from": _maybe(_time),
    },
    "tick": {"n": _whole, "t": _time, "hop": _whole, "events": _events},
    "hop": {
        "n": _whole, "tick": _whole, "raw": _maybe(_samples), "fix": _maybe(_fixes),
        "mix": _maybe(lambda value: value in ("mean", "side", "first")),
    },
    "imagine": {"n": _whole, "t": _time, "hop": _whole, "tick": _whole, "size": _maybe(_size)},
    "show": {"t": _time, "picture": _whole, "tick": _whole, "hop": _whole},
    "bundle": {"name": _text, "now": _text},
    "note": {"t": _time}, "lost": {"t": _time, "since": _time, "hop": _whole}, "joined": {"t": _time},
    "damaged": {"t": _time}, "end": {"t": _time},
}  # fmt: skip
