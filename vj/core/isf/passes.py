"""PASSES of an ISF file: where each draws to, and how large that is."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vj.core.errors import OutputError
from vj.core.isf.arithmetic import worked_out
from vj.core.isf.header import listed

#: The side of a picture that is looked at, in a sum.
_SIDE_OF = re.compile(r"\$(WIDTH|HEIGHT)_(\w+)")
#: No buffer is larger, whatever a sum comes to; cards of the last ten years take it.
LARGEST = 16384
#: Pixels of the largest buffer, unless the picture itself has more: at 16 bytes each, half a gigabyte.
MOST = 2**25


@dataclass(frozen=True)
class Pass:
    """One drawing. `target` is the buffer it draws to, "" for the picture; sides are sums, None for the picture's own.

    A `persistent` buffer keeps what was drawn until it is drawn again; a `floating` one holds more than 8 bits.
    """

    target: str = ""
    width: str | float | None = None
    height: str | float | None = None
    persistent: bool = False
    floating: bool = False

    def size(self, size: tuple[int, int], values: Mapping[str, Any]) -> tuple[int, int]:
        """(width, height) for a picture of `size`, inputs having `values`; at least a pixel. A sum that comes to
        nothing is the picture's own side."""
        names = {name: float(value) for name, value in values.items() if isinstance(value, bool | int | float)}
        names |= {"WIDTH": float(size[0]), "HEIGHT": float(size[1])}
        for text in (self.width, self.height):  # pictures that are looked at are as large as what is drawn
            for side, name in _SIDE_OF.findall(str(text)):
                names[f"{side}_{name}"] = names[side]
        width, height = _side(self.width, size[0], names), _side(self.height, size[1], names)
        much = math.sqrt(max(width * height / max(MOST, size[0] * size[1]), 1.0))
        return max(1, int(width / much)), max(1, int(height / much))


def _side(wanted: str | float | None, usual: int, names: Mapping[str, float]) -> int:
    if wanted is None or wanted == "":
        return usual
    try:
        return int(min(max(worked_out(wanted, names), 1.0), LARGEST))
    except (ArithmeticError, ValueError):
        return usual  # such as a division by an input that is 0 for a moment


def read(header: dict[str, Any], inputs: tuple[dict[str, Any], ...], where: str) -> tuple[Pass, ...]:
    """The passes of a header, at least one; those of ISF 1 with their buffers beside them too. Raises OutputError."""
    old = buffers(header, where)
    names = {entry["NAME"]: 1.0 for entry in inputs if entry["TYPE"] in ("bool", "event", "float", "long")}
    pictures = [f"{side}_{e['NAME']}" for e in inputs if e["TYPE"] == "image" for side in ("WIDTH", "HEIGHT")]
    names |= dict.fromkeys(pictures, 640.0)
    passes = []
    one = header.get("PASSES")
    if isinstance(one, dict) and not any(isinstance(entry, dict) for entry in one.values()):
        header = {**header, "PASSES": [{key.upper(): value for key, value in one.items()}]}
    for entry in listed(header, "PASSES", where):
        target = str(entry.get("TARGET") or "")
        told = {**entry, **old.get(target, {})} if target else entry
        width, height = told.get("WIDTH"), told.get("HEIGHT")
        for side in (width, height):
            try:
                worked_out("1" if side in (None, "") else side, {**names, "WIDTH": 640.0, "HEIGHT": 360.0})
            except ArithmeticError:
                pass  # with these numbers; with others it may
            except ValueError as error:
                raise OutputError(f"a pass has a size that is none: {error}", f"{where}:1") from None
        passes.append(Pass(target, width, height, _yes(told.get("PERSISTENT")), _yes(told.get("FLOAT"))))
    return tuple(passes) or (Pass(),)


def buffers(header: dict[str, Any], where: str) -> dict[str, dict[str, Any]]:
    """PERSISTENT_BUFFERS of ISF 1: a list of names, or what they are like by name."""
    raw = header.get("PERSISTENT_BUFFERS") or {}
    raw = [raw] if isinstance(raw, str) else raw
    if isinstance(raw, list):
        return {str(name): {"PERSISTENT": True} for name in raw}
    found = listed({"BUFFERS": raw}, "BUFFERS", where)
    return {str(entry["NAME"]): {**entry, "PERSISTENT": True} for entry in found}


def _yes(raw: Any) -> bool:
    return raw.strip().lower() in ("true", "yes", "on", "1", "1.0") if isinstance(raw, str) else bool(raw)
