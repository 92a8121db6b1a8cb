"""INPUTS of an ISF file: each entry with numbers of its own type, however they were written."""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from vj.core.errors import OutputError

#: ISF type -> what the GLSL has.
GLSL_TYPES = {
    "audio": "sampler2D",
    "audiofft": "sampler2D",
    "bool": "bool",
    "color": "vec4",
    "cube": "samplerCube",
    "event": "bool",
    "float": "float",
    "image": "sampler2D",
    "long": "int",
    "point2D": "vec2",
}
#: As ISF writes them; capitals are a matter of taste in files.
_SPELLED = {name.lower(): name for name in (*GLSL_TYPES, "audioFFT")}
GLSL_TYPES["audioFFT"] = GLSL_TYPES.pop("audiofft")
#: As others write them.
_SPELLED |= {"boolean": "bool", "colour": "color", "int": "long", "integer": "long", "number": "float"}
_SPELLED |= {"point": "point2D", "vec2": "point2D", "vec4": "color", "texture": "image", "trigger": "event"}
#: Inputs that are pictures of some kind.
PICTURES = ("audio", "audioFFT", "cube", "image")
SOUNDS = ("audio", "audioFFT")
#: GLSL's whole numbers have 32 bits.
_INT_END = 1 << 31
_NAME = re.compile(r"[A-Za-z_]\w*\Z")
_HEX = re.compile(r"#?((?:[0-9a-fA-F]{2}){3,4})\Z")


def listens(entries: Iterable[Mapping[str, Any]]) -> bool:
    """Whether any of INPUTS looks at sound."""
    return any(entry["TYPE"] in SOUNDS for entry in entries)


def read(entry: dict[str, Any], where: str) -> dict[str, Any]:
    """An entry of INPUTS whose numbers are of its own type; raises OutputError."""
    name, kind = entry.get("NAME"), _kind(entry)
    name = name.strip() if isinstance(name, str) else name
    if not isinstance(name, str) or not _NAME.match(name):
        raise OutputError(f"an input is called {name!r}", where, "letters, digits and _ make a name")
    if kind is None:
        kinds = ", ".join(sorted(GLSL_TYPES))
        raise OutputError(f"input {name!r} has the unknown type {entry.get('TYPE')!r}", where, f"one of: {kinds}")
    done = {**entry, "NAME": name, "TYPE": kind}
    if kind == "long":
        _count_words(done)
    try:
        for key in ("DEFAULT", "MIN", "MAX", "IDENTITY"):
            if done.get(key) is not None:
                done[key] = _value(kind, done[key])
        if "VALUES" in done:
            done["VALUES"] = [_value(kind, value) for value in done["VALUES"]]
    except (TypeError, ValueError, OverflowError) as error:
        raise OutputError(f"input {name!r} has a number that is none: {error}", where, f"{kind} it must be") from None
    return done


def _kind(entry: dict[str, Any]) -> str | None:
    """The type of an entry, where it has none that of its DEFAULT; None if there is no such type."""
    told = entry.get("TYPE")
    if told is not None:
        return _SPELLED.get(str(told).strip().lower())
    usual = entry.get("DEFAULT")
    if isinstance(usual, list):
        return "point2D" if len(usual) == 2 else "color"
    return "bool" if isinstance(usual, bool) else "float"


def _count_words(entry: dict[str, Any]) -> None:
    """Choices that are words become their places in the list."""
    values = entry.get("VALUES")
    if not isinstance(values, list) or not any(isinstance(value, str) and not _is_number(value) for value in values):
        if not values and isinstance(entry.get("LABELS"), list) and entry.get("MAX") is None:
            entry["VALUES"] = list(range(len(entry["LABELS"])))
        return
    entry["VALUES"], entry["LABELS"] = list(range(len(values))), list(map(str, values))
    if entry.get("DEFAULT") in values:
        entry["DEFAULT"] = values.index(entry["DEFAULT"])


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _value(kind: str, raw: Any) -> Any:
    """`raw` as a value of an ISF type. Editors write 1 or 1.0 for true, 2.0 for 2, and colours without alpha."""
    if kind in ("bool", "event"):
        return raw.strip().lower() in ("true", "yes", "on", "1") if isinstance(raw, str) else bool(_number(raw))
    if kind in ("long", "audio", "audioFFT"):
        return max(-_INT_END, min(round(_number(raw)), _INT_END - 1))
    if kind == "float":
        return _number(raw)
    if kind in ("image", "cube"):
        return raw
    length = {"color": 4, "point2D": 2}[kind]
    numbers = _numbers(raw, length)
    if kind == "color" and len(numbers) == 3:
        numbers.append(1.0)
    elif kind == "point2D":
        del numbers[length:]
    if len(numbers) != length:
        raise ValueError(f"{len(numbers)} numbers, where {length} are wanted")
    return numbers


def _numbers(raw: Any, length: int) -> list[float]:
    """Those of a list, of {"x": 0.5, "y": 0.5} and of "#ff8000"; one number stands for all."""
    if isinstance(raw, dict):
        return [_number(number) for number in raw.values()]
    if isinstance(raw, str) and (found := _HEX.match(raw)):
        return [int(pair, 16) / 255.0 for pair in re.findall("..", found.group(1))]
    if isinstance(raw, int | float):
        return [_number(raw)] * min(length, 3)
    return [_number(number) for number in raw]


def _number(raw: Any) -> float:
    number = float(raw)
    if not math.isfinite(number):
        raise ValueError(f"{raw!r}")
    return number
