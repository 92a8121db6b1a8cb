"""Flashes as photosensitive viewers count them: pairs of opposing changes of luminance on a large part of the screen.

After WCAG 2.3.1 on a 64 x 36 grid of linear light, for the whole screen: a projection fills the field of view, so a
quarter of the screen counts. Not a certified test.
"""

from dataclasses import dataclass

import numpy as np

from vj.core.types import F32, F64

GRID = (36, 64)
#: A change counts from this part of full luminance, if the darker state is below DARK.
CHANGE, DARK = 0.10, 0.80
#: Part of the screen that must change together, within this many seconds.
AREA, TOGETHER = 0.25, 0.1
#: Pairs a second that are allowed.
ALLOWED = 3


@dataclass(frozen=True)
class Flashes:
    """pairs is all of them, worst the most that fall within any one second, largest the greatest area of a change."""

    pairs: int
    worst: int
    largest: float


class Cells:
    """Finds in every cell the moments at which luminance has turned by CHANGE since its last extreme."""

    def __init__(self, first: F32) -> None:
        self._low, self._high = first.copy(), first.copy()
        self._way = np.zeros(first.shape, np.int8)

    def step(self, y: F32) -> tuple[np.ndarray, np.ndarray]:
        """Masks of the cells that have just risen and just fallen. `y` is relative luminance 0..1."""
        np.minimum(self._low, y, out=self._low)
        np.maximum(self._high, y, out=self._high)
        fell = (self._way != -1) & (self._high - y >= CHANGE) & (y < DARK)
        rose = (self._way != 1) & (y - self._low >= CHANGE) & (self._low < DARK) & ~fell
        # from a turn on, only what lies after it can be the extreme that the next turn is measured from
        self._way[rose], self._high[rose] = 1, y[rose]
        self._way[fell], self._low[fell] = -1, y[fell]
        return rose, fell


def turns(grid: F32, fps: float = 60.0) -> list[tuple[int, int, float]]:
    """(frame, +1 or -1, area) of every change of luminance of the whole screen; `grid` [n, rows, columns] is linear."""
    cells = Cells(grid[0])
    reach = max(round(TOGETHER * fps), 1)
    since = {way: np.full(grid.shape[1:], -reach - 1) for way in (1, -1)}
    found: list[tuple[int, int, float]] = []
    for n in range(1, len(grid)):
        for way, mask in zip((1, -1), cells.step(grid[n]), strict=True):
            since[way][mask] = n
            since[-way][mask] = -reach - 1  # a cell's last turn is what counts
            # where as many cells rise as fall something moves, and nothing flashes
            area = float((n - since[way] < reach).mean() - (n - since[-way] < reach).mean())
            if area > AREA and (not found or found[-1][1] != way):
                found.append((n, way, area))
            elif found and found[-1][1] == way and n - found[-1][0] < reach:
                found[-1] = (found[-1][0], way, max(found[-1][2], area))
    return found


def flashes(grid: F32, fps: float = 60.0) -> Flashes:
    """Pairs of opposing changes of a film's luminance [n, rows, columns]."""
    found = turns(grid, fps)
    at: F64 = np.array([n for n, _, _ in found]) / fps
    worst = max((int(((at >= t) & (at < t + 1.0)).sum()) // 2 for t in at), default=0)
    return Flashes(len(found) // 2, worst, max((area for _, _, area in found), default=0.0))
