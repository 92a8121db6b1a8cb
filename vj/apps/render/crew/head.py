"""The head of a crew: makes the control track, hands out segments, checks that they fit to the bit, and joins them.

A segment whose hand lived through the seconds before it is right if what it remembered then is what the segment before
ended with. Where it is not, it is made again from that; so the film is what one hand would have made of it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from vj.apps.render.crew.blobs import Blob, whole
from vj.apps.render.crew.parts import Parts
from vj.apps.render.crew.remembered import counted
from vj.apps.render.crew.segments import Plan
from vj.apps.render.crew.shots import Shot, pack_shots
from vj.apps.render.crew.tasks import Crew, Made, Task, meter_sign
from vj.core.errors import VjError
from vj.core.flash.meter import FlashMeter
from vj.core.packed import pack
from vj.outputs.video.joined import Joined

#: Seconds for which the control track is made before somebody is listened to again.
SLICE = 0.05
#: A segment whose hands died so often kills them.
DEATHS = 4


@dataclass
class Outcome:
    """What came of it: frames, frames held back by the flash limiter, segments made again, hands lost, and seconds that
    the control track, living through and the segments themselves took."""

    frames: int = 0
    limited: int = 0
    again: int = 0
    lost: int = 0
    track: float = 0.0
    before: float = 0.0
    itself: float = 0.0
    checking: float = 0.0
    about: dict[int, dict[str, str]] = field(default_factory=dict)


class Head:
    """Leads `crew` through the film of `shots` in segments of `plan`; `parts` keeps them, `joined` is the film."""

    def __init__(
        self, crew: Crew, plan: Plan, shots: Iterator[Shot], parts: Parts, joined: Joined, moved: Callable[[int], None]
    ) -> None:
        self._crew, self._plan, self._parts, self._joined = crew, plan, parts, joined
        self._shots, self._moved = shots, moved
        self._block: list[Shot] = []
        self._blobs: list[Blob] = []
        self._frames = 0
        self._idle: list[int] = []
        self._by: dict[int, int] = {}
        self._ends: dict[int, str] = {}
        self._known: dict[int, str] = {}  # segments of an earlier run, and the control track that they are of
        self._deaths: dict[int, int] = {}
        self._reach: dict[int, float] = {}
        self._exact: set[int] = set()  # segments made of what was for certain
        self._asked: dict[int, int] = {}  # hand -> segment for which it tells its history
        self._again: dict[int, bytes | None] = {}  # segment -> the history that it begins with, None to reach back
        self._progress: dict[int, int] = {}
        self._meter, self._wary = FlashMeter(), -1.0
        self._settled = 0
        self._sure = self._begun(parts.sure or {"upto": 0})
        self.done = Outcome()
        for k in parts.numbers():
            told = parts.told(k)
            if told is not None:
                self._known[k] = str(told.get("track", ""))

    def _begun(self, sure: dict[str, Any]) -> dict[str, Any]:
        """What is sure of an earlier run, also where one process alone made what there is."""
        upto, history = int(sure["upto"]), sure.get("history")
        if any(self._parts.told(k) is None for k in range(upto)):
            return {"upto": 0}
        if history is None:
            return sure
        meter, limited, self._ends[upto - 1] = counted(history)
        return {**sure, "meter": meter, "limited": limited}

    def run(self) -> Outcome:
        """Until the film is whole. Raises VjError."""
        while not (self._plan.over and self._settled == self._plan.ready):
            if not self._plan.complete:
                self._listen()
            self._hand_out()
            word = self._crew.next(0.0 if not self._plan.complete else 0.5)
            while word is not None:
                self._hear(*word)
                word = self._crew.next(0.0)
            self._settle()
            if not self._crew.hands:
                raise VjError("no worker is left", self._crew.where, "their errors are above; try fewer: --workers 1")
        return self.done

    def _listen(self) -> None:
        """Some more of the control track."""
        began = perf_counter()
        while perf_counter() - began < SLICE:
            shot = next(self._shots, None)
            if shot is not None:
                self._block.append(shot)
                self._plan.past.add(shot.fading, shot.busy)
                self._frames += 1
            if len(self._block) == self._plan.size or (shot is None and self._block):
                self._laid()
            if shot is None:
                self._plan.complete = True
                break
        self.done.track += perf_counter() - began
        self.done.frames = self._frames

    def _laid(self) -> None:
        """A block of the control track is whole: its segment can be made, unless it was."""
        k, path = len(self._blobs), self._parts.track(len(self._blobs))
        whole(path, pack_shots(self._block))
        self._blobs.append(self._crew.share(path))
        self._plan.ready = k + 1
        known = self._known.pop(k, None)
        alone = k < self._sure["upto"] and known == ""  # one process made it, which hands out no track
        if known == self._blobs[k].sha or alone:
            self._plan.made.add(k)
            self._moved(len(self._block))
        elif known is not None:
            self._parts.drop(k)
        self._block = []

    def _hand_out(self) -> None:
        for hand in [hand for hand in self._idle if hand in self._crew.hands and hand not in self._asked]:
            task = self._task(hand)
            if task is not None:
                self._idle.remove(hand)
                self._plan.take(hand, task.number)
                self._crew.make(hand, task)

    def _task(self, hand: int) -> Task | None:
        """What `hand` is to do now."""
        for k in list(self._again):
            history = self._again.pop(k)
            first, meter = k * self._plan.size, pack(self._counted)
            begin = first if history is not None else self._plan.begin(k, self._reach[k])
            if begin in (0, first):
                self._exact.add(k)
            return self._made_of(k, begin, history, meter)
        found = self._plan.next(hand)
        return self._made_of(*found) if found else None

    def _made_of(self, k: int, begin: int, history: bytes | None = None, meter: bytes | None = None) -> Task:
        size = self._plan.size
        first = begin // size
        count = min(size, self._frames - k * size)
        blobs = tuple(self._blobs[first : k + 1])
        return Task(k, k * size, count, begin, first * size, blobs, history, meter)

    def _hear(self, hand: int, word: str, what: Any) -> None:
        if word == "ready":
            draws = self._sure.get("draws", what["draws"])
            if what["draws"] != draws:
                hint = f"delete {self._parts.folder} to begin anew"
                raise VjError(
                    f"what there is of the film was drawn by {draws}, not {what['draws']}", self._crew.where, hint
                )
            self.done.about[hand] = what
            first = next(iter(self.done.about.values()))
            if what["picture"] == first["picture"]:  # one that draws otherwise would be seen
                self._idle.append(hand)
        elif word == "moved":
            self._progress[hand] = self._progress.get(hand, 0) + what
            self._moved(what)
        elif word == "made":
            self._take(hand, what)
        elif word == "history":
            self._told(hand, what)
        elif word == "failed":
            raise VjError(*what)
        elif word == "lost":
            self._lost(hand, str(what))

    def _take(self, hand: int, made: Made) -> None:
        """A segment is whole."""
        k = made.number
        told = {"start": made.start, "end": made.end, "meter": made.meter, "held": made.held, "wary": made.wary}
        told |= {"seen": made.seen, "looked": made.looked, "times": made.times, "track": self._blobs[k].sha}
        self._parts.keep(k, made.film, told)
        self._plan.done(hand, k)
        self._by[k] = hand
        self._progress.pop(hand, None)
        self._idle.append(hand)
        self.done.before += made.cost["before"]
        self.done.itself += made.cost["itself"]

    def _lost(self, hand: int, why: str) -> None:
        """A hand is gone, and what it was making must be made again."""
        self.done.lost += 1
        self._moved(-self._progress.pop(hand, 0))
        for k in [k for k, who in self._plan.taken.items() if who == hand]:
            self._deaths[k] = self._deaths.get(k, 0) + 1
            if self._deaths[k] >= DEATHS:
                hint = "is there memory enough for so many? Fewer workers: --workers 1"
                raise VjError(f"segment {k} was never finished: {why}", self._crew.where, hint)
            if k == self._settled and k in self._reach:
                self._again[k] = None
        self._plan.lost(hand)
        if hand in self._idle:
            self._idle.remove(hand)
        if hand in self._asked:
            self._told(hand, None)

    def _settle(self) -> None:
        """Join the segments that are right for certain, the next first; see to it that a wrong one is made again."""
        while self._settled in self._plan.made:
            k, began = self._settled, perf_counter()
            told = self._parts.told(k)
            if told is None:
                self._plan.again(k)
                return
            fits = k in range(max(self._sure["upto"], 1)) or told["start"] == self._ends[k - 1]
            if not fits or not self._flashes(k, told):
                self._repeat(k)
                return
            count = min(self._plan.size, self._frames - k * self._plan.size)
            self._joined.append(self._parts.film(k), count)
            self._ends[k] = told.get("end", self._ends.get(k, ""))
            self._ends.pop(k - 2, None)
            if k >= self._sure["upto"]:
                self._parts.tell(k, {**told, "seen": None})
                draws = next(iter(self.done.about.values()))["draws"]
                sure = {"upto": k + 1, "meter": self._counted, "limited": self.done.limited, "draws": draws}
                self._parts.sure = sure
            self._settled += 1
            self.done.checking += perf_counter() - began

    def _flashes(self, k: int, told: dict[str, Any]) -> bool:
        """Whether the flash limiter did in segment `k` what it would have done with all that was before in mind."""
        if told.get("seen") is None:  # it was checked when it was made
            if k + 1 == self._sure["upto"]:
                self._count(self._sure["meter"])
                self.done.limited = int(self._sure["limited"])
            return True
        before, flashes, wary = self._counted, False, max(self._wary, float(told["wary"]))
        exact = told["meter"] == meter_sign(before)
        for t, light in zip(told["times"].tolist(), told["seen"], strict=True):
            if self._meter.risky(t):
                reading = self._meter.would(t, light)
                flashes |= not (reading.rests if t < wary else reading.stays)
            self._meter.step(t, light)
        if not exact and (flashes or told["held"]):
            self._count(before)
            return False
        self._wary = wary
        self.done.limited += int(told["held"])
        return True

    @property
    def _counted(self) -> dict[str, Any]:
        """What a flash limiter's meter would have counted by now, had it seen all that is settled."""
        return {"read": self._meter.memory, "wary": self._wary}

    def _count(self, counted: dict[str, Any]) -> None:
        self._meter.remember(counted["read"])
        self._wary = float(counted["wary"])

    def _repeat(self, k: int) -> None:
        """Segment `k` does not fit: have it made again from what the one before ended with."""
        if k in self._exact:
            hint = "let all workers be alike: processor or card, driver, versions"
            raise VjError("two workers do not draw the same picture of the same numbers", self._crew.where, hint)
        self.done.again += 1
        self._plan.again(k)
        self._moved(-min(self._plan.size, self._frames - k * self._plan.size))
        self._reach[k] = 2.0 * self._reach.get(k, 1.0)
        hand = self._by.get(k - 1, -1)
        self._plan.taken[k] = -1  # nobody takes it for free
        if k == self._sure["upto"] and self._sure.get("history") is not None and self._reach[k] == 2.0:
            self._plan.taken.pop(k)
            self._again[k] = self._sure["history"]
        elif hand in self._crew.hands and self._reach[k] == 2.0:
            self._asked[hand] = k
            self._crew.tell(hand, self._ends[k - 1])
        else:
            self._plan.taken.pop(k)
            self._again[k] = None

    def _told(self, hand: int, history: bytes | None) -> None:
        """A hand has told what it remembers of the end of its run."""
        k = self._asked.pop(hand)
        self._plan.taken.pop(k, None)
        self._again[k] = history
