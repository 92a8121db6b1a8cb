"""Every band pulls to its anchor: the map of Plexatic's audio-reactive latent walks (PLEXATIC/DIGCREA, 2022).

A bank of bands, each with a place in latent space; the loudest bands decide between whose places form is. Classes are
gone through once over the track, or by bars, or as the sound brightens.
"""

from typing import Self

import numpy as np

from vj.core.interp import ease
from vj.core.params import Param
from vj.core.sound.dsp import band_weights
from vj.core.track import Findings, Track
from vj.core.types import F32, F64, Controls, Features, LatentSpec
from vj.directors._loop_walk import LoopWalk, WalkSettings, swaying
from vj.directors._score import Showtime, Story, at, mixed
from vj.directors.earlier import anchor_bank as bank
from vj.features.level import Level
from vj.features.spectrum import Spectrum
from vj.features.state import State
from vj.features.tempo import Tempo

#: Length of the rolling spectrum, as the analyzer makes it.
_WINDOW_S = 2048 / 48000
#: Over how long brightness is felt by classes that follow it, ...
_FELT_TAU_S = 1.0
#: ... and its range.
_DARK_HZ = 400.0
_BRIGHT_HZ = 5000.0
#: So far under the loudest of late form no longer leans.
_RANGE_DB = 40.0
#: How soon the loudest is forgotten.
_FORGET_TAU_S = 12.0
#: Classes that a story goes on for where none is told.
_CLASSES = 4


class Anchors:
    """Form hangs between the anchors of the bands that sound, and sinks back to a calm walk in silence.

    Live and in a render alike it hears the last 43 ms, so a click is seen at the next frame and never before. What a
    render knows besides is how long the track is, over which the classes are swept.
    """

    address = "/director/anchors"
    story = Param("", kind="text", doc="Classes by name or number between | or commas; then luck. Empty: four by luck.")
    classes = Param(
        "sweep", choices=("sweep", "sound", "stay"), doc="Classes in turn, by brightness, or only the cue's."
    )
    sweep = Param(16, 1, 256, unit="bars", doc="Live: bars from one class to the next.")
    truncation = Param(0.35, 0.0, 1.0, doc="How far out the anchors of `exact` lie.")
    extra = Param(0.6, 0.0, 0.99, doc="Extra detail: how much quieter bands count too.")
    most = Param(4292.0, 100.0, 20000.0, unit="Hz", curve="log", doc="Highest frequency.")
    skip = Param(16.0, 0.0, 10000.0, unit="Hz", curve="square", doc="Lowest frequency.")
    growth = Param(1.015, 1.0001, 2.0, doc="How much wider each band is than the one before.")
    along = Param(0.34, 0.0, 1.0, doc="How much an anchor is drawn to the one before it.")
    passes = Param(2, 0, 10, doc="How often that is done.")
    smooth = Param(0.06, 0.0, 2.0, unit="s", curve="square", doc="Time in which form follows.")
    depth = Param(0.6, 0.0, 1.0, doc="How far form leans to the anchors, the rest is a calm walk.")
    speed = Param(0.04, 0.0, 0.5, unit="turn/s", curve="square", doc="How fast the calm walk goes.")
    exact = Param(False, doc="In a render: the numbers of the original, 30 a second, to compare with.")

    def __init__(self, spec: LatentSpec, rng: np.random.Generator) -> None:
        self._spec = spec
        self._seed = int(rng.integers(1 << 31))
        self._loop_walk = LoopWalk(spec, rng)
        self._made: dict[tuple[float, ...], tuple[F32, F64]] = {}
        self.reset()

    def reset(self) -> None:
        """Nothing heard, nothing surveyed."""
        self._loop_walk.reset()
        self._time = Showtime()
        self._length: float | None = None
        self._exact: F64 | None = None
        self._felt: F64 = np.zeros((len(self._spec.groups), self._spec.z_dim))
        self._place = self._bright = 0.0
        self._pull = 0.0
        self._top = -120.0
        self._beats: float | None = None

    def survey(self, track: Track, p: Self) -> None:
        """Learn how long the track is; for `exact`, where z is at every frame."""
        self._story(p.story).check(self._spec.classes)
        count = sum(len(block) for block in track.sound(8000))
        self._length = count / 8000.0
        if not p.exact:
            return
        bands = bank.growing(p.skip, p.most, p.growth, track.rate)
        weighed = bank.weights(track, bands, p.extra)
        anchors = bank.anchors(np.random.default_rng(self._seed), len(bands), self._spec.z_dim, p.truncation)
        self._exact = np.clip(weighed @ bank.smoothed(anchors, p.along, p.passes), -1.0, 1.0)

    def findings(self, p: Self) -> Findings:
        """When the sweep reaches which class."""
        if self._length is None or p.classes != "sweep":
            return Findings()
        story = self._story(p.story)
        places = range(self._stops(story))
        length = self._length / max(len(places) - 1, 1)
        return Findings(moments=tuple((k * length, self._spec.classes[story[k]]) for k in places))

    def step(self, f: Features, dt: float, p: Self, reactivity: float) -> Controls:
        """Hang between the anchors of what sounds."""
        t = self._time.step(f.t, dt)
        story = self._story(p.story)
        mix = None if p.classes == "stay" else self._mix(t, f, dt, p, story)
        if self._exact is not None:
            return self._as_original(t, p.truncation, mix)
        leg = self._loop_walk.step(f, dt, WalkSettings(p.speed, min(reactivity, 1.0)))
        self._follow(f, dt, p)
        return Controls(
            motion=leg.motion,
            length=leg.length,
            section=leg.section,
            target=self._felt.astype(np.float32),
            pull=np.full(len(self._felt), min(p.depth * reactivity * self._pull, 1.0), np.float32),
            mix=mix,
            fluid=True,
            psi=(0.06 * (f[State].energy - 0.5) + leg.psi) * min(reactivity, 1.0),
            directions=swaying(f.t, len(self._spec.directions)),
        )

    def _story(self, text: str) -> Story:
        return Story.told(text, self._spec.classes, self._seed)

    def _stops(self, story: Story) -> int:
        return len(story.asked) or min(_CLASSES, len(self._spec.classes))

    def _follow(self, f: Features, dt: float, p: Self) -> None:
        """Where the bands pull, and how much: all the way at the loudest of late, not at all 40 dB below."""
        fold, anchors = self._bank(len(f[Spectrum].magnitudes), p)
        heard = bank.softmax_db(np.sqrt((f[Spectrum].magnitudes ** 2) @ fold), p.extra)
        total = float(heard.sum())
        db = f[Level].db
        self._top = max(db, self._top - (self._top - db) * ease(dt, _FORGET_TAU_S))
        loud = min(max(1.0 + (db - self._top) / _RANGE_DB, 0.0), 1.0) if total > 0 else 0.0
        share = ease(dt, p.smooth)
        self._pull += (loud - self._pull) * share
        if total > 0:
            goal = np.einsum("b,bgz->gz", heard / total, anchors)
            goal /= np.maximum(np.linalg.norm(goal, axis=1, keepdims=True), 1e-9)
            self._felt = self._felt + (goal - self._felt) * share

    def _bank(self, bins: int, p: Self) -> tuple[F32, F64]:
        """([bins, B] what folds a spectrum into bands, [B, G, Z] anchors), made once for each setting of faders."""
        key = (bins, p.skip, p.most, p.growth, p.along, p.passes)
        if key not in self._made:
            edges = bank.edges(p.skip, p.most, p.growth)
            length = 2 * (bins - 1)
            fold = band_weights(edges, length, round(length / _WINDOW_S))
            groups, z_dim, count = len(self._spec.groups), self._spec.z_dim, len(edges) - 1
            ordered = bank.anchors(np.random.default_rng(self._seed), count, groups * z_dim, 1.0)
            self._made = {key: (fold, bank.smoothed(ordered, p.along, p.passes).reshape(count, groups, z_dim))}
        return self._made[key]

    def _mix(self, t: float, f: Features, dt: float, p: Self, story: Story) -> F32:
        """[C] between two neighbours of the story: by the clock, by bars, or by brightness."""
        count = self._stops(story)
        if p.classes == "sound":
            hz = f[Spectrum].centroid_hz
            bright = np.log(min(max(hz, _DARK_HZ), _BRIGHT_HZ) / _DARK_HZ) / np.log(_BRIGHT_HZ / _DARK_HZ)
            if hz > 0:
                self._bright += (float(bright) - self._bright) * ease(dt, _FELT_TAU_S)
            place = self._bright * (count - 1)
        elif self._length is not None:
            place = min(max(t / max(self._length, 1e-6), 0.0), 1.0) * (count - 1)
        else:
            beats = f[Tempo].beat + f[Tempo].phase
            gone = 0.0 if self._beats is None else min(max(beats - self._beats, 0.0), 4.0)
            self._beats = beats
            self._place += gone / (f[State].metre * p.sweep)
            there_and_back = self._place % max(2.0 * (count - 1), 1.0)
            place = min(there_and_back, 2.0 * (count - 1) - there_and_back) if count > 1 else 0.0
        first = min(int(place), max(count - 2, 0))
        return mixed(story.one(first), story.one(min(first + 1, count - 1)), place - first)

    def _as_original(self, t: float, psi: float, mix: F32 | None) -> Controls:
        assert self._exact is not None
        z = at(self._exact, bank.FPS, t) if len(self._exact) else np.zeros(self._spec.z_dim)
        count = len(self._spec.groups)
        return Controls(
            motion=np.zeros(count, np.float32),
            target=np.tile(z.astype(np.float32), (count, 1)),
            mix=mix,
            psi=psi,
            exact=True,
        )
