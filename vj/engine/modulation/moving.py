"""All that moves parameters by itself, in one place for the desk: a cue's routes, the slots, the LFOs."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from vj.core.params import AnyParam
from vj.core.types import Features, Modulation, Value
from vj.engine.cues.macros import Macros
from vj.engine.finish.effects import is_effect
from vj.engine.modulation import lfo
from vj.engine.modulation.routes import Routes
from vj.engine.modulation.slots import COUNT, KEYS, NONE, ROOT, Slots
from vj.engine.sources import LFOS


class Moving:
    """Moves values in two steps: `route` what the cue binds, before they are smoothed, and `slot` the rest after."""

    def __init__(self, table: Mapping[str, AnyParam]) -> None:
        self._table = table
        self._routes, self._slots = Routes(), Slots(table)
        self._waves: tuple[float, ...] = (0.0,) * lfo.COUNT
        self._routed: dict[str, float] = {}
        #: What the finishing chain moves itself: it dates every hit by the sound, not by the tick.
        self.bindings: tuple[Modulation, ...] = ()

    def take(self, modulations: Sequence[Modulation]) -> None:
        """These are the cue's from now on."""
        chain = [m for m in modulations if is_effect(m.address) and m.source not in LFOS]
        self.bindings = tuple(chain)
        self._routes.take([m for m in modulations if m not in chain])

    def route(
        self, dt: float, values: dict[str, Value], features: Features | None, beats: float, held: Collection[str]
    ) -> None:
        """Move `values` as the cue says. `features` are carried on to now; `beats` have gone since a bar began."""
        settings = self._slots.settings(values)
        if f"{lfo.ROOT}/1/beats" in values:
            self._waves = tuple(lfo.read(n, settings, beats) for n in range(1, lfo.COUNT + 1))
        self._routed = {}
        if features is not None:
            self._routed = self._routes.step(dt, values, features, self._waves, self._table, held)

    def slot(
        self,
        t: float,
        dt: float,
        values: dict[str, Value],
        features: Features | None,
        macros: Macros,
        held: Collection[str],
    ) -> dict[str, Value]:
        """`values` as the slots move them."""
        if f"{ROOT}/1/source" not in values:
            return values
        return self._slots.step(t, dt, values, features, self._waves, macros, held)

    @property
    def moved(self) -> dict[str, float]:
        """How far each value is moved now, in its unit."""
        moved = dict(self._routed)
        for address, by in self._slots.moved.items():
            moved[address] = moved.get(address, 0.0) + by
        return moved

    @property
    def strengths(self) -> dict[int, float]:
        """How strong each slot is now, 0..1."""
        return self._slots.strengths

    @property
    def addresses(self) -> Sequence[str]:
        """What is moved now and then."""
        bound = (*self._routes.addresses, *(m.address for m in self.bindings))
        return sorted({*bound, *self._slots.moved})

    def topic(self, values: Mapping[str, Value]) -> list[dict[str, Any]]:
        """The slots that are not empty, as `values` set them."""
        rows = [
            {"slot": n, **{key: values[f"{ROOT}/{n}/{key}"] for key in KEYS}}
            for n in range(1, COUNT + 1)
            if f"{ROOT}/{n}/source" in values
        ]
        return [row for row in rows if (row["source"], row["target"]) != (NONE, NONE)]
