"""Whether a checkpoint holds all of a network: every tensor there, of its shape and finite, and none left over."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from vj.core.errors import CheckpointError
from vj.core.types import F32

#: Makes the error of a family out of what is wrong.
Odd = Callable[[str], CheckpointError]


def check(
    tensors: Mapping[str, F32], expected: Iterable[tuple[str, tuple[int, ...]]], family: str, odd: Odd, spare: str = ""
) -> None:
    """Raise `odd` unless `tensors` are those `expected` by name and shape, and finite.

    Names that end with `spare` may be left over.
    """
    left = set(tensors)
    for name, sides in expected:
        found = tensors.get(name)
        if found is None or found.shape != sides:
            has = "is missing" if found is None else f"has shape {list(found.shape)}"
            raise odd(f"{name} {has}; {list(sides)} is needed")
        if not np.isfinite(found).all():
            raise odd(f"{name} holds numbers that are not finite")
        left.discard(name)
    strange = sorted(name for name in left if not (spare and name.endswith(spare)))
    if strange:
        raise odd(f"it has parts that {family} has not: {', '.join(strange[:3])}")


def shape(tensors: Mapping[str, F32], name: str, sides: int, odd: Odd) -> tuple[int, ...]:
    """The shape of a tensor that must have so many sides; raises `odd`."""
    found = tensors.get(name)
    if found is None or found.ndim != sides:
        has = "is missing" if found is None else f"has shape {list(found.shape)}, not {sides} sides"
        raise odd(f"{name} {has}")
    return found.shape
