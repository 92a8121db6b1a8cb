"""Features move parameters, round the values that cue and performer gave them."""

from collections.abc import Collection, Mapping, Sequence

from vj.core.params import Param
from vj.core.types import Features, Modulation, Value
from vj.engine.sources import record


def modulate(
    values: dict[str, Value],
    modulations: Sequence[Modulation],
    features: Features,
    table: Mapping[str, Param],
    held: Collection[str],
) -> None:
    """Add to `values`, but for those `held`, what each modulation makes of `features`."""
    for m in modulations:
        heard = record(features.records, m.source)
        if m.address not in held and isinstance(heard, int | float):
            param = table[m.address]
            moved = float(values[m.address]) + m.amount * (param.hi - param.lo) * float(heard)  # type: ignore[arg-type]
            values[m.address] = param.clamp(moved)
