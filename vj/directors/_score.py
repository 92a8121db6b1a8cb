"""What directors with a score share: the time they read it at, and names of classes as a story."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vj.core.curves import smoothstep
from vj.core.errors import ControlError, nearest
from vj.core.types import F32, F64

#: Seconds that frames may run ahead of what is heard before the time is taken from the sound again.
AHEAD = 0.25


class Showtime:
    """Show time of the frame, from the times of hops and the steps between frames: exact in a render.

    A director that was not on for a while takes the time from the sound, which is late by at most a hop.
    """

    def __init__(self) -> None:
        self.t = 0.0

    def step(self, heard: float, dt: float) -> float:
        """The time `dt` after the last step, while the newest hop ended at `heard`."""
        self.t += dt
        if not heard - 1e-6 <= self.t <= heard + AHEAD:
            self.t = heard
        return self.t


@dataclass(frozen=True)
class Story:
    """Classes one after the other: what was asked for, and luck where that ends.

    asked     class numbers
    unknown   names that the bundle has no class for
    """

    asked: tuple[int, ...]
    unknown: tuple[str, ...]
    count: int
    seed: int

    @classmethod
    @lru_cache(16)
    def told(cls, text: str, classes: tuple[str, ...], seed: int) -> "Story":
        """The story `text`: names or numbers between "|", or between commas where there is no "|"."""
        parts = [part.strip() for part in text.split("|" if "|" in text else ",")]
        names = {name.lower(): index for index, name in reversed(list(enumerate(classes)))}
        asked, unknown = [], []
        for part in filter(None, parts):
            if part.lower() in names:
                asked.append(names[part.lower()])
            elif part.lstrip("-").isdigit():
                asked.append(int(part) % len(classes))
            else:
                unknown.append(part)
        return cls(tuple(asked), tuple(unknown), len(classes), seed)

    def check(self, classes: tuple[str, ...]) -> None:
        """Raise ControlError for a name that is no class."""
        if self.unknown:
            hint = nearest(self.unknown[0].lower(), [name.lower() for name in classes])
            raise ControlError(f"no class {self.unknown[0]!r} in this bundle", "the story", hint)

    def __getitem__(self, place: int) -> int:
        """The class at `place` from 0. After the story all classes come by luck, and then all again in new order."""
        if place < len(self.asked):
            return self.asked[place]
        turn, k = divmod(place - len(self.asked), self.count)
        before = _order(self.seed, turn - 1, self.count)[-1] if turn else (self.asked or (-1,))[-1]
        order = _order(self.seed, turn, self.count)
        return order[k] if order[0] != before or self.count == 1 else order[(k + 1) % self.count]

    def one(self, place: int) -> F32:
        """[C] all weight on the class at `place`."""
        weights = np.zeros(self.count, np.float32)
        weights[self[place]] = 1.0
        return weights


@lru_cache(64)
def _order(seed: int, turn: int, count: int) -> list[int]:
    """All classes once, in an order by luck."""
    return [int(k) for k in np.random.default_rng([seed, 11, turn]).permutation(count)]


class Glide:
    """Follows what moves by itself, and where that jumps lets the difference die away."""

    def __init__(self) -> None:
        self._shown: F32 | None = None
        self._offset: F32 = np.zeros(1, np.float32)
        self._left = 0.0

    def step(self, goal: F32, share: float, jumped: bool) -> F32:
        """What is shown of `goal` [n]; `share` of a glide passes in this step, `jumped` says that a new one begins."""
        if self._shown is not None and jumped:
            self._offset, self._left = self._shown - goal, 1.0
        self._left = max(self._left - share, 0.0)
        x = self._left
        self._shown = goal + self._offset * np.float32(smoothstep(x)) if x > 0.0 else goal
        return self._shown


def mixed(a: F32, b: F32, x: float) -> F32:
    """Weights a share `x` of the way from `a` to `b` [C]."""
    return np.asarray(a + (b - a) * np.float32(x), np.float32)


def at(values: F64, rate: float, t: float) -> F64:
    """`values` [n, ...], `rate` a second, between the two that lie round `t`; the first or last beyond the ends."""
    x = min(max(t * rate, 0.0), len(values) - 1.0)
    k = min(int(x), max(len(values) - 2, 0))
    share = x - k
    return np.asarray(values[k] if share == 0.0 else values[k] * (1.0 - share) + values[k + 1] * share)
