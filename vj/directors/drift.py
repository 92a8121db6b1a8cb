"""Wander slowly, hurry when the bass is loud, visit another class at each phrase."""

import math

import numpy as np

from vj.core.params import Param, Values
from vj.core.types import F32, Controls, Features, LatentSpec
from vj.features.bands import Bands
from vj.features.level import Level
from vj.features.tempo import Tempo

#: How much faster the finer groups wander than the coarse one: detail may be lively where structure is calm.
_LIVELINESS = 1.35


class Drift:
    """Time carries the motion and sound bends it: a calm, endless walk for doors, ambient and speeches."""

    address = "/director/drift"
    needs = (Bands, Level, Tempo)
    speed = Param(0.12, 0.0, 2.0, unit="rad/s", curve="square", doc="How fast the walk moves in silence.")
    hurry = Param(0.5, 0.0, 3.0, unit="rad/s", curve="square", doc="Added at full presence of the bass.")
    breath = Param(0.08, 0.0, 0.4, doc="How far psi rises with loudness.")
    phrase = Param(16, 0, 64, unit="bars", doc="Bars until the next class; 0 stays.")

    def __init__(self, spec: LatentSpec, rng: np.random.Generator) -> None:
        self._spec = spec
        self._order = rng.permutation(len(spec.classes))
        self._pace = _LIVELINESS ** np.arange(len(spec.groups), dtype=np.float32)
        self._phase = rng.uniform(0.0, 2.0 * math.pi)

    def reset(self) -> None:
        """Nothing is remembered: all it does follows from the features."""

    def step(self, f: Features, dt: float, p: Values, reactivity: float) -> Controls:
        """Walk on for `dt` seconds."""
        # two slow incommensurate swells keep the pace from ever being even
        swell = 1.0 + 0.3 * math.sin(0.23 * f.t + self._phase) + 0.2 * math.sin(0.37 * f.t)
        rate = p.speed * swell + p.hurry * f[Bands].bass.presence * reactivity
        return Controls(
            motion=(rate * dt * self._pace).astype(np.float32),
            psi=p.breath * (f[Level].loud - 0.5) * reactivity,
            mix=self._class(f, p.phrase) if p.phrase else None,
        )

    def _class(self, f: Features, bars: int) -> F32:
        """[C] all weight on the class of this phrase."""
        weights = np.zeros(len(self._order), np.float32)
        weights[self._order[int(f[Tempo].beat // (4 * bars)) % len(self._order)]] = 1.0
        return weights
