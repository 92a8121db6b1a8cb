"""Harmony chooses the class: each has a pitch class of its own, and the two that sound most are morphed between."""

from typing import Self

import numpy as np

from vj.core.interp import ease
from vj.core.params import Param
from vj.core.types import F32, Controls, Features, LatentSpec
from vj.directors._loop_walk import LoopWalk, WalkSettings, crossed, swaying
from vj.features.bands import Bands
from vj.features.chroma import Chroma
from vj.features.state import State

#: Softmax temperature of the twelve pitch classes, each divided by the loudest: low, so that one chord is one mixture.
TEMPERATURE = 0.25
#: Over how long a harmony is felt before it may choose.
FELT_TAU_S = 0.8
#: How far the voice pushes the direction that follows it, ...
VOICE = 0.5
#: ... and how soon it gets there and back.
ATTACK_TAU_S = 0.15
RELEASE_TAU_S = 0.7


class Chord:
    """Walks calmly with the bars while chords choose among the classes that cue or performer name, or among all.

    Classes lie on the circle of fifths in their order, so neighbouring keys show neighbouring classes. A new choice is
    made where a bar begins, and only when the harmony has changed.
    """

    address = "/director/chord"
    speed = Param(0.08, 0.0, 0.5, unit="turn/s", curve="square", doc="How fast the walk moves where no bar is kept to.")
    change = Param(0.25, 0.0, 1.0, doc="How new a harmony must be before it chooses other classes.")
    flow = Param(0.15, 0.0, 1.0, unit="turn/s", curve="square", doc="Added at full presence of the mids.")
    beat = Param(3.0, 0.0, 12.0, unit="turn/s", curve="square", doc="Speed of a group at a full hit of its drum.")
    voice = Param(1.0, 0.0, 2.0, doc="How far the voice (mids) pushes the direction named symmetry, or the first.")

    def __init__(self, spec: LatentSpec, rng: np.random.Generator) -> None:
        self._count = len(spec.classes)
        self._pitch = np.arange(self._count) * 7 % 12
        self._directions = len(spec.directions)
        self._pushed = spec.directions.index("symmetry") if "symmetry" in spec.directions else 0
        self._thirds = spec.thirds
        self._loop_walk = LoopWalk(spec, rng)
        self.reset()

    def reset(self) -> None:
        """No harmony heard."""
        self._loop_walk.reset()
        self._felt = np.zeros(12)
        self._chosen = np.zeros(12)
        self._mix: F32 = np.full(self._count, 1.0 / self._count, np.float32)
        self._voice = 0.0
        self._drops: int | None = None

    def step(self, f: Features, dt: float, p: Self, reactivity: float) -> Controls:
        """Walk on, choose at the bar line, follow the voice."""
        leg = self._loop_walk.step(f, dt, WalkSettings(p.speed))
        self._felt = self._felt + (f[Chroma].values - self._felt) * ease(dt, FELT_TAU_S)
        beats, state = self._loop_walk.beats, f[State]
        if state.drops != self._drops or crossed(beats.before, beats.at, state):
            self._drops = state.drops
            self._choose(p.change)
        voice = f[Bands].mids.presence
        self._voice += (voice - self._voice) * ease(dt, ATTACK_TAU_S if voice > self._voice else RELEASE_TAU_S)
        directions = swaying(f.t, self._directions)
        if self._directions:
            directions[self._pushed] += VOICE * p.voice * reactivity * np.float32(self._voice)
        return Controls(
            motion=leg.motion,
            stride=self._stride(f[Bands], p.flow * voice, p.beat) * np.float32(reactivity * dt),
            length=leg.length,
            section=leg.section,
            mix=self._mix,
            among=True,
            psi=leg.psi * min(reactivity, 1.0),
            directions=directions,
            cut=leg.cut,
        )

    def _stride(self, bands: Bands, flow: float, beat: float) -> F32:
        """[G] turns a second: bass moves coarse, snare middle, hats fine, each on its hits; the voice moves all."""
        hits = (bands.bass.hits, bands.snare.hits, bands.highs.hits)
        drives = [flow + beat * hits[third] ** 2 for third in self._thirds]
        return np.array(drives, np.float32)

    def _choose(self, change: float) -> None:
        """New class weights, if what is felt differs enough from what chose last: half the sum of differences."""
        total = float(self._felt.sum())
        if total < 1e-6:
            return
        heard = self._felt / total
        if 0.5 * float(np.abs(heard - self._chosen).sum()) < change:
            return
        self._chosen = heard
        weights = np.exp(heard[self._pitch] / heard.max() / TEMPERATURE)
        self._mix = np.asarray(weights / weights.sum(), np.float32)
