"""Sixteen slots, each a source that moves a parameter round where cue and performer put it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from vj.core.curves import CURVES, bend
from vj.core.interp import follow
from vj.core.params import AnyParam, Param
from vj.core.types import Features, Value
from vj.engine.cues import macros
from vj.engine.finish.bindings import LN10, MOST
from vj.engine.modulation.calm import CALM, Calm
from vj.engine.modulation.lfo import ROOT as LFO
from vj.engine.sources import LFOS, numbers, strength
from vj.engine.touching import KINDS as KINDS

COUNT = 16
ROOT = "/mod"
#: What an empty slot has for a source and a target.
NONE = "none"
#: Most seconds of attack and of release.
LONGEST = 30.0
KEYS = ("source", "target", "amount", "curve", "attack", "release", "on")


def _stage(number: int) -> type:
    return type(
        f"Slot{number}",
        (),
        {
            "__doc__": f"Modulation {number}.",
            "address": f"{ROOT}/{number}",
            "source": Param(NONE, choices=(NONE,), doc="What moves it: a feature (`vj features`) or `lfo.1` to 4."),
            "target": Param(NONE, choices=(NONE,), doc="The address that is moved: any with a range, or a switch."),
            "amount": Param(0.5, -1.0, 1.0, doc="How far, as a part of its range; below 0 the other way."),
            "curve": Param("linear", choices=CURVES, doc="How the strength is bent first."),
            "attack": Param(0.0, 0.0, LONGEST, unit="s", curve="square", doc="Time to rise to 90 %."),
            "release": Param(0.0, 0.0, LONGEST, unit="s", curve="square", doc="Time to fall to 10 %."),
            "on": Param(True, doc="Whether it moves anything."),
        },
    )


STAGES = tuple(_stage(n) for n in range(1, COUNT + 1))
#: Addresses of each slot, in the order of KEYS.
_WHERE = {n: tuple(f"{ROOT}/{n}/{key}" for key in KEYS) for n in range(1, COUNT + 1)}


def filled(table: Mapping[str, AnyParam]) -> dict[str, AnyParam]:
    """`table` with all that `source` and `target` may be: nothing outside can be named."""
    targets = tuple(sorted(address for address, param in table.items() if param.kind in KINDS))
    out = dict(table)
    for source, target, *_ in _WHERE.values():
        out[source] = replace(out[source], choices=(NONE, *LFOS, *numbers()))
        out[target] = replace(out[target], choices=(NONE, *targets))
    return out


class Slots:
    """Moves values that are settled already, so that nothing smooths what a slot's own times shape.

    What it moves is counted in knob travel, 0..1, so that half of a logarithmic range is half of its knob. What a
    macro is moved by moves what the macro moves. Its own settings may be targets too, a tick late.
    """

    def __init__(self, table: Mapping[str, AnyParam]) -> None:
        self._table = table
        self._levels: dict[int, tuple[str, float]] = {}
        self._calm = {address: Calm() for address in CALM}
        self.moved: dict[str, float] = {}

    def step(
        self,
        t: float,
        dt: float,
        values: Mapping[str, Value],
        features: Features | None,
        waves: Sequence[float],
        moves: macros.Macros,
        held: Collection[str],
    ) -> dict[str, Value]:
        """`values`, moved, but for those `held`; `moved` says how far each is, in its own unit.

        `waves` are the LFOs', -0.5..0.5; features count as much as the reactivity in `values`.
        """
        settings = self.settings(values)
        by: dict[str, float] = {}
        for number, where in _WHERE.items():
            source, target = str(settings[where[0]]), str(settings[where[1]])
            if source == NONE or target == NONE:
                self._levels.pop(number, None)
                continue
            level = self._level(number, dt, source, [settings[a] for a in where[3:]], features, waves)
            if target not in held and (amount := float(settings[where[2]])):  # type: ignore[arg-type]
                share = 1.0 if source in LFOS else float(values.get("/master/reactivity", 1.0))  # type: ignore[arg-type]
                by[target] = by.get(target, 0.0) + amount * level * share
        if not by:
            self.moved = {}
            return dict(values)
        self._turn(by, values, moves, held)
        return self._move(t, by, values)

    @property
    def strengths(self) -> dict[int, float]:
        """How strong the source of each slot is now, as the slot shapes it, 0..1; without those that hold nothing."""
        return {n: level + 0.5 if source in LFOS else level for n, (source, level) in self._levels.items()}

    def settings(self, values: Mapping[str, Value]) -> Mapping[str, Value]:
        """`values`, where what moves is moved itself as it was a tick ago."""
        ours = {a: by for a, by in self.moved.items() if a.startswith((f"{ROOT}/", f"{LFO}/"))}
        if not ours:
            return values
        return {**values, **{a: self._table[a].clamp(float(values[a]) + by) for a, by in ours.items()}}  # type: ignore[arg-type]

    def _level(
        self,
        number: int,
        dt: float,
        source: str,
        shape: Sequence[Value],
        features: Features | None,
        waves: Sequence[float],
    ) -> float:
        """How strong slot `number` is now: 0..1, of an LFO -0.5..0.5. `shape` is its curve, attack, release and on."""
        curve, attack, release, on = shape
        if not on:
            goal = 0.0
        elif source in LFOS:
            goal = bend(waves[LFOS.index(source)] + 0.5, str(curve)) - 0.5
        elif features is None:
            goal = 0.0
        else:
            goal = bend(strength(features.records, source, features.t), str(curve))
        was, now = self._levels.get(number, (source, 0.0))
        now = follow(now if was == source else 0.0, goal, dt, float(attack) / LN10, float(release) / LN10)  # type: ignore[arg-type]
        self._levels[number] = source, now
        return now

    def _turn(
        self, by: dict[str, float], values: Mapping[str, Value], moves: macros.Macros, held: Collection[str]
    ) -> None:
        """Add to `by` what the macros in it move."""
        for number in sorted(moves):
            if (way := by.get(address := f"/macro/{number}", 0.0)) == 0.0:
                continue
            before = float(values[address])  # type: ignore[arg-type]
            after = min(max(before + way, 0.0), 1.0)
            first = dict(macros.moved(moves, self._table, address, before))
            for target, value in macros.moved(moves, self._table, address, after):
                if target not in held:
                    param = self._table[target]
                    by[target] = by.get(target, 0.0) + param.unscale(value) - param.unscale(first[target])

    def _move(self, t: float, by: Mapping[str, float], values: Mapping[str, Value]) -> dict[str, Value]:
        out, self.moved = dict(values), {}
        limited = values.get("/safety/flash") != "off"
        for address, way in by.items():
            param, before = self._table[address], values[address]
            x = min(max(param.unscale(before) + way, 0.0), 1.0)
            if param.kind == "toggle":
                x = 1.0 if x > 0.5 or (x == 0.5 and not before) else 0.0  # half way turns it either way
            if limited and address in self._calm:
                x = self._calm[address].step(t, x)
            after = param.scale(x) if way or address in self._calm else before
            change = float(after) - float(before)  # type: ignore[arg-type]
            if (most := MOST.get(address)) is not None and abs(change) > most:
                change = max(-most, min(change, most))
                after = param.clamp(float(before) + change)  # type: ignore[arg-type]
            out[address], self.moved[address] = after, change
        return out
