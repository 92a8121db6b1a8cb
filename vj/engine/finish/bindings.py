"""Features that move the finish: every binding has its own envelope, and what it may do has limits by design."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from vj.core.curves import bend
from vj.core.interp import follow
from vj.core.params import AnyParam
from vj.core.types import Features, Modulation
from vj.engine.finish.gestures import Hit, Hits, Pulse
from vj.engine.sources import heard, strength

#: Attack and release of a binding that names none.
ATTACK_S = 0.01
RELEASE_S = 0.25
#: Time constants from times to 90 %: ln 10.
LN10 = 2.303
KICK = "bands.bass.hits"
#: Effects that move the picture, and how many of them a kick gets.
CAMERA = ("coords", "history")
CAMERAS = 2
#: Effects that make light, and how many of them a kick gets.
LIGHT = ("clean", "rcas", "bloom", "grade", "finish")
LIGHTS = 1
#: The most that bindings may add to what brightens the whole picture, by effect and input.
MOST = {
    "/fx/bloom/gain": 0.15,
    "/fx/bloom/halation": 0.08,
    "/fx/bloom/threshold": 0.1,
    "/fx/finish/edge": 0.3,
    "/fx/finish/vignette": 0.15,
    "/fx/grade/lightness": 0.04,
    "/fx/grade/contrast": 0.1,
    "/fx/grade/black": 0.05,
    "/fx/grade/map": 0.15,
    "/fx/grade/map_shift": 0.06,
    "/fx/history/show": 0.15,
}


class Bindings:
    """Envelopes of bindings, kept as long as the binding is. `table` is the table of the chain's parameters."""

    def __init__(self, table: Mapping[str, AnyParam]) -> None:
        self._table = table
        self._pulses: dict[Modulation, Pulse] = {}
        self._levels: dict[Modulation, float] = {}
        self._hits: dict[str, Hits] = {}

    def step(
        self,
        t: float,
        dt: float,
        features: Features,
        bindings: Sequence[Modulation],
        amounts: tuple[float, float],
        already: Mapping[str, float] = MappingProxyType({}),
    ) -> dict[str, float]:
        """What the bindings add to each address at show time `t`, `dt` after the last call.

        `amounts` scale what follows hits and what follows levels; `already` is what else moves an address, which counts
        towards the most that it may move.
        """
        hits = {band: ears.step(features) for band, ears in self._hits.items()}
        moved: dict[str, float] = {}
        for binding in bindings:
            param = self._table[binding.address]
            on_hits = binding.source.endswith(".hits")
            level = self._pulse(t, features, binding, hits) if on_hits else self._level(dt, features, binding)
            by = binding.amount * (param.hi - param.lo) * level * amounts[0 if on_hits else 1]
            moved[binding.address] = moved.get(binding.address, 0.0) + by
        for address, by in moved.items():
            most = MOST.get(address)
            if most is not None:
                others = already.get(address, 0.0)
                moved[address] = min(max(by, -most - others), most - others)
        return moved

    def _pulse(self, t: float, features: Features, binding: Modulation, hits: dict[str, Hit]) -> float:
        band = binding.source.rpartition(".")[0]
        if band not in hits:
            self._hits[band] = Hits(band)
            hits[band] = self._hits[band].step(features)
        if binding not in self._pulses:
            self._pulses[binding] = Pulse(*times(binding))
        height = self._pulses[binding].at(t, hits[band])
        return bend(height, binding.curve) if binding.curve else height

    def _level(self, dt: float, features: Features, binding: Modulation) -> float:
        if binding.curve:
            goal = bend(strength(features.records, binding.source, t=features.t), binding.curve)
        else:
            goal = heard(features.records, binding.source)
        attack, release = times(binding)
        now = follow(self._levels.get(binding, 0.0), goal, dt, attack / LN10, release / LN10)
        self._levels[binding] = now
        return now


def times(binding: Modulation) -> tuple[float, float]:
    """Seconds of its attack and release."""
    attack, release = binding.attack, binding.release
    return ATTACK_S if attack is None else attack, RELEASE_S if release is None else release


def allowed(bindings: Sequence[Modulation], cameras: int) -> tuple[Modulation, ...]:
    """`bindings` without what a kick may not have: it has `cameras` movements of its own already, and moves at most two
    things of the camera and one of the light in all. Who comes first stays."""
    left = {"camera": max(CAMERAS - cameras, 0), "light": LIGHTS}
    kept: list[Modulation] = []
    for binding in bindings:
        if binding.source == KICK and binding.amount:
            kind = "camera" if binding.address.split("/")[2] in CAMERA else "light"
            if not left[kind]:
                continue
            left[kind] -= 1
        kept.append(binding)
    return tuple(kept)
