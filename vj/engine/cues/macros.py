"""Macros: what eight knobs move, and where they stand."""

from collections.abc import Iterator, Mapping

from vj.core.curves import bend
from vj.core.params import AnyParam
from vj.core.types import Value

#: Address, and the values at 0 and 1, the second of which may be the lower; then, if it is bent, the name of a curve.
MacroTarget = tuple[str, float, float] | tuple[str, float, float, str]
#: Macro number -> what it moves.
Macros = Mapping[int, tuple[MacroTarget, ...]]

DEFAULT_MACROS: Macros = {
    1: (("/latent/psi", 0.3, 1.2),),
    2: (("/master/speed", 0.0, 4.0),),
    3: (("/master/reactivity", 0.0, 2.0),),
    4: (("/latent/step/coarse", 0.0, 16.0),),
    5: (("/latent/step/middle", 0.0, 20.0),),
    6: (("/latent/step/fine", 0.0, 20.0),),
    7: (("/model/morph", 0.0, 16.0),),
    8: (("/master/level", 0.0, 1.0),),
}
#: Halvings in search of where a knob stands.
_STEPS = 24


def curve_of(target: MacroTarget) -> str:
    """How what it moves is bent: "" and "linear" are not at all."""
    return target[3] if len(target) == 4 else ""


def moved(macros: Macros, table: Mapping[str, AnyParam], address: str, x: float) -> Iterator[tuple[str, Value]]:
    """What the macro at `address` moves when it stands at `x`: addresses and their values."""
    for target in macros.get(int(address.rsplit("/", 1)[1]), ()):
        yield target[0], table[target[0]].clamp(_at(target, x))


def position(target: MacroTarget, values: Mapping[str, Value]) -> float:
    """Where a macro stands, 0..1, when its first target has its value in `values`."""
    address, low, high = target[:3]
    wanted = (float(values[address]) - low) / (high - low) if high != low else 0.0  # type: ignore[arg-type]
    wanted = min(max(wanted, 0.0), 1.0)
    curve = curve_of(target)
    if curve in ("", "linear"):
        return wanted
    first, last = (1.0, 0.0) if bend(0.0, curve) > bend(1.0, curve) else (0.0, 1.0)
    for _ in range(_STEPS):
        middle = (first + last) / 2.0
        first, last = (middle, last) if bend(middle, curve) < wanted else (first, middle)
    return last


def plain(macros: Macros) -> dict[str, list[dict[str, str | float]]]:
    """What every macro moves, as plain JSON."""
    return {
        str(number): [dict(zip(("address", "lo", "hi", "curve"), target, strict=False)) for target in targets]
        for number, targets in macros.items()
    }


def _at(target: MacroTarget, x: float) -> float:
    low, high, curve = target[1], target[2], curve_of(target)
    return low + (high - low) * (bend(x, curve) if curve else x)
