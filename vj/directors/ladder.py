"""A ladder of pictures from dark to bright, climbed by loudness: the live app of a film's autoencoder (mkh7878, 2023).

There 600 stored pictures were blended as pixels, 1.9 s late, and loud wrapped round to dark. Here the rungs are places
in latent space, tried and sorted by how bright their pictures are; between them form is interpolated, and the top
rung is the top.
"""

from collections.abc import Callable, Sequence
from typing import Self

import numpy as np

from vj.core.params import Param
from vj.core.sphere import on_shell, slerp, unit
from vj.core.track import Findings, Track
from vj.core.types import F32, F64, U8, Controls, Features, Latent, LatentSpec
from vj.directors._loop_walk import LoopWalk, WalkSettings, swaying
from vj.directors._score import Showtime, mixed
from vj.directors.earlier import loudness
from vj.features.novelty import Novelty

#: Pictures that are tried, ...
_POOL = 48
#: ... of so many classes, ...
_CLASSES = 6
#: ... so many at once, ...
_BATCH = 8
#: ... with this truncation.
_PSI = 0.8
#: Part of the way that form leans to its rung.
_LEAN = 0.9
#: How far the direction that brightens most goes with the ladder.
_LIGHT = 1.0
#: Rungs that it is tried on.
_TRIES = 3
#: Luma, 0..255, that it must change.
_LEAST_LUMA = 4.0
#: Rec. 709 luma.
_LUMA = np.array([0.2126, 0.7152, 0.0722])
#: The rate at which the original hears, ...
_RATE_HZ = 44100
#: ... its block, ...
_BLOCK_SAMPLES = 4096
#: ... and its pictures from one rung to the next.
_BLENDS = 5


class Ladder:
    """The louder, the brighter: form and class climb a ladder of what the generator can show.

    A render knows how loud the track gets; live the gain is found as it is heard. There is no delay but that of a hop.
    """

    address = "/director/ladder"
    rungs = Param(6, 2, 24, doc="Rungs of the ladder, evenly spaced in brightness.")
    classes = Param(
        2, 0, _CLASSES, doc="Classes on the ladder; more change more, and are less evenly brighter. 0: cue's."
    )
    attack = Param(0.06, 0.0, 2.0, unit="s", curve="square", doc="Time in which a louder sound is followed.")
    release = Param(0.6, 0.0, 5.0, unit="s", curve="square", doc="Time in which a quieter one is.")
    reach = Param(0.7, 0.0, 1.0, doc="The rung of the loudest, as a part of the ladder; reactivity takes it on up.")
    speed = Param(0.06, 0.0, 0.5, unit="turn/s", curve="square", doc="How fast form wanders about its rung.")
    exact = Param(False, doc="In a render: the rung that the original's app shows, late and wrapped round.")

    def __init__(self, spec: LatentSpec, rng: np.random.Generator) -> None:
        self._spec = spec
        self._z: F64 = unit(rng.standard_normal((_POOL, len(spec.groups), spec.z_dim)))
        kinds = rng.permutation(len(spec.classes))[:_CLASSES]
        self._class = kinds[np.arange(_POOL) % len(kinds)]
        self._luma: F64 = np.arange(_POOL, dtype=np.float64)
        self._light: F32 = np.zeros(len(spec.directions), np.float32)
        self._loop_walk = LoopWalk(spec, rng)
        self.reset()

    def reset(self) -> None:
        """Nothing heard, nothing surveyed; what was rehearsed stays."""
        self._loop_walk.reset()
        self._time = Showtime()
        self._chosen: dict[tuple[int, int], list[int]] = {}
        self._loudness: loudness.Loudness = loudness.Heard()
        self._levels: F64 | None = None

    def rehearse(self, imagine: Callable[[Sequence[Latent]], U8]) -> None:
        """Look at all rungs there could be, sort them from dark to bright, find the direction that brightens most."""
        still = np.zeros(len(self._spec.directions), np.float32)
        luma = self._seen(imagine, [(k, still) for k in range(_POOL)])
        order = np.argsort(luma, kind="stable")
        self._z, self._class, self._luma = self._z[order], self._class[order], luma[order]
        self._chosen = {}
        ways = np.eye(len(still), dtype=np.float32) * np.float32(_LIGHT)
        tried = [(k, sign * way) for way in ways for k in range(0, _POOL, _POOL // _TRIES) for sign in (1, -1)]
        if tried:
            pairs = self._seen(imagine, tried).reshape(len(ways), _TRIES, 2)
            brighter = (pairs[..., 0] - pairs[..., 1]).mean(axis=1)
            best = int(np.abs(brighter).argmax())
            if abs(brighter[best]) > _LEAST_LUMA:
                self._light = ways[best] * np.float32(np.sign(brighter[best]))

    def _seen(self, imagine: Callable[[Sequence[Latent]], U8], tried: Sequence[tuple[int, F32]]) -> F64:
        """[n] luma 0..255 of the pictures of rungs by number, each with directions."""
        latents = [Latent(on_shell(self._z[k]), self._one(self._class[k]), _PSI, d) for k, d in tried]
        found = [imagine(latents[i : i + _BATCH]) for i in range(0, len(latents), _BATCH)]
        return np.concatenate([(images @ _LUMA).mean(axis=(1, 2)) for images in found])

    def survey(self, track: Track, p: Self) -> None:
        """Learn how loud the track gets, or read it from an imported column "Amplitude"."""
        if p.exact:
            self._levels = loudness.app_levels(track.sound(_RATE_HZ))
        else:
            self._loudness = loudness.survey(track)

    def findings(self, p: Self) -> Findings:
        """Loudness; for exact, what the app reckons."""
        if self._levels is not None:
            most = max(float(self._levels.max()), 1.0) if len(self._levels) else 1.0
            return Findings({"level": (_RATE_HZ / _BLOCK_SAMPLES, np.maximum(self._levels, 0.0) / most)})
        return loudness.found(self._loudness)

    def step(self, f: Features, dt: float, p: Self, reactivity: float) -> Controls:
        """Climb."""
        t = self._time.step(f.t, dt)
        asked = p.rungs, _POOL if self._levels is not None else p.classes
        if asked not in self._chosen:
            self._chosen = {asked: self.chosen(*asked)}
        rungs = self._chosen[asked]
        if self._levels is not None:
            place = self._as_original(t, len(rungs))
        else:
            level = self._loudness.step(t, f[Novelty], dt, p.attack, p.release)
            place = min(max(level * reactivity * p.reach, 0.0), 1.0) * (len(rungs) - 1)
        k = min(int(place), len(rungs) - 2)
        low, high, x = rungs[k], rungs[k + 1], place - k
        leg = self._loop_walk.step(f, dt, WalkSettings(p.speed, min(reactivity, 1.0)))
        mix = mixed(self._one(self._class[low]), self._one(self._class[high]), x)
        target = slerp(self._z[low], self._z[high], x)
        if self._levels is not None:
            return Controls(np.zeros_like(leg.motion), target=on_shell(target), mix=mix, psi=_PSI, exact=True)
        return Controls(
            motion=leg.motion,
            length=leg.length,
            section=leg.section,
            target=target.astype(np.float32),
            pull=np.full(len(target), _LEAN, np.float32),
            mix=mix if p.classes else None,
            fluid=True,
            directions=swaying(f.t, len(self._light)) + self._light * np.float32(2.0 * place / (len(rungs) - 1) - 1.0),
        )

    def chosen(self, count: int, classes: int) -> list[int]:
        """Numbers of `count` rungs of those tried, from dark to bright in even steps of luma.

        Each of `classes` has its part of the ladder, dark ones below; _POOL of them go as they fall.
        """
        kinds = sorted(set(self._class.tolist()), key=lambda kind: float(self._luma[self._class == kind].mean()))
        if 0 < classes < len(kinds):
            kinds = [kinds[round(k)] for k in np.linspace(0, len(kinds) - 1, classes)] if classes > 1 else kinds[-1:]
        free = [k for k in range(_POOL) if self._class[k] in kinds]
        wanted = np.linspace(self._luma[free[0]], self._luma[free[-1]], count)
        picked: list[int] = []
        for i, luma in enumerate(wanted):
            kind = kinds[i * len(kinds) // count]
            mine = [k for k in free if classes >= _POOL or self._class[k] == kind] or free
            picked.append(min(mine, key=lambda k: abs(float(self._luma[k]) - luma)))
            free.remove(picked[-1])
        return sorted(picked)

    def _one(self, index: int) -> F32:
        weights = np.zeros(len(self._spec.classes), np.float32)
        weights[index] = 1.0
        return weights

    def _as_original(self, t: float, rungs: int) -> float:
        """The app's picture number, as a place on the ladder: rungs with four blends between, counted modulo."""
        assert self._levels is not None
        block = min(int(t * _RATE_HZ / _BLOCK_SAMPLES), len(self._levels)) - 1
        level = self._levels[block] if block >= 0 else -1.0
        return float(max(level, 0.0) % ((rungs - 1) * _BLENDS + 1)) / _BLENDS
