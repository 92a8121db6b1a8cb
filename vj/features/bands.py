"""Bass, snare, mids and highs: how strong each is, when it is struck, and its own accumulated time."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.signal import sosfilt

from vj.core.dsp import band_pass
from vj.core.interp import ease, follow
from vj.core.params import Param, Values
from vj.core.types import F64, Hop

#: Name -> (low, high) in Hz. The lowest edge keeps rumble out; the highest band is open at the top.
RANGES = {"bass": (30.0, 150.0), "snare": (200.0, 350.0), "mids": (500.0, 5000.0), "highs": (5000.0, 1e9)}
#: Seconds of the running mean that `level` is relative to (projectM's Loudness, 4.15 s).
MEAN = 4.0
#: Attack and release of `level`.
ATTACK, RELEASE = 0.012, 0.06
#: Decay of `hits` to 37 %.
DECAY = 0.12
#: Attack and release of `presence`.
PRESENCE = (0.5, 1.5)
#: A rise of this many dB within RISE seconds is a hit ...
HIT_DB = 5.0
RISE = 0.035
#: ... if it gets at least this far up (dB relative to the running mean of power).
HIT_LEVEL_DB = -3.0
#: Seconds between two hits of one band.
REST = 0.1


@dataclass(frozen=True, slots=True)
class Band:
    """One band.

    level      amplitude relative to its own running mean: hovers round 1 in music at any volume, 0 in silence
    hits       0..1, jumps at a transient and decays
    presence   0..1, slow: how much of the time this band has something to say
    time       seconds, accumulated: about one a second in music, faster when loud, never backwards
    count      hits so far
    last       show time of the last hit in seconds, -1 before the first
    """

    level: float
    hits: float
    presence: float
    time: float
    count: int
    last: float


@dataclass(frozen=True, slots=True)
class Bands:
    """bass <= 150 Hz, snare 200-350 Hz, mids 500-5000 Hz, highs above."""

    bass: Band
    snare: Band
    mids: Band
    highs: Band


class _Ear:
    """Listens to one band."""

    def __init__(self, sos: F64, dt: float) -> None:
        self._sos = sos
        self._dt = dt
        self._back = max(1, round(RISE / dt))
        self.reset()

    def reset(self) -> None:
        self._state = np.zeros((len(self._sos), 2))
        self._past = [-120.0] * self._back
        self._power = 0.0
        self._envelope = 0.0
        self._mean = 0.0
        self._heard = 0.0
        self._band = Band(0.0, 0.0, 0.0, 0.0, 0, -1.0)

    def step(self, hop: Hop, amount: float) -> Band:
        out, self._state = sosfilt(self._sos, hop.samples, zi=self._state)
        power = float(np.dot(out, out)) / len(out)
        old = self._band
        dt = self._dt
        silent = not hop.open and power < 1e-12
        amplitude = 0.0 if silent else math.sqrt(power)
        self._envelope = follow(self._envelope, amplitude, dt, ATTACK, RELEASE)
        if not silent:
            self._heard = min(self._heard + dt, MEAN)
            self._mean += (self._envelope - self._mean) * ease(dt, self._heard)
        level = 0.0 if self._mean < 1e-6 else self._envelope / self._mean
        level = min(level, 8.0) if level > 1e-3 else 0.0
        db = 10.0 * math.log10(power + 1e-12)
        hit = self._is_hit(db, hop.t - old.last if old.last >= 0 else math.inf, amount)
        strength = min(1.0, amplitude / max(2.0 * self._mean, 1e-9)) if hit else 0.0
        presence = follow(old.presence, min(level, 1.0), dt, *PRESENCE)
        self._band = Band(
            level=level,
            hits=max(strength, old.hits * math.exp(-dt / DECAY)),
            presence=presence,
            time=old.time + level * dt,
            count=old.count + hit,
            last=hop.t if hit else old.last,
        )
        return self._band

    def _is_hit(self, db: float, since: float, amount: float) -> bool:
        low = min(self._past)
        self._past = [*self._past[1:], db]
        if self._mean < 1e-6 or since < REST:
            return False
        above = db - 20.0 * math.log10(self._mean)
        return db - low > HIT_DB / amount and above > HIT_LEVEL_DB


class HearBands:
    """Four causal Butterworth band-passes with state; everything is relative to each band's own running mean."""

    address = "/feature/bands"
    sensitivity = Param(1.0, 0.25, 4.0, curve="log", doc="How small a rise counts as a hit of a band.")

    def __init__(self, rate: int, hop_length: int, window_length: int) -> None:
        dt = hop_length / rate
        self._ears = [_Ear(band_pass(low, min(high, rate), rate), dt) for low, high in RANGES.values()]

    def reset(self) -> None:
        """Back to the state after construction."""
        for ear in self._ears:
            ear.reset()

    def step(self, hop: Hop, p: Values) -> Bands:
        """Bands after this hop."""
        return Bands(*(ear.step(hop, p.sensitivity) for ear in self._ears))
