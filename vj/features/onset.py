"""When something new sounds: the moment, its strength and how dense such moments are."""

import math
from dataclasses import dataclass
from typing import Protocol, Self

from vj.core.params import Param
from vj.core.sound.short import HOP_S
from vj.core.types import F32, Hop
from vj.features.drums.fader import Knob
from vj.features.drums.flux import Flux

#: Over which `rate` is felt.
FELT_TAU_S = 1.0
#: Ours, and aubio's by its own names.
METHODS = ("ours", "hfc", "energy", "complex", "phase", "specdiff", "kl", "mkl", "specflux")


class Detector(Protocol):
    """`step` counts the onsets in what it is given; `last` is when the last began, in seconds since the first of it."""

    last: float
    strength: float

    def step(self, sound: F32, sensitivity: float) -> int: ...


@dataclass(frozen=True, slots=True)
class Onset:
    """Attacks of anything.

    strength   0..1 how much newly sounds in this hop, relative to the strongest of the last seconds; 0 between onsets
    count      onsets so far
    last       show time at which the last one was heard, seconds; -1 before the first
    rate       onsets per second, felt over about a second
    """

    strength: float
    count: int
    last: float
    rate: float


class HearOnset:
    """Our detector, or one of aubio's to compare it with."""

    address = "/audio"
    onset_method = Param("ours", choices=METHODS, doc="Onset detector: ours, or one of aubio's methods.")
    onset_sensitivity = Param(1.0, 0.25, 4.0, curve="log", doc="How small a change counts as an onset (ours only).")

    def __init__(self, rate: int, hop_length: int, window_length: int) -> None:
        self._rate = rate
        self._ours = Flux(rate)
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._ours.reset()
        self._method = "ours"
        self._detector: Detector = self._ours
        self._started = 0.0
        self._frames = 0
        self._knob = Knob()
        self._record = Onset(0.0, 0, -1.0, 0.0)

    def step(self, hop: Hop, p: Self) -> Onset:
        """Onsets up to the end of this hop."""
        if p.onset_method != self._method:
            self._choose(p.onset_method, hop.t - hop.dt)
        self._frames += len(hop.short)
        turned = self._knob.step(hop.gain_db)
        if turned != 1.0:
            self._ours.turn(turned)
        sound = hop.short if self._method == "ours" else hop.samples
        found = self._detector.step(sound, p.onset_sensitivity)
        old = self._record
        self._record = Onset(
            strength=self._detector.strength,
            count=old.count + found,
            last=self._started + self._detector.last if found else old.last,
            rate=old.rate * math.exp(-hop.dt / FELT_TAU_S) + found / FELT_TAU_S,
        )
        return self._record

    def _choose(self, method: str, t: float) -> None:
        """Change detectors at show time `t`; the new one begins with silence and the count goes on."""
        self._method, self._started = method, t
        if method == "ours":
            self._ours.reset()
            self._detector, self._started = self._ours, self._frames * HOP_S
        else:
            from vj.features._aubio import AubioOnset  # a C library, loaded only by who wants it

            self._detector = AubioOnset(method, self._rate)
