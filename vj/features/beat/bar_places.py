"""How many beats are in a bar and which is the first, judged by what the beats of the last bars look like.

Laid over bars of each metre, from each beat on, some show kick and snare where they belong, a bass that changes at the
first beat, and much alike from bar to bar. A small network that saw the true bars of many songs beside all others says
which look right.
"""

from functools import cache
from pathlib import Path

import numpy as np

from vj.core.types import F32, F64
from vj.features.beat.bar_filter import METRES
from vj.features.beat.choice import choice
from vj.features.beat.ear import BANDS
from vj.features.beat.levels import CHANNELS, MOST

WEIGHTS = Path(__file__).with_name("bar_places.npz")
#: Parts of a beat.
PARTS = 4
#: By which its first begins early, as what is told of an attack is spread about it.
EARLY_BEATS = 0.1
#: How many are looked at, at the most and at the least.
MOST_BEATS = 40
LEAST_BEATS = 5
#: So many ago they count 37 %.
FADE_BEATS = 16.0
#: Groups of bands whose changes from beat to beat are told.
CHANGES = 3
VECTOR = PARTS * CHANNELS + CHANGES
#: Shown of every bar: its first, second, middle and last beat, all together, how much alike bars are, metre and tempo.
INPUTS = 5 * VECTOR + (CHANNELS + 1) + len(METRES) + 2
#: Metre and place of every choice, in the order of `BarFilter.odds`.
METRE = np.repeat(METRES, METRES)
PLACE = np.concatenate([np.arange(m) for m in METRES])
#: The number of that metre; and where, among the beats of all bars, counted back, the four lie that are shown of each.
_KIND = np.repeat(np.arange(len(METRES)), METRES)
_CHOSEN = np.stack([(PLACE - at) % METRE for at in (0 * METRE, 0 * METRE + 1, METRE // 2, METRE - 1)], axis=1)
_CHOSEN += np.repeat(np.cumsum((0, *METRES[:-1])), METRES)[:, None]


def vectors(heard: F32, count: float, interval: float) -> F32:
    """[beats, VECTOR] what the last whole beats look like, the latest last.

    `heard` [halves, KEPT] ends with the present half, at `count` of a beat of `interval` halves; the latest beat is the
    one before the present.
    """
    latest = np.floor(count + EARLY_BEATS)
    halves = np.arange(len(heard)) - (len(heard) - 1)
    number = np.floor((count + EARLY_BEATS + halves / interval - latest) * PARTS).astype(
        np.int64
    )  # of a part; the present's: 0
    first = max(-(-int(number[0] + 1) // PARTS), -MOST_BEATS)
    if first >= 0:
        return np.zeros((0, VECTOR), np.float32)
    rows = np.searchsorted(number, np.arange(first * PARTS, 1))
    rows = np.minimum(rows, len(heard) - 1)
    sums = np.add.reduceat(heard, rows, axis=0)[:-1]
    sizes = np.maximum(np.diff(rows), 1)[:, None].astype(np.float32)
    means = sums / sizes
    tops = np.maximum.reduceat(heard[:, :2], rows, axis=0)[:-1]
    rises = means[:, 2:CHANNELS]
    out = np.empty((-first, VECTOR), np.float32)
    parts = out[:, : PARTS * CHANNELS].reshape(-first, PARTS, CHANNELS)
    parts[..., :2] = tops.reshape(-first, PARTS, 2)
    parts[..., 2:] = np.minimum(rises / (rises.mean(axis=0) + np.float32(1e-3)), MOST).reshape(-first, PARTS, -1) * 0.5
    loud = means[:, CHANNELS:].reshape(-first, PARTS, BANDS).mean(axis=1)
    change = np.abs(np.diff(loud, axis=0, prepend=loud[:1])).reshape(-first, CHANGES, BANDS // CHANGES).mean(axis=2)
    out[:, PARTS * CHANNELS :] = np.minimum(change / (change.mean(axis=0) + np.float32(1e-2)), MOST) * 0.5
    return out


def pictures(beats: F32, interval: float) -> F32:
    """[27, INPUTS] what bars of each metre look like, where the latest of `beats` [n, VECTOR] is at each place."""
    n = len(beats)
    lay, share, weight, alike = _laid(n)
    mean = weight @ beats
    var = weight @ np.square(beats - mean) + np.float32(1e-3)
    folds = (lay @ beats + np.float32(0.02) * mean) / (share + np.float32(0.02))  # of all metres, one under another
    same = (alike @ np.square(folds - mean)) / var
    out = np.zeros((len(METRE), INPUTS), np.float32)
    out[:, : 4 * VECTOR] = folds[_CHOSEN].reshape(len(METRE), -1)
    out[:, 4 * VECTOR : 5 * VECTOR] = mean
    told = out[:, 5 * VECTOR :]
    told[:, :CHANNELS] = same[:, : PARTS * CHANNELS].reshape(-1, PARTS, CHANNELS).mean(axis=1)[_KIND]
    told[:, CHANNELS] = same[:, PARTS * CHANNELS :].mean(axis=1)[_KIND]
    told[np.arange(len(METRE)), CHANNELS + 1 + _KIND] = 1.0
    out[:, -2], out[:, -1] = np.log2(interval / 47.0), n / MOST_BEATS
    return out


@cache
def _laid(n: int) -> tuple[F32, F32, F32, F32]:
    """What `pictures` multiplies `n` beats by.

    [27, n] the weight of each, laid over the beats of bars of each metre, counted back; [27, 1] that of all of each;
    [n] that of each; and [metres, 27] what adds up the differences of the beats of a bar.
    """
    ago = np.arange(n - 1, -1, -1)
    weight = np.exp(-ago / FADE_BEATS).astype(np.float32)
    weight /= weight.sum()
    lay = (ago[None, :] % METRE[:, None] == PLACE[:, None]) * weight
    share = lay.sum(axis=1, keepdims=True)
    alike: F32 = (np.arange(len(METRES))[:, None] == _KIND[None, :]) * share[:, 0]
    return lay, share, weight, alike


class BarPlaces:
    """Judges the bars of what was heard."""

    def __init__(self) -> None:
        self._choice = choice(WEIGHTS)

    def odds(self, heard: F32, count: float, interval: float) -> F64 | None:
        """[27] log odds of metre and place of the beat before the present; None where too little was heard.

        As `vectors` is told.
        """
        beats = vectors(heard, count, interval)
        return self._choice.odds(pictures(beats, interval)) if len(beats) >= LEAST_BEATS else None
