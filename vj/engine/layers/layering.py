"""Says, frame by frame, what lies in the two layers: a step from show time, sound and desk to Layers.

It draws nothing and opens nothing. What it says is the same live, in a render and when a performance is played again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from vj.core.layers import Layer, Lettering, Source, kind_of
from vj.core.params import Snapshot
from vj.core.types import Features
from vj.engine.finish.mixer import Mixer
from vj.engine.layers.asking import LONGEST, NUMBERS, STAGES, Layered
from vj.engine.timing.lines import Lines

#: An opacity that nobody sees.
UNSEEN = 1e-4


@dataclass
class _Run:
    """How far a clip has come: what it is a run of, seconds at its own speed, and the beat it began on."""

    of: tuple[str, str, int] = ("", "", 0)
    seconds: float = 0.0
    began: float = 0.0


class Layering:
    """Turns time, sound and desk into the layers of a frame. `files` is name -> where it lies, of the media folders."""

    def __init__(self, files: Callable[[], Mapping[str, str]] = dict) -> None:
        self._files = files
        #: Name -> path of all files that were ever seen.
        self.used: dict[str, str] = {}
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._t = 0.0
        self._lines = Lines()
        self._runs = {number: _Run() for number in NUMBERS}
        self._places: dict[int, tuple[object, ...]] = {}
        self._last: tuple[Layer, ...] = ()

    @property
    def files(self) -> Mapping[str, str]:
        """Name -> path of what there is in the media folders."""
        return self._files()

    def step(self, t: float, features: Features, snapshot: Snapshot) -> tuple[Layer, ...]:
        """The layers of the frame for show time `t`, the lowest first; `features` are the newest heard."""
        dt, self._t = max(t - self._t, 0.0), t
        layers: list[Layered] = [snapshot.of(stage) for stage in STAGES]
        if all(p.source == "none" for p in layers):
            self._places.clear()
            self._lines = Lines()
            self._last = ()
            return ()
        self._lines.step(t, features)
        if snapshot.of(Mixer).freeze:
            return self._last
        speed = float(snapshot.of(Mixer).speed)
        made = [self._layer(number, p, dt * speed) for number, p in zip(NUMBERS, layers, strict=True)]
        self._last = tuple(layer for layer in made if layer is not None)
        return self._last

    def _layer(self, number: int, p: Layered, dt: float) -> Layer | None:
        """What layer `number` shows, or None for nothing."""
        source = self._source(p)
        if source is None:
            self._places.pop(number, None)
            self._runs[number] = _Run()
            return None
        run = self._run(number, source, p, dt)
        if source.path:
            self.used[source.name if source.kind != "text" else p.font] = source.path
        if p.opacity < UNSEEN:
            return None
        place = (p.x, p.y, p.scale, p.rotation, p.anchor, p.fit, p.plane)
        still = self._places.get(number, place) == place
        self._places[number] = place
        moves = source.kind == "clip"
        return Layer(
            number,
            source,
            p.plane,
            p.blend,
            float(p.opacity),
            float(p.x),
            float(p.y),
            float(p.scale),
            float(p.rotation),
            p.anchor,
            p.fit,
            bool(p.invert),
            still,
            run.seconds if moves else 0.0,
            (self._lines.count - run.began) / p.beats if moves and p.beats else None,
            bool(p.loop),
        )

    def _source(self, p: Layered) -> Source | None:
        if p.source == "file":
            kind = kind_of(PurePosixPath(p.file).suffix)
            return Source(kind, p.file, path=self.files.get(p.file, "")) if kind else None
        if p.source == "text":
            words = p.text[:LONGEST].replace("\\n", "\n")
            colors = (p.color, float(p.outline), p.outline_color)
            lettering = Lettering(p.font, p.align, *colors, float(p.shadow), float(p.spacing))
            return Source("text", words, lettering, self.files.get(p.font, "")) if words.strip() else None
        if p.source == "camera":
            return Source("camera", p.camera)
        return Source("ndi", p.ndi) if p.source == "ndi" else None

    def _run(self, number: int, source: Source, p: Layered, dt: float) -> _Run:
        """How far the clip in layer `number` has come; another one, or a restart, begins in the bar that is on."""
        run, of = self._runs[number], (source.kind, source.name, int(p.restart))
        if run.of != of:
            bar = self._lines.beats % self._lines.span("bar")
            run = self._runs[number] = _Run(of, 0.0, self._lines.count - bar)
        else:
            run.seconds += dt * p.speed
        return run
