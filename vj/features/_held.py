"""A tempo that somebody set: it stays, and keeps step with music that agrees with it."""

import numpy as np

from vj.core.types import F32, F64
from vj.features._envelope import LATENCY, Envelope
from vj.features._pulse import shortest

#: Seconds between looks at the music, seconds looked back over, and seconds in which evidence fades to 37 %.
EVERY, MEMORY, FADE = 0.25, 12.0, 8.0
#: Parts that a beat is folded into.
BINS = 48
#: Standard deviations of the tempo searched, and the least and the most of it, as parts of the tempo.
SEARCH, NARROW, WIDE = 2.5, 0.01, 0.08
#: The steps of the search move the oldest evidence by this part of a beat.
FINE = 0.02
#: Beats by which a held phase is corrected at the most, and their likely size.
NEAR, LIKELY = 0.15, 0.08
#: What gathers near the beat counts from this part of what gathers anywhere, and this much over the mean, on.
OF_TOP, OF_MEAN = 0.3, 1.5
#: Contrast (1 is flat) from which the music has this pulse, and that of a plain one. Beats looked back over at least.
PULSE, PLAIN, BEATS = 1.3, 3.0, 3.0
#: The part of a small error that each look makes good once it has settled.
GENTLE = 0.3


class Held:
    """Holds `bpm` (0 while nothing is held) and finds by how little it is off.

    The onset envelope is folded at all tempi near: the one whose fold is sharpest is the music's own, whatever level of
    the metre, off-beat or not, was meant; then the phase goes to what gathers within 15 % of the beat.
    """

    def __init__(self) -> None:
        self.bpm = 0.0
        self.agrees = 0.0  # 0..1, how plainly the music has this pulse
        self.settled = False
        self._loose = self._pivot = 0.0
        self._since = EVERY

    def take(self, bpm: float, loose: float = 0.0, pivot: float = 0.0) -> None:
        """Hold `bpm`, whose standard deviation is `loose` of it; its phase was surest at show time `pivot`.

        0 of `loose` keeps the tempo as it is: only the phase follows.
        """
        self.bpm, self._loose, self._pivot = bpm, loose, pivot
        self.settled, self._since = False, EVERY

    def drop(self) -> None:
        """Hold nothing any more."""
        self.bpm = self.agrees = 0.0

    def step(self, t: float, dt: float, beats: float, envelope: Envelope) -> float:
        """By how many beats our count, which is to be at `beats` now, is behind; 0 while there is nothing new."""
        self._since += dt
        if self._since < EVERY:
            return 0.0
        self._since = 0.0
        peaks = envelope.peaks(MEMORY)
        struck = np.flatnonzero(peaks)
        back = (len(peaks) - 1 - struck) * envelope.dt + LATENCY
        if not len(struck) or back[0] * self.bpm / 60.0 < BEATS:
            self.agrees = 0.0
            return 0.0
        weights = peaks[struck] * np.exp(back / -FADE).astype(np.float32)
        ago = min(max(t - self._pivot, 0.0), 3.0) if not self.settled else 0.0
        there = beats - ago * self.bpm / 60.0
        tempi = self._near(float(back[0]))
        folds = _fold(weights, there + (ago - back) * tempi[:, None] / 60.0)
        sharp = (folds * folds).mean(axis=1) / max(float(folds[0].mean()) ** 2, 1e-20)
        away = (tempi / self.bpm - 1.0) / max(2.0 * self._loose, NARROW)
        best = int((sharp * np.exp(-0.5 * away * away)).argmax())
        self.agrees = min(max((float(sharp[best]) - PULSE) / (PLAIN - PULSE), 0.0), 1.0)
        if sharp[best] < PULSE:
            return 0.0
        bpm = float(tempi[best])
        behind = ago * (bpm - self.bpm) / 60.0 - _gathers(folds[best])
        self.bpm = bpm
        part = GENTLE if self.settled else 1.0
        if back[0] * bpm / 60.0 > 2.0 * BEATS:
            self.settled, self._loose = True, min(self._loose, NARROW / 2.0)
        return min(max(behind * part, -NEAR), NEAR)

    def _near(self, longest: float) -> F64:
        """[n] tempi to try, with evidence that reaches back `longest` seconds."""
        reach = min(max(SEARCH * self._loose, NARROW), WIDE) if self._loose else 0.0
        steps = int(reach * longest * self.bpm / 60.0 / FINE)
        near: F64 = self.bpm * (1.0 + np.linspace(-reach, reach, 2 * steps + 1))
        return near


def _fold(weights: F32, beats: F64) -> F64:
    """[n, BINS] what gathers at each part of the beat, for [n, k] places in the beat and [k] weights of theirs."""
    n = len(beats)
    index = ((beats % 1.0) * BINS).astype(np.int64) % BINS + BINS * np.arange(n)[:, None]
    folds = np.bincount(index.ravel(), np.broadcast_to(weights, beats.shape).ravel(), n * BINS)
    folds = folds.reshape(n, BINS).astype(np.float64, copy=False)
    smooth: F64 = 0.5 * folds + 0.25 * (np.roll(folds, 1, axis=1) + np.roll(folds, -1, axis=1))
    return smooth


def _gathers(fold: F64) -> float:
    """Where in the beat, within NEAR of its begin, the evidence gathers; 0 where it gathers elsewhere."""
    places = (np.arange(BINS) + 0.5) / BINS
    away = places - np.floor(places + 0.5)
    near = np.abs(away) <= NEAR
    liked = np.where(near, fold * np.exp(-0.5 * (away / LIKELY) ** 2), 0.0)
    top = int(liked.argmax())
    if fold[top] < max(OF_TOP * float(fold.max()), OF_MEAN * float(fold.mean())):
        return 0.0
    around = np.arange(top - 2, top + 3)
    lobe = fold[around % BINS] - float(fold[around % BINS].min())
    if lobe.sum() <= 0.0:
        return 0.0
    return shortest((float(np.dot(around, lobe) / lobe.sum()) + 0.5) / BINS)
