"""The record of harmony, in a file of its own so that what is concluded from it need not import who hears it."""

from dataclasses import dataclass

from vj.core.types import F32


@dataclass(frozen=True, slots=True)
class Chroma:
    """Harmony.

    values  [12] float32 from C to B, summing to 1, or all 0 in silence
    change  0..1, how new this harmony is
    """

    values: F32
    change: float
