"""How a strength, or the way from one thing to another, 0..1, is bent before it moves anything."""

from collections.abc import Callable, Mapping

#: Where a threshold begins and ends: a Schmitt trigger would need a memory, so it is a steep ramp.
GATE = (0.45, 0.55)


def smoothstep(x: float) -> float:
    """`x` in 0..1 as 0..1 again, at rest at both ends; what lies outside is not held back."""
    return x * x * (3.0 - 2.0 * x)


def _gate(x: float) -> float:
    low, high = GATE
    return smoothstep(min(max((x - low) / (high - low), 0.0), 1.0))


_BENT: Mapping[str, Callable[[float], float]] = {
    "linear": lambda x: x,
    "square": lambda x: x * x,
    "cube": lambda x: x * x * x,
    "root": lambda x: x**0.5,
    "smooth": smoothstep,
    "threshold": _gate,
    "inverse": lambda x: 1.0 - x,
}
CURVES = tuple(_BENT)


def bend(x: float, curve: str) -> float:
    """`x` in 0..1 as `curve`, one of CURVES, makes it: 0..1 again."""
    return _BENT[curve](min(max(x, 0.0), 1.0))
