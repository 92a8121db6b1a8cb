"""Cuts the stream of hops into short frames on a grid of its own, so that what is heard does not depend on the hop."""

import numpy as np

from vj.core.types import F32


class Frames:
    """Turns hops of any length into overlapping frames of `length` samples, one every `seconds`.

    Frame k (from 1) ends at sample round(k * seconds * rate): the grid is the same musical time at any rate, and
    rounding never adds up. `count` is the number of frames cut so far.
    """

    def __init__(self, rate: int, seconds: float, length: int, hop_length: int) -> None:
        self._step = seconds * rate
        self._length = length
        self._buffer = np.zeros(2 * length + 8 * hop_length, np.float32)
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction; the sound begins with silence."""
        self._buffer[:] = 0.0
        self._fill = self._length
        self._start = -self._length  # absolute position of buffer[0]
        self._due = round(self._step)  # absolute position at which the next frame ends
        self.count = 0

    def push(self, samples: F32) -> list[F32]:
        """Append `samples` [n]; returns the frames [length] that they complete, as views good until the next push."""
        n = len(samples)
        if self._fill + n > len(self._buffer):
            keep = self._fill - self._length
            self._buffer[: self._length] = self._buffer[keep : self._fill].copy()
            self._start += keep
            self._fill = self._length
        self._buffer[self._fill : self._fill + n] = samples
        self._fill += n
        frames = []
        while self._due <= self._start + self._fill:
            end = self._due - self._start
            frames.append(self._buffer[end - self._length : end])
            self.count += 1
            self._due = round((self.count + 1) * self._step)
        return frames
