"""Changes of light and of colour, from one turning point to the next, in many cells at once."""

import numpy as np
from numpy.typing import NDArray

from vj.core.types import F32

#: Least distance of colours, in u'v'.
COLOUR_CHANGE = 0.2

Mask = NDArray[np.bool_]


class Swings:
    """Follows every cell from peak to valley and back; a change counts once it is at least `least`."""

    def __init__(self, least: float) -> None:
        self._least = np.float32(least)
        self._way: F32 | None = None  # 1 after a rise, -1 after a fall, 0 before either
        self._low = self._high = np.zeros(0, np.float32)  # since the last change

    def room(self, light: F32, part: float) -> tuple[F32, F32]:
        """The least and the most light that cells of `light` may have to be within a `part` of a change."""
        if self._way is None:
            return np.full_like(light, -np.inf), np.full_like(light, np.inf)
        least = part * self._least
        low = np.where(self._way >= 0, np.maximum(self._high, light) - least, -np.inf)
        return low, np.where(self._way <= 0, np.minimum(self._low, light) + least, np.inf)

    def look(self, light: F32, keep: bool) -> tuple[Mask, Mask, F32]:
        """Which cells just fell and which just rose against their last change, and the end they came from, all shaped
        as `light`.

        With `keep` they go on from here; without, nothing is remembered of it.
        """
        if self._way is None:
            if keep:
                self._way, self._low, self._high = np.zeros_like(light), light.copy(), light.copy()
            none = np.zeros(light.shape, np.bool_)
            return none, none, light
        low, high = np.minimum(self._low, light), np.maximum(self._high, light)
        fell = (self._way >= 0) & (high - light >= self._least)
        rose = (self._way <= 0) & (light - low >= self._least) & ~fell
        if keep:
            turned = fell | rose
            self._way = np.where(fell, np.float32(-1.0), np.where(rose, np.float32(1.0), self._way))
            self._low, self._high = np.where(turned, light, low), np.where(turned, light, high)
        return fell, rose, np.where(fell, high, low)


class Colours:
    """The same of colours: a swing goes away from where the last one ended, as far as it gets, and back."""

    def __init__(self) -> None:
        self._from: F32 | None = None
        self._ends = np.zeros(0, np.float32)
        self._red: Mask = np.zeros(0, np.bool_)

    def look(self, at: F32, red: Mask, keep: bool) -> Mask:
        """[...] which cells of colours `at` [..., 2] just changed between one that is saturated `red` and another."""
        if self._from is None:
            if keep:
                self._from, self._ends, self._red = at.copy(), at.copy(), red.copy()
            return np.zeros(red.shape, np.bool_)
        further = _distance(at, self._from) > _distance(self._ends, self._from)
        ends, was_red = np.where(further[..., None], at, self._ends), np.where(further, red, self._red)
        turned = (_distance(at, ends) > COLOUR_CHANGE) & (red | was_red)
        if keep:
            self._from = np.where(turned[..., None], ends, self._from)
            self._ends, self._red = np.where(turned[..., None], at, ends), np.where(turned, red, was_red)
        return turned


def _distance(a: F32, b: F32) -> F32:
    apart = np.square(a - b)
    return np.asarray(np.sqrt(apart[..., 0] + apart[..., 1]))
