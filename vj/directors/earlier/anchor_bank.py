"""The bands and anchors of Plexatic's audio-reactive latent walks (PLEXATIC/DIGCREA, `diffused_biggan`, 2022).

Bands grow geometrically from `skip` Hz; a softmax of decibels weighs them; each has an anchor in latent space, put in
order so that neighbours differ most and then smoothed along the list. `exact` figures are the original's: a window of
one second that begins with the frame, bins of 1 Hz, whole numbers of bins to a band and those of one bin left out.
"""

from collections.abc import Iterator

import numpy as np

from vj.core.frames import joined, overlapping
from vj.core.luck import truncated_normal
from vj.core.track import Track
from vj.core.types import F32, F64

#: Frames a second.
FPS = 30
#: Widest growth makes at least this many bands.
FEWEST = 4


def growing(skip: float, most: float, growth: float, rate: int) -> list[tuple[int, int]]:
    """(first, past the last) bin of 1 Hz of every band of the original, those of one bin left out."""
    start, width, bands = int(skip), 1.0, []
    while True:
        width *= growth
        count = int(width)
        if count > 1:
            bands.append((start, start + count))
        start += count
        if int(width) * growth + start >= min(most, rate / 2):
            return bands


def edges(skip: float, most: float, growth: float) -> F64:
    """[bands + 1] edges in Hz of our bank: as many bands as the original has, evenly spaced in pitch."""
    count = max(len(growing(skip, most, growth, 96000)), FEWEST)
    low = max(skip, 20.0)
    return np.geomspace(low, max(most, 2.0 * low), count + 1)


def softmax_db(magnitudes: F32 | F64, extra: float) -> F64:
    """[..., n] softmax of the decibels of `magnitudes` to the power 1 - `extra`; zeros in silence.

    exp(20 log10 x) = x ** 8.686, divided by its sum over all.
    """
    x = np.asarray(magnitudes, np.float64)
    top = x.max(axis=-1, keepdims=True)
    db = 20.0 * np.log10(np.maximum(x, 1e-300) / np.where(top > 0, top, 1.0))
    p = np.exp(db)
    p = (p / np.maximum(p.sum(axis=-1, keepdims=True), 1e-300)) ** (1.0 - extra)
    return np.asarray(np.where(top > 0, p, 0.0))


def anchors(rng: np.random.Generator, count: int, z_dim: int, truncation: float) -> F64:
    """[count, Z] truncated normal vectors, each followed by the one that correlates least with it."""
    free = truncation * truncated_normal(rng.random((count, z_dim)))
    centred = free - free.mean(axis=1, keepdims=True)
    centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12)
    likeness = centred @ centred.T
    likeness[:, 0] = np.inf
    order = [0]
    while len(order) < count:
        order.append(int(np.argmin(likeness[order[-1]])))
        likeness[:, order[-1]] = np.inf
    return np.asarray(free[order])


def smoothed(vectors: F64, factor: float, passes: int) -> F64:
    """`vectors` [n, Z] with each drawn to the one before it by `factor`, `passes` times down the list."""
    out = np.array(vectors)
    for _ in range(passes):
        for k in range(1, len(out)):
            out[k] = factor * out[k - 1] + (1.0 - factor) * out[k]
    return out


def weights(track: Track, bands: list[tuple[int, int]], extra: float) -> F64:
    """[frames, bands] what the original weighs the anchors with, 30 a second; the last second of a track has none."""
    rate = track.rate
    step = -(-rate // FPS)

    def pieces() -> Iterator[F64]:
        # a frame needs one sample more than its window, or the original leaves it out
        for views in overlapping(track.sound(rate), rate + 1, step):
            for window in views:
                p = softmax_db(np.abs(np.fft.rfft(window[:rate].astype(np.float64))), extra)
                yield np.array([[p[a:b].mean() for a, b in bands]])

    return joined(pieces(), len(bands))
