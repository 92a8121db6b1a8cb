"""A tempo that somebody set: it stays, and keeps step with music that agrees with it."""

import numpy as np
from numpy.typing import NDArray

from vj.core.sound.dsp import parabolic_peak
from vj.core.types import F32, F64
from vj.features.beat.envelope import LATENCY_S, Envelope
from vj.features.beat.tracker import Pulse

#: From one look at the music to the next.
EVERY_S = 0.25
#: How far it looks back.
MEMORY_S = 12.0
#: In which evidence fades to 37 %.
FADE_TAU_S = 4.0
#: Parts that a beat is folded into.
BINS = 48
#: Standard deviations of the tempo that are searched ...
SEARCH = 3.5
#: ... but at least this part of the tempo ...
NARROW = 0.01
#: ... and at most this.
WIDE = 0.1
#: By which the steps of the search move the oldest evidence.
FINE_BEATS = 0.02
#: By which a held phase is corrected at the most.
NEAR_BEATS = 0.15
FAR_S = 0.07
#: By which fingers are likely to miss it.
LIKELY_S = 0.025
#: Parts of the beat by which the pattern is looked for sooner and later.
REACH_BINS = 4
#: In which it is learnt anew.
LEARN_TAU_S = 20.0
#: The correlation from which on it is the same.
SAME_CORRELATION = 0.5
#: The shape of what gathers, over five parts of the beat.
LOBE = np.array([1.0, 3.0, 4.0, 3.0, 1.0]) / 12.0
#: Half of its width.
WIDTH_S = 0.03
#: What gathers near the beat counts from this part of what gathers anywhere on ...
OF_TOP = 0.3
#: ... and from so many times the mean on.
OF_MEAN = 1.5
#: Contrast (1 is flat) from which much music has this pulse.
PULSE = 1.3
#: By how much more it is plain.
PLAIN = 1.7
#: Few attacks have some by chance: so much more is asked for, over their number in frames.
FEW = 25.0
#: How far it looks back at least.
LEAST_BEATS = 3.0
#: How far it looks back to settle.
SETTLED_BEATS = 10.0
#: The part of a small error that each look makes good once it has settled.
GENTLE = 0.3
#: For which a tracker as SURE must hear another tempo.
DENIED_S = 20.0
SURE = 0.7
#: So near to one of RATIOS it is no other.
RELATED = 0.015
#: Of tempi that go together.
RATIOS = np.array(sorted({a / b for a in range(1, 7) for b in range(1, 7)}))


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
        self._since = EVERY_S
        self._denied = 0.0
        self._pattern = np.zeros(BINS)

    def take(self, bpm: float, loose: float = 0.0, pivot: float = 0.0) -> None:
        """Hold `bpm`, whose standard deviation is `loose` of it; its phase was surest at show time `pivot`.

        0 of `loose` keeps the tempo as it is: only the phase follows.
        """
        self.bpm, self._loose, self._pivot = bpm, loose, pivot
        self.settled, self._since, self._denied = False, EVERY_S, 0.0

    def drop(self) -> None:
        """Hold nothing any more."""
        self.bpm = self.agrees = 0.0

    def denied(self, dt: float, pulse: Pulse) -> bool:
        """Whether another song plays: long nothing has agreed, and the tracker is sure of a tempo of no plain ratio."""
        ratio = pulse.bpm / self.bpm
        other = pulse.confidence >= SURE and self.agrees <= 0.0 and np.abs(ratio / RATIOS - 1.0).min() > RELATED
        self._denied = self._denied + dt if other else 0.0
        return self._denied >= DENIED_S

    def step(self, t: float, dt: float, beats: float, envelope: Envelope) -> float:
        """By how many beats our count, which is to be at `beats` now, is behind; 0 while there is nothing new."""
        self._since += dt
        if self._since < EVERY_S:
            return 0.0
        self._since = 0.0
        peaks = envelope.peaks(MEMORY_S)
        struck = np.flatnonzero(peaks)
        back = (len(peaks) - 1 - struck) * envelope.dt + LATENCY_S
        if not len(struck) or back[0] * self.bpm / 60.0 < LEAST_BEATS:
            self.agrees = 0.0
            return 0.0
        weights = peaks[struck] * np.exp(back / -FADE_TAU_S).astype(np.float32)
        ago = min(max(t - self._pivot, 0.0), 3.0) if not self.settled else 0.0
        there = beats - ago * self.bpm / 60.0
        tempi = self._near(float(back[0]))
        folds = _fold(weights, there + (ago - back) * tempi[:, None] / 60.0)
        sharp = (folds * folds).mean(axis=1) / max(float(folds[0].mean()) ** 2, 1e-20)
        away = (tempi / self.bpm - 1.0) / max(2.0 * self._loose, NARROW)
        best = int(((sharp - 1.0) * np.exp(-0.5 * away * away)).argmax())
        attacks = float(weights.sum()) ** 2 / float(np.dot(weights, weights))
        plain = (float(sharp[best]) - PULSE - FEW / attacks) / PLAIN
        self.agrees = min(max(plain, 0.0), 1.0)
        bpm = float(tempi[best])
        pattern = np.convolve(np.concatenate([folds[best][-2:], folds[best], folds[best][:2]]), LOBE, "valid")
        if self.settled:
            behind = -self._shift(pattern)
            self.bpm += GENTLE * (bpm - self.bpm) * (plain > 0.0)
            return min(max(GENTLE * behind, -NEAR_BEATS), NEAR_BEATS)
        if plain < 0.0:
            return 0.0
        off = _gathers(pattern, weights, there + (ago - back) * bpm / 60.0, bpm / 60.0)
        turned = ago * (bpm - self.bpm) / 60.0
        behind = min(max(turned - off, -NEAR_BEATS), NEAR_BEATS)
        self.bpm = bpm
        if back[0] * bpm / 60.0 > SETTLED_BEATS:
            self.settled, self._loose = True, min(self._loose, 0.5 * NARROW)
            self._pattern = _turned(pattern, behind - turned)
        return behind

    def _shift(self, pattern: F64) -> float:
        """By how many beats `pattern` [BINS] comes later than the one that was settled on, which it slowly becomes."""
        shifts = np.arange(-REACH_BINS, REACH_BINS + 1)
        known, now = self._pattern - self._pattern.mean(), pattern - pattern.mean()
        likeness = np.array([float(np.dot(np.roll(now, -shift), known)) for shift in shifts])
        if likeness.max() < SAME_CORRELATION * float(np.linalg.norm(known) * np.linalg.norm(now)):
            return 0.0
        shift = (parabolic_peak(likeness, int(likeness.argmax())) - REACH_BINS) / BINS
        self._pattern += (_turned(pattern, -shift) - self._pattern) * EVERY_S / LEARN_TAU_S
        return shift

    def _near(self, longest: float) -> F64:
        """[n] tempi to try, with evidence that reaches back `longest` seconds."""
        reach = min(max(SEARCH * self._loose, NARROW), WIDE) if self._loose else 0.0
        steps = int(reach * longest * self.bpm / 60.0 / FINE_BEATS)
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


def _turned(pattern: F64, beats: float) -> F64:
    """`pattern` [BINS] as it is when everything comes `beats` later."""
    at = (np.arange(BINS) - beats * BINS) % BINS
    turned: F64 = np.interp(at, np.arange(BINS + 1), np.append(pattern, pattern[0]))
    return turned


def _gathers(pattern: F64, weights: F32, beats: NDArray[np.floating], per_second: float) -> float:
    """Where in the beat, within NEAR_BEATS and FAR_S of its begin and rather within LIKELY_S, the evidence gathers.

    From the `pattern` [BINS] of [k] `weights` at [k] `beats`, so many `per_second`; 0 where nothing gathers there.
    """
    tops = (pattern >= np.roll(pattern, 1)) & (pattern >= np.roll(pattern, -1))
    places = (np.arange(BINS) + 0.5) / BINS
    away = places - np.floor(places + 0.5)
    tops &= (np.abs(away) <= min(NEAR_BEATS, FAR_S * per_second)) & (
        pattern >= max(OF_TOP * float(pattern.max()), OF_MEAN * float(pattern.mean()))
    )
    if not tops.any():
        return 0.0
    top = away[int((tops * pattern * np.exp(-0.5 * (away / (LIKELY_S * per_second)) ** 2)).argmax())]
    off = beats - top
    off -= np.floor(off + 0.5)
    near = np.abs(off) <= min(WIDTH_S * per_second, NEAR_BEATS)
    return float(top + off[near].dot(weights[near]) / weights[near].sum())
