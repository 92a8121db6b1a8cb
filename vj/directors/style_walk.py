"""Each band walks its own style layers: the map of "Stylizing Audio Reactive Visuals" (hanhung, NeurIPS 2019 workshop).

Bass (<= 150 Hz), snare (200-350 Hz) and mids (500-5000 Hz) each move one style group of the generator. The system this
comes from ships two maps: its README and code comment send bass, mids, snare to coarse, middle, fine; its style.yaml
swaps the last two. Its walk lengths are 10, 10 and 3 a sixteenth of a beat, on a shell of radius sqrt(512).
"""

import numpy as np

from vj.core.params import Param, Values
from vj.core.types import Controls, Features, LatentSpec
from vj.directors._journey import NEEDS, Journey, Way, swaying
from vj.features.bands import Band, Bands
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
    needs = NEEDS
    map = Param("readme", choices=tuple(_MAPS), doc="Which band moves which style group.")
    bass = Param(10.0, 0.0, 40.0, doc="Walk length of the bass, in the units of the original.")
    snare = Param(3.0, 0.0, 40.0, doc="Walk length of the snare band.")
    mids = Param(10.0, 0.0, 40.0, doc="Walk length of the mids.")
    sustain = Param(0.12, 0.0, 1.0, doc="How much of the motion goes on between hits, with the level.")
    idle = Param(0.04, 0.0, 0.5, unit="turn/s", curve="square", doc="Motion in silence, so that nothing stands still.")
    phrase = Param(16, 0, 128, unit="bars", doc="Bars until another class, if none is named; 0 stays, as the original.")
    breath = Param(0.06, 0.0, 0.4, doc="How far psi rises with loudness.")

    def __init__(self, spec: LatentSpec, rng: np.random.Generator) -> None:
        self._thirds = [g * 3 // len(spec.groups) for g in range(len(spec.groups))]
        self._directions = len(spec.directions)
        self._journey = Journey(spec, rng)

    def reset(self) -> None:
        """Back to the first section."""
        self._journey.reset()

    def step(self, f: Features, dt: float, p: Values, reactivity: float) -> Controls:
        """Move each group by what its band did."""
        leg = self._journey.step(f, dt, Way(p.idle, phrase=p.phrase))
        lengths = {"bass": p.bass, "snare": p.snare, "mids": p.mids}
        rates = []
        for name in _MAPS[p.map]:
            band: Band = getattr(f[Bands], name)
            drive = band.hits**2 + p.sustain * min(band.level, 2.0)
            rates.append(lengths[name] / SEED_RADIUS * STEPS_PER_SECOND * drive * reactivity)
        return Controls(
            motion=np.full(len(self._thirds), p.idle * dt, np.float32),
            stride=np.array([rates[third] * dt for third in self._thirds], np.float32),
            section=leg.section if p.phrase else 0,
            mix=leg.mix if p.phrase else None,
            psi=(p.breath * (f[State].energy - 0.5) + leg.psi) * min(reactivity, 1.0),
            directions=swaying(f.t, self._directions),
            cut=leg.cut,
        )
