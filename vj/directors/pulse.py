"""Pulse returns, motion accumulates: every drum pulls its style group to a pose of its own and lets go again."""

import math
from dataclasses import dataclass

import numpy as np

from vj.core.interp import follow
from vj.core.params import Param, Values
from vj.core.sphere import unit
from vj.core.springs import Spring, surged
from vj.core.types import F32, F64, Controls, Features, LatentSpec
from vj.features.bands import DECAY, Band, Bands
from vj.features.level import Level
from vj.features.tempo import Tempo

#: Poses, in this order, with how much of its pull each sends to coarse, middle and fine.
KICK, LEFT, RIGHT, HATS = range(4)
_REACH = np.array([(1.0, 0.35, 0.0), (0.0, 1.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)])
#: Rates of their springs in rad/s: peaks after 45, 36 and 17 ms.
_RATES = (22.0, 28.0, 28.0, 60.0)
#: Several hits in one step count as at most this much of one; a spring struck again and again stays under MOST.
_CAP, _MOST = 1.5, 1.6
#: The picture never leans further than this to all poses together.
LIMIT = 0.45
#: A hit seen this long after it happened is old news: another director was on.
_STALE = 0.1
#: Seconds in which the accent of a hit grows.
_SPEAKS = 0.021
#: The walk in silence, as a part of that in full music; finer groups are this much livelier than the next coarser.
_IDLE, _LIVELINESS = 0.25, 1.35
#: Confidence in the tempo below which nothing surges, and where it surges fully.
_UNSURE, _SURE = 0.3, 0.7
#: Bass presence that is a break, how much of its motion coarse keeps there, and seconds to get in and out of it.
_BREAK, _REST, _CALM, _WAKE = 0.35, 0.15, 0.8, 0.15
#: A groove uses this part of the pulls. The first kick after this many seconds gives all of them for these beats.
_GROOVE, _WITHOUT, _FULL = 0.6, 4.0, 32.0


@dataclass
class _Strokes:
    """Reads the hits of one band that came since the last step, however many hops lie between."""

    count: int = -1
    height: float = 0.0

    def step(self, band: Band, t: float, dt: float) -> list[tuple[int, float]]:
        """(number, height 0..1) of every hit since the last step; one that has grown since then comes again."""
        hits = band.count - self.count if self.count >= 0 else 0
        self.count = band.count
        age = max(t - band.last, 0.0)
        if hits < 0 or age > dt + _STALE:
            return []
        # an accent grows while the drum speaks and then decays; what it was at its height is known at any frame rate
        height = min(band.hits * math.exp(max(age - _SPEAKS, 0.0) / DECAY), 1.0)
        if hits:
            self.height = height
            return [(band.count - k, height) for k in range(hits)]
        grown, self.height = height - self.height, max(height, self.height)
        return [(band.count, grown)] if grown > 0.0 and age < dt + _SPEAKS else []


class Pulse:
    """Kick moves structure, snare moves form to one side and the other, hats stir texture; between hits it wanders.

    A break lets the structure rest; the kick that ends it gives full amounts for eight bars.
    """

    address = "/director/pulse"
    needs = (Bands, Level, Tempo)
    kick = Param(0.36, 0.0, 1.0, doc="How far a kick pulls coarse, and a third of it middle, to the kick pose.")
    snare = Param(0.3, 0.0, 1.0, doc="How far a snare pulls middle alternately to its two poses.")
    hats = Param(0.14, 0.0, 1.0, doc="How far hats pull fine to their pose.")
    speed = Param(
        0.24, 0.0, 2.0, unit="rad/s", curve="square", doc="Walk of coarse in full music; a quarter in silence."
    )
    surge = Param(0.6, 0.0, 1.0, doc="How much the walk hurries on the beat and waits between, once the tempo is sure.")
    breath = Param(0.06, 0.0, 0.4, doc="How far psi rises with loudness.")

    def __init__(self, spec: LatentSpec, rng: np.random.Generator) -> None:
        count = len(spec.groups)
        self._poses = unit(rng.standard_normal((len(_RATES), count, spec.z_dim)))
        # a bundle with fewer than three groups has all drums all the same: the last group takes what is finer
        thirds = [range(g * 3 // count, max(g * 3 // count + 1, (g + 1) * 3 // count)) for g in range(count)]
        self._reach: F64 = np.array([[max(drum[k] for k in third) for third in thirds] for drum in _REACH])
        self._coarse = np.array([0 in third for third in thirds])
        self._pace: F64 = _LIVELINESS ** (2.0 * np.arange(count) / max(count - 1, 1))
        self.reset()

    def reset(self) -> None:
        """Springs at rest, no hit seen, no break."""
        self._springs = [Spring(w) for w in _RATES]
        self._strokes = [_Strokes() for _ in range(3)]
        self._rest = 0.0
        self._kicked = self._dropped = -1.0

    def step(self, f: Features, dt: float, p: Values, reactivity: float) -> Controls:
        """Walk on, strike the springs of the drums that were hit, and lean to their poses."""
        self._strike(f, dt)
        bars = _FULL * 60.0 / max(f[Tempo].bpm, 1.0)
        full = 1.0 if self._dropped >= 0 and f.t - self._dropped < bars else _GROOVE
        amounts = np.array([p.kick, p.snare, p.snare, p.hats]) * full * reactivity
        weights = self._reach * (amounts * [spring.x for spring in self._springs])[:, None]
        total = weights.sum(axis=0)
        return Controls(
            motion=self._walk(f, dt, p.speed, p.surge, reactivity),
            target=np.einsum("pg,pgz->gz", weights, self._poses).astype(np.float32),
            pull=(LIMIT * np.tanh(total / LIMIT)).astype(np.float32),
            psi=p.breath * (f[Level].loud - 0.5) * reactivity,
        )

    def _strike(self, f: Features, dt: float) -> None:
        """Move the springs on to now, each struck at the moment of its hit."""
        bands = f[Bands]
        if bands.bass.count > self._strokes[0].count >= 0:
            self._drop(bands.bass.last)
        heights = [0.0] * len(_RATES)
        drums = (bands.bass, (KICK, KICK)), (bands.snare, (LEFT, RIGHT)), (bands.highs, (HATS, HATS))
        ages = []
        for strokes, (band, poses) in zip(self._strokes, drums, strict=True):
            for number, height in strokes.step(band, f.t, dt):
                heights[poses[number % 2]] += height  # by the running count: skipped hops do not swap the sides
            ages += [min(max(f.t - band.last, 0.0), dt)] * len(set(poses))
        for i, (height, age) in enumerate(zip(heights, ages, strict=True)):
            spring = self._springs[i].step(dt - age).struck(min(height, _CAP), _MOST)
            self._springs[i] = spring.step(age)

    def _drop(self, t: float) -> None:
        """Note a kick at `t`; after a break without any it is the drop."""
        if self._kicked >= 0 and t - self._kicked >= _WITHOUT and self._rest > 0.5:
            self._dropped = t
        self._kicked = t

    def _walk(self, f: Features, dt: float, speed: float, surge: float, reactivity: float) -> F32:
        """[G] radians to walk: slow in silence, faster with bass, surging on the beat; coarse rests in a break."""
        bass, loud, tempo = f[Bands].bass, f[Level].loud, f[Tempo]
        lost = 1.0 if bass.presence < _BREAK and loud > 0.0 else 0.0
        self._rest = follow(self._rest, lost, dt, _CALM, _WAKE)
        sure = min(max((tempo.confidence - _UNSURE) / (_SURE - _UNSURE), 0.0), 1.0)
        beats = dt * tempo.bpm / 60.0
        heard = (1.0 - _IDLE) * max(bass.presence, 0.5 * loud) * reactivity
        rate = speed * (_IDLE + heard * surged(tempo.phase, beats, min(surge * sure, 1.0)))
        still = np.where(self._coarse, 1.0 - (1.0 - _REST) * self._rest, 1.0)
        return (rate * dt * self._pace * still).astype(np.float32)
