"""Which hand makes which segment of a film next: runs of neighbours, for who goes on need not live through what was.

Nothing is done here, so that what a crew of any size would do can be reckoned as well.
"""

import math
from array import array
from dataclasses import dataclass, field
from fractions import Fraction

#: Seconds of a segment, about.
SECONDS = 10.0
#: Half-lives after which no trace of a trail is left, to the bit: in the looks that ship 12 to 18.
HALF_LIVES = 18.0
#: Frames that a mixer needs to know, with the one at which it begins.
PICTURES = 2
#: While the control track is still being made, a run is begun where it will be so many times as long as what is lived
#: through for it.
WORTH = 8.0


def frames_of(fps: Fraction, batch: int, seconds: float = SECONDS) -> int:
    """Frames of a segment: whole batches, so that batches are the same ones wherever a run begins."""
    return max(1, math.ceil(seconds * fps / batch)) * batch


@dataclass
class Past:
    """What each frame leaves behind: half-lives by which trails fade in it, and whether the mixer then shows an older
    picture as well."""

    fading: "array[float]" = field(default_factory=lambda: array("d"))
    busy: bytearray = field(default_factory=bytearray)

    def add(self, fading: float, busy: bool) -> None:
        """The next frame. While the finish is off trails stay as they are; where there were none, none are left."""
        if fading == 0.0 and (not self.fading or math.isinf(self.fading[-1])):
            fading = math.inf
        self.fading.append(fading)
        self.busy.append(busy)

    def begin(self, first: int, batch: int, reach: float = 1.0) -> int:
        """The frame from which on to live through what was before frame `first`; `reach` times as far as usual."""
        faded, n = 0.0, first
        while n > 0 and (faded < HALF_LIVES * reach or first - n < PICTURES * reach):
            n -= 1
            faded += self.fading[n]
        n -= n % batch
        while n > 0 and self.busy[n]:
            n = max(n - batch, 0)
        return n


class Plan:
    """Segments of `size` frames, free, taken or made. `batch` pictures are imagined at once."""

    def __init__(self, size: int, batch: int) -> None:
        self.size, self.batch = size, batch
        self.past = Past()
        self.ready = 0
        self.complete = False
        self.made: set[int] = set()
        self.taken: dict[int, int] = {}
        self._last: dict[int, int] = {}

    @property
    def over(self) -> bool:
        """Whether every segment is made."""
        return self.complete and len(self.made) >= self.ready

    def free(self, k: int) -> bool:
        """Whether segment `k` can be begun."""
        return 0 <= k < self.ready and k not in self.made and k not in self.taken

    def next(self, hand: int) -> tuple[int, int] | None:
        """The segment that `hand` is to make now, and the frame at which it begins to live through; None to wait."""
        after = self._last.get(hand, -2) + 1
        if self.free(after):
            return after, after * self.size
        best: tuple[float, int] | None = None
        for a, b in self._stretches():
            start, gain = self._start(a, b)
            if gain > 0.0 and (best is None or gain > best[0]):
                best = gain, start
        return None if best is None else (best[1], self.begin(best[1]))

    def begin(self, k: int, reach: float = 1.0) -> int:
        """The frame from which on to live through what was before segment `k`."""
        return self.past.begin(k * self.size, self.batch, reach)

    def take(self, hand: int, k: int) -> None:
        """`hand` makes segment `k` from now on."""
        self.taken[k] = hand
        self._last.pop(hand, None)

    def done(self, hand: int, k: int) -> None:
        """It is made, and `hand` stands at its end."""
        self.taken.pop(k, None)
        self.made.add(k)
        self._last[hand] = k

    def lost(self, hand: int) -> None:
        """`hand` is gone: what it was about to make is free again."""
        self.taken = {k: who for k, who in self.taken.items() if who != hand}
        self._last.pop(hand, None)

    def again(self, k: int) -> None:
        """Segment `k` must be made once more."""
        self.made.discard(k)

    def stands(self, hand: int) -> int:
        """The segment at whose end `hand` stands, -1 for none."""
        return self._last.get(hand, -1)

    def _stretches(self) -> list[tuple[int, int]]:
        """[a, b) free ones that lie side by side."""
        found: list[tuple[int, int]] = []
        for k in range(self.ready):
            if not self.free(k):
                continue
            if found and found[-1][1] == k:
                found[-1] = found[-1][0], k + 1
            else:
                found.append((k, k + 1))
        return found

    def _start(self, a: int, b: int) -> tuple[int, float]:
        """Where in a stretch a new run is best begun, and the frames it then has; 0 where it is not worth while.

        Where a hand is on its way there it gets the first part, so that both are done together.
        """
        if a - 1 not in self.taken:
            return a, float((b - a) * self.size)
        there = (b - a) * self.size
        warm = (a + b) // 2 * self.size - self.begin((a + b) // 2)
        count = min(round((there + self.size / 2 - warm) / 2 / self.size), b - a)
        worth = count > 0 and (self.complete or count * self.size >= WORTH * warm)
        return b - count, float(count * self.size if worth else 0)
