"""Nothing moves by itself: the performer has the faders."""

from typing import Self

import numpy as np

from vj.core.params import Param
from vj.core.types import Controls, Features, LatentSpec


class Manual:
    """Each style group walks at the speed of its fader, whatever is heard."""

    address = "/director/manual"
    coarse = Param(0.0, 0.0, 2.0, unit="turn/s", curve="square", doc="Speed of the coarse styles.")
    middle = Param(0.0, 0.0, 2.0, unit="turn/s", curve="square", doc="Speed of the middle styles.")
    fine = Param(0.0, 0.0, 2.0, unit="turn/s", curve="square", doc="Speed of the fine styles.")

    def __init__(self, spec: LatentSpec, rng: np.random.Generator) -> None:
        self._thirds = spec.thirds

    def reset(self) -> None:
        """Nothing is remembered."""

    def step(self, f: Features, dt: float, p: Self, reactivity: float) -> Controls:
        """Move each group by its fader for `dt` seconds."""
        speeds = (p.coarse, p.middle, p.fine)
        strides = np.array([speeds[third] * dt for third in self._thirds], np.float32)
        return Controls(motion=np.zeros_like(strides), stride=strides)
