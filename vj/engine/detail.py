"""How large pictures are: the generator's size follows the film or the window, in shape and, by choice, in detail.

    draft  the bundle's own shorter side; half  half the height and width of what is shown; full  pixel for pixel

Live, `auto` lies between draft and full, fitted to the time there is by `Fitter`: a step finer when that has fitted in
for seconds with room to spare, steps coarser as soon as it does not. A step is too small to be seen.
"""

import math
from collections import deque

Size = tuple[int, int]

AUTO = "auto"
DRAFT = "draft"
HALF = "half"
FULL = "full"
DETAILS = (DRAFT, HALF, FULL)
#: Sides are multiples of this, but for those that a film or window asks for exactly.
GRID_PX = 8
#: So many of its steps, and one more, are nearly the same.
FEW = 16
#: Sides of a step to those of the step before.
STEP = 1.125
#: How many steps there are at the most.
MOST_STEPS = 24
#: A finer step is taken if it would need less than this share of the time there is.
FINER_SHARE = 0.6
#: More than this share of it is too much, ...
MOST_SHARE = 0.9
#: ... and then a step is sought that needs this at most.
FALL_SHARE = 0.7
#: How much of the past is judged.
WINDOW_S = 1.5
#: Between two times that steps are given up for something else.
GIVEN_S = 0.5
#: Between two finer steps at first, ...
PATIENCE_S = 4.0
#: ... and at the most when one did not hold.
MOST_PATIENCE_S = 300.0
#: A finer step must last so long to be good.
GOOD_S = 15.0


def sized(usual: Size, shown: Size, detail: str, step: int = 0) -> Size:
    """Width and height of pictures for what is shown at `shown` (width, height), by a generator whose own is `usual`.

    `step` counts from draft upwards, for `auto`. Nothing is larger than what is shown, but for draft.
    """
    draft = _draft(usual, shown)
    if detail == DRAFT:
        return draft
    if detail == FULL:
        return shown
    if detail == HALF:
        half = (-(-shown[0] // 2), -(-shown[1] // 2))
        return half if _pixels(half) > _pixels(draft) else min(draft, shown, key=_pixels)
    side = min(draft) * STEP**step
    return min(_shaped(side, shown), shown, key=_pixels) if step > 0 else draft


def scaled(size: Size, scale: float) -> Size:
    """About `scale` times `size`, on the grid; below 1 only."""
    if scale >= 1.0:
        return size
    return _gridded(size[0] * scale), _gridded(size[1] * scale)


def _draft(usual: Size, shown: Size) -> Size:
    return _shaped(min(usual), shown)


def _shaped(side: float, shown: Size) -> Size:
    """Of the shape of `shown`, the shorter side about `side`."""
    scale = side / min(shown)
    return _gridded(shown[0] * scale), _gridded(shown[1] * scale)


def _gridded(side: float) -> int:
    """The nearest side on the grid, or the next: for powers of two a rasteriser on the processor would compile all its
    programs anew. Small ones are left alone."""
    whole = max(1, round(side / GRID_PX))
    return GRID_PX * (whole + 1 if whole >= FEW and whole & (whole - 1) == 0 else whole)


def _pixels(size: Size) -> int:
    return size[0] * size[1]


class Fitter:
    """Says which step of `auto` pictures should have. Deterministic: times are arguments.

    `history` has (seconds, step) of every change.
    """

    def __init__(self) -> None:
        self.step = 0
        self.history: list[tuple[float, int]] = []
        self._took: deque[tuple[float, float]] = deque()
        self._changed = self._held_since = -math.inf
        self._patience, self._rose = PATIENCE_S, False

    def begin(self, seconds: float, room: float, last: int) -> None:
        """Start at the finest step that should fit: a picture at step 0 takes `seconds`, and there are `room`."""
        self.step = min(_finer(seconds, FINER_SHARE * room), last)

    def dreamt(self, now: float, seconds: float, room: float, last: int, calm: bool = True) -> int:
        """The step for the next picture, after one that took `seconds` of the `room` there is.

        `last` is the step at which pictures are as large as what is shown; `calm` says that nothing else is too slow.
        """
        self.step = min(self.step, last)
        self._took.append((now, seconds))
        while now - self._took[0][0] > WINDOW_S:
            self._took.popleft()
        if now - self._changed < WINDOW_S:
            return self.step
        slow = self._slow()
        if slow > MOST_SHARE * room:
            self._fall(now, max(1, _finer(FALL_SHARE * room, slow)))
        elif slow * STEP**2 > FINER_SHARE * room or not calm:
            self._held_since = now
        elif self.step < last and now - max(self._held_since, self._changed) >= self._patience:
            self._go(now, self.step + 1)
            self._rose = True
        if self._rose and now - self._changed > GOOD_S:
            self._patience, self._rose = PATIENCE_S, False
        return self.step

    def yield_to(self, now: float) -> bool:
        """Something else lacks time: half of the steps are given up, or three. False where there is nothing to give."""
        if self.step == 0:
            return False
        if now - self._changed >= GIVEN_S:
            self._fall(now, max(3, self.step // 2))
        return True

    def _slow(self) -> float:
        """Seconds that a slow picture took lately: nine of ten were quicker."""
        took = sorted(seconds for _, seconds in self._took)
        return took[int(0.9 * (len(took) - 1) + 0.5)]

    def _fall(self, now: float, steps: int) -> None:
        if self._rose and now - self._changed <= GOOD_S:
            self._patience = min(3.0 * self._patience, MOST_PATIENCE_S)
        self._rose = False
        self._go(now, max(self.step - steps, 0))

    def _go(self, now: float, step: int) -> None:
        if step != self.step:
            self.step = step
            self.history.append((round(now, 3), step))
            self._changed = self._held_since = now
            self._took.clear()


def last_step(usual: Size, shown: Size) -> int:
    """The step at which pictures reach what is shown; 0 where draft does."""
    return max(0, min(math.ceil(math.log(min(shown) / min(_draft(usual, shown)), STEP)), MOST_STEPS))


def _finer(seconds: float, room: float) -> int:
    """How many steps finer than one that takes `seconds` fit into `room`."""
    return max(0, math.floor(math.log(room / max(seconds, 1e-6)) / (2.0 * math.log(STEP))))
