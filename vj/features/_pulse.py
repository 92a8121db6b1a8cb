"""Finding a pulse in an onset envelope: pure functions that `tempo` is made of."""

import math

import numpy as np

from vj.core.types import F32, F64

#: Multiples of a beat at which the envelope should resemble itself, and their weights.
MULTIPLES = np.arange(1, 5)
WEIGHTS = np.array([1.0, 0.9, 0.6, 0.9])
#: Weights of a frame and its neighbours.
SMEAR = np.array([0.25, 0.5, 0.25])
#: A candidate whose half lag repeats as well is probably half the true tempo.
HALF_PENALTY = 0.2
#: Parts of a beat, thirds, fifths and sevenths, at which the envelope should not resemble itself; how much that counts.
CROSSED = ((2 / 3, 4 / 3), (4 / 5, 8 / 5), (4 / 7, 8 / 7))
CROSS_PENALTY = 0.4
#: A rival is at least this many octaves away from a tempo, its half and its double.
RIVAL_OCTAVES = 0.06


def self_similarity(envelope: F32, longest: int) -> F64:
    """[longest + 1] unbiased autocorrelation of `envelope` [n] less its mean, 1 at lag 0 (all 0 for a flat one)."""
    n = len(envelope)
    # Attacks last one frame; smeared over three, their likeness can be read between frames.
    x = np.convolve(envelope.astype(np.float64), SMEAR, "same")
    x -= x.mean()
    size = 1 << (n + longest).bit_length()
    lines = np.fft.rfft(x, size)
    raw = np.fft.irfft(lines.real**2 + lines.imag**2, size)[: longest + 1]
    if raw[0] <= 1e-12:
        return np.zeros(longest + 1)
    similarity: F64 = raw / raw[0] * n / np.maximum(n - np.arange(longest + 1), n // 4)
    return similarity


def comb(similarity: F64, lags: F64) -> F64:
    """[n] mean likeness at 1 to 4 times each of `lags` [n], in frames, as far as `similarity` reaches."""
    at = lags[:, None] * MULTIPLES[None, :]
    inside = (at <= len(similarity) - 1) * WEIGHTS[None, :]
    likeness = np.interp(at, np.arange(len(similarity)), similarity)
    total: F64 = (likeness * inside).sum(axis=1) / np.maximum(inside.sum(axis=1), 1e-9)
    return total


def score(similarity: F64, lags: F64) -> F64:
    """[n] how much each of `lags` looks like the beat: its comb, less the likeness at lags that a beat would not have.

    At half a beat, where it repeats as well, the true tempo is probably twice as fast. At CROSSED parts of a beat
    nothing of a bar in two, three or four falls; what repeats there makes `lags` a multiple of something else, as three
    eighths are, which are as like themselves in any music of eighths.
    """
    at = np.arange(len(similarity))
    half = np.interp(lags / 2, at, similarity)
    crossed = sum(
        np.max([np.interp(lags * part, at, similarity) for part in parts], axis=0).clip(0.0) for parts in CROSSED
    )
    rated: F64 = comb(similarity, lags) - HALF_PENALTY * np.maximum(half, 0.0) - CROSS_PENALTY * crossed
    return rated


def margin(rated: F64, lags: F64, lag: float) -> float:
    """How far `lag` is ahead of its best rival, as a part of what it is rated itself; 0 where it is behind.

    Half and twice the lag are no rivals: they are the same pulse, counted otherwise. `lags` [n] fall, `rated` [n] is
    theirs.
    """
    octaves = np.log2(lags / lag)
    rivals = rated[np.abs(octaves - np.clip(np.round(octaves), -1, 1)) > RIVAL_OCTAVES]
    own = float(np.interp(-lag, -lags, rated))
    return max(1.0 - float(rivals.max(initial=0.0)) / own, 0.0) if own > 0.0 else 0.0


def favour(bpm: F64, centre: float, octaves: float) -> F64:
    """[n] log-normal preference for tempi near `centre`, 1 at it."""
    away = np.log2(bpm / centre) / octaves
    liking: F64 = np.exp(-0.5 * away * away)
    return liking


def fold(envelope: F32, phases: F64, bins: int) -> float:
    """Phase 0..1 at which `envelope` [n] gathers, given the beat phase 0..1 of each of its frames.

    Folds into `bins`, smooths over a 16th note or so, takes the maximum and refines it by the centre of its lobe.
    """
    index = np.minimum((phases * bins).astype(np.int64), bins - 1)
    folded = np.bincount(index, weights=envelope, minlength=bins)
    circle = np.concatenate([folded[-2:], folded, folded[:2]])
    smooth = np.convolve(circle, [1.0, 3.0, 4.0, 3.0, 1.0], "valid")
    top = int(smooth.argmax())
    near = np.arange(top - 2, top + 3)
    lobe = smooth[near % bins] - smooth.min()
    if lobe.sum() <= 0:
        return 0.0
    return float((np.dot(near, lobe) / lobe.sum() + 0.5) / bins) % 1.0


def shortest(phase: float) -> float:
    """`phase` as a signed distance on the circle, -0.5..0.5."""
    return phase - math.floor(phase + 0.5)
