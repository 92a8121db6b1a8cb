"""The governor keeps the display's rate: rung by rung it takes away what costs time, and gives it back when there is
time again.

It is told of every displayed frame and knows no clock of its own. Down it goes when the rate of the last half second,
but for its one longest frame, is below the target. Up it goes after some seconds at the target with time to spare,
where the rung above fits in by what is known of both; a rung that did not hold is tried again after three times as
long, up to minutes, so that it never swings to and fro.
"""

from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from itertools import pairwise

from vj.core.params import Param, Snapshot
from vj.engine.detail import DETAILS

RUNG = "/quality/rung"


@dataclass(frozen=True)
class Rung:
    """How much of everything there is.

    canvas   side of the picture that is finished, as a part of the window's
    picture  side of the generator's pictures, as a part of the usual, where the generator is free to choose
    rest     whether the generator rests for as long as it worked; the mixer glides from picture to picture
    finish   how much of the finishing chain: "whole", "lean" without glow and memory, "none"
    """

    words: str
    canvas: float = 1.0
    picture: float = 1.0
    rest: bool = False
    finish: str = "whole"


#: What hurts the eye least comes first.
LADDER = (
    Rung("everything"),
    Rung("finish at 3/4", 0.75),
    Rung("finish at 1/2", 0.5),
    Rung("pictures at 3/4", 0.5, 0.75),
    Rung("every other picture", 0.5, 0.75, rest=True),
    Rung("no glow, no memory", 0.5, 0.75, rest=True, finish="lean"),
    Rung("pictures at 1/2", 0.5, 0.5, rest=True, finish="lean"),
    Rung("no finish", 0.5, 0.5, rest=True, finish="none"),
)
#: Seconds that are judged, and the frames there must be at least.
WINDOW, FRAMES = 0.5, 4
#: Shares of the target: below the first is too slow, below the second far too slow; from the third on it holds.
SLOW, FAR, HELD = 0.97, 0.7, 0.985
#: Seconds after a step that are not judged.
SETTLE = 0.3
#: Share of the target's period that must be to spare before a step up.
SPARE = 0.2
#: Seconds of holding before a step up: at first, and the most it grows to; and how long a step must last to be good.
PATIENCE, MOST_PATIENCE, GOOD = 4.0, 300.0, 10.0
#: What a rung cost long ago is no longer believed after this many times its patience.
BELIEVED = 8.0


class Governor:
    """Says which rung the show should be on. Deterministic: times are arguments."""

    address = "/quality"
    auto = Param(True, doc="Go down the ladder and up again to keep the rate; off stays on the rung.")
    rung = Param(0, 0, len(LADDER) - 1, doc="How far down the ladder, 0 is everything. Pinned while auto is off.")
    detail = Param(
        "auto",
        choices=("auto", *DETAILS),
        doc="How fine pictures are: as there is time for, the bundle's own size, half the window's, or all of it.",
    )
    target = Param(0.0, 0.0, 240.0, unit="fps", doc="Rate to keep; 0 is the display's, or 30 where no card draws.")

    def __init__(self, effect: Callable[[Rung], Hashable] = lambda rung: rung) -> None:
        self._effect = effect
        self.steps = 0
        self.reset()

    def reset(self) -> None:
        """Nothing seen, full of hope."""
        self._frames: deque[tuple[float, float]] = deque()
        self._patience = [PATIENCE] * len(LADDER)
        self._dearer: dict[int, float] = {}
        self._left: tuple[int, float] | None = None
        self._judged_from = 0.0
        self._stepped = self._held_since = 0.0
        self._rose = False

    def step(self, now: float, spare: float, target: float, rung: int) -> int:
        """The rung to be on after the frame that was shown at `now` seconds.

        `spare` is the time in that frame that nobody needed, in seconds; `target` is in frames a second; `rung` is
        where the show is. `effect`, given at the start, says what of a rung matters now; rungs alike are passed over.
        """
        if now < self._judged_from:
            return rung
        self._frames.append((now, spare))
        while self._frames[-1][0] - self._frames[0][0] > WINDOW and len(self._frames) > FRAMES:
            self._frames.popleft()
        span = self._frames[-1][0] - self._frames[0][0]
        if len(self._frames) < FRAMES or span < 0.8 * WINDOW:
            return rung
        rate, busy = self._rate(), max(1.0 / target - self._spare(), 1e-4)
        if self._left is not None:
            self._dearer[self._left[0]] = self._left[1] / busy
            self._left = None
        if rate < SLOW * target:
            self._left = (rung, busy)
            return self._down(now, rung, 2 if rate < FAR * target else 1)
        if rate < HELD * target or busy > (1.0 - SPARE) / target:
            self._held_since = now
        if now - self._stepped > GOOD and self._rose:
            self._patience[rung], self._rose = PATIENCE, False
        above = self._above(rung)
        held, patience = now - self._held_since, self._patience[above]
        if (
            above == rung
            or held < patience
            or (held < min(BELIEVED * patience, MOST_PATIENCE) and not self._fits(above, busy, target))
        ):
            return rung
        self._rose = True
        return self._go(now, above)

    def _fits(self, above: int, busy: float, target: float) -> bool:
        """Whether a frame of the rung `above` would be done in time, if it is dearer by as much as it was."""
        return busy * self._dearer.get(above, 0.0) <= (1.0 - SPARE / 2) / target

    def _rate(self) -> float:
        """Frames a second, but for the longest frame: one hiccup of the system is no reason."""
        times = [t for t, _ in self._frames]
        intervals = sorted(b - a for a, b in pairwise(times))[:-1]
        return len(intervals) / max(sum(intervals), 1e-9)

    def _spare(self) -> float:
        return sum(spare for _, spare in self._frames) / len(self._frames)

    def _down(self, now: float, rung: int, count: int) -> int:
        """`count` rungs further down; the rung that did not hold is tried again only after three times as long."""
        if self._rose and now - self._stepped <= GOOD:
            self._patience[rung] = min(3.0 * self._patience[rung], MOST_PATIENCE)
        self._rose = False
        for _ in range(count):
            rung = self._below(rung)
        return self._go(now, rung)

    def _go(self, now: float, rung: int) -> int:
        self._frames.clear()
        self._judged_from = now + SETTLE
        self._stepped = self._held_since = now
        self.steps += 1
        return rung

    def _below(self, rung: int) -> int:
        here = self._effect(LADDER[rung])
        return next((k for k in range(rung + 1, len(LADDER)) if self._effect(LADDER[k]) != here), rung)

    def _above(self, rung: int) -> int:
        here = self._effect(LADDER[rung])
        return next((k for k in range(rung - 1, -1, -1) if self._effect(LADDER[k]) != here), rung)


def rung_of(snapshot: Snapshot) -> Rung:
    """The rung that `snapshot` says."""
    return LADDER[int(snapshot.values.get(RUNG, 0))]  # type: ignore[arg-type]


def unhurried(snapshot: Snapshot) -> Snapshot:
    """`snapshot` with everything: offline there is time."""
    return replace(snapshot, values={**snapshot.values, RUNG: 0}) if snapshot.values.get(RUNG) else snapshot
