"""How the music is now beside how it was: energy and mood, for whoever chooses by them."""

import math

import numpy as np

from vj.core.interp import ease, follow
from vj.core.types import F64, Features
from vj.features.chroma import Chroma
from vj.features.level import Level
from vj.features.onset import Onset
from vj.features.spectrum import Spectrum
from vj.features.state import State

#: Time constants of the means over the last minutes, over the moment, and of the harmony.
MINUTES_TAU_S = 150.0
MOMENT_TAU_S = 3.0
KEY_TAU_S = 12.0
#: The least spread that counts as one: of loudness 0..1, onsets a second, octaves of brightness.
LEAST = (0.08, 0.8, 0.25)
#: What a section adds to the energy before it is felt.
PUSH = {"silence": -0.3, "break": -0.2, "build": 0.1, "drop": 0.25}
#: Seconds between two looks at the harmony.
LOOK_S = 0.25
#: Krumhansl and Kessler's profiles of a major and a minor key on C.
_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)


class Usual:
    """What is usual of a number, and how far beyond it it is now, in spreads."""

    def __init__(self, least: float) -> None:
        self._least = least
        self._mean = self._square = self._heard = self._now = 0.0

    def step(self, x: float, dt: float) -> float:
        """Spreads that the moment lies over (+) or under (-) the last minutes, once it is `x`."""
        self._heard += dt
        if self._heard == dt:
            self._mean, self._square, self._now = x, x * x, x
        share = ease(dt, min(self._heard, MINUTES_TAU_S))
        self._mean += (x - self._mean) * share
        self._square += (x * x - self._square) * share
        self._now = follow(self._now, x, dt, MOMENT_TAU_S, MOMENT_TAU_S)
        spread = math.sqrt(max(self._square - self._mean**2, 0.0))
        return (self._now - self._mean) / max(spread, self._least)


class Hearing:
    """Follows the music. `energy` is 0..1, 0.5 as in the last minutes; `light` 0..1 from dark and minor to bright and
    major; `section` the state of the music, since show time `since`."""

    def __init__(self) -> None:
        self._loud, self._busy, self._high = (Usual(least) for least in LEAST)
        self._chroma: F64 = np.zeros(12)
        self._profiles = tuple(_rolled(profile) for profile in (_MAJOR, _MINOR))
        self._t: float | None = None
        self._looked = -math.inf
        self.energy = self.light = self.major = self.bright = 0.5
        self.section, self.since = "silence", 0.0

    def step(self, t: float, features: Features) -> None:
        """Hear on to show time `t`."""
        dt = max(t - self._t, 0.0) if self._t is not None else 0.0
        self._t = t
        records = features.records
        if (state := records.get(State)) is not None:
            self.section, self.since = state.name, state.since
        if self.section == "silence" or dt <= 0.0:
            return
        level, onset, spectrum = records.get(Level), records.get(Onset), records.get(Spectrum)
        loud = self._loud.step(level.loud, dt) if level is not None else 0.0
        busy = self._busy.step(onset.rate, dt) if onset is not None else 0.0
        self.energy = _share(0.5 * (loud + busy))
        if spectrum is not None:
            self.bright = _share(self._high.step(math.log2(max(spectrum.centroid_hz, 20.0)), dt))
        if (chroma := records.get(Chroma)) is not None:
            self._chroma += (chroma.values - self._chroma) * ease(dt, KEY_TAU_S)
            if t - self._looked >= LOOK_S:
                self._looked = t
                self.major = self._majority()
        self.light = 0.5 * (self.bright + self.major)

    @property
    def due(self) -> float:
        """0..1: the energy that is to be expected of the section, which is felt a little late."""
        return min(max(self.energy + PUSH.get(self.section, 0.0), 0.0), 1.0)

    def words(self) -> str:
        """How it sounds, in a few words."""
        energy = "as strong as the last minutes"
        if abs(self.energy - 0.5) > 0.15:
            energy = f"{'stronger' if self.energy > 0.5 else 'calmer'} than the last minutes"
        mood = "bright" if self.bright > 0.6 else "dark" if self.bright < 0.4 else ""
        key = "major" if self.major > 0.6 else "minor" if self.major < 0.4 else ""
        return ", ".join(filter(None, (self.section, energy, " and ".join(filter(None, (mood, key))))))

    def _majority(self) -> float:
        """0..1: how much nearer what sounds is to its best major key than to its best minor one."""
        spread = float(np.std(self._chroma))
        if spread < 1e-6:
            return 0.5
        normal = (self._chroma - self._chroma.mean()) / (spread * 12.0)
        major, minor = (float((profiles @ normal).max()) for profiles in self._profiles)
        return min(max(0.5 + 2.0 * (major - minor), 0.0), 1.0)


def _share(spreads: float) -> float:
    """0..1, 0.5 where nothing is unusual."""
    return 0.5 + 0.5 * math.tanh(0.6 * spreads)


def _rolled(profile: tuple[float, ...]) -> F64:
    """[12, 12] `profile` of every key, each with mean 0 and spread 1."""
    normal = (np.array(profile) - np.mean(profile)) / np.std(profile)
    return np.stack([np.roll(normal, n) for n in range(12)])
