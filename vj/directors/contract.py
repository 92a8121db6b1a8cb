"""What every director is: taste. Features and its own parameters in, Controls out."""

from collections.abc import Callable, Sequence
from typing import Protocol, Self, runtime_checkable

import numpy as np

from vj.core.track import Findings, Track
from vj.core.types import U8, Controls, Features, Latent, LatentSpec


class Director(Protocol):
    """Decides how far each style group moves, where it leans, and which classes are seen.

    Constructed as `Drift(spec, rng)`: all its luck comes from `rng`.
    `reactivity` (0..2) scales everything it does in answer to sound.
    """

    address: str

    def __init__(self, spec: LatentSpec, rng: np.random.Generator) -> None: ...

    def step(self, f: Features, dt: float, p: Self, reactivity: float) -> Controls:
        """What should happen in the next `dt` seconds. Read counters, not edges: hops may have been skipped."""

    def reset(self) -> None:
        """Back to the state after construction."""


@runtime_checkable
class Surveying(Director, Protocol):
    """A director that can look through the whole track before a render, for what cannot be known as it sounds.

    What it learns is its *score*. Without a survey, which is always so live, it writes the score as it goes, later by
    a time that it states; `step` reads either and cannot tell. `reset` forgets the survey.
    """

    def survey(self, track: Track, p: Self) -> None:
        """Learn the score of `track`, with the parameters of its first moment. Memory may grow with what is learnt.

        Raises VjError where a parameter makes no sense for this track.
        """

    def findings(self, p: Self) -> Findings:
        """What the survey found."""


@runtime_checkable
class Rehearsing(Director, Protocol):
    """A director that must know what the generator's pictures look like, which costs time before it can be on."""

    def rehearse(self, imagine: Callable[[Sequence[Latent]], U8]) -> None:
        """Try some latents; `imagine` gives their pictures [N, height, width, 3]. It is forgotten by no `reset`."""
