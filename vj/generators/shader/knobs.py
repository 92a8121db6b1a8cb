"""INPUTS as numbers that a latent moves: a fixed, seeded, smooth way from z to each, within its MIN and MAX.

Each input looks along directions of its own, drawn from its name alone: inputs of one name in several files move
alike. Where z does not lean to any side, or psi is 0, every input has its DEFAULT.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vj.core.types import F32, F64

Z = 16
GROUPS = ("coarse", "middle", "fine")
#: How far a z of usual length leans an input from its default, in deviations of a bell.
Z_REACH = 0.85
#: How far a whole fader leans it besides.
FADER_REACH = 1.6
#: How far a z leans what can only jump, which does so seldom.
JUMP_REACH = 0.6
#: Past this lean a switch is the other way round.
SWITCH_LEAN = 1.0
#: A z of any length leans no further.
_MOST = 3.0
#: How far a deviation moves a colour in OKLab: its hue (in radians), its lightness, and its a and b.
_HUE_RAD = 0.7
_LIGHTNESS = 0.06
_TINT = 0.05
#: Kinds that a latent can move, and how many directions each looks along.
MOVED: Mapping[str, int] = {"float": 1, "long": 1, "bool": 1, "point2D": 2, "color": 4}


@dataclass(frozen=True)
class Knob:
    """One input: an entry of INPUTS, and `group` the number of the style group that moves it."""

    entry: Mapping[str, Any]
    group: int

    @property
    def name(self) -> str:
        """As the file calls it."""
        return str(self.entry["NAME"])

    def value(self, z: F32, psi: float, fader: float = 0.0) -> Any:
        """What the shader is given at `z` [G, Z]; `fader` -1..1 leans it by hand."""
        leans = _leans(_ways(self.name, MOVED[self.entry["TYPE"]]), z[self.group]) * psi
        return _KINDS[self.entry["TYPE"]](self.entry, leans, fader)


def default(entry: Mapping[str, Any]) -> Any:
    """The value of an input when nothing moves it."""
    kind = entry["TYPE"]
    if kind == "event":
        return False
    return _KINDS[kind](entry, np.zeros(MOVED[kind]), 0.0) if kind in MOVED else None


def _ways(name: str, count: int) -> F64:
    """[count, Z] unit vectors of a name."""
    if (name, count) not in _KNOWN:
        rng = np.random.default_rng([count, *name.encode()])
        drawn = rng.standard_normal((count, Z))
        _KNOWN[name, count] = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return _KNOWN[name, count]


_KNOWN: dict[tuple[str, int], F64] = {}


def _leans(ways: F64, z: F32) -> F64:
    """[count] how far z lies along each, in deviations, at most _MOST."""
    clean = np.clip(np.nan_to_num(z.astype(np.float64)), -1e6, 1e6)
    return np.asarray(_MOST * np.tanh(ways @ clean / _MOST))


def between(low: float, usual: float, high: float, lean: float) -> float:
    """`usual` at no lean, towards `high` or `low` with it, never past them; smooth but for a bend at `usual`."""
    bell = math.erf(lean / math.sqrt(2.0))
    return usual + bell * (high - usual if bell > 0.0 else usual - low)


def span(entry: Mapping[str, Any], index: int | None = None) -> tuple[float, float, float]:
    """MIN, DEFAULT and MAX of a float, or of a number of a point; what a file leaves out is taken from the rest."""

    def told(key: str) -> float | None:
        value = entry.get(key)
        value = value[index] if index is not None and value is not None else value
        return None if value is None else float(value)

    usual, low, high = told("DEFAULT"), told("MIN"), told("MAX")
    low = min(0.0, usual or 0.0, high if high is not None else 0.0) if low is None else low
    high = max(1.0, 2.0 * (usual or 0.0), low) if high is None else high
    low, high = min(low, high), max(low, high)
    usual = 0.5 * (low + high) if usual is None else usual
    return low, min(max(usual, low), high), high


def _float(entry: Mapping[str, Any], leans: F64, fader: float) -> float:
    return between(*span(entry), Z_REACH * float(leans[0]) + FADER_REACH * fader)


def _point(entry: Mapping[str, Any], leans: F64, fader: float) -> list[float]:
    reached = Z_REACH * leans + FADER_REACH * fader
    return [between(*span(entry, k), float(reached[k])) for k in range(2)]


def _bool(entry: Mapping[str, Any], leans: F64, fader: float) -> bool:
    return bool(entry.get("DEFAULT", False)) ^ (abs(JUMP_REACH * float(leans[0]) + FADER_REACH * fader) > SWITCH_LEAN)


def _long(entry: Mapping[str, Any], leans: F64, fader: float) -> int:
    values = choices(entry)
    usual = entry.get("DEFAULT", values[0])
    at = values.index(usual) if usual in values else 0
    place = between(0.0, at + 0.5, len(values), JUMP_REACH * float(leans[0]) + FADER_REACH * fader)
    return values[min(int(place), len(values) - 1)]


def choices(entry: Mapping[str, Any]) -> Sequence[int]:
    """The values that a long can have."""
    if entry.get("VALUES"):
        return list(entry["VALUES"])
    low, usual, high = span(entry)
    return range(int(low), max(int(high), int(usual), int(low)) + 1)


def _color(entry: Mapping[str, Any], leans: F64, fader: float) -> list[float]:
    red, green, blue, alpha = entry.get("DEFAULT") or (1.0, 1.0, 1.0, 1.0)
    lab = _to_lab(np.array([red, green, blue]))
    angle = _HUE_RAD * (leans[0] + 2.0 * fader)
    turned = np.array(
        [
            lab[0] + _LIGHTNESS * leans[1],
            lab[1] * math.cos(angle) - lab[2] * math.sin(angle) + _TINT * leans[2],
            lab[1] * math.sin(angle) + lab[2] * math.cos(angle) + _TINT * leans[3],
        ]
    )
    if not leans.any() and not fader:
        return [red, green, blue, alpha]
    return [*np.clip(_to_rgb(turned), 0.0, 1.0).tolist(), alpha]


_KINDS = {"float": _float, "long": _long, "bool": _bool, "point2D": _point, "color": _color}


def _to_lab(rgb: F64) -> F64:
    """sRGB 0..1 -> OKLab, after Ottosson (2020)."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((np.maximum(rgb, 0.0) + 0.055) / 1.055) ** 2.4)
    return np.asarray(_LAB @ np.cbrt(_LMS @ linear))


def _to_rgb(lab: F64) -> F64:
    """OKLab -> sRGB, which may be beyond 0..1."""
    linear = np.linalg.solve(_LMS, np.linalg.solve(_LAB, lab) ** 3)
    bright = np.maximum(linear, 0.0)
    return np.asarray(np.where(bright <= 0.0031308, bright * 12.92, 1.055 * bright ** (1 / 2.4) - 0.055))


_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
