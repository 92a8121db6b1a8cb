"""What one hit does in time, exact at any frame rate: all is dated by the hit, not by the frame that shows it."""

import math
from dataclasses import dataclass

from vj.core.springs import Spring
from vj.core.types import Features
from vj.engine.sources import record

#: Where the threshold of a strong hit settles.
FLOOR = 0.5
#: It jumps to so many times a strong one.
OVER = 1.25
#: How soon it falls back.
FALL_TAU_S = 0.8
#: Angle between one direction and the next: the golden one, so that no direction comes twice.
TURN = math.pi * (3.0 - math.sqrt(5.0))


@dataclass(frozen=True, slots=True)
class Hit:
    """The newest hit of a band: its number (0 before the first), show time in seconds and accent 0..1."""

    number: int = 0
    t: float = 0.0
    accent: float = 0.0


class Hits:
    """Hears the hits of one band, such as "bands.bass". A hit's accent may still grow while it speaks."""

    def __init__(self, band: str) -> None:
        self._band = band
        self.now = Hit()

    def step(self, features: Features) -> Hit:
        """The newest hit as far as it is known now."""
        band = record(features.records, self._band)
        if band is None or band.count == 0:
            return self.now
        self.now = Hit(band.count, band.last, min(band.accent, 1.0))
        return self.now


class Struck:
    """A critically damped spring that each hit strikes to the square of its accent, at the hit's own time."""

    def __init__(self, w: float, most: float = 1.6) -> None:
        self._rest = Spring(w)
        self._most = most
        self._t = 0.0
        self._hit = Hit()

    def at(self, t: float, hit: Hit) -> float:
        """Its position at show time `t`, `hit` being the newest."""
        if hit.number != self._hit.number:
            when = max(hit.t, self._t)
            self._rest = self._moved(when)
            self._t = when
        self._hit = hit
        return self._moved(max(t, self._t)).x

    def _moved(self, t: float) -> Spring:
        return self._rest.struck(self._hit.accent**2, self._most).step(t - self._t)


class Pulse:
    """An envelope 0..1: up in `attack` seconds from each hit on, then down to 10 % in every `release` seconds."""

    def __init__(self, attack: float, release: float) -> None:
        self._attack, self._release = max(attack, 1e-4), max(release, 1e-3)
        self._tail = self._t = 0.0
        self._hit = Hit()

    def at(self, t: float, hit: Hit) -> float:
        """Its height at show time `t`, `hit` being the newest."""
        if hit.number != self._hit.number:
            when = max(hit.t, self._t)
            self._tail = self._height(when)
            self._t = when
        self._hit = hit
        return self._height(max(t, self._t))

    def _height(self, t: float) -> float:
        age = t - self._t
        rise = min(age / self._attack, 1.0)
        pulse = self._hit.accent**2 * rise * 10.0 ** (-max(age - self._attack, 0.0) / self._release)
        return float(max(pulse, self._tail * 10.0 ** (-age / self._release)))


class Strong:
    """Tells strong hits from the rest: each raises the bar that the next must clear, and it falls back in time."""

    def __init__(self) -> None:
        self._bar, self._t = FLOOR, 0.0
        self._count, self._last = 0, -1.0
        self._hit = Hit()

    def step(self, hit: Hit) -> tuple[int, float]:
        """How many strong hits there were, and the show time of the last (-1 before the first)."""
        if hit.number != self._hit.number:
            if self._is_strong():
                self._count, self._last = self._count + 1, self._hit.t
                self._bar, self._t = self._hit.accent * OVER, self._hit.t
            self._hit = hit
        self._hit = hit
        return (self._count + 1, hit.t) if self._is_strong() else (self._count, self._last)

    def _is_strong(self) -> bool:
        if not self._hit.number:
            return False
        bar = FLOOR + (self._bar - FLOOR) * math.exp(-max(self._hit.t - self._t, 0.0) / FALL_TAU_S)
        return self._hit.accent > bar


def direction(count: int) -> tuple[float, float]:
    """A unit vector, another for every count."""
    return math.cos(TURN * count), math.sin(TURN * count)
