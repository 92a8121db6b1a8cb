"""Cuts the stream of hops into short frames on a grid of its own, so that what is heard does not depend on the hop."""

import numpy as np

from vj.core.types import F32


class Frames:
    """Turns hops of any length into overlapping frames of `length` samples, one every `seconds`.

    Frame k ends at sample round(k * seconds * rate): the grid is the same musical time at any rate, and rounding never
    adds up.
    """

    def __init__(self, rate: int, seconds: float, length: int, hop_length: int) -> None:
        self._step = seconds * rate
        self._length = length
        self._buffer = np.zeros(length + 8 * hop_length, np.float32)
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._buffer[:] = 0.0
        self._fill = self._length  # samples in the buffer; it begins with silence
        self._start = -self._length  # absolute position of buffer[0]
        self._next = 1

    def push(self, samples: F32) -> list[int]:
        """Append `samples` [n]; returns where in `buffer` each new frame begins."""
        n = len(samples)
        if self._fill + n > len(self._buffer):
            keep = self._fill - self._length
            self._buffer[: self._length] = self._buffer[keep : self._fill].copy()
            self._start += keep
            self._fill = self._length
        self._buffer[self._fill : self._fill + n] = samples
        self._fill += n
        heard = self._start + self._fill
        begins = []
        while (end := round(self._next * self._step)) <= heard:
            begins.append(end - self._start - self._length)
            self._next += 1
        return begins

    def stack(self, samples: F32) -> F32:
        """Append `samples` [n]; returns the new frames [frames, length], possibly none."""
        begins = self.push(samples)
        if len(begins) == 1:
            return self._buffer[begins[0] : begins[0] + self._length][None, :]
        return np.array([self._buffer[b : b + self._length] for b in begins], np.float32).reshape(-1, self._length)
