"""A performance on stage again: its sound plays, and what was done is done at its time, unless hands lie over it."""

import time
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from vj.apps.replay.lanes import Layover, Moves, merged
from vj.apps.replay.overdub import MODES, Overdub
from vj.apps.replay.piece import Again
from vj.apps.replay.takes import TakeWriter, numbers
from vj.apps.replay.winding import Winder, before, heard_again
from vj.core.errors import ControlError
from vj.core.types import Event, Value
from vj.devices.audio.tape import Place, Tape
from vj.engine.desk import Desk

ROOT = "/replay"
#: What winding may take of a frame.
BUDGET_S = 0.008
#: The shortest round.
SHORTEST_S = 0.25


@dataclass(frozen=True)
class Standing:
    """Where a replay stands, for a panel: seconds of how many, the round, the take it plays and the one it makes, the
    mode, and what is being laid over."""

    t: float
    length: float
    span: tuple[float, float] | None
    take: int
    making: int
    mode: str
    playing: bool
    winding: bool
    lanes: tuple[str, ...]


class Replay:
    """Plays `again` at `desk`, to the sound of `tape`. `begin` brings the desk to where the show began.

    To be asked by the main thread, each tick: `step`, and `apply` for what hands do. It is steered as everything is, by
    the desk's parameters at /replay.
    """

    def __init__(self, desk: Desk, tape: Tape, again: Again, begin: Callable[[Desk], None]) -> None:
        self._desk, self._tape, self._again = desk, tape, again
        self._winder = Winder(desk, begin, again.read().tempo)
        self._script = heard_again(again.script(again.take))
        self.takes = TakeWriter(again.folder, again.take)
        self.over = Overdub(desk, self.takes, self._laid)
        self.over.mode = again.mode
        self.length = max([tape.length, *(t for t, _ in self._script[-1:])])
        self._winding: Iterator[None] | None = None
        self._awaited: Place | None = None
        self._jump = 0
        self._done, self._now, self._bpm = -1.0, 0.0, 120.0
        self._span: tuple[float, float] | None = None
        self._made: dict[int, Moves] = {}  # by take: what may not be written yet
        desk.holding |= {
            f"{ROOT}/position": lambda value: self.go(float(value)),  # type: ignore[arg-type]
            f"{ROOT}/length": lambda value: None,
            f"{ROOT}/play": lambda value: self.play(bool(value)),
            f"{ROOT}/mode": self._switch,
            f"{ROOT}/take": lambda value: self.choose(int(value)),  # type: ignore[arg-type]
            **{f"{ROOT}/{name}": self._bounding(name) for name in ("loop", "in", "out")},
        }
        desk.firing |= {
            f"{ROOT}/mark/in": lambda: self._bound("in", max(self._done, 0.0)),
            f"{ROOT}/mark/out": lambda: self._bound("out", max(self._done, SHORTEST_S)),
            f"{ROOT}/new": self._anew,
            f"{ROOT}/mode/next": lambda: self._switch(MODES[(MODES.index(self.over.mode) + 1) % len(MODES)]),
        }
        values: dict[str, Value] = {
            "in": again.read().begins,
            "length": self.length,
            "play": True,
            "loop": again.loop,
            "mode": again.mode,
            "take": again.take,
        }
        desk.lay({f"{ROOT}/{name}": value for name, value in values.items()})
        self._go_round()
        if start := again.start or again.read().begins:
            self.go(start)

    @property
    def position(self) -> float:
        """Second of the performance that is seen now."""
        return max(self._done, 0.0)

    @property
    def standing(self) -> Standing:
        """Where it stands."""
        take, making = int(self._value("take")), self.takes.number
        playing, winding = bool(self._value("play")), self._winding is not None
        mode, lanes = self.over.mode, self.over.lanes
        return Standing(self.position, self.length, self._span, take, making, mode, playing, winding, lanes)

    def step(self, seen: float, now: float, bpm: float) -> bool:
        """Do what was done by then, in a frame that is seen at wall-clock second `seen` and show time `now`.

        False while the desk is on its way to another moment: nothing must be asked of it then.
        """
        self._now, self._bpm = now, bpm
        if not self._wound():
            return False
        place = self._place(seen)
        if place.jump != self._jump:  # round again
            self._jump = place.jump
            self.over.stop(self._done)
            self._wind(place.t)
            if not self._wound():
                return False
        if place.rolling or place.ended:
            self._roll_to(max(place.t, self._done), now)
        if place.ended and self._value("play"):
            self.play(False)
        self._desk.lay({f"{ROOT}/position": self.position})
        return True

    def apply(self, event: Event) -> bool:
        """Have the desk do what `event` asks, and keep what is laid over the recording; whether it made sense."""
        if not self._value("play") or self._awaited is not None:
            return self._desk.apply(event)
        return self.over.hand(event, self.position)

    def go(self, t: float) -> None:
        """Go to second `t`: the desk is brought to what it was then."""
        self.over.stop(self.position)
        t = min(max(t, 0.0), self.length)
        self._awaited = self._tape.go(t)
        self._jump = self._awaited.jump
        self._wind(t)

    def play(self, on: bool) -> None:
        """Play on, or stand; at the end it begins again."""
        if on and self.position >= self.length - 0.05:
            self.go(self._span[0] if self._span else self._again.read().begins)
        if not on:
            self.over.stop(self.position)
        self._tape.playing = on
        self._desk.lay({f"{ROOT}/play": on})

    def choose(self, take: int) -> None:
        """Play another take from here on; raises VjError if there is none such."""
        there = numbers(self._again.folder)
        if take not in there:
            raise ControlError(f"there is no take {take}", hint=f"there are: {', '.join(map(str, there))}")
        if take in (self.takes.number, self._value("take")):
            return  # it plays already
        self.over.stop(self.position)
        script = self._made.get(take) or heard_again(self._again.script(take))
        self._leave(take)
        self._script = script
        self.go(self.position)

    def close(self) -> None:
        """All hands off; what was laid over is written."""
        self.over.stop(self.position)

    def _roll_to(self, t: float, now: float) -> None:
        """Do what was done up to `t`."""
        self.over.roll(self._done)
        first = bisect_right(self._script, self._done, key=lambda move: move[0])
        last = bisect_right(self._script, t, key=lambda move: move[0])
        for _, event in self._script[first:last]:
            if not self.over.gives_way(event):
                self._desk.apply(before(event))
                self.over.happened()
        self._done = t
        self.over.step(t)

    def _place(self, seen: float) -> Place:
        """Where it is, or is to be once the sound has come there."""
        place = self._tape.at(seen)
        if self._awaited is not None and place.jump < self._awaited.jump:
            return self._awaited
        self._awaited = None
        return place

    def _wind(self, t: float) -> None:
        self._done = t
        self._winding = self._winder.wind(self._script, t, self._now, self._bpm)

    def _wound(self) -> bool:
        """Whether the desk is where it is to be, or has got there in the time there is for it."""
        until = time.perf_counter() + BUDGET_S
        while self._winding is not None:
            if next(self._winding, self) is self:
                self._winding = None
            elif time.perf_counter() > until:
                return False
        return True

    def _laid(self, layover: Layover) -> None:
        self._script = merged(self._script, layover)
        self._done = max(self._done, layover.end)  # it is done already

    def _switch(self, value: Value) -> None:
        mode = next(mode for mode in MODES if mode == value)
        self.over.switch(mode, self.position)
        self._desk.lay({f"{ROOT}/mode": mode})

    def _anew(self) -> None:
        """What is laid over next is another take, over the one that is being made."""
        self.over.stop(self.position)
        if self.takes.number:
            self._leave(self.takes.number)

    def _leave(self, take: int) -> None:
        """The take that was being made is complete; `take` is played."""
        if self.takes.number:
            self._made[self.takes.number] = self._script
        self.takes.over(take)
        self._desk.lay({f"{ROOT}/take": take})

    def _bounding(self, name: str) -> Callable[[Value], None]:
        return lambda value: self._bound(name, value)

    def _bound(self, name: str, value: Value) -> None:
        """Set where it goes round, or that it does."""
        self._desk.lay({f"{ROOT}/{name}": value})
        self._go_round()
        span, here = self._span, self.position
        if span is None or span[0] <= here < span[1]:  # what was decoded ahead knows nothing of it
            self._awaited = self._tape.go(here)
            self._jump = self._awaited.jump
        elif here >= span[1]:
            self.go(span[0])

    def _go_round(self) -> None:
        """Tell the tape where to go round."""
        begin, end = (float(self._value(name)) for name in ("in", "out"))
        end = min(end, self.length) if end > 0.0 else self.length
        self._span = (begin, end) if self._value("loop") and end - begin >= SHORTEST_S else None
        self._tape.span = self._span

    def _value(self, name: str) -> float:
        return self._desk.current(f"{ROOT}/{name}")  # type: ignore[return-value]
