"""Does the picture follow the form of the music? Sections, boundaries, repetition, rest, variety. Pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.stats import rankdata

from vj.core.types import F32, F64

#: Beats on each side of a boundary, and how near it a peak of novelty must be.
HALF, NEAR = 16, 4
#: Two beats closer than this are the same moment, not a repetition.
APART = 16


@dataclass(frozen=True)
class Section:
    """One section: median log2 of the change, standard deviation of its bars' medians, mean chroma, mean lightness."""

    octaves: float
    spread: float
    chroma: float
    lightness: float


def section(d: F64, chroma: F64, lightness: F64, span: tuple[float, float], bar: float, fps: float = 60.0) -> Section:
    """What a film was like within `span` seconds; `bar` in seconds."""
    first, last = round(span[0] * fps), min(round(span[1] * fps), len(d))
    change = np.log2(np.maximum(d[first:last], 1e-6))
    size = max(round(bar * fps), 1)
    bars = [float(np.median(change[k : k + size])) for k in range(0, len(change) - size // 2, size)]
    return Section(
        float(np.median(change)),
        float(np.std(bars)),
        float(chroma[first:last].mean()),
        float(lightness[first:last].mean()),
    )


def by_beat(x: F32, beats: F64, fps: float = 60.0) -> F64:
    """[beats - 1, ...] the mean of what happens in each beat of [n, ...]."""
    marks = np.clip(np.round(beats * fps).astype(int), 0, len(x))
    return np.array([x[a : max(b, a + 1)].mean(axis=0) for a, b in pairwise(marks) if a < len(x)])


def distances(x: F64) -> F64:
    """[n, n] root mean square distances between the rows of [n, ...]."""
    flat = x.reshape(len(x), -1)
    square = (flat * flat).sum(1)
    between = square[:, None] + square - 2.0 * flat @ flat.T
    return np.asarray(np.sqrt(np.maximum(between, 0.0) / flat.shape[1]), np.float64)


def novelty(images: F64, half: int = HALF) -> F64:
    """[n] checkerboard novelty of beat-wise images [n, ...]: how unlike the beats before are to those from here on."""
    d = distances(images)
    n = len(d)
    found = np.zeros(n)
    for k in range(2, n - 1):
        before, after = slice(max(k - half, 0), k), slice(k, min(k + half, n))
        within = 0.5 * (_off_diagonal(d[before, before]) + _off_diagonal(d[after, after]))
        found[k] = float(d[before, after].mean()) - within
    return found


def _off_diagonal(d: F64) -> float:
    n = len(d)
    return float(d.sum()) / max(n * (n - 1), 1)


@dataclass(frozen=True)
class Boundaries:
    """found is the share of true boundaries with a peak within a bar, false the other peaks in 32 bars."""

    found: float
    false: float


def boundaries(images: F64, truth: Sequence[int]) -> Boundaries:
    """Peaks of novelty against the true boundaries, in beats from the first."""
    curve = novelty(images)
    wide = [curve[max(k - 2 * NEAR, 0) : k + 2 * NEAR + 1].max() for k in range(len(curve))]
    high = (curve == wide) & (curve > curve.mean() + 0.5 * curve.std()) & (curve > 0)
    at = np.flatnonzero(high)
    hit = [bool(len(at)) and bool(np.abs(at - k).min() <= NEAR) for k in truth]
    lone = sum(1 for k in at if not truth or np.abs(np.array(truth) - k).min() > NEAR)
    return Boundaries(float(np.mean(hit)) if hit else 0.0, 128.0 * lone / max(len(images), 1))


def repetition(sound: F64, images: F64) -> float:
    """Rank correlation of the self-similarity of sound and of picture, of moments further apart than four bars.

    Both [beats, ...]. The mean over each lag is taken off, since slow drift alone makes both banded.
    """
    n = min(len(sound), len(images))
    a, b = _no_lag_mean(-distances(sound[:n])), _no_lag_mean(-distances(images[:n]))
    far = np.triu(np.ones((n, n), bool), APART + 1)
    if far.sum() < 30:
        return 0.0
    ranks = np.array([rankdata(x[far]) for x in (a, b)])
    return float(np.corrcoef(ranks)[0, 1])


def _no_lag_mean(s: F64) -> F64:
    out = s.copy()
    n = len(s)
    for lag in range(n):
        rows = np.arange(n - lag)
        out[rows, rows + lag] -= s[rows, rows + lag].mean()
    return out


def timbre_and_chroma(sound: F32, beats: F64, rate: int = 48000) -> F64:
    """[beats - 1, 12 + 13] chroma and cepstrum of each beat of mono `sound`, each of equal weight in sum."""
    size = 4096
    window, axis = np.hanning(size), np.fft.rfftfreq(size, 1.0 / rate)
    pitch = np.round(12 * np.log2(np.maximum(axis, 1.0) / 440.0)).astype(int) % 12
    tonal = (axis > 60) & (axis < 4000)
    edges = np.geomspace(60, 16000, 33)
    place = np.digitize(axis, edges) - 1
    rows = []
    for begin, end in pairwise(beats):
        frames = [sound[k : k + size] for k in range(int(begin * rate), int(end * rate), size // 2)]
        whole = [np.abs(np.fft.rfft(f * window)) ** 2 for f in frames if len(f) == size]
        power = np.mean(whole, axis=0) if whole else np.zeros(len(axis))
        chroma = np.bincount(pitch[tonal], np.sqrt(power[tonal]), 12)
        mel = np.log(np.array([power[place == k].mean() if (place == k).any() else 0.0 for k in range(32)]) + 1e-6)
        angles = np.pi / 32 * (np.arange(32) + 0.5)
        cepstrum = np.cos(np.outer(np.arange(13), angles)) @ mel
        rows.append(np.concatenate([chroma / max(float(chroma.sum()), 1e-9), cepstrum]))
    found = np.array(rows)
    for part in (slice(0, 12), slice(12, None)):
        spread = found[:, part] - found[:, part].mean(axis=0)
        found[:, part] = spread / max(float(np.sqrt((spread**2).mean())), 1e-9)
    return found


def variety(images: F32, apart: int, strangers: Sequence[F32]) -> float:
    """Mean distance of pictures `apart` rows from each other, over that of random pairs of the look.

    `images` [n, ...] is one run; `strangers` are runs from other seeds, whose pictures have nothing to do with it.
    """
    own = float(np.sqrt(((images[apart:] - images[:-apart]) ** 2).reshape(len(images) - apart, -1).mean(1)).mean())
    runs = [images, *strangers]
    random = []
    for i, a in enumerate(runs):
        for b in runs[i + 1 :]:
            step = max(len(a) // 24, 1)
            random += [float(np.sqrt(((x - y) ** 2).mean())) for x in a[::step] for y in b[:: max(len(b) // 24, 1)]]
    return own / max(float(np.mean(random)), 1e-9)
