"""Counts flashes as photosensitive viewers are troubled by them. A help against the worst, not a certified test.

Seen on a projector that fills the eye, over more than a quarter of the picture:

- WCAG 2.3.1, BT.1702-3: a flash is a pair of opposing changes of at least a tenth of full linear light, the darker
  state under 0.8 of it (20 of 200 cd/m2, under 160). More than three a second are too many.
- Red: the same of a change of saturated red, by the older rule (R - G - B of more than 20 / 320) and by that of WCAG
  2.2: one state R / (R + G + B) >= 0.8, and a distance of more than 0.2 in CIE 1976 u'v'.
- Held long, fewer are too many: two to three a second for four of five seconds (the extended failure of EA's IRIS).
- All of it of the mean of the picture too, as IRIS counts: a small part that flashes hard is not small.

The picture is read as a grid of 64 x 36 cells of mean light.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vj.core.flash.light import COLUMNS, FLARE, ROWS, colour, luminance
from vj.core.flash.swings import Colours, Mask, Swings
from vj.core.flash.window import ALLOWED, LONGEST_S, Window
from vj.core.types import F32

#: Least change of light.
CHANGE = 0.1
#: The light over which the darker state does not count.
BRIGHT = 0.8
#: Least change of saturated red.
RED_CHANGE = 20.0 / 320.0
#: Share of red from which it is saturated.
SATURATED = 0.8
#: The share of the picture that matters.
AREA = 0.25
#: A cell that changes by less light from one frame to the next stands still: the mean changes only where a quarter of
#: the picture does.
LEAST = 1e-4


@dataclass(frozen=True, slots=True)
class Reading:
    """How bad it is. `worst` is the share of the picture that changed more often than allowed in the last second,
    `flashes` the pairs of changes that a quarter of the picture made in it; `red` likewise of saturated red. `held` is
    the share that has flashed for too long, `soon` that of which this frame's change will make that certain, and
    `rises` that which became lighter though there is no change left to become darker again. What the mean of the
    picture does counts as all of it."""

    worst: float
    flashes: int
    red: float
    held: float = 0.0
    soon: float = 0.0
    rises: float = 0.0

    @property
    def passes(self) -> bool:
        """Whether it is within the rule now."""
        return max(self.worst, self.red, self.held) <= AREA

    @property
    def stays(self) -> bool:
        """Whether no more than that must be done to stay within it: what has been held for long lasts a second more."""
        return max(self.worst, self.red, self.soon) <= AREA

    @property
    def rests(self) -> bool:
        """Whether it can go back to the dark at once and still stay within it."""
        return self.stays and self.rises <= AREA


class _Eye:
    """What changes in cells of linear light [..., 3]."""

    def __init__(self) -> None:
        self.light, self._red, self._colour = Swings(CHANGE), Swings(RED_CHANGE), Colours()
        self._saturated: Mask = np.zeros((), np.bool_)

    def look(self, light: F32, whole: F32, redness: F32, keep: bool) -> tuple[Mask, Mask]:
        """[kinds, ...] which cells changed, and [...] which are lighter; `whole` is their luminance, `redness`
        R - G - B where that is red."""
        fell, rose, ends = self.light.look(whole, keep)
        dark = np.minimum(whole, ends) < BRIGHT
        saturated = light[..., 0] >= SATURATED * (light[..., 0] + light[..., 1] + light[..., 2])
        paler, redder, _ = self._red.look(redness, keep)
        redder = (redder | paler) & (saturated | self._saturated | (redness > 0.0))
        coloured = self._colour.look(colour(light), saturated & (light[..., 0] > FLARE), keep)
        if keep:
            self._saturated = saturated
        return np.stack([(fell | rose) & dark, redder, coloured]), rose


class FlashMeter:
    """Reads frames one by one at their show times, in order."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Nothing seen yet."""
        self._cells, self._mean = _Eye(), _Eye()
        self._of_cells, self._of_mean = Window((ROWS, COLUMNS)), Window(())
        self._t: float | None = None
        self._last: F32 | None = None
        self._sum = 0.0

    @property
    def memory(self) -> dict[str, Any]:
        """All that it knows of the frames so far."""
        return {name: _told(value) for name, value in vars(self).items()}

    def remember(self, memory: Mapping[str, Any]) -> None:
        """Go on from the `memory` of another one."""
        _taken(self, memory)

    def risky(self, t: float) -> bool:
        """Whether any frame at show time `t` could be one too many; if not, none need be tried."""
        self._forget(t)
        return self.near

    @property
    def near(self) -> bool:
        """The same of a frame at once after the last one."""
        return self._near(1, 0.0)

    def far(self, t: float) -> bool:
        """Whether neither a frame at show time `t`, whatever it is, nor then the one after it could be one too many."""
        self._forget(t)
        return not self._near(2, LONGEST_S)

    def _near(self, left: int, ahead: float) -> bool:
        cells, mean = self._of_cells.near(left, ahead), self._of_mean.near(left, ahead)
        return bool((cells.mean(axis=(1, 2)) > AREA).any() or mean.any())

    def would(self, t: float, light: F32) -> Reading:
        """What a frame of cells `light` [36, 64, 3] at show time `t` would make of the last second."""
        self._forget(t)
        return self._read(self._dt(t), *self._changes(light, keep=False))

    def room(self, light: F32, part: float = 1.0) -> tuple[F32, F32]:
        """[36, 64] the least and the most luminance that each cell of `light` [36, 64, 3] may have to be within a
        `part` of a change; infinite where one more change would do no harm."""
        low, high = self._cells.light.room(luminance(light), part)
        fall, rise = (self._of_cells.near(left)[0] | self._of_mean.near(left)[0] for left in (0, 1))
        return np.where(fall, low, -np.inf), np.where(rise, high, np.inf)

    def step(self, t: float, light: F32) -> Reading:
        """Take that frame."""
        self._forget(t)
        cells, mean = self._changes(light, keep=True)
        dt = self._dt(t)
        reading = self._read(dt, cells, mean)
        self._of_cells.take(t, dt, cells[0])
        self._of_mean.take(t, dt, mean[0])
        self._t = t
        return reading

    def _dt(self, t: float) -> float:
        return 0.0 if self._t is None else min(max(t - self._t, 0.0), LONGEST_S)

    def _changes(self, light: F32, keep: bool) -> tuple[tuple[Mask, Mask], tuple[Mask, Mask]]:
        """What cells did, and what the mean of all did, as `_Eye.look` tells it."""
        whole = luminance(light)
        rest = light[..., 1] + light[..., 2]
        redness = np.maximum(light[..., 0] - rest, 0.0)
        cells = self._cells.look(light, whole, redness, keep)
        red = np.where(light[..., 0] >= SATURATED * (light[..., 0] + rest), redness, np.float32(0.0))
        total = float(whole.mean()) if self._last is None else self._sum
        if self._last is not None:
            change = whole - self._last
            total += float(change.mean()) if (np.abs(change) > LEAST).mean() >= AREA else 0.0
        mean = self._mean.look(light.mean(axis=(0, 1)), np.array(total, np.float32), np.array(red.mean()), keep)
        if keep:
            self._last, self._sum = whole, total
        return cells, mean

    def _forget(self, t: float) -> None:
        self._of_cells.forget(t)
        self._of_mean.forget(t)

    def _read(self, dt: float, cells: tuple[Mask, Mask], mean: tuple[Mask, Mask]) -> Reading:
        counts, *long = self._of_cells.would(dt, *cells)
        mean_counts, *mean_long = self._of_mean.would(dt, *mean)
        over = np.maximum((counts > ALLOWED).mean(axis=(1, 2)), mean_counts > ALLOWED)
        held, soon, last = (max(a.mean(axis=(1, 2)).max(), b.max()) for a, b in zip(long, mean_long, strict=True))
        most = int(AREA * ROWS * COLUMNS)
        quarter = np.partition(counts[0].ravel(), -most)[-most]
        return Reading(float(over[0]), int(quarter) // 2, float(over[1:].max()), float(held), float(soon), float(last))


#: What a meter is made of.
_PARTS = (FlashMeter, _Eye, Swings, Colours, Window)


def _told(part: Any) -> Any:
    """A part of a meter as plain values and arrays, which nobody else writes to."""
    if isinstance(part, _PARTS):
        return {name: _told(value) for name, value in vars(part).items()}
    if isinstance(part, deque):
        return list(part)
    return np.array(part) if isinstance(part, np.ndarray | np.generic) else part


def _taken(part: Any, told: Mapping[str, Any]) -> None:
    """Let a part of a meter be as `told`."""
    for name, value in vars(part).items():
        if isinstance(value, _PARTS):
            _taken(value, told[name])
        elif isinstance(value, deque):
            setattr(part, name, deque(map(tuple, told[name])))
        else:
            setattr(part, name, np.array(told[name]) if isinstance(told[name], np.ndarray) else told[name])
