"""Does the picture move with the music? Pure functions of two signals at the same instants.

`d` is the change of the picture, mean |difference of OKLab L| between consecutive frames, [n]; `o` the onset strength
of one band of the sound, [n]. Frame k is at k / fps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d, median_filter, uniform_filter1d

from vj.core.types import F64

FPS = 60.0
#: Both signals are smoothed with a Gaussian of this many seconds, then a running mean over MEAN seconds is taken off.
SIGMA, MEAN = 0.033, 2.0
#: Lags in seconds that count as together; positive is a picture behind its sound.
EARLY, LATE = -0.017, 0.050
#: Tempi this close to equal, half or double belong to the same music and are no null.
TEMPO_TOLERANCE = 0.03
#: A pop is a change of this many running medians with no onset this near, in seconds.
POP, POP_NEAR, POP_MEDIAN = 8.0, 0.05, 2.0
#: Medians below this are taken as this: a change that nobody sees is no pop.
POP_FLOOR = 2e-4
BINS = 16


@dataclass(frozen=True)
class Together:
    """The best Pearson correlation, and the lag in seconds at which it was found (positive: the picture is late)."""

    r: float
    lag: float


def conditioned(x: F64, fps: float = FPS) -> F64:
    """`x` [n] smoothed, without its slow level."""
    smooth = gaussian_filter1d(np.asarray(x, np.float64), SIGMA * fps, mode="nearest")
    return np.asarray(smooth - uniform_filter1d(smooth, round(MEAN * fps), mode="nearest"), np.float64)


def pearson(a: F64, b: F64) -> float:
    """Correlation of two signals [n]; 0 where one of them is constant."""
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / norm if norm > 1e-12 else 0.0


def dance(o: F64, d: F64, fps: float = FPS, lags: tuple[float, float] = (EARLY, LATE)) -> Together:
    """The dance correlation of an onset strength and a picture's change."""
    return _best(conditioned(o, fps), conditioned(d, fps), fps, lags)


def _best(o: F64, d: F64, fps: float, lags: tuple[float, float]) -> Together:
    n = min(len(o), len(d))
    found = []
    for k in range(round(lags[0] * fps), round(lags[1] * fps) + 1):
        first, last = max(-k, 0), n - max(k, 0)
        found.append(Together(pearson(o[first:last], d[first + k : last + k]), k / fps))
    return max(found, key=lambda together: together.r)


def related(bpm: float, other: float) -> bool:
    """Whether two tempi are equal, half or double."""
    return any(abs(other * factor / bpm - 1.0) < TEMPO_TOLERANCE for factor in (0.5, 1.0, 2.0))


def null95(
    d: F64, bpm: float, tracks: Sequence[tuple[float, Mapping[str, F64]]], fps: float = FPS
) -> tuple[float, int]:
    """What the same picture scores on music it does not hear: the 95th percentile over tracks of other tempo.

    A track is its tempo and its onset strengths by band; its score is that of its best band, just as the piece's own
    is. Returns the score and how many tracks were used.
    """
    change = conditioned(d, fps)
    scores = []
    for other, bands in tracks:
        if related(bpm, other):
            continue
        scores.append(max(_best(conditioned(o, fps), change, fps, (EARLY, LATE)).r for o in bands.values()))
    return (float(np.percentile(scores, 95)) if scores else 0.0), len(scores)


@dataclass(frozen=True)
class BeatPhase:
    """Where in the beat the picture changes.

    strength    0 evenly .. 1 all at one instant; `twice` the same for half beats
    phase_ms    mean phase, positive after the beat
    bins        [BINS] share of all change in each part of the beat
    """

    strength: float
    twice: float
    phase_ms: float
    bins: tuple[float, ...]


def beat_phase(d: F64, beats: F64, fps: float = FPS) -> BeatPhase:
    """How the change is spread over the beat; `beats` are the true ones in seconds, at least two."""
    t = np.arange(len(d)) / fps
    inside = (t >= beats[0]) & (t < beats[-1])
    phase = np.interp(t[inside], beats, np.arange(len(beats))) % 1.0
    change = np.asarray(d, np.float64)[inside]
    total = max(float(change.sum()), 1e-12)
    turn = np.exp(2j * np.pi * phase)
    once, twice = (change * turn).sum() / total, (change * turn**2).sum() / total
    beat_ms = 1e3 * float(np.median(np.diff(beats)))
    bins = np.histogram(phase, BINS, (0.0, 1.0), weights=change)[0] / total
    angle = float(np.angle(once)) / (2 * np.pi)
    return BeatPhase(float(abs(once)), float(abs(twice)), angle * beat_ms, tuple(float(b) for b in bins))


def pops(d: F64, onsets: F64, fps: float = FPS, cues: Sequence[float] = ()) -> float:
    """Changes out of nowhere in a thousand frames: far above the running median, and no onset or cue near."""
    d = np.asarray(d, np.float64)
    usual = np.maximum(median_filter(d, round(POP_MEDIAN * fps) | 1, mode="nearest"), POP_FLOOR)
    odd = np.flatnonzero(d > POP * usual)
    # frames that follow one another are one change, which whatever sounded at its beginning excuses
    begins = np.flatnonzero(np.diff(odd, prepend=-2) > 1)
    reasons = np.sort(np.concatenate([np.asarray(onsets, np.float64), np.asarray(cues, np.float64)]))
    lone = distance(odd[begins] / fps, reasons) > POP_NEAR + 1e-6  # both lie on a grid of frames
    lengths = np.diff(np.append(begins, len(odd)))
    return 1e3 * float(lengths[lone].sum()) / max(len(d), 1)


def distance(times: F64, events: F64) -> F64:
    """[n] seconds from each time to the nearest of some sorted events."""
    if not len(events):
        return np.full(len(times), np.inf)
    right = np.searchsorted(events, times)
    before, after = events[np.maximum(right - 1, 0)], events[np.minimum(right, len(events) - 1)]
    return np.asarray(np.minimum(np.abs(times - before), np.abs(times - after)), np.float64)


def partial(o: Mapping[str, F64], d: F64, fps: float = FPS) -> dict[str, float]:
    """Partial correlation of each band with log `d`, given the other bands."""
    names = list(o)
    length = min(len(d), *(len(x) for x in o.values()))
    bands = np.array([conditioned(o[name][:length], fps) for name in names])
    change = conditioned(np.log(np.maximum(d[:length], 1e-6)), fps)
    result = {}
    for i, name in enumerate(names):
        others = np.vstack([np.delete(bands, i, 0), np.ones(length)]).T
        result[name] = pearson(_residual(bands[i], others), _residual(change, others))
    return result


def _residual(x: F64, others: F64) -> F64:
    return np.asarray(x - others @ np.linalg.lstsq(others, x, rcond=None)[0], np.float64)


def beat_alignment(beats: F64, moments: F64, sigma: float = 0.05) -> float:
    """The beat alignment score of dance synthesis: mean over beats of exp(-d^2 / 2 sigma^2) to the nearest moment."""
    if not len(moments):
        return 0.0
    d = distance(np.asarray(beats, np.float64), np.sort(moments))
    return float(np.exp(-(d**2) / (2 * sigma**2)).mean())


def av_align(audio: F64, video: F64, fps: float = FPS) -> float:
    """AV-Align: peaks of sound and picture within one frame of each other, over all peaks of either."""
    if not len(audio) or not len(video):
        return 0.0
    near = 1.0 / fps + 1e-9
    both = int((distance(np.asarray(audio, np.float64), np.sort(video)) <= near).sum())
    return both / (len(audio) + len(video) - both)


def peaks(x: F64, fps: float = FPS) -> F64:
    """Seconds of the local maxima of a signal [n] that stand out of it: where it changes most."""
    x = conditioned(x, fps)
    high = np.flatnonzero((x[1:-1] > x[:-2]) & (x[1:-1] >= x[2:]) & (x[1:-1] > 0.5 * x.std())) + 1
    return np.asarray(high / fps, np.float64)
