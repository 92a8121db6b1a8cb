"""How many changes there were in the last second, and for how long of the last five they were many."""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from vj.core.flash.swings import Mask
from vj.core.types import F32

#: Changes that three pairs have, in WINDOW_S.
ALLOWED = 6
WINDOW_S = 1.0
#: Changes a second that must not be held for HELD_S of HELD_OF_S.
HELD = 4
HELD_S = 4.0
HELD_OF_S = 5.0
#: A frame that stands for longer than so many seconds is held no longer than that.
LONGEST_S = 0.1
#: What is counted: light, red by the older rule, red by its colour.
KINDS = 3

Counts = NDArray[np.int16]


class Window:
    """Changes of the last second, and the time of the last five in which they were many, for cells of one shape."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.counts: Counts = np.zeros((KINDS, *shape), np.int16)
        self.held: F32 = np.zeros((KINDS, *shape), np.float32)
        self._past: deque[tuple[float, Mask]] = deque()
        self._many: deque[tuple[float, float, Mask]] = deque()

    def forget(self, t: float) -> None:
        """Drop what is too old at `t`."""
        while self._past and t - self._past[0][0] > WINDOW_S - 1e-6:
            self.counts -= self._past.popleft()[1]
        while self._many and t - self._many[0][0] > HELD_OF_S - 1e-6:
            _, dt, many = self._many.popleft()
            self.held -= np.float32(dt) * many
        if not self._many:
            self.held[:] = 0.0  # rounding leaves nothing behind

    def would(self, dt: float, changes: Mask, lighter: Mask) -> tuple[Counts, Mask, Mask, Mask]:
        """Counts with `changes`; what would have been held for too long after another `dt` seconds; what will be for
        these changes; and which of those that made it `lighter` take the last change there is."""
        counts = self.counts + changes
        many = counts >= HELD
        held = self.held + np.float32(dt) * many
        close = held >= HELD_S - WINDOW_S - LONGEST_S
        last = changes[0] & lighter & ((counts[0] >= ALLOWED) | ((counts[0] >= HELD - 1) & close[0]))
        return counts, many & (held >= HELD_S - 1e-3), many & changes & close, last[None]

    def take(self, t: float, dt: float, changes: Mask) -> None:
        """Count them."""
        if changes.any():
            self._past.append((t, changes))
            self.counts += changes
        many = self.counts >= HELD
        if many.any():
            self._many.append((t, dt, many))
            self.held += np.float32(dt) * many

    def near(self, left: int = 0, ahead: float = 0.0) -> Mask:
        """[kinds, ...] where one more change could be too many, or where no more than `left` are left before that, in
        `ahead` seconds."""
        close = self.held >= HELD_S - WINDOW_S - 2.0 * LONGEST_S - ahead
        return (self.counts >= ALLOWED - left) | ((self.counts >= HELD - 1 - left) & close)
