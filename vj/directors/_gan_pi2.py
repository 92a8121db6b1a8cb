"""The numbers of GAN_PI-2 (FABB2011/GAN_PI-2, 2020), frame by frame, for comparison.

Checked against its code: magnitudes of a plain FFT of each frame's samples, `ewm(span=15)` over time, K-means on whole
spectra, bins 50 to 177 clipped at 1 and scaled to [-1, 1] while they change, shuffled; transitions of `skip` frames
between z times truncation at both ends. Where it hangs (no transition frames) or fails (the last frames) ours goes on.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vj.core.errors import ControlError
from vj.core.frames import joined, overlapping
from vj.core.types import F32, F64, I64

#: The rate at which it hears.
RATE_HZ = 22050
#: Span of its moving mean.
SPAN_FRAMES = 15
#: The bins that become z, the end not among them.
FIRST_BIN = 50
END_BIN = 178
ALPHA = 2.0 / (SPAN_FRAMES + 1)


def spectra(blocks: Iterable[F32], fps: float) -> F64:
    """[frames, bins] magnitudes; frame k has the samples div k to div (k + 1), div = floor(RATE_HZ / fps)."""
    div = int(RATE_HZ // fps)
    if div // 2 + 1 < END_BIN:
        what = f"at {fps:g} frames a second there are {div // 2 + 1} bins, and it takes bin {END_BIN - 1}"
        raise ControlError(what, "/director/spectrum/exact", "render at 62 frames a second or less, or turn exact off")

    def pieces() -> Iterator[F64]:
        for views in overlapping(blocks, div, div):
            yield np.abs(np.fft.rfft(views.astype(np.float64)))

    return joined(pieces(), div // 2 + 1)


def moving(values: F64) -> F64:
    """[n, D] exponentially weighted means over time with true weights (pandas' ewm, adjust=True)."""
    from scipy.signal import lfilter  # takes long to import, and few render so

    sums = lfilter([1.0], [1.0, ALPHA - 1.0], values, axis=0)
    weights = lfilter([1.0], [1.0, ALPHA - 1.0], np.ones(len(values)))
    return np.asarray(sums / weights[:, None])


def scaled(values: F64, orderly: bool = False) -> F64:
    """[n, 128] bins clipped above at 1 and brought to [-1, 1] frame by frame.

    As in the original each number changes the extremes that the next one is scaled by; `orderly` does without that.
    """
    v = np.minimum(values[:, FIRST_BIN:END_BIN], 1.0)
    if orderly:
        low, high = v.min(axis=1, keepdims=True), v.max(axis=1, keepdims=True)
        return np.asarray(2.0 * (v - low) / (high - low + 1e-5) - 1.0)
    # extremes of what is still to come, column by column
    least = np.minimum.accumulate(v[:, ::-1], axis=1)[:, ::-1]
    most = np.maximum.accumulate(v[:, ::-1], axis=1)[:, ::-1]
    out, low_done, high_done = np.empty_like(v), np.full(len(v), np.inf), np.full(len(v), -np.inf)
    for i in range(v.shape[1]):
        low, high = np.minimum(low_done, least[:, i]), np.maximum(high_done, most[:, i])
        out[:, i] = 2.0 * (v[:, i] - low) / (high - low + 1e-5) - 1.0
        low_done, high_done = np.minimum(low_done, out[:, i]), np.maximum(high_done, out[:, i])
    return out


@lru_cache(16)
def shuffled(count: int, seed: int) -> I64:
    """[count] the order that Python's own shuffle puts numbers in; the original draws `seed` from 100 to 1500."""
    order = list(range(count))
    random.Random(seed).shuffle(order)
    return np.array(order)


@dataclass(frozen=True)
class Shown:
    """What each frame shows: a look, or a share `x` of the way from frame `a` to frame `b` where these differ."""

    a: I64
    b: I64
    x: F64


def schedule(labels: I64, skip: int) -> Shown:
    """Frames of transition and frames between: from the frame before a change to the one `skip` frames later."""
    count = len(labels)
    a, b, x = np.arange(count), np.arange(count), np.zeros(count)
    i = 0
    while i < count:
        if skip < 2 or i + 1 >= count or labels[i] == labels[i + 1]:
            i += 1
            continue
        end = min(i + skip, count - 1)
        many = min(skip, count - i)
        a[i : i + many], b[i : i + many] = i, end
        x[i : i + many] = np.linspace(0.0, 1.0, skip)[:many]
        i += skip
    return Shown(a, b, x)
