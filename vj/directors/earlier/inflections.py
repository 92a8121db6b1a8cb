"""The numbers of GANterpretations (psc-g/ganterpretation, 2020), column by column, for comparison.

Checked against its code: `plt.specgram` with its defaults, mean absolute difference of neighbouring columns, trailing
mean of 256, points by `get_inflection_points`, alphas by `get_alphas`. Its oddities are kept: point 0 is a switch, so
the first category shows for one column, and alphas lag the points by one.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from vj.core.frames import overlapping
from vj.core.types import F32, F64, I64

#: Samples of a column, ...
WINDOW_SAMPLES = 256
#: ... and from one to the next.
HOP_SAMPLES = 128
#: Columns of the trailing mean, ...
MEAN_COLUMNS = 256
#: ... and of the means on both sides of a point.
SIDE_COLUMNS = 200
#: Largest value of a minimum.
QUIET = 0.08
#: Truncation of every frame.
TRUNCATION = 0.2
#: Seed of its one z.
SEED = 0


def variation(blocks: Iterable[F32]) -> F64:
    """[columns - 1] mean absolute difference of the power spectra of neighbouring columns, 1 at the most of the track.

    Silence gives zeros, where the original divides by zero.
    """
    pieces = list(_differences(blocks))
    values = np.concatenate(pieces) if pieces else np.zeros(0)
    most = float(values.max()) if len(values) else 0.0
    return values / most if most > 0 else values


def _differences(blocks: Iterable[F32]) -> Iterator[F64]:
    window = np.hanning(WINDOW_SAMPLES)
    last: F64 | None = None
    for views in overlapping(blocks, WINDOW_SAMPLES, HOP_SAMPLES):
        spectra = np.abs(np.fft.rfft(views * window)) ** 2
        spectra[:, 1:-1] *= 2.0  # a one-sided spectrum has the power of both sides
        if last is not None:
            spectra = np.concatenate([last[None], spectra])
        yield np.abs(np.diff(spectra, axis=0)).mean(axis=1)
        last = spectra[-1]


def smooth(values: F64) -> F64:
    """[n + 1] trailing mean over MEAN_COLUMNS columns, and before the first of them that one."""
    if len(values) < MEAN_COLUMNS:
        return np.full(len(values) + 1, float(values.mean()) if len(values) else 0.0)
    sums = np.concatenate([[0.0], np.cumsum(values)])
    means = (sums[MEAN_COLUMNS:] - sums[:-MEAN_COLUMNS]) / MEAN_COLUMNS
    return np.concatenate([np.full(MEAN_COLUMNS, means[0]), means])


def points(
    curve: F64, threshold: float, kind: str = "min", absolute: float = QUIET, length: int = SIDE_COLUMNS
) -> list[int]:
    """Columns where the story goes on: 0, turning points of `curve`, and the last."""
    found, i = [0], 0
    turns = _turns(curve, threshold, length)
    while i + length + 2 < len(curve):
        if not turns[i]:
            i += 1
            continue
        p = i + length + 1
        i += length
        if kind == "min" and (curve[p] > curve[p - 1] or curve[p] > absolute):
            continue
        if kind == "max" and curve[p] < curve[p - 1]:
            continue
        found.append(p)
    return [*found, len(curve) - 1]


def _turns(curve: F64, threshold: float, length: int) -> F64:
    """[n] for every i whether column i + length + 1 turns, and lies `threshold` from the means round it."""
    p = np.arange(length + 1, len(curve) - 1)
    sums = np.concatenate([[0.0], np.cumsum(curve)])
    before = curve[p] - (sums[p - 1] - sums[p - 1 - length]) / length
    last = np.minimum(p + length + 1, len(curve))
    after = curve[p] - (sums[last] - sums[p + 1]) / (last - p - 1)
    same = np.sign(before) == np.sign(after)
    same &= np.sign(curve[p] - curve[p - 1]) == np.sign(curve[p] - curve[p + 1])
    return np.asarray(same & (np.abs(before) > threshold) & (np.abs(after) > threshold))


def alphas(curve: F64, found: list[int]) -> F64:
    """[columns - 1] how far each segment has gone, by what has happened in it so far."""
    parts, start = [], 1
    for end in found[1:]:
        part = curve[start:end]
        if len(part):
            total = float(part.sum())
            parts.append(np.cumsum(part) / total if total > 0 else np.zeros(len(part)))
        start = max(end, start)
    return np.concatenate([*parts, [1.0]])


def stages(count: int, found: list[int]) -> I64:
    """[count] which pair of categories is between in each column: k is from category k to k + 1."""
    column = np.arange(count)
    return np.searchsorted(np.asarray(found), column, side="left").astype(np.int64)
