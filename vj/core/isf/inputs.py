"""INPUTS of an ISF file: each entry with numbers of its own type, however they were written."""

import math
import re
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
#: Inputs that are pictures of some kind.
PICTURES = ("audio", "audioFFT", "cube", "image")
_NAME = re.compile(r"[A-Za-z_]\w*\Z")


def read(entry: dict[str, Any], where: str) -> dict[str, Any]:
    """An entry of INPUTS whose numbers are of its own type; raises OutputError."""
    name, kind = entry.get("NAME"), _SPELLED.get(str(entry.get("TYPE")).lower())
    if not isinstance(name, str) or not _NAME.match(name):
        raise OutputError(f"an input is called {name!r}", where, "letters, digits and _ make a name")
    if kind is None:
        kinds = ", ".join(sorted(GLSL_TYPES))
        raise OutputError(f"input {name!r} has the unknown type {entry.get('TYPE')!r}", where, f"one of: {kinds}")
    done = {**entry, "TYPE": kind}
    try:
        for key in ("DEFAULT", "MIN", "MAX", "IDENTITY"):
            if done.get(key) is not None:
                done[key] = _value(kind, done[key])
        if "VALUES" in done:
            done["VALUES"] = [_value(kind, value) for value in done["VALUES"]]
    except (TypeError, ValueError, OverflowError) as error:
        raise OutputError(f"input {name!r} has a number that is none: {error}", where, f"{kind} it must be") from None
    return done


def _value(kind: str, raw: Any) -> Any:
    """`raw` as a value of an ISF type. Editors write 1 or 1.0 for true, 2.0 for 2, and colours without alpha."""
    if kind in ("bool", "event"):
        return raw.strip().lower() in ("true", "yes", "on", "1") if isinstance(raw, str) else bool(_number(raw))
    if kind in ("long", "audio", "audioFFT"):
        return round(_number(raw))
    if kind == "float":
        return _number(raw)
    if kind in ("image", "cube"):
        return raw
    length = {"color": 4, "point2D": 2}[kind]
    numbers = [_number(number) for number in raw]
    if kind == "color" and len(numbers) == 3:
        numbers.append(1.0)
    if len(numbers) != length:
        raise ValueError(f"{len(numbers)} numbers, where {length} are wanted")
    return numbers


def _number(raw: Any) -> float:
    number = float(raw)
    if not math.isfinite(number):
        raise ValueError(f"{raw!r}")
    return number
