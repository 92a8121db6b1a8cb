"""Which channels of an embedding matter now: those that change most, without swapping places all the time."""

import numpy as np

from vj.core.interp import ease
from vj.core.types import F32, F64

#: Over which change is judged.
CHANGE_TAU_S = 8.0
#: How many times as much another channel must change to take a place.
MARGIN = 1.3
#: Channels left out.
DROPPED = 2


class Ranking:
    """Orders channels by how much they change, most first, and leaves out the `dropped` least.

    hanhung's rule for style layers (16 channels, the 14 that change most, ordered by it, for layers 0 to 13), made to
    run live: change is a mean over the last seconds, and two neighbours swap only where the lower one changes
    `margin` times as much as the upper one. While nothing changes, nothing moves.
    """

    def __init__(
        self, channels: int, dropped: int = DROPPED, over: float = CHANGE_TAU_S, margin: float = MARGIN
    ) -> None:
        self._dropped, self._over, self._margin = dropped, over, margin
        self._order = list(range(channels))
        self._change: F64 = np.zeros(channels)
        self._last: F32 | None = None
        self._heard = 0.0

    @property
    def order(self) -> tuple[int, ...]:
        """Numbers of the channels in use, the one that changes most first."""
        return tuple(self._order[: len(self._order) - self._dropped])

    @property
    def change(self) -> F64:
        """[channels] mean size of change from one vector to the next."""
        return self._change

    def step(self, vector: F32, dt: float) -> tuple[int, ...]:
        """The order after `vector` [channels], `dt` seconds after the last one."""
        if self._last is not None:
            self._heard += dt
            moved = np.abs(vector - self._last).astype(np.float64)
            # at first the plain mean of what there is, so that the order does not wait
            self._change += (moved - self._change) * max(ease(dt, self._over), dt / self._heard)
            self._settle()
        self._last = vector
        return self.order

    def _settle(self) -> None:
        """Let channels rise past neighbours that they clearly outdo."""
        for place in range(1, len(self._order)):
            while place and self._outdoes(self._order[place], self._order[place - 1]):
                self._order[place - 1], self._order[place] = self._order[place], self._order[place - 1]
                place -= 1

    def _outdoes(self, lower: int, upper: int) -> bool:
        return bool(self._change[lower] > self._margin * self._change[upper])


def ranked(vectors: F32, dropped: int = DROPPED) -> tuple[int, ...]:
    """The order of a whole track, `vectors` [N, channels]: fixed at the start, as the seed has it."""
    change = np.abs(np.diff(vectors, axis=0)).mean(0) if len(vectors) > 1 else np.zeros(vectors.shape[1])
    order = np.argsort(-change, kind="stable")
    return tuple(int(k) for k in order[: len(order) - dropped])
