"""Loudness is a place along one line: the map of a film's autoencoder played by a song (mkh7878, 2023).

There one of ten numbers carried raw samples and the nine others were noise, new in every frame. Here the line is one
direction of latent space, loudness an envelope, and all else a slow walk.
"""

from typing import Self

import numpy as np

from vj.core.params import Param
from vj.core.sphere import Loops, unit
from vj.core.track import Findings, Track
from vj.core.types import F32, F64, Controls, Features, LatentSpec
from vj.directors._loop_walk import LoopWalk, WalkSettings
from vj.directors._score import Showtime
from vj.directors.earlier import loudness
from vj.features.novelty import Novelty

#: 90 % of normal numbers lie within this many of their standard deviations: percentiles 5 and 95.
_MOST = 1.645
#: The line never takes more than this part of z, so that something else remains.
_SHARE = 0.95
#: The rate at which the original hears.
_RATE_HZ = 22050
#: Its values a second.
_VALUES_HZ = 30.0
#: Groups that each choice moves, by third.
_GROUPS = {"all": (0, 1, 2), "coarse": (0,), "middle": (1,), "fine": (2,)}


class Amplitude:
    """Quiet is one end of a direction, loud is the other, and the rest of the picture wanders slowly by itself.

    A render knows how loud the track gets; live the gain is found as it is heard. There is no delay but that of a hop.
    """

    address = "/director/amplitude"
    direction = Param(0, 0, 8, doc="What loudness moves: 0 a line of z by luck, 1 to 8 the bundle's named direction.")
    amount = Param(1.4, -2.5, 2.5, doc="How far: 1 is from percentile 5 to 95 of z, or a direction from end to end.")
    groups = Param("all", choices=tuple(_GROUPS), doc="Style groups that the line of z goes through.")
    attack = Param(0.02, 0.0, 2.0, unit="s", curve="square", doc="Time in which a louder sound is followed.")
    release = Param(0.25, 0.0, 5.0, unit="s", curve="square", doc="Time in which a quieter one is.")
    speed = Param(0.1, 0.0, 0.5, unit="turn/s", curve="square", doc="How fast all else wanders.")
    phrase = Param(16, 0, 128, unit="bars", doc="Bars until another class, if none is named; 0 stays.")
    every = Param(736, 1, 4096, doc="For exact: which samples at 22 050 Hz are taken; the author says 735.")
    exact = Param(False, doc="In a render: raw samples and noise as the original, to compare with.")

    def __init__(self, spec: LatentSpec, rng: np.random.Generator) -> None:
        self._spec = spec
        self._seed = int(rng.integers(1 << 31))
        count = len(spec.groups)
        self._loops = Loops.random(rng, count, spec.z_dim)
        line = rng.standard_normal((count, spec.z_dim))
        rows = self._loops.frames
        for _ in range(2 if spec.z_dim > 9 else 0):  # at right angles to the walk, where there is room
            line = line - np.einsum("gk,gkz->gz", np.einsum("gkz,gz->gk", rows, line), rows)
        self._line = unit(line)
        self._loop_walk = LoopWalk(spec, rng)
        self._thirds = np.array(spec.thirds)
        self.reset()

    def reset(self) -> None:
        """Nothing heard, nothing surveyed."""
        self._loop_walk.reset()
        self._time = Showtime()
        self._loudness: loudness.Loudness = loudness.Heard()
        self._samples: F64 | None = None
        self._revolutions: F64 = np.zeros(len(self._spec.groups))

    def survey(self, track: Track, p: Self) -> None:
        """Learn how loud the track gets, or read it from an imported column "Amplitude"."""
        if p.exact and loudness.COLUMN in track.columns:
            column = track.columns[loudness.COLUMN]
            self._samples = column / max(float(column.max()), 1e-12)
        elif p.exact:
            self._samples = loudness.decimated(track.sound(_RATE_HZ), p.every)
        else:
            self._loudness = loudness.survey(track)

    def findings(self, p: Self) -> Findings:
        """Loudness; for exact, the samples."""
        if self._samples is not None:
            return Findings({"samples": (_VALUES_HZ, np.abs(self._samples))})
        return loudness.found(self._loudness)

    def step(self, f: Features, dt: float, p: Self, reactivity: float) -> Controls:
        """Go along the line by loudness, and wander on."""
        t = self._time.step(f.t, dt)
        if self._samples is not None:
            return self._as_original(t)
        level = self._loudness.step(t, f[Novelty], dt, p.attack, p.release)
        along = (2.0 * level - 1.0) * p.amount * reactivity
        self._revolutions += p.speed * dt * self._spec.turn_radians / self._loops.longest
        named = len(self._spec.directions)
        directions = np.zeros(named, np.float32)
        if 0 < p.direction <= named:
            directions[p.direction - 1] = min(max(along, -1.0), 1.0)
            along = 0.0
        leg = self._loop_walk.step(f, dt, WalkSettings(p.speed, phrase=p.phrase))
        return Controls(
            motion=np.zeros(len(self._thirds), np.float32),
            target=self._place(along, p.groups),
            mix=leg.mix if p.phrase else None,
            psi=leg.psi * min(reactivity, 1.0),
            directions=directions,
        )

    def _place(self, along: float, groups: str) -> F32:
        """[G, Z] the walk, with `along` x percentile 95 of z on the line of those `groups`."""
        walk = self._loops.at(self._revolutions)
        part = min(max(along * _MOST / self._spec.z_dim**0.5, -_SHARE), _SHARE)
        rest = unit(walk - (walk * self._line).sum(axis=1, keepdims=True) * self._line)
        lines = part * self._line + (1.0 - part * part) ** 0.5 * rest
        chosen = np.isin(self._thirds, _GROUPS[groups])[:, None]
        return np.asarray(np.where(chosen, lines, walk), np.float32)

    def _as_original(self, t: float) -> Controls:
        """[Z - 1 fresh noise numbers, the sample], 30 a second."""
        assert self._samples is not None
        k = min(max(int(t * _VALUES_HZ + 1e-6), 0), max(len(self._samples) - 1, 0))
        z = np.random.default_rng([self._seed, k]).standard_normal(self._spec.z_dim).astype(np.float32)
        z[-1] = self._samples[k] if len(self._samples) else 0.0
        count = len(self._thirds)
        return Controls(motion=np.zeros(count, np.float32), target=np.tile(z, (count, 1)), psi=1.0, exact=True)
