"""Hears tempo, beat and bar in the music alone; knows of no performer but what it is told."""

import math
from dataclasses import dataclass

import numpy as np

from vj.core.interp import follow
from vj.core.types import F32, F64, Hop
from vj.features._envelope import LATENCY, STILL, Envelope
from vj.features._pulse import comb, fold, margin, score, self_similarity, shortest

#: Range it hears, BPM; seconds it remembers, and seconds between estimates.
SLOWEST, FASTEST = 56.0, 190.0
MEMORY, EVERY = 8.0, 0.25
#: Tempi this many octaves outside the preferred range count 61 %.
OUTSIDE = 0.5
#: A new tempo must look this much better than the present one, this many estimates in a row.
BETTER, STUBBORN = 1.15, 3
#: Seconds in which confidence falls in silence, and follows otherwise.
FORGET, FOLLOW = 2.0, 0.8
#: How far a tempo is refined.
FINE = 0.04
#: Seconds heard before the first estimate.
FIRST = 2.0
#: Only peaks this far above the bed are STRIKING.
STRIKING = 0.3
#: Least likeness at beat multiples to refine a tempo by.
LIKE = 0.1
#: From a margin of 1 / CLEAR on, a tempo has no rival to speak of.
CLEAR = 5.0
#: Beats that phase looks back over (to 37 %).
LOOK_BACK = 6.0
#: Seconds by which the next beat of one who is sure may miss, and beats (a guess in the dark) of one who is not.
SHARP, DARK = 0.005, 0.289


@dataclass(frozen=True, slots=True)
class Pulse:
    """What the music says.

    bpm             beats a minute
    phase           0..1 of the beat at `hop.t`, as it sounds there
    confidence      0..1
    metre, place    2..7 beats in a bar, and the 0-based place of the present one
    bar_confidence  0..1
    spread          standard deviation of the next beat's time, seconds
    """

    bpm: float
    phase: float
    confidence: float
    metre: int
    place: int
    bar_confidence: float
    spread: float


class Tracker:
    """Self-similarity of the onset envelope at beat multiples, and the phase that the envelope folds to.

    `envelope` is what it hears by; whoever refines a tempo may read it.
    """

    def __init__(self, rate: int, hop_length: int, window_length: int) -> None:
        self.envelope = Envelope(rate, hop_length, window_length)
        self._dt = self.envelope.dt
        self._tempi = np.geomspace(SLOWEST, FASTEST, 240)
        self._lags = 60.0 / self._tempi / self._dt
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self.envelope.reset()
        self._range = (0.0, 0.0)
        self._bpm = 120.0
        self._beats = 0.0
        self._since = 0.0
        self._rival = 0
        self._confidence = 0.0
        self._margin = 1.0

    def step(self, hop: Hop, slowest: float, fastest: float) -> Pulse:
        """The pulse after this hop; tempi from `slowest` to `fastest` BPM are preferred."""
        if self._range != (slowest, fastest):
            self._range = (slowest, fastest)
            octaves = np.log2(np.stack([slowest / self._tempi, self._tempi / fastest])).max(axis=0).clip(0.0)
            self._liking = np.exp(-0.5 * (octaves / OUTSIDE) ** 2)
        self.envelope.step(hop)
        self._beats = (self._beats + hop.dt * self._bpm / 60.0) % 1.0
        self._since += hop.dt
        if self._since >= EVERY:
            self._since = 0.0
            self._estimate()
        dark = (1.0 - self._confidence) * DARK * 60.0 / self._bpm
        return Pulse(self._bpm, self._beats % 1.0, self._confidence, 4, 0, 0.0, math.hypot(SHARP, dark))

    def told(self, bpm: float, phase: float, sure: float) -> None:
        """The performer or a clock says that it goes at `bpm` and is at `phase` 0..1 now, by 0..1 `sure` of it."""
        if sure > self._confidence:
            self._bpm = min(max(bpm, SLOWEST), FASTEST)
        if self._bpm == bpm:
            self._beats = phase % 1.0
        self._rival = 0

    def _estimate(self) -> None:
        """Look for the pulse in what is remembered."""
        heard = self.envelope.recent(MEMORY)
        awake = len(heard) >= round(FIRST / self._dt) and float(heard[-round(FORGET / self._dt) :].max()) > STILL
        if not awake:
            self._confidence = follow(self._confidence, 0.0, EVERY, FORGET, FORGET)
            return
        peaks = self.envelope.peaks(MEMORY)
        similarity = self_similarity(peaks, min(int(4 * self._lags[0]) + 1, int(0.8 * len(heard))))
        self._choose(similarity, len(heard) >= round(MEMORY / self._dt))
        likeness = float(comb(similarity, np.array([60.0 / self._bpm / self._dt]))[0])
        loud = float(np.partition(heard, -len(heard) // 50)[-len(heard) // 50])
        striking = (loud - float(np.median(heard))) / STRIKING
        wanted = min(max(1.6 * likeness, 0.0), 1.0) * min(striking, 1.0) * min(CLEAR * self._margin, 1.0)
        self._confidence = follow(self._confidence, wanted, EVERY, FOLLOW, FOLLOW)
        self._beats += self._phase_error(peaks)

    def _choose(self, similarity: F64, settled: bool) -> None:
        """Keep, refine or replace the tempo; once `settled`, a phrase of fills must not win."""
        rated = score(similarity, self._lags) * self._liking
        best, now = float(self._lags[int(rated.argmax())]), 60.0 / self._bpm / self._dt
        if abs(best / now - 1.0) > 0.06:
            better = float(rated.max()) > BETTER * max(float(np.interp(-now, -self._lags, rated)), 0.0) + 0.01
            self._rival = self._rival + 1 if better else 0
            if self._rival < STUBBORN and settled:
                best = now
        else:
            self._rival = 0
        fine = best * np.linspace(1.0 - FINE, 1.0 + FINE, 81)
        likeness = comb(similarity, fine)
        if likeness.max() > LIKE:
            # The top is flat between two frames: take its middle.
            bpm = 60.0 / (float(fine[likeness > 0.97 * likeness.max()].mean()) * self._dt)
            near = abs(bpm / self._bpm - 1.0) < FINE
            self._bpm = follow(self._bpm, bpm, EVERY, FOLLOW, FOLLOW) if near else bpm
        self._margin = margin(rated, self._lags, 60.0 / self._bpm / self._dt)

    def _phase_error(self, peaks: F32) -> float:
        """Where the beats really fall, less where we thought they do, in beats."""
        per_second = self._bpm / 60.0
        back = np.arange(len(peaks) - 1, -1, -1, dtype=np.float64) * self._dt + LATENCY
        weight = np.exp(back * (-per_second / LOOK_BACK)).astype(np.float32)
        return -shortest(fold(peaks * weight, (self._beats - back * per_second) % 1.0, 48))
