"""Pulse returns, motion accumulates: every drum pulls its style group to a pose of its own and lets go again."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from vj.core.params import Param
from vj.core.sphere import unit
from vj.core.springs import Spring, gathered
from vj.core.types import F32, F64, Controls, Features, LatentSpec
from vj.directors._loop_walk import LoopWalk, WalkSettings, swaying
from vj.features.bands import Band, Bands
from vj.features.state import State
from vj.features.tempo import Tempo

#: Poses, in this order, with how much of its pull each sends to coarse, middle and fine.
KICK, LEFT, RIGHT, HATS = range(4)
_REACH = np.array([(1.0, 0.35, 0.0), (0.0, 1.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)])
#: Rates of their springs in rad/s, ...
_RATES = (22.0, 28.0, 28.0, 60.0)
#: ... and their damping ratio: peaks after 39, 31 and 14 ms, back at 10 % after 300, 240, 110.
_DAMPING = 1.5
#: The faintest hit, as a part of the strongest: the same drum is the same gesture, so that eyes learn it.
_FAINT = 0.4
#: Several hits in one step count as at most this much of one.
_CAP = 1.5
#: A spring struck again and again stays under this.
_MOST = 1.6
#: The picture never leans further than this part of the way to all poses together.
LIMIT = 0.45
#: A hit seen this long after it happened is old news: another director was on.
_STALE_S = 0.1
#: So long the accent of a hit may still grow.
_ATTACK_S = 0.021
#: Strength of the beats of a bar of four, ...
ACCENTS = (1.0, 0.45, 0.75, 0.45)
#: ... and what every fourth bar adds.
FOURTH = 0.2
#: Drawing back before a beat that is sure: how far, as a part of the blow, ...
DRAW = 0.2
#: ... and from which confidence.
FORESEE = 0.7
#: A hit within this belongs to the beat that was foreseen.
_NEAR_BEATS = 0.22
#: Part of the way that each hit goes to belief, ...
_BELIEVE = 0.5
#: ... and what each that does not come leaves of it.
_DOUBT = 0.25
#: Named directions that follow through, for kick and snare, ...
_FOLLOW = (("scale", "zoom"), ("turn", "rotate", "tilt"))
#: ... the damping ratio of their springs, ...
_ZETA = 0.4
#: ... and their cycles a beat.
_CYCLES = 2.0
#: Turns a second without bars in silence, ...
_IDLE_HZ = 0.02
#: ... and besides in full music.
_HEARD_HZ = 0.12
#: Radians from a place to a pose: at right angles, as almost all are.
_AWAY = math.pi / 2.0


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
        if hits < 0 or age > dt + _STALE_S:
            return []
        height = _FAINT + (1.0 - _FAINT) * min(band.accent, 1.0)
        if hits:
            self.height = height
            return [(band.count - k, height) for k in range(hits)]
        grown, self.height = height - self.height, max(height, self.height)
        return [(band.count, grown)] if grown > 0.0 and age < dt + _ATTACK_S else []


class _Foresight:
    """Which beats of the bar a kick is expected on, learnt from those heard; it strikes before they sound."""

    def __init__(self) -> None:
        self._expected = [0.0] * 4
        self._faith = 0.0
        self._struck = 0.0
        self._confirmed = True
        self._beat: int | None = None

    def count(self, metre: int) -> None:
        """Bars have `metre` beats from now on; of another number nothing is learnt yet."""
        if metre != len(self._expected):
            self._expected = [0.0] * metre

    def next(self, at: float, downbeat: int) -> float:
        """0..1 how strong a kick is expected on the beat after beat `at`."""
        return self._faith * self._expected[(math.floor(at) + 1 - downbeat) % len(self._expected)]

    def step(self, at: float, downbeat: int, sure: bool) -> float:
        """The height of the kick to strike now that `at` beats are counted; 0 between beats and while not `sure`."""
        beat = math.floor(at)
        if self._beat is None or beat == self._beat:
            self._beat = beat
            return 0.0
        if not self._confirmed:
            self._learn(self._beat - downbeat, 0.0)
        self._struck = self.next(beat - 0.5, downbeat) if sure and beat == self._beat + 1 else 0.0
        self._beat, self._confirmed = beat, False
        return self._struck

    def heard(self, height: float, at: float, downbeat: int) -> float:
        """What is left to strike of a kick of `height` heard at beat `at`, once what was foreseen is taken off."""
        beat = round(at)
        if abs(at - beat) > _NEAR_BEATS:
            return height
        self._learn(beat - downbeat, height)
        if beat != self._beat:
            return height
        self._confirmed = True
        rest, self._struck = height - self._struck, max(height, self._struck)
        return max(rest, 0.0)

    def _learn(self, beat: int, height: float) -> None:
        place = beat % len(self._expected)
        self._expected[place] += _BELIEVE * (height - self._expected[place])
        self._faith = min(1.0, self._faith + _BELIEVE) if height else self._faith * _DOUBT


class Pulse:
    """Kick moves structure, snare moves form to one side and the other, hats stir texture; between hits it wanders.

    Once the tempo is sure a kick that is expected is struck a moment early, drawn back for before, and the one that is
    heard only adds what it was stronger. Half of each pull is kept for the drop.
    """

    address = "/director/pulse"
    kick = Param(1.0, 0.0, 2.0, unit="turn", doc="How far a kick pulls coarse, and a third of it middle, on a drop.")
    snare = Param(
        0.45, 0.0, 2.0, unit="turn", doc="How far a snare pulls middle alternately to its two poses on a drop."
    )
    hats = Param(0.3, 0.0, 2.0, unit="turn", doc="How far hats pull fine to their pose on a drop.")
    swing = Param(0.05, 0.0, 1.0, doc="How far kick and snare push the directions scale and turn, which swing back.")
    accent = Param(0.5, 0.0, 1.0, doc="How much the beats of a bar differ: 1, .45, .75, .45.")
    lead = Param(
        0.01, 0.0, 0.2, unit="s", doc="How early a kick that is expected is struck, as it takes a moment to be seen."
    )
    speed = Param(1.0, 0.0, 4.0, curve="square", doc="Speed of the walk, 1 is 16, 8 and 4 bars a revolution.")
    surge = Param(0.5, 0.0, 1.0, doc="How much the walk goes in blows on the beat, once the tempo is sure.")
    phrase = Param(
        32, 0, 128, unit="bars", doc="Bars until another loop and class at the latest; 0 only with the music."
    )
    breath = Param(0.06, 0.0, 0.4, doc="How far psi rises with loudness.")

    def __init__(self, spec: LatentSpec, rng: np.random.Generator) -> None:
        count = len(spec.groups)
        self._spec = spec
        self._poses = unit(rng.standard_normal((len(_RATES), count, spec.z_dim)))
        # a bundle with fewer than three groups has all drums all the same: the last group takes what is finer
        thirds = [range(g * 3 // count, max(g * 3 // count + 1, (g + 1) * 3 // count)) for g in range(count)]
        reach: F64 = np.array([[max(drum[k] for k in third) for third in thirds] for drum in _REACH])
        self._pull = reach * spec.turn_radians / _AWAY
        named = [[spec.directions.index(n) for n in names if n in spec.directions] for names in _FOLLOW]
        self._followers = [found[0] if found else None for found in named]
        self._loop_walk = LoopWalk(spec, rng)
        self.reset()

    def reset(self) -> None:
        """Springs at rest, no hit seen, the first section."""
        self._loop_walk.reset()
        self._springs = [Spring(w, zeta=_DAMPING) for w in _RATES]
        self._swings = [Spring(24.0, zeta=_ZETA) for _ in _FOLLOW]
        self._strokes = [_Strokes() for _ in range(3)]
        self._foresight = _Foresight()

    def step(self, f: Features, dt: float, p: Self, reactivity: float) -> Controls:
        """Walk on, strike the springs of the drums that were hit, and lean to their poses."""
        calm = (_IDLE_HZ + _HEARD_HZ * f[Bands].bass.presence * reactivity) * p.speed
        leg = self._loop_walk.step(f, dt, WalkSettings(calm, min(reactivity, 1.0), p.surge, p.phrase))
        self._strike(f, dt, p)
        springs = [spring.x for spring in self._springs]
        springs[KICK] -= self._drawn(f, p.lead)
        amounts = np.array([p.kick, p.snare, p.snare, p.hats]) * leg.amount * reactivity * springs
        target = np.einsum("pg,pgz->gz", self._pull * amounts[:, None], self._poses)
        away = np.linalg.norm(target, axis=1)
        return Controls(
            motion=leg.motion * np.float32(p.speed),
            length=leg.length,
            section=leg.section,
            target=target.astype(np.float32),
            pull=(LIMIT * np.tanh(away / LIMIT)).astype(np.float32),
            mix=leg.mix,
            psi=(p.breath * (f[State].energy - 0.5) + leg.psi) * min(reactivity, 1.0),
            directions=self._directions(f.t, p.swing * leg.amount * reactivity),
            cut=leg.cut,
        )

    def _strike(self, f: Features, dt: float, p: Self) -> None:
        """Move the springs on to now, each struck at the moment of its hit."""
        bands, beats, downbeat = f[Bands], self._loop_walk.beats, f[State].downbeat
        early = p.lead / beats.seconds
        metre = f[State].metre
        self._foresight.count(metre)
        heights = [0.0] * len(_RATES)
        ages = [min(max(f.t - band.last, 0.0), dt) for band in (bands.bass, bands.snare, bands.snare, bands.highs)]
        foreseen = self._foresight.step(beats.at + early, downbeat, f[Tempo].confidence > FORESEE)
        if foreseen:
            heights[KICK] = foreseen
            ages[KICK] = min((beats.at + early) % 1.0 * beats.seconds, dt)
        drums = (bands.bass, (KICK, KICK)), (bands.snare, (LEFT, RIGHT)), (bands.highs, (HATS, HATS))
        for strokes, (band, poses) in zip(self._strokes, drums, strict=True):
            for number, height in strokes.step(band, f.t, dt):
                pose = poses[number % 2]  # by the running count: skipped hops do not swap the sides
                at = beats.at - (f.t - band.last) / beats.seconds
                shaped = height * self._shape(round(at) - downbeat, metre, p.accent * beats.sure)
                heights[pose] += self._foresight.heard(shaped, at, downbeat) if pose == KICK else shaped
        for i, (height, age) in enumerate(zip(heights, ages, strict=True)):
            spring = self._springs[i].step(dt - age).struck(min(height, _CAP), _MOST)
            self._springs[i] = spring.step(age)
        self._swing(heights, dt)

    def _swing(self, heights: list[float], dt: float) -> None:
        """Let the directions follow through: two cycles a beat, kick to one side, snares to both in turn."""
        w = 2.0 * math.pi * _CYCLES / self._loop_walk.beats.seconds / math.sqrt(1.0 - _ZETA**2)
        pushes = heights[KICK], heights[LEFT] - heights[RIGHT]
        for i, (swing, push) in enumerate(zip(self._swings, pushes, strict=True)):
            tuned = Spring(w, swing.x, swing.v, _ZETA)
            self._swings[i] = tuned.step(dt).struck(max(min(push, _CAP), -_CAP))

    def _shape(self, beat: int, metre: int, strength: float) -> float:
        """The strength of `beat`, counted from a downbeat: the first of a bar, then the middle one if it has one."""
        place = beat % metre
        accent = ACCENTS[0] if place == 0 else ACCENTS[2] if metre >= 4 and 2 * place == metre else ACCENTS[1]
        accent *= 1.0 + FOURTH * (beat // metre % 4 == 3)
        return 1.0 + strength * (accent - 1.0)

    def _drawn(self, f: Features, lead: float) -> float:
        """How far the kick is drawn back for the beat that is about to come."""
        if f[Tempo].confidence <= FORESEE:
            return 0.0
        at = self._loop_walk.beats.at + lead / self._loop_walk.beats.seconds
        return DRAW * self._foresight.next(at, f[State].downbeat) * gathered(at % 1.0)

    def _directions(self, t: float, amount: float) -> F32:
        """[D] the drift of all directions, and the swing of those that kick and snare push."""
        directions = swaying(t, len(self._spec.directions))
        for index, swing in zip(self._followers, self._swings, strict=True):
            if index is not None:
                directions[index] += amount * swing.x
        return directions
