"""The rack holds the programs of a show: bundles that are loaded, each with its own walker and directors."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from vj.core import shelf
from vj.core.types import LatentSpec
from vj.directors.contract import Director, Rehearsing
from vj.engine.walker import Walker
from vj.generators.contract import Generator


@dataclass
class Program:
    """A generator with its own walker and directors, ready to be shown under `name`.

    `walked` are the latents that are walked and directed where they are another's than the generator's own.
    """

    name: str
    generator: Generator
    seed: int = 1
    walked: LatentSpec | None = None
    walker: Walker = field(init=False)
    _directors: dict[str, Director] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._spec = self.walked or self.generator.spec
        self.walker = Walker(self._spec)

    def director(self, name: str) -> Director:
        """The director called `name`, made when first asked for. Its luck depends on its name and the seed only."""
        if name not in self._directors:
            rng = np.random.default_rng([self.seed, *name.encode()])
            director = self._directors[name] = shelf.load("directors", name)(self._spec, rng)
            if isinstance(director, Rehearsing):
                if self.generator.free:  # what is rehearsed shall not depend on how large pictures are just now
                    self.generator.resize(self.generator.usual)
                director.rehearse(self.generator.generate)
        return self._directors[name]


class Rack(Mapping[str, Program]):
    """Programs by name. One that is not there is opened when it is asked for; live asks only for those that are.

    One thread may `load` while another plays. `release` only takes a program out of the rack: it is closed by `sweep`,
    which the thread that plays calls between two pictures, for the networks are its own; `closed` counts them.
    """

    def __init__(self, opener: Callable[[str], Program]) -> None:
        self._opener = opener
        self._programs: dict[str, Program] = {}
        self._leaving: list[Program] = []
        self.closed = 0

    def __getitem__(self, name: str) -> Program:
        return self._programs.get(name) or self.load(name)

    def __contains__(self, name: object) -> bool:
        return name in self._programs

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._programs))

    def __len__(self) -> int:
        return len(self._programs)

    def load(self, name: str) -> Program:
        """Open `name` beside those that are loaded. Raises VjError, and nothing has changed then."""
        if name not in self._programs:
            self._programs[name] = self._opener(name)
        return self._programs[name]

    def release(self, name: str) -> None:
        """Take `name` out; nothing may ask for it any more."""
        program = self._programs.pop(name, None)
        if program is not None:
            self._leaving.append(program)

    def sweep(self) -> None:
        """Close what was taken out."""
        while self._leaving:
            self._leaving.pop().generator.close()
            self.closed += 1

    def close(self) -> None:
        """Close everything."""
        for name in self:
            self.release(name)
        self.sweep()
