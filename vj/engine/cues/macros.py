"""Macros: what eight knobs move, and where they stand."""

from collections.abc import Iterator, Mapping

from vj.core.params import Param
from vj.core.types import Value

MacroTarget = tuple[str, float, float]
#: Macro number -> what it moves: address and the values at 0 and 1.
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


def moved(macros: Macros, table: Mapping[str, Param], address: str, x: float) -> Iterator[tuple[str, Value]]:
    """What the macro at `address` moves when it stands at `x`: addresses and their values."""
    for target, low, high in macros.get(int(address.rsplit("/", 1)[1]), ()):
        yield target, table[target].clamp(low + (high - low) * x)


def position(target: MacroTarget, values: Mapping[str, Value]) -> float:
    """Where a macro stands, 0..1, when its first target has its value in `values`."""
    address, low, high = target
    x = (float(values[address]) - low) / (high - low) if high != low else 0.0  # type: ignore[arg-type]
    return min(max(x, 0.0), 1.0)
