"""What every director is: taste. Features and its own parameters in, Controls out."""

from typing import Protocol

import numpy as np

from vj.core.params import Values
from vj.core.types import Controls, Features, LatentSpec


class Director(Protocol):
    """Decides how far each style group moves, where it leans, and which classes are seen.

    Constructed as `Drift(spec, rng)`: all its luck comes from `rng`. `needs` are the feature records it reads.
    `reactivity` (0..2) scales everything it does in answer to sound.
    """

    address: str
    needs: tuple[type, ...]

    def __init__(self, spec: LatentSpec, rng: np.random.Generator) -> None: ...

    def step(self, f: Features, dt: float, p: Values, reactivity: float) -> Controls:
        """What should happen in the next `dt` seconds. Read counters, not edges: hops may have been skipped."""

    def reset(self) -> None:
        """Back to the state after construction."""
