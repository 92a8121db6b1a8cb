"""The show: four steps without a thread. `live` calls them on three threads, `render` in one loop; none can tell."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from vj.core import shelf
from vj.core.params import Snapshot
from vj.core.track import Track
from vj.core.types import F32, U8, Features, Frame, Latent, Picture
from vj.directors._base import Director, Rehearsing, Surveying
from vj.engine.analyzer import Analyzer
from vj.engine.blending import dim
from vj.engine.desk import Desk
from vj.engine.finisher import Finisher
from vj.engine.limiter import Limiter
from vj.engine.mixer import Mixer, level
from vj.engine.walker import Walker
from vj.features.tempo import Tempo
from vj.generators._base import Generator


@dataclass
class Program:
    """A generator with its own walker and directors, ready to be shown under `name`."""

    name: str
    generator: Generator
    seed: int = 1
    walker: Walker = field(init=False)
    _directors: dict[str, Director] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.walker = Walker(self.generator.spec)

    def director(self, name: str) -> Director:
        """The director called `name`, made when first asked for. Its luck depends on its name and the seed only."""
        if name not in self._directors:
            rng = np.random.default_rng([self.seed, *name.encode()])
            director = self._directors[name] = shelf.load("directors", name)(self.generator.spec, rng)
            if isinstance(director, Rehearsing):
                director.rehearse(self.generator.generate)
        return self._directors[name]


class Show:
    """Hears, directs, imagines and composites. Show time `t` is in seconds, counted from audio samples."""

    def __init__(
        self, analyzer: Analyzer, programs: Mapping[str, Program], mixer: Mixer, finisher: Finisher | None = None
    ) -> None:
        self.analyzer = analyzer
        self.programs = programs
        self.mixer = mixer
        self.finisher = finisher
        self._directed_t = 0.0
        self._pictures = 0

    def open(self, desk: Desk) -> tuple[Snapshot, Features]:
        """Before the first hop: the desk's first snapshot, and the features of silence."""
        snapshot = desk.tick(0.0)
        features = self.analyzer.step(np.zeros(self.analyzer.hop_length, np.float32), snapshot)
        self.analyzer.reset()
        return snapshot, replace(features, t=0.0, index=-1)

    def survey(self, track: Track, directors: Iterable[str], snapshot: Snapshot) -> None:
        """Before a render: those of `directors` that can look through the whole track do so, for every program."""
        for name in directors:
            for program in self.programs.values():
                director = program.director(name)
                if isinstance(director, Surveying):
                    director.survey(track, snapshot.of(type(director)))

    def analyze(self, samples: F32, snapshot: Snapshot, stamp: float = 0.0) -> Features:
        """What is heard once `samples` [hop_length], the next hop of raw mono sound, are in."""
        return self.analyzer.step(samples, snapshot, stamp)

    def direct(self, t: float, features: Features, snapshot: Snapshot) -> Latent:
        """Where the walk stands at show time `t`."""
        dt, self._directed_t = max(t - self._directed_t, 0.0), t
        program = self.programs[str(snapshot["/model/select"])]
        director = program.director(str(snapshot["/director/select"]))
        reactivity = float(snapshot["/master/reactivity"])  # type: ignore[arg-type]
        controls = director.step(features, dt, snapshot.of(type(director)), reactivity)
        return program.walker.step(dt, controls, snapshot, bpm(features))

    def imagine(self, latents: Sequence[Latent], program: str) -> U8:
        """[N, height, width, 3] what `program` dreams at `latents`."""
        return self.programs[program].generator.generate(latents)

    def picture(self, image: U8, t: float, snapshot: Snapshot, features: Features) -> Picture:
        """`image` with what the mixer must know of it."""
        self._pictures += 1
        return Picture(image, t, self._pictures - 1, str(snapshot["/model/select"]), features.stamp)

    def composite(self, t: float, picture: Picture | None, snapshot: Snapshot, features: Features) -> Frame:
        """What the audience sees at show time `t`, `features` being the newest heard: a picture and how to finish it.

        Without a chain there is nothing to finish with, and the picture itself is dimmed.
        """
        frame = self.mixer.step(t, picture, snapshot.of(Mixer), snapshot.of(Limiter))
        if self.finisher is None:
            return replace(frame, image=dim(frame.image, level(snapshot.of(Mixer))))
        return replace(frame, finish=self.finisher.step(t, features, snapshot))

    def close(self) -> None:
        """Let go of every generator."""
        for program in self.programs.values():
            program.generator.close()


def bpm(features: Features) -> float:
    """Beats a minute as heard, 120 where no tempo is listened for."""
    return features[Tempo].bpm if Tempo in features.records else 120.0
