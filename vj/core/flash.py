"""Counts flashes as photosensitive viewers are troubled by them. A help against the worst, not a certified test.

After WCAG 2.3.1, seen on a projector that fills the eye: a flash is a pair of opposing changes of at least a tenth of
full linear light, the darker state under 0.8 of it; or of saturated red. More than three a second over more than a
quarter of the picture are too many. The picture is read as a grid of 64 x 36 cells of mean light.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vj.core.types import F32, U8

COLUMNS, ROWS = 64, 36
#: Least change of light, the light over which the darker state does not count, and the least change of saturated red.
CHANGE, BRIGHT, RED_CHANGE = 0.1, 0.8, 20.0 / 320.0
#: Share of red from which it is saturated.
SATURATED = 0.8
#: Changes that three pairs have, in so many seconds, over so much of the picture.
ALLOWED, WINDOW, AREA = 6, 1.0, 0.25
#: Places looked at in each cell, each way.
PLACES = 2
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)

Mask = NDArray[np.bool_]


def _linear() -> F32:
    """[256] linear light of sRGB bytes."""
    x = np.arange(256) / 255.0
    return np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4).astype(np.float32)


_LINEAR = _linear()


def places(image: U8) -> U8:
    """[36 * 2, 64 * 2, 3] the pixels of `image` [height, width, 3] that stand for their cells: two by two in each."""
    height, width = image.shape[:2]
    rows = ((np.arange(ROWS * PLACES) + 0.5) * height / (ROWS * PLACES)).astype(np.intp)
    columns = ((np.arange(COLUMNS * PLACES) + 0.5) * width / (COLUMNS * PLACES)).astype(np.intp)
    return np.asarray(image[rows[:, None], columns])


def grid(seen: U8) -> F32:
    """[36, 64, 3] linear light of each cell, from the pixels that `places` chose."""
    light = _LINEAR[seen].reshape(ROWS, PLACES, COLUMNS, PLACES, 3)
    return np.asarray(light.mean(axis=(1, 3)))


class _Swings:
    """Follows every cell from peak to valley and back; a change counts once it is at least `least`."""

    def __init__(self, least: float) -> None:
        self._least = least
        self.ways: F32 | None = None
        self.ends: F32 = np.zeros(0, np.float32)

    def look(self, light: F32, keep: bool) -> tuple[Mask, F32]:
        """[36, 64] which cells just made a change against their last one, and the end they came from.

        With `keep` they go on from here; without, nothing is remembered of it.
        """
        if self.ways is None:
            if keep:
                self.ways, self.ends = np.ones_like(light), light.copy()
            return np.zeros(light.shape, np.bool_), light
        ends = np.maximum(self.ends * self.ways, light * self.ways) * self.ways
        turned = (ends - light) * self.ways >= self._least
        if keep:
            self.ways = np.where(turned, -self.ways, self.ways)
            self.ends = np.where(turned, light, ends)
        return turned, ends


@dataclass(frozen=True, slots=True)
class Reading:
    """How bad it is. `worst` is the share of the picture that changed more often than allowed in the last second,
    `flashes` the pairs of changes that a quarter of the picture made in it; `red` likewise of saturated red."""

    worst: float
    flashes: int
    red: float

    @property
    def passes(self) -> bool:
        """Whether both are within the rule."""
        return self.worst <= AREA and self.red <= AREA


class FlashMeter:
    """Reads frames one by one at their show times, in order."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Nothing seen yet."""
        self._light, self._red = _Swings(CHANGE), _Swings(RED_CHANGE)
        self._saturated: Mask = np.zeros((ROWS, COLUMNS), np.bool_)
        self._counts = np.zeros((2, ROWS, COLUMNS), np.int16)
        self._past: deque[tuple[float, NDArray[np.bool_]]] = deque()

    @property
    def memory(self) -> dict[str, Any]:
        """All that it knows of the frames so far."""
        swings = [(s.ways, s.ends) for s in (self._light, self._red)]
        return {"swings": swings, "saturated": self._saturated, "counts": self._counts.copy(), "past": [*self._past]}

    def remember(self, memory: Mapping[str, Any]) -> None:
        """Go on from the `memory` of another one."""
        for swings, (ways, ends) in zip((self._light, self._red), memory["swings"], strict=True):
            swings.ways, swings.ends = ways, ends
        self._saturated, self._counts = memory["saturated"], memory["counts"].copy()
        self._past = deque((float(t), changes) for t, changes in memory["past"])

    def risky(self, t: float) -> bool:
        """Whether any frame at show time `t` could be one too many; if not, none need be tried."""
        self._forget(t)
        return bool(((self._counts >= ALLOWED).mean(axis=(1, 2)) > AREA).any())

    def would(self, t: float, light: F32) -> Reading:
        """What a frame of cells `light` [36, 64, 3] at show time `t` would make of the last second."""
        changes, _ = self._changes(light, keep=False)
        self._forget(t)
        return _read(self._counts + changes)

    def step(self, t: float, light: F32) -> Reading:
        """Take that frame."""
        changes, self._saturated = self._changes(light, keep=True)
        self._forget(t)
        if changes.any():
            self._past.append((t, changes))
            self._counts += changes
        return _read(self._counts)

    def _changes(self, light: F32, keep: bool) -> tuple[NDArray[np.bool_], Mask]:
        """[2, 36, 64] which cells changed in light and in red, and which are saturated red now."""
        whole = light @ _LUMINANCE
        turned, ends = self._light.look(whole, keep)
        turned &= np.minimum(whole, ends) < BRIGHT
        red, rest = light[..., 0], light[..., 1] + light[..., 2]
        saturated = red >= SATURATED * (red + rest)
        redder, _ = self._red.look(np.maximum(red - rest, 0.0), keep)
        return np.stack([turned, redder & (saturated | self._saturated)]), saturated

    def _forget(self, t: float) -> None:
        """Drop what is more than a second old."""
        while self._past and t - self._past[0][0] > WINDOW - 1e-6:
            self._counts -= self._past.popleft()[1]


def _read(counts: NDArray[np.int16]) -> Reading:
    over = (counts > ALLOWED).mean(axis=(1, 2))
    quarter = np.partition(counts[0].ravel(), -int(AREA * ROWS * COLUMNS))[-int(AREA * ROWS * COLUMNS)]
    return Reading(float(over[0]), int(quarter) // 2, float(over[1]))
