"""Wander slowly, hurry a little when the bass is loud, visit another class at each phrase."""

from typing import Self

import numpy as np

from vj.core.params import Param
from vj.core.types import Controls, Features, LatentSpec
from vj.directors._loop_walk import LoopWalk, WalkSettings, swaying
from vj.features.bands import Bands
from vj.features.state import State


class Drift:
    """Time carries the motion and sound bends it: a calm, endless walk for doors, ambient and speeches."""

    address = "/director/drift"
    speed = Param(0.04, 0.0, 0.5, unit="turn/s", curve="square", doc="How fast the walk moves in silence.")
    hurry = Param(0.1, 0.0, 0.5, unit="turn/s", curve="square", doc="Added at full presence of the bass.")
    bars = Param(0.5, 0.0, 1.0, doc="How much it keeps to bars once the tempo is sure: 16, 8 and 4 a revolution.")
    breath = Param(0.08, 0.0, 0.4, doc="How far psi rises with loudness.")
    phrase = Param(16, 0, 64, unit="bars", doc="Bars until the next class; 0 stays.")

    def __init__(self, spec: LatentSpec, rng: np.random.Generator) -> None:
        self._directions = len(spec.directions)
        self._loop_walk = LoopWalk(spec, rng)

    def reset(self) -> None:
        """Back to the first section."""
        self._loop_walk.reset()

    def step(self, f: Features, dt: float, p: Self, reactivity: float) -> Controls:
        """Walk on for `dt` seconds."""
        # two slow incommensurate swells keep the pace from ever being even
        calm = p.speed * (1.0 + 6.0 * float(swaying(f.t, 1)[0])) + p.hurry * f[Bands].bass.presence * reactivity
        leg = self._loop_walk.step(f, dt, WalkSettings(calm, p.bars * min(reactivity, 1.0), 0.0, p.phrase))
        return Controls(
            motion=leg.motion,
            length=leg.length,
            section=leg.section,
            mix=leg.mix if p.phrase else None,
            psi=(p.breath * (f[State].energy - 0.5) + leg.psi) * min(reactivity, 1.0),
            directions=swaying(f.t, self._directions),
        )
