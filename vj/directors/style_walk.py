"""Each band walks its own style layers: the map of "Stylizing Audio Reactive Visuals" (hanhung, NeurIPS 2019 workshop).

Bass (<= 150 Hz), snare (200-350 Hz) and mids (500-5000 Hz) each move one style group of the generator. The system this
comes from ships two maps: its README and code comment send bass, mids, snare to coarse, middle, fine; its style.yaml
swaps the last two. Its walk lengths are 10, 10 and 3 a sixteenth of a beat, on a shell of radius sqrt(512).
"""

import numpy as np

from vj.core.params import Param, Values
from vj.core.types import Controls, Features, LatentSpec
from vj.features.bands import Band, Bands
from vj.features.level import Level

#: Radius of the shell the walk lengths refer to; a length over the radius is an angle in radians.
SEED_RADIUS = 512**0.5
#: Full-length steps a second at a full hit. The envelope of a kick, squared, lasts about 0.06 s, so a length of 10
#: makes a third of a radian of it: clearly seen, and still the same picture (dance correlation with kicks .83 here).
STEPS_PER_SECOND = 12.0

_MAPS = {"readme": ("bass", "mids", "snare"), "style_yaml": ("bass", "snare", "mids")}


class StyleWalk:
    """Bands to layers: a hit moves its group on, level keeps it going, and nothing goes back."""

    address = "/director/style_walk"
    needs = (Bands, Level)
    map = Param("readme", choices=tuple(_MAPS), doc="Which band moves which style group.")
    bass = Param(10.0, 0.0, 40.0, doc="Walk length of the bass, in the units of the original.")
    snare = Param(3.0, 0.0, 40.0, doc="Walk length of the snare band.")
    mids = Param(10.0, 0.0, 40.0, doc="Walk length of the mids.")
    sustain = Param(0.12, 0.0, 1.0, doc="How much of the motion goes on between hits, with the level.")
    idle = Param(0.04, 0.0, 1.0, unit="rad/s", curve="square", doc="Motion in silence, so that nothing stands still.")
    breath = Param(0.06, 0.0, 0.4, doc="How far psi rises with loudness.")

    def __init__(self, spec: LatentSpec, rng: np.random.Generator) -> None:
        self._thirds = [g * 3 // len(spec.groups) for g in range(len(spec.groups))]

    def reset(self) -> None:
        """Nothing is remembered."""

    def step(self, f: Features, dt: float, p: Values, reactivity: float) -> Controls:
        """Move each group by what its band did."""
        lengths = {"bass": p.bass, "snare": p.snare, "mids": p.mids}
        rates = []
        for name in _MAPS[p.map]:
            band: Band = getattr(f[Bands], name)
            drive = band.hits**2 + p.sustain * min(band.level, 2.0)
            rates.append(p.idle + lengths[name] / SEED_RADIUS * STEPS_PER_SECOND * drive * reactivity)
        motion = np.array([rates[third] * dt for third in self._thirds], np.float32)
        return Controls(motion=motion, psi=p.breath * (f[Level].loud - 0.5) * reactivity)
