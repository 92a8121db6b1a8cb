"""A story told by the sound: the map of GANterpretations (psc-g/ganterpretation; Castro, arXiv 2011.05158).

How much the sound changes is a curve; where it turns, the story goes on to its next class, and between two such points
one class becomes the next at the pace of what happens in the music.
"""

from typing import Self

import numpy as np

from vj.core.luck import truncated_normal
from vj.core.params import Param
from vj.core.sound.change import STEP_S, Turning
from vj.core.sphere import slerp, unit
from vj.core.track import Channel, Findings, Track
from vj.core.types import F32, F64, Controls, Features, LatentSpec
from vj.directors._loop_walk import LoopWalk, WalkSettings, crossed, swaying
from vj.directors._score import Glide, Showtime, Story, mixed
from vj.directors.earlier import inflections
from vj.directors.earlier.switches import Listening, Place, Score, Written, survey
from vj.features.novelty import Novelty
from vj.features.state import State
from vj.features.tempo import Tempo

#: Beats in which what a switch leaves behind dies away.
_GLIDE = 1.0


class Ganterpretations:
    """Classes one after the other, switched where the music turns and morphed at its pace, while forms wander.

    A render knows the whole track and is never late. Live a point is told `delay` seconds after it, and half of a mean
    of the same length besides.
    """

    address = "/director/ganterpretations"
    story = Param("", kind="text", doc="Classes by name or number between | or commas; then luck. Empty: all luck.")
    turning = Param("min", choices=("min", "max", "both"), doc="Where the story goes on: lulls, peaks or both.")
    threshold = Param(0.12, 0.0, 1.0, doc="How far a point must stand out; 1 is all the way from least to most change.")
    absolute = Param(0.0, 0.0, 1.0, doc="Lulls above this do not count; 0 takes all.")
    span = Param(0.58, 0.1, 4.0, unit="s", doc="What a point must stand out from, before and after it.")
    mean = Param(0.74, 0.02, 4.0, unit="s", doc="Over how long change is felt.")
    rest = Param(2.0, 0.0, 30.0, unit="s", doc="Least time between two switches.")
    delay = Param(0.4, 0.1, 0.6, unit="s", doc="Live: how long after a point it is told; shorter is less sure.")
    channel: Param[Channel] = Param("mid", choices=("mid", "left", "right"), doc="Channel that a render surveys.")
    scale = Param("log", choices=("log", "linear"), doc="Change of loudness levels, or of amplitudes as the original.")
    z = Param("walk", choices=("walk", "segment", "constant"), doc="Form: wanders, goes from point to point, stands.")
    speed = Param(0.05, 0.0, 0.5, unit="turn/s", curve="square", doc="How fast form wanders where no bar is kept to.")
    move = Param(0.03, 0.0, 0.5, unit="turn", doc="How far form goes for each neper of change.")
    automatic = Param(True, doc="Whether the music switches; off leaves it to you.")
    switch = Param(0, kind="trigger", doc="Go on with the story.")
    quantise = Param("beat", choices=("now", "beat", "bar"), doc="When a switch by hand is done.")
    exact = Param(False, doc="In a render: the numbers of the original, column by column, to compare with.")
    exact_threshold = Param(0.035, 0.0, 1.0, doc="Threshold of the original, relative to the loudest jump.")

    def __init__(self, spec: LatentSpec, rng: np.random.Generator) -> None:
        self._spec = spec
        self._seed = int(rng.integers(1 << 31))
        self._loop_walk = LoopWalk(spec, rng)
        self.reset()

    def reset(self) -> None:
        """Nothing heard, nothing surveyed, the story at its beginning."""
        self._loop_walk.reset()
        self._time = Showtime()
        self._score: Score = Listening()
        self._columns: _Columns | None = None
        self._activity: float | None = None
        self._segment: int | None = None
        self._index = 0
        self._glide = Glide()
        self._from = self._share = 0.0
        self._switches: int | None = None
        self._waiting = 0
        self._beat: int | None = None

    def survey(self, track: Track, p: Self) -> None:
        """Find the points of the whole track. Raises ControlError for a class that is not there."""
        self._story(p.story).check(self._spec.classes)
        if p.exact:
            self._columns = _Columns(track, p.exact_threshold)
        else:
            self._score = survey(track, p.channel, p.scale == "linear", p.mean, _turning(p, p.span))

    def findings(self, p: Self) -> Findings:
        """The curve of change, and when which class is reached."""
        story, names = self._story(p.story), self._spec.classes
        if self._columns is not None:
            rate = self._columns.rate
            times = [column / rate for column in self._columns.points[1:-1]]
            curves = {"change": (rate, self._columns.curve)}
            return Findings(curves, tuple((t, names[story[k]]) for k, t in enumerate([0.0, *times], 1)))
        if not isinstance(self._score, Written):
            return Findings()
        moments = tuple((float(t), names[story[k]]) for k, t in enumerate(self._score.times[:-1]))
        return Findings({"change": (1.0 / STEP_S, self._score.curve)}, moments)

    def step(self, f: Features, dt: float, p: Self, reactivity: float) -> Controls:
        """Tell on."""
        t = self._time.step(f.t, dt)
        story = self._story(p.story)
        if self._columns is not None:
            return self._columns.at(t, story, self._spec)
        mean = min(p.mean, 2.0 * p.delay)
        place = self._score.step(t, f[Novelty], f.t, mean, _turning(p, p.delay))
        glide = dt * f[Tempo].bpm / 60.0 / _GLIDE
        mix = self._tell(place, self._by_hand(f[Tempo], f[State], p), p.automatic, story, glide)
        moved = self._moved(f[Novelty]) * p.move * reactivity
        leg = self._loop_walk.step(f, dt, WalkSettings(p.speed, min(reactivity, 1.0)))
        count, walks = len(self._spec.groups), p.z == "walk"
        still = np.zeros(count, np.float32)
        return Controls(
            motion=leg.motion if walks else still,
            stride=np.full(count, moved, np.float32) if walks else None,
            length=leg.length,
            section=leg.section if walks else 0,
            target=None if walks else self._form(p.z == "segment"),
            mix=mix,
            fluid=True,
            psi=(0.06 * (f[State].energy - 0.5) + leg.psi) * min(reactivity, 1.0),
            directions=swaying(f.t, len(self._spec.directions)),
        )

    def _story(self, text: str) -> Story:
        return Story.told(text, self._spec.classes, self._seed)

    def _moved(self, heard: Novelty) -> float:
        """Nepers of change since the last step."""
        before, self._activity = self._activity, heard.activity
        return min(max(heard.activity - before, 0.0), 4.0) if before is not None else 0.0

    def _by_hand(self, tempo: Tempo, state: State, p: Self) -> int:
        """Switches asked for by hand that are due now."""
        asked = 0 if self._switches is None else max(p.switch - self._switches, 0)
        self._switches = p.switch
        self._waiting += asked
        before, self._beat = tempo.beat if self._beat is None else self._beat, tempo.beat
        due = {"now": True, "beat": before != tempo.beat, "bar": crossed(before, tempo.beat, state)}
        if not due[p.quantise]:
            return 0
        done, self._waiting = self._waiting, 0
        return done

    def _tell(self, place: Place, by_hand: int, automatic: bool, story: Story, glide: float) -> F32:
        """[C] where the story is. What it leaves in the middle at a switch dies away in a `glide` of its own, 0..1."""
        passed = 0
        if self._segment is None:
            self._index = place.segment if automatic else 0
        elif automatic:
            passed = place.segment - self._segment
        self._segment = place.segment
        if passed or by_hand:
            self._index += passed + by_hand
            self._from = 0.0 if passed else place.alpha
        alpha = place.alpha if automatic else self._from
        self._share = min(max((alpha - self._from) / max(1.0 - self._from, 1e-9), 0.0), 1.0)
        told = mixed(story.one(self._index), story.one(self._index + 1), self._share)
        return self._glide.step(told, glide, bool(passed or by_hand))

    def _form(self, moves: bool) -> F32:
        """[G, Z] z of the segment, or between those of this segment and of the next."""
        here = self._point(self._index if moves else 0)
        if not moves:
            return here.astype(np.float32)
        there = self._point(self._index + 1)
        return slerp(here, there, np.full(len(here), self._share)).astype(np.float32)

    def _point(self, index: int) -> F64:
        rng = np.random.default_rng([self._seed, index])
        return unit(rng.standard_normal((len(self._spec.groups), self._spec.z_dim)))


class _Columns:
    """The original's categories and alphas, read at the column that sounds."""

    def __init__(self, track: Track, threshold: float) -> None:
        self.curve = inflections.smooth(inflections.variation(track.sound(track.rate, "left")))
        self.points = inflections.points(self.curve, threshold)
        self.alphas = inflections.alphas(self.curve, self.points)
        self.stages = inflections.stages(len(self.alphas), self.points)
        self.rate = track.rate / inflections.HOP_SAMPLES

    def at(self, t: float, story: Story, spec: LatentSpec) -> Controls:
        """The column at show time `t`."""
        column = min(max(int(t * self.rate + 1e-6), 0), len(self.alphas) - 1)
        stage = int(self.stages[column])
        uniform = np.random.RandomState(inflections.SEED).uniform(size=spec.z_dim)
        z = np.float32(inflections.TRUNCATION) * truncated_normal(uniform).astype(np.float32)
        return Controls(
            motion=np.zeros(len(spec.groups), np.float32),
            target=np.tile(z, (len(spec.groups), 1)),
            mix=mixed(story.one(stage), story.one(stage + 1), float(self.alphas[column])),
            psi=inflections.TRUNCATION,
            exact=True,
        )


def _turning(p: Ganterpretations, after: float) -> Turning:
    return Turning(p.turning, p.threshold, p.span, after, p.absolute, p.rest)
