"""The governor keeps the display's rate: rung by rung it takes away what costs time, and gives it back when there is
time again.

It is told of every displayed frame and knows no clock of its own. Down it goes when the rate of the last half second,
but for its one longest frame, is below the target. Every rung above is avoided then: for a minute, for four when that
happens again, then for ten. Up it goes after some seconds at the target with time to spare, as far as there is time by
what is known of the rungs between; and when it has to come down again soon after, at once to where it held. So a
neighbour that works in bursts moves it a few times a song, not a few times a minute. When nothing at all has disturbed
it for a minute the neighbour may be gone for good: then no rung is avoided that should fit. If that was a mistake, it
takes twice as long a calm the next time.
"""

import math
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
    """

    words: str
    canvas: float = 1.0
    picture: float = 1.0
    rest: bool = False


#: What hurts the eye least comes first. Colours, mirrors, trails and glow stay to the end: only sharpness is taken.
LADDER = (
    Rung("everything"),
    Rung("finish at 3/4", 0.75),
    Rung("finish at 1/2", 0.5),
    Rung("pictures at 5/6", 0.5, 5 / 6),
    Rung("every other picture", 0.5, 5 / 6, rest=True),
    Rung("finish at 2/5", 0.4, 5 / 6, rest=True),
)
#: How much of the past is judged, ...
WINDOW_S = 0.5
#: ... and the frames there must be at least.
LEAST_FRAMES = 4
#: Below this share of the target it is too slow, ...
SLOW = 0.97
#: ... below this share far too slow, ...
FAR_TOO_SLOW = 0.7
#: ... and from this share on it holds.
HELD = 0.985
#: Time after a step that is not judged: it is eased, and a frame of another size takes longer the first time.
SETTLE_S = 0.6
#: Share of the target's period that must be to spare before a step up, ...
SPARE = 0.2
#: ... and that must be left after it.
LEFT = 0.1
#: How long it must hold before a step up, ...
PATIENCE_S = 8.0
#: ... and before one that should not fit by what is known.
MOST_PATIENCE_S = 60.0
#: How long a rung which did not hold is avoided: the first time, the second, and from then on.
AVOIDED_S = (60.0, 240.0, 600.0)
#: Steps down within this time are one fall.
FALL_S = 10.0
#: A rung that held for so long after one may fall as if for the first time.
GOOD_S = 120.0
#: So long it is known where the last fall ended.
KNOWN_S = 300.0
#: After so long without any disturbance what did not hold may be tried again if it should fit, ...
CALM_S = 60.0
#: ... unless there were so many steps ...
MOST_STEPS = 5
#: ... in this time.
SONG_S = 240.0
#: What is a little too slow so soon after such a step is so for that step.
SLIP_S = 30.0
#: A rung is at most so many times as dear as the next: what was measured beside a burst may say anything.
DEARER = 1.6


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
        count = len(LADDER)
        self._frames: deque[tuple[float, float]] = deque()
        self._failed, self._avoided = [0] * count, [0.0] * count
        self._dearer: dict[int, float] = {}
        self._left: tuple[int, float] | None = None
        self._judged_from = self._stepped = self._held_since = 0.0
        self._fell, self._ended, self._falling = -KNOWN_S, 0, 0
        self._steps: deque[float] = deque(maxlen=MOST_STEPS)
        self._calm_since, self._trusted_after, self._trusted = -math.inf, CALM_S, -math.inf

    def step(self, now: float, spare: float, target: float, rung: int, give: Callable[[], bool] = lambda: False) -> int:
        """The rung to be on after the frame that was shown at `now` seconds.

        `spare` is the time in that frame that nobody needed, in seconds; `target` is in frames a second; `rung` is
        where the show is. `effect`, given at the start, says what of a rung matters now; rungs alike are passed over.
        `give` is asked before a step down whether it has something else to give up; what is known of rungs stays then.
        """
        if now < self._judged_from:
            return rung
        self._frames.append((now, spare))
        while self._frames[-1][0] - self._frames[0][0] > WINDOW_S and len(self._frames) > LEAST_FRAMES:
            self._frames.popleft()
        span = self._frames[-1][0] - self._frames[0][0]
        if len(self._frames) < LEAST_FRAMES or span < 0.8 * WINDOW_S:
            return rung
        rate, busy = self._rate(), max(1.0 / target - self._spare(), 1e-4)
        self._learn(rung, busy)
        if rate < SLOW * target:
            self._calm_since = now
            if give():
                self._wait(now)
                return rung
            self._left = (rung, busy)
            return self._down(now, rung, 2 if rate < FAR_TOO_SLOW * target else 1)
        if rate < HELD * target or busy > (1.0 - SPARE) / target:
            self._held_since = self._calm_since = now
        held = now - self._held_since
        to = self._up_to(now, rung, busy * target, held) if held >= PATIENCE_S else rung
        if to == rung:
            return rung
        if now < max(self._avoided[to:rung]):
            self._trusted = now
        return self._go(now, to)

    def _learn(self, rung: int, busy: float) -> None:
        """How much dearer the rung that was left is than the one below it, from frames of both."""
        if self._left is not None and self._left[0] < rung:
            steps = rung - self._left[0]
            each = (self._left[1] / busy) ** (1.0 / steps)
            self._dearer.update(dict.fromkeys(range(self._left[0], rung), min(max(each, 1.0), DEARER)))
        self._left = None

    def _up_to(self, now: float, rung: int, busy: float, held: float) -> int:
        """How far up from `rung` there should be time, where a frame is now `busy`, a share of the target's period.

        One rung may be tried that nothing is known of; and one that should not fit, once a minute has been good.
        """
        to = rung
        lately = sum(now - t < SONG_S for t in self._steps)
        calm = now - self._calm_since >= self._trusted_after and lately < MOST_STEPS
        while (above := self._above(to)) != to and (calm or now >= self._avoided[above]):
            bold = to == rung and now >= self._avoided[above]
            known = all(k in self._dearer for k in range(above, to))
            for k in range(above, to):
                busy *= self._dearer.get(k, DEARER)
            if busy > 1.0 - LEFT and not (bold and (not known or held >= MOST_PATIENCE_S)):
                break
            to = above
        return to

    def _rate(self) -> float:
        """Frames a second, but for the longest frame: one hiccup of the system is no reason."""
        times = [t for t, _ in self._frames]
        intervals = sorted(b - a for a, b in pairwise(times))[:-1]
        return len(intervals) / max(sum(intervals), 1e-9)

    def _spare(self) -> float:
        return sum(spare for _, spare in self._frames) / len(self._frames)

    def _down(self, now: float, rung: int, count: int) -> int:
        """`count` rungs further down, or at once to where the last fall ended; what is above is avoided. Where it has
        just gone up, and a little too far, one rung is all that has to be undone."""
        slip = count == 1 and now - self._trusted < SLIP_S
        if now - self._trusted < GOOD_S:
            self._trusted, self._trusted_after = -math.inf, min(2.0 * self._trusted_after, AVOIDED_S[-1])
        if now - self._stepped > GOOD_S:
            self._failed[rung:] = [0] * (len(LADDER) - rung)
            self._trusted_after = CALM_S
        to = rung
        for _ in range(count):
            to = self._below(to)
        if now - self._fell < KNOWN_S and not slip:
            to = max(to, self._ended)
        if to == rung:
            self._held_since = now
            return rung
        if now - self._fell > FALL_S:
            self._falling = 0
        for k in range(to):
            self._failed[k] += k >= self._falling
            self._avoided[k] = now + AVOIDED_S[min(self._failed[k], len(AVOIDED_S)) - 1]
        self._fell, self._ended, self._falling = now, to, max(self._falling, to)
        return self._go(now, to)

    def _go(self, now: float, rung: int) -> int:
        self._wait(now)
        self._stepped = now
        self.steps += 1
        self._steps.append(now)
        return rung

    def _wait(self, now: float) -> None:
        """Judge anew, once what has just changed has settled."""
        self._frames.clear()
        self._judged_from = now + SETTLE_S
        self._held_since = now

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
