"""The show: four steps without a thread. `live` calls them on three threads, `render` in one loop; none can tell."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from vj.core.clock import dated
from vj.core.curves import smoothstep
from vj.core.params import Snapshot
from vj.core.track import Track
from vj.core.types import F32, U8, Beside, Features, Finish, Frame, Latent, Moment, Picture
from vj.directors.contract import Surveying
from vj.engine.analyzer import Analyzer
from vj.engine.console import Directing, Model
from vj.engine.desk import Desk
from vj.engine.detail import Size, scaled
from vj.engine.finish.blending import blend, dim, fit
from vj.engine.finish.easing import Easing
from vj.engine.finish.finisher import Finisher
from vj.engine.finish.limiter import Limiter
from vj.engine.finish.mixer import DISSOLVE, Mixer, level
from vj.engine.governor import rung_of
from vj.engine.layers.layering import Layering
from vj.engine.onward import Onward
from vj.engine.rack import Program, Rack
from vj.engine.sources import sounds
from vj.features.onset import Onset
from vj.features.tempo import Tempo
from vj.generators.contract import Generator, Timely


class Show:
    """Hears, directs, imagines and composites. Show time `t` is in seconds, counted from audio samples.

    It `began` so many seconds after the year 2000 did, by the clocks of the place.
    """

    def __init__(
        self,
        analyzer: Analyzer,
        programs: Rack,
        mixer: Mixer,
        finisher: Finisher | None = None,
        layering: Layering | None = None,
        began: float = 0.0,
    ) -> None:
        self.analyzer = analyzer
        self.programs = programs
        self.mixer = mixer
        self.finisher = finisher
        self.layering = layering
        self._began = began
        self._directed_t = 0.0
        self._on: Program | None = None
        self._other = False
        self._leaving: tuple[Program, float] | None = None
        self._pictures = self._asked = self._hits = 0
        self._easing = Easing()
        self._dreamt, self._finished = Onward(), Onward()

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
        program = self.programs[snapshot[Model.select]]
        self._other = self._on is not program
        if self._on is not None and self._on is not program:
            self._leaving = (self._on, t) if program.walker.follow(self._on.walker) else None
        self._on = program
        director = program.director(snapshot[Directing.select])
        reactivity = snapshot[Mixer.reactivity]
        controls = director.step(self._dreamt.step(features, t), dt, snapshot.of(type(director)), reactivity)
        latent = program.walker.step(dt, controls, snapshot, bpm(features))
        dissolves = snapshot[Mixer.transition] == DISSOLVE  # any other way needs the picture that leaves by itself
        beside = self._beside(t, snapshot[Mixer.fade] if dissolves else 0.0)
        return replace(latent, beside=beside, moment=self._moment(t, dt, features, program, beside), cut=self.jumped)

    def _moment(
        self, t: float, dt: float, features: Features, program: Program, beside: Beside | None
    ) -> Moment | None:
        """Show time `t` and what is heard then, if a generator that draws it asks for that."""
        self._asked += 1
        records = features.records
        hits = features[Onset].count if Onset in records else 0
        hit, self._hits = hits > self._hits, hits
        drawing = [
            program,
            *(self.programs[name] for name in ([beside.program] if beside else ()) if name in self.programs),
        ]
        if not any(isinstance(one.generator, Timely) for one in drawing):
            return None
        return Moment(t, dt, self._asked - 1, self.jumped, hit, *sounds(features), dated(self._began + t))

    def _beside(self, t: float, fade: float) -> Beside | None:
        """The program that is leaving at show time `t`, if its latents are those of the one that comes."""
        if self._leaving is None:
            return None
        program, since = self._leaving
        x = (t - since) / fade if fade > 0.0 else 1.0
        if x >= 1.0:
            self._leaving = None
            return None
        return Beside(program.name, program.walker.weights, smoothstep(x))

    def scale(self, t: float, snapshot: Snapshot) -> float:
        """How large a picture there is time for at show time `t`, as a part of its usual side."""
        return self._easing.step(t, rung_of(snapshot)).picture

    def imagine(self, latents: Sequence[Latent], program: str, scale: float = 1.0, size: Size | None = None) -> U8:
        """[N, height, width, 3] what `program` dreams at `latents`, at `size` or its usual one if it can.

        `scale` makes pictures smaller where their size may change from one to the next.
        """
        generator = _resized(self.programs[program].generator, size, scale)
        images = generator.generate(latents)
        if all(latent.beside is None for latent in latents):
            return images
        return np.stack([self._joined(*pair, size, scale) for pair in zip(images, latents, strict=True)])

    def _joined(self, image: U8, latent: Latent, size: Size | None, scale: float) -> U8:
        """`image`, with what the leaving program dreams at the same place still in it."""
        beside = latent.beside
        if beside is None or beside.program not in self.programs:
            return image
        leaving = self.programs[beside.program].generator
        if leaving.free:
            _resized(leaving, size, scale)
        directions = np.zeros(len(leaving.spec.directions), np.float32)
        alike = min(len(directions), len(latent.directions))
        directions[:alike] = latent.directions[:alike]
        there = leaving.generate([replace(latent, mix=beside.mix, directions=directions, beside=None)])[0]
        return blend(fit(there, image.shape[1], image.shape[0]), image, beside.x)

    def picture(self, image: U8, latent: Latent, t: float, snapshot: Snapshot, features: Features) -> Picture:
        """`image` of `latent` with what the mixer must know of it."""
        self._pictures += 1
        program, joined = snapshot[Model.select], latent.beside is not None
        return Picture(image, t, self._pictures - 1, program, features.stamp, joined, latent.cut)

    def finish(self, t: float, features: Features, snapshot: Snapshot) -> Finish | None:
        """How the frame of show time `t` is finished, `features` being the newest heard; None without a chain."""
        if self.finisher is None:
            return None
        onward = self._finished.step(features, t)
        finish = self.finisher.step(t, onward, snapshot)
        layers = self.layering.step(t, onward, snapshot) if self.layering is not None else ()
        return replace(finish, layers=layers) if layers else finish

    def composite(
        self,
        t: float,
        picture: Picture | None,
        snapshot: Snapshot,
        features: Features,
        finish: Finish | None = None,
    ) -> Frame:
        """What the audience sees at show time `t`, `features` being the newest heard: a picture and how to finish it,
        which is `finish` where that was said before.

        Without a chain there is nothing to finish with, and the picture itself is dimmed.
        """
        finish = self.finish(t, features, snapshot) if finish is None else finish
        return mixed(self.mixer, t, picture, snapshot, finish)

    def skip(self, t: float, snapshot: Snapshot, features: Features, finish: Finish | None = None) -> None:
        """Let the frame of show time `t` pass unseen: it was drawn before."""
        self._pictures += 1
        if finish is None:
            self.finish(t, features, snapshot)

    @property
    def jumped(self) -> bool:
        """Whether nothing leads from the latent before to the last one: the walk was cut, or another program is on."""
        return self._other or (self._on is not None and self._on.walker.jumped)

    def close(self) -> None:
        """Let go of every generator."""
        self.programs.close()


def mixed(mixer: Mixer, t: float, picture: Picture | None, snapshot: Snapshot, finish: Finish | None) -> Frame:
    """The frame of show time `t`; without a chain there is nothing to finish with, and the picture itself is dimmed."""
    frame = mixer.step(t, picture, snapshot.of(Mixer), snapshot.of(Limiter))
    if finish is None:
        return replace(frame, image=dim(frame.image, level(snapshot.of(Mixer))))
    return replace(frame, finish=finish)


def _resized(generator: Generator, size: Size | None, scale: float) -> Generator:
    """`generator`, from now on with pictures of that size."""
    base = size or generator.usual
    generator.resize(scaled(base, scale) if generator.free else base)
    return generator


def bpm(features: Features) -> float:
    """Beats a minute as heard, 120 where no tempo is listened for."""
    return features[Tempo].bpm if Tempo in features.records else 120.0
