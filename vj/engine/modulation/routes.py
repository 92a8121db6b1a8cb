"""What the cue or look that is on binds to parameters: features and LFOs move them round the values they were given."""

from collections.abc import Collection, Mapping, Sequence

from vj.core.curves import bend
from vj.core.interp import follow
from vj.core.params import AnyParam
from vj.core.types import Features, Modulation, Value
from vj.engine.finish.bindings import LN10, MOST
from vj.engine.sources import LFOS, record, strength


class Routes:
    """Adds what each modulation makes of what is heard. One that names no curve takes the number as it stands; one
    that names no time follows at once."""

    def __init__(self) -> None:
        self._modulations: tuple[Modulation, ...] = ()
        self._levels: dict[Modulation, float] = {}

    def take(self, modulations: Sequence[Modulation]) -> None:
        """These hold from now on; those that held before go on from where they are."""
        self._modulations = tuple(modulations)
        self._levels = {m: level for m, level in self._levels.items() if m in self._modulations}

    @property
    def addresses(self) -> tuple[str, ...]:
        """What is moved."""
        return tuple(m.address for m in self._modulations)

    def step(
        self,
        dt: float,
        values: dict[str, Value],
        features: Features,
        waves: Sequence[float],
        table: Mapping[str, AnyParam],
        held: Collection[str],
    ) -> dict[str, float]:
        """Move `values`, but for those `held`, and tell by how much. `waves` are the LFOs', -0.5..0.5 each; features
        count as much as the reactivity in `values`."""
        reactivity = float(values.get("/master/reactivity", 1.0))  # type: ignore[arg-type]
        moved: dict[str, float] = {}
        for m in self._modulations:
            heard = self._heard(m, dt, features, waves)
            if heard is None or m.address in held:
                continue
            param, before = table[m.address], float(values[m.address])  # type: ignore[arg-type]
            by = m.amount * (param.hi - param.lo) * heard * (1.0 if m.source in LFOS else reactivity)
            if (most := MOST.get(m.address)) is not None:
                room = moved.get(m.address, 0.0)
                by = min(max(by, -most - room), most - room)
            values[m.address] = after = param.clamp(before + by)
            moved[m.address] = moved.get(m.address, 0.0) + float(after) - before  # type: ignore[arg-type]
        return moved

    def _heard(self, m: Modulation, dt: float, features: Features, waves: Sequence[float]) -> float | None:
        if m.source in LFOS:
            goal = waves[LFOS.index(m.source)]
            if m.curve:
                goal = bend(goal + 0.5, m.curve) - 0.5
        elif m.curve:
            goal = bend(strength(features.records, m.source, features.t), m.curve)
        else:
            number = record(features.records, m.source)
            if not isinstance(number, int | float):
                return None
            goal = float(number)
        if m.attack is None and m.release is None:
            return goal
        now = follow(self._levels.get(m, 0.0), goal, dt, (m.attack or 0.0) / LN10, (m.release or 0.0) / LN10)
        self._levels[m] = now
        return now
