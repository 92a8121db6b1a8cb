"""The three ways across threads, and no fourth: SampleRing, Mailbox and `queue.SimpleQueue[Event]`.

What can be skipped must be readable late: send counters and levels through a Mailbox, never one-shot flags.
"""

import threading
from typing import Generic, TypeVar

import numpy as np

from vj.core.types import F32

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Holds the newest value for one reader; older unread ones are dropped and counted in `dropped`."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._value: T | None = None
        self._latest: T | None = None
        self.dropped = 0

    def put(self, value: T) -> None:
        """Replace whatever was not read yet. Never blocks for long."""
        with self._condition:
            if self._value is not None:
                self.dropped += 1
            self._value = self._latest = value
            self._condition.notify()

    def get(self, timeout: float | None = 0.0) -> T | None:
        """The newest unread value, or None after `timeout` seconds."""
        with self._condition:
            if self._value is None and timeout != 0.0:
                self._condition.wait_for(lambda: self._value is not None, timeout)
            value, self._value = self._value, None
            return value

    @property
    def latest(self) -> T | None:
        """The newest value ever put, read or not."""
        return self._latest


class SampleRing:
    """Preallocated float32 ring between one writer (the audio callback) and one reader (the analysis thread).

    Positions are absolute sample counts. The writer never waits: when the reader is more than `capacity` behind, the
    oldest samples are lost to it, which `overruns` counts once per loss. Data is written first, the index second.
    `unclean` is for a writer to count samples that were no sound, and that it had to change.

    Where somebody `keeps` the sound, a writer gives it on the grid of 24 bits, and beside it the channels it was mixed
    from; `channels` are those of the last read.
    """

    def __init__(self, capacity: int) -> None:
        self._data = np.zeros(capacity, np.float32)
        self.keeps = False
        self._beside: F32 | None = None
        self._taken = np.zeros(0, np.int64)
        self._capacity = capacity
        self._written = 0
        self._read = 0
        self._arrivals: list[tuple[int, float]] = [(0, 0.0)] * 64
        self._arrival = 0
        self._condition = threading.Condition()
        self.overruns = 0
        self.unclean = 0

    @property
    def written(self) -> int:
        """Samples written so far."""
        return self._written

    def write(self, samples: F32, stamp: float = 0.0, channels: F32 | None = None) -> None:
        """Append `samples` [n]; `stamp` is the wall-clock second at which the last of them arrived.

        `channels` [n, c] are what they were mixed from. The first that are given say how many there are; others of
        another number are not kept, and the samples stand in each place.
        """
        samples = samples[-self._capacity :]
        start = self._written % self._capacity
        first = min(len(samples), self._capacity - start)
        self._data[start : start + first] = samples[:first]
        self._data[: len(samples) - first] = samples[first:]
        if self._beside is None and channels is not None:
            self._beside = np.repeat(self._data[:, None], channels.shape[1], axis=1)
        if self._beside is not None:
            alike = channels is not None and channels.shape[1] == self._beside.shape[1]
            beside = channels[-self._capacity :] if channels is not None and alike else samples[:, None]
            self._beside[start : start + first] = beside[:first]
            self._beside[: len(samples) - first] = beside[first:]
        self._arrivals[self._arrival % 64] = (self._written + len(samples), stamp)
        self._arrival += 1
        self._written += len(samples)
        with self._condition:
            self._condition.notify()

    def read(self, count: int, timeout: float = 0.0) -> F32 | None:
        """The next `count` samples as a new array, or None if they have not all come within `timeout` seconds."""
        if self._written - self._read < count and timeout > 0:
            with self._condition:
                self._condition.wait_for(lambda: self._written - self._read >= count, timeout)
        if self._written - self._read < count:
            return None
        if self._written - self._read > self._capacity:
            self.overruns += 1
            self._read = self._written - self._capacity // 2
        index = np.arange(self._read, self._read + count) % self._capacity
        samples = self._data[index]
        self._taken = index
        self._read += count
        return samples

    @property
    def channels(self) -> F32 | None:
        """[n, c] what the samples of the last `read` were mixed from; None where nobody told. For its reader only."""
        return None if self._beside is None else self._beside[self._taken]

    def catch_up(self) -> None:
        """Forget what was written and not read: the reader begins with what comes next."""
        self._read = self._written

    @property
    def position(self) -> int:
        """Absolute count of samples read so far, lost ones included."""
        return self._read

    def arrived(self, position: int) -> float:
        """Wall-clock second at which sample number `position` had arrived, 0.0 if that is no longer known."""
        known = sorted(self._arrivals)
        for count, stamp in known:
            if count >= position:
                return stamp
        return 0.0
