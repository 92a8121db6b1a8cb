"""Each band walks its own style layers: the map of "Stylizing Audio Reactive Visuals" (hanhung, NeurIPS 2019 workshop).

Bass (<= 150 Hz), snare (200-350 Hz) and mids (500-5000 Hz) each move one style group of the generator. The system this
comes from ships two maps: its README and code comment send bass, mids, snare to coarse, middle, fine; its style.yaml
swaps the last two. Its walk lengths are 10, 10 and 3 a sixteenth of a beat, on a shell of radius sqrt(512).
"""

from typing import Self

import numpy as np

from vj.core.params import Param
from vj.core.track import Findings, Track
from vj.core.types import Controls, Features, LatentSpec
from vj.directors._loop_walk import LoopWalk, WalkSettings, swaying
from vj.directors._score import Showtime
from vj.directors._timbre import Timbre
from vj.directors.earlier.hanhung import BANDS, Steps, Walk, steps_of
from vj.features.bands import Bands
from vj.features.embedding import Embedding
from vj.features.state import State

#: Radius of the shell the walk lengths refer to; a length over the radius is an angle in radians, for it also in turns.
SEED_RADIUS = 512**0.5
#: Full-length steps a second at a full hit. The envelope of a kick, squared, lasts about 0.06 s, so a length of 10
#: makes a third of a turn of it: clearly seen, and still the same picture.
STEPS_PER_SECOND = 12.0

_MAPS = {"readme": ("bass", "mids", "snare"), "style_yaml": ("bass", "snare", "mids")}


class StyleWalk:
    """Bands to layers: a hit moves its group on, level keeps it going, and nothing goes back."""

    address = "/director/style_walk"
    map = Param("readme", choices=tuple(_MAPS), doc="Which band moves which style group.")
    bass = Param(10.0, 0.0, 40.0, doc="Walk length of the bass, in the units of the original.")
    snare = Param(3.0, 0.0, 40.0, doc="Walk length of the snare band.")
    mids = Param(10.0, 0.0, 40.0, doc="Walk length of the mids.")
    sustain = Param(0.12, 0.0, 1.0, doc="How much of the motion goes on between hits, with the level.")
    idle = Param(0.04, 0.0, 0.5, unit="turn/s", curve="square", doc="Motion in silence, so that nothing stands still.")
    phrase = Param(16, 0, 128, unit="bars", doc="Bars until another class, if none is named; 0 stays, as the original.")
    breath = Param(0.06, 0.0, 0.4, doc="How far psi rises with loudness.")
    drive = Param(
        "hits",
        choices=("hits", "steps", "timbre"),
        doc="Moved by hits, by steps of a beat as the original, or by `/feature/embedding`, a channel a style layer.",
    )
    steps = Param(16, 1, 64, doc="Steps of a beat.")
    solo = Param("off", choices=("off", *BANDS), doc="Only this band moves anything: to hear and see what it does.")
    freeze_bass = Param(False, doc="The bass moves nothing.")
    freeze_snare = Param(False, doc="The snare band moves nothing.")
    freeze_mids = Param(False, doc="The mids move nothing.")
    exact = Param(False, doc="In a render: the walk of the original in z, step by step, to compare with.")
    bpm = Param(150.0, 20.0, 400.0, unit="BPM", doc="For exact: the tempo that the original is told.")

    def __init__(self, spec: LatentSpec, rng: np.random.Generator) -> None:
        self._thirds = spec.thirds
        self._spec = spec
        self._loop_walk = LoopWalk(spec, rng)
        self._seed = int(rng.integers(1 << 31))
        self.reset()

    def reset(self) -> None:
        """Back to the first section, nothing surveyed."""
        self._loop_walk.reset()
        self._time = Showtime()
        self._steps = Steps()
        self._timbre = Timbre(self._spec)
        self._walk: Walk | None = None

    def survey(self, track: Track, p: Self) -> None:
        """For `exact`, learn the steps of the whole track; else there is nothing that cannot be known as it sounds."""
        if p.exact:
            rate, steps = steps_of(track, p.bpm, p.steps)
            self._walk = Walk(steps, rate, np.random.default_rng(self._seed), self._spec.z_dim)

    def findings(self, p: Self) -> Findings:
        """For exact, the steps of each band."""
        return Findings(self._walk.curves() if self._walk is not None else {})

    def step(self, f: Features, dt: float, p: Self, reactivity: float) -> Controls:
        """Move each group by what its band did."""
        t = self._time.step(f.t, dt)
        lengths = {"bass": p.bass, "snare": p.snare, "mids": p.mids}
        frozen = {"bass": p.freeze_bass, "snare": p.freeze_snare, "mids": p.freeze_mids}
        lengths = {band: 0.0 if frozen[band] or p.solo not in ("off", band) else lengths[band] for band in BANDS}
        if self._walk is not None:
            return self._as_original(self._walk, t, p.map, lengths)
        leg = self._loop_walk.step(f, dt, WalkSettings(p.idle, phrase=p.phrase))
        turns, timbre = self._turns(f, dt, p, lengths), self._timbre.step(f[Embedding])
        strides = [turns[_MAPS[p.map][third]] for third in self._thirds]
        if p.drive == "timbre":
            far = [lengths[_MAPS[p.map][third]] / SEED_RADIUS for third in self._thirds]
            strides = [length * STEPS_PER_SECOND * dt * driven for length, driven in zip(far, timbre, strict=True)]
        return Controls(
            motion=np.full(len(self._thirds), p.idle * dt, np.float32),
            stride=np.array(strides, np.float32) * np.float32(reactivity),
            section=leg.section if p.phrase else 0,
            mix=leg.mix if p.phrase else None,
            psi=(p.breath * (f[State].energy - 0.5) + leg.psi) * min(reactivity, 1.0),
            directions=swaying(f.t, len(self._spec.directions)),
            cut=leg.cut,
        )

    def _turns(self, f: Features, dt: float, p: Self, lengths: dict[str, float]) -> dict[str, float]:
        """Turns that each band moves its group on in this step."""
        bands = {name: getattr(f[Bands], name) for name in BANDS}
        if p.drive == "steps":
            drives = self._steps.step(self._loop_walk.beats.at * p.steps, f.t, bands)
            return {name: lengths[name] / SEED_RADIUS * drives[name] for name in BANDS}
        drives = {name: band.hits**2 + p.sustain * min(band.level, 2.0) for name, band in bands.items()}
        return {name: lengths[name] / SEED_RADIUS * STEPS_PER_SECOND * drives[name] * dt for name in BANDS}

    def _as_original(self, walk: Walk, t: float, layout: str, lengths: dict[str, float]) -> Controls:
        z = walk.at(t, lengths)
        return Controls(
            motion=np.zeros(len(self._thirds), np.float32),
            target=np.array([z[_MAPS[layout][third]] for third in self._thirds], np.float32),
            psi=1.0,
            exact=True,
        )
