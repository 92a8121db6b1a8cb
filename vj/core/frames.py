"""Streams of samples cut into pieces of other lengths, holding no more than is needed."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vj.core.types import F64


def overlapping(blocks: Iterable[NDArray[Any]], length: int, step: int) -> Iterator[NDArray[Any]]:
    """Views [k, length] that begin at 0, step, 2 step...: all that lie wholly within the stream; step <= length."""
    held: NDArray[Any] = np.zeros(0, np.float32)
    for block in blocks:
        held = np.concatenate([held, block])
        if len(held) >= length:
            views = np.lib.stride_tricks.sliding_window_view(held, length)[::step]
            yield views
            held = held[len(views) * step :]


def joined(pieces: Iterable[F64], width: int) -> F64:
    """Arrays [k, width] one below the other; [0, width] where there are none."""
    kept = list(pieces)
    return np.concatenate(kept) if kept else np.zeros((0, width))
