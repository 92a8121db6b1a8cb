"""Which of the beats that fit is meant: one, its half, its double, its off-beat or another that goes with it.

Any music that has eighths fits a beat and its double, and any backbeat its off-beat. What tells them apart is what two
beats look like once a quarter of a minute is laid over them: where kick and snare fall, what begins a bar, how much is
between. A small network that saw the right beats of many songs beside the wrong ones says which look right.
"""

import math
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vj.core.types import F32, F64
from vj.features.beat.choice import choice
from vj.features.beat.ear import BANDS
from vj.features.beat.pointer import LONGEST, SHORTEST

WEIGHTS = Path(__file__).with_name("levels.npz")
#: What else may be meant, as `factor * count + offset` of the count of a beat; the first is the beat itself.
FAMILY = (
    (1, 0), (1, 1 / 2), (1, 1 / 4), (1, 3 / 4), (1, 1 / 3), (1, 2 / 3),
    (2, 0), (2, 1 / 2), (1 / 2, 0), (1 / 2, 1 / 2), (1 / 2, 1 / 4), (1 / 2, 3 / 4),
    (3 / 2, 0), (3 / 2, 1 / 2), (3 / 2, 1 / 4), (2 / 3, 0), (2 / 3, 1 / 3), (2 / 3, 2 / 3),
    (4 / 3, 0), (4 / 3, 1 / 3), (3 / 4, 0), (3 / 4, 1 / 4), (3 / 4, 1 / 2), (3 / 4, 3 / 4),
    (3, 0), (1 / 3, 0), (1 / 3, 1 / 3), (1 / 3, 2 / 3),
)  # fmt: skip
FACTORS, OFFSETS = np.array(FAMILY, np.float64).T
#: Parts that two beats are laid over.
PARTS = 24
#: Beats of the grid on which all of the family are.
GRID_BEATS = 24
#: Parts of a beat of that grid.
GRID_PARTS = 36
#: How much is remembered.
PAST_HALVES = 2400
#: So long ago it counts 37 %.
FADE_HALVES = 1300.0
#: What is laid over: chances of a beat and of a bar's begin, and the rise of groups of bands; loudness is kept.
CHANNELS = 6
#: Groups of bands.
GROUPS = 4
KEPT = CHANNELS + BANDS
INPUTS = CHANNELS * PARTS + 1
#: Rises that count as the most, relative to their mean.
MOST = 6.0


def shown(look: F32) -> F32:
    """[2, GROUPS + BANDS] rise in groups of bands, and loudness, of both halves of what the beat network is shown."""
    out: F32 = look.dot(_showing())
    return out.reshape(2, GROUPS + BANDS)


@cache
def _showing() -> F32:
    """[4 * BANDS, 2 * (GROUPS + BANDS)] that product: means of groups of rises, and loudness as it is."""
    out = np.zeros((4, BANDS, 2, GROUPS + BANDS), np.float32)
    for half in (0, 1):
        out[half, :, half, GROUPS:] = np.eye(BANDS)
        out[2 + half, :, half, :GROUPS] = np.repeat(np.eye(GROUPS), BANDS // GROUPS, axis=0) * (GROUPS / BANDS)
    return out.reshape(4 * BANDS, -1)


@cache
def _laid() -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """[family, GRID_BEATS * GRID_PARTS] the grid in order of each one's parts, and [family, PARTS] where they begin."""
    at = (np.arange(GRID_BEATS * GRID_PARTS) + 0.5) / GRID_PARTS
    orders, starts = [], []
    for factor, offset in FAMILY:
        part = np.floor((factor * at + offset) * (PARTS // 2)).astype(int) % PARTS
        orders.append(np.argsort(part, kind="stable"))
        starts.append(np.searchsorted(part[orders[-1]], np.arange(PARTS)))
    return np.stack(orders), np.stack(starts)


def likely(interval: float) -> NDArray[np.bool_]:
    """[family] which of the family of a beat of `interval` halves have a tempo that a beat has."""
    intervals = interval / FACTORS
    fits: NDArray[np.bool_] = (intervals > SHORTEST - 1) & (intervals < LONGEST + 2)
    return fits


def pictures(heard: F32, count: float, interval: float, fits: NDArray[np.bool_]) -> F32:
    """[n, INPUTS] what two beats look like of each of the family that `fits`.

    `heard` [halves, KEPT] ends with the present half, which is at `count` of a beat of `interval` halves.
    """
    ago = np.arange(len(heard) - 1, -1, -1)
    fine = ((count - ago / interval) * GRID_PARTS).astype(np.int64) % (GRID_BEATS * GRID_PARTS)
    weight = np.exp(-ago / FADE_HALVES)
    size = GRID_BEATS * GRID_PARTS
    grid = np.empty((size, CHANNELS + 1), np.float32)
    grid[:, CHANNELS] = np.bincount(fine, weight, size)
    for k in range(CHANNELS):
        grid[:, k] = np.bincount(fine, weight * heard[:, k], size)
    orders, starts = _laid()
    chosen = np.flatnonzero(fits)
    rows = (starts[chosen] + (np.arange(len(chosen)) * size)[:, None]).ravel()
    sums = np.add.reduceat(grid[orders[chosen].ravel()], rows, axis=0).reshape(len(chosen), PARTS, CHANNELS + 1)
    folds = sums[..., :CHANNELS] / (sums[..., CHANNELS:] + np.float32(1e-3 * weight.sum() / PARTS))
    folds[..., :2] = 2.0 * np.sqrt(folds[..., :2])
    loud = folds[..., 2:]
    loud /= loud.mean(axis=1, keepdims=True) + np.float32(1e-3)
    np.minimum(loud, MOST, out=loud)
    loud *= np.float32(0.5)
    out = np.empty((len(chosen), INPUTS), np.float32)
    out[:, :-1] = folds.reshape(len(chosen), -1)
    out[:, -1] = 2.0 * np.log2(interval / FACTORS[chosen] / 47.0)
    return out


class Levels:
    """Remembers what was heard, and compares the family of a beat."""

    def __init__(self) -> None:
        self._choice = choice(WEIGHTS)
        _laid()  # here rather than in the first comparison, while a show runs
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._kept = np.zeros((2 * PAST_HALVES, KEPT), np.float32)
        self._end = 0

    def hear(self, chances: F32, shown: F32) -> None:
        """Some halves more: chances [n, 2] of a beat and of a bar's begin, and what was `shown` [n, GROUPS + BANDS]."""
        n = len(chances)
        if self._end + n > len(self._kept):
            self._kept[:PAST_HALVES] = self._kept[self._end - PAST_HALVES : self._end]
            self._end = PAST_HALVES
        now = self._kept[self._end : self._end + n]
        now[:, :2], now[:, 2:] = chances, shown
        self._end += n

    @property
    def heard(self) -> F32:
        """[halves, KEPT] what is remembered."""
        return self._kept[max(self._end - PAST_HALVES, 0) : self._end]

    def forget(self, but: int) -> None:
        """All but the last `but` halves: what came before was another song."""
        kept = self._kept[max(self._end - but, 0) : self._end].copy()
        self._kept[: len(kept)], self._end = kept, len(kept)

    def compare(self, count: float, interval: float) -> F64:
        """[family] log odds of each against the others, at `count` of a beat of `interval` halves; -inf: no beat."""
        fits = likely(interval)
        odds = np.full(len(FAMILY), -math.inf)
        if self._end and fits.any():
            odds[fits] = self._choice.odds(pictures(self.heard, count, interval, fits))
        return odds
