"""Laying over: which of the recorded moves give way to a hand, from when, and how a value gets back when it lets go.

read    hands move things, and nothing is kept
touch   what is moved is laid over, until a second after the last move of it
latch   what is moved is laid over, until it is released (`/desk/release`), or the replay stops or jumps
write   everything recorded gives way, moved or not, until the mode is left
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from vj.apps.replay.lanes import ALL, BESIDES, RELEASE, Layover, fires, lane, of_the_house
from vj.core.errors import VjError
from vj.core.types import Event, Value
from vj.engine.addresses import asked
from vj.engine.desk import Desk
from vj.engine.touching import person

Mode = Literal["read", "touch", "latch", "write"]
MODES: tuple[Mode, ...] = ("read", "touch", "latch", "write")
#: Seconds after the last move of it in which a value still counts as touched.
HOLD_S = 1.0
#: Seconds between moves that come in one frame: those of hands after the recorded, in their order.
APART = 1e-6
#: Who a move is from that brings a value back to what was recorded.
SOURCE = "replay"


class Scribe(Protocol):
    """Who keeps what is laid over, as it is done."""

    def begun(self, number: int, lane: str, t: float) -> None: ...
    def done(self, number: int, t: float, event: Event) -> None: ...
    def ended(self, number: int, layover: Layover) -> None: ...


@dataclass
class _Laid:
    """A lane that is being laid over: `back` is what brings it to what was recorded, `held` what a hand holds it at."""

    number: int
    lane: str
    start: float
    last: float
    back: Event
    held: Value | None = None
    events: list[tuple[float, Event]] = field(default_factory=list)


class Overdub:
    """Asks of every hand and of every recorded move, in the order they come, what is to be done with it. `t` is the
    show time of the recording. `lay` is given what has been laid over, once it is complete."""

    def __init__(self, desk: Desk, scribe: Scribe, lay: Callable[[Layover], None]) -> None:
        self._desk, self._scribe, self._lay = desk, scribe, lay
        self._open: dict[str, _Laid] = {}
        self._missed: list[Event] = []
        self._whole: _Laid | None = None
        self._count = 0
        self._moved = -math.inf
        self.mode: Mode = "read"

    @property
    def lanes(self) -> tuple[str, ...]:
        """What is being laid over."""
        return (ALL,) if self._whole else tuple(self._open)

    def switch(self, mode: Mode, t: float) -> None:
        """Go over to `mode` at `t`: what is laid over is complete."""
        self.stop(t)
        self.mode = mode

    def roll(self, t: float) -> None:
        """The replay goes on from `t`."""
        if self.mode == "write" and self._whole is None:
            self._whole = self._begin(ALL, self._after(t), Event(ALL))

    def hand(self, event: Event, t: float) -> bool:
        """Have the desk do what a hand wants at `t`, and keep it; whether the desk made sense of it."""
        kept = self.mode != "read" and person(event) and not of_the_house(event.address)
        param = self._desk.table.get(event.address)
        if not kept or param is None:
            return self._desk.apply(event)
        if fires(event, param):
            done = self._desk.apply(event)
            if done:
                self._fired(event, self._after(t))
            return done
        name, t = lane(event), self._after(t)
        back = self._as_recorded(name)
        if not self._desk.apply(event):
            return False
        if self._whole is not None:
            self._open.setdefault(name, _Laid(0, name, t, t, back))
            self._note(self._whole, t, event)
        elif event.address == RELEASE and name in self._open:
            self._note(self._open[name], t, event)
            self._end(self._open[name], t)
            return True
        else:
            if name not in self._open:
                self._open[name] = self._begin(name, t, back)
            self._note(self._open[name], t, event)
        self._open[name].held = self._held(name)
        return True

    def gives_way(self, event: Event) -> bool:
        """Whether the recorded `event` is not to be done, for a hand is on what it moves."""
        name = lane(event)
        if self._whole is not None and name not in self._open:
            if fires(event, self._desk.table.get(event.address)):
                self._missed.append(event)
                return True
            self._open[name] = _Laid(0, name, 0.0, 0.0, self._as_recorded(name))
        laid = self._open.get(name)
        if laid is None:
            return False
        laid.back = self._taken_up(laid.back, event)
        return True

    def happened(self) -> None:
        """Something recorded was done: where a cue or a macro took what a hand held, it goes back to what that says."""
        for name, laid in self._open.items():
            held = self._held(name)
            if held != laid.held:
                laid.back, laid.held = self._standing(name), held

    def step(self, t: float) -> None:
        """Time has come to `t`: what is no longer touched goes back."""
        if self.mode == "touch":
            for laid in [each for each in self._open.values() if t - each.last > HOLD_S]:
                self._end(laid, t)

    def stop(self, t: float) -> None:
        """All hands off at `t`: time may go on from elsewhere."""
        whole = self._whole
        if whole is None:
            for laid in list(self._open.values()):
                self._end(laid, t)
        else:
            for event in (*self._missed, *(laid.back for laid in self._open.values())):
                self._desk.apply(event)
                self._note(whole, self._after(t), event)
            self._whole, self._open, self._missed = None, {}, []
            self._complete(whole, self._after(t))
        self._moved = -math.inf

    def _after(self, t: float) -> float:
        """As little later than `t` that it comes after all that was done by then."""
        self._moved = max(t, self._moved) + APART
        return self._moved

    def _fired(self, event: Event, t: float) -> None:
        laid = self._whole or self._begin(BESIDES, t, event)
        self._note(laid, t, event)
        if laid is not self._whole:
            self._complete(laid, t)

    def _begin(self, name: str, t: float, back: Event) -> _Laid:
        self._count += 1
        self._scribe.begun(self._count, name, t)
        return _Laid(self._count, name, t, t, back)

    def _note(self, laid: _Laid, t: float, event: Event) -> None:
        laid.last = t
        laid.events.append((t, event))
        self._scribe.done(laid.number, t, event)

    def _end(self, laid: _Laid, t: float) -> None:
        """Bring it back to what was recorded."""
        t = self._after(t)
        del self._open[laid.lane]
        self._desk.apply(laid.back)
        self._note(laid, t, laid.back)
        self._complete(laid, t)

    def _complete(self, laid: _Laid, t: float) -> None:
        layover = Layover(laid.lane, laid.start, t, tuple(laid.events))
        self._scribe.ended(laid.number, layover)
        self._lay(layover)

    def _held(self, name: str) -> Value | None:
        """What a hand holds the lane at."""
        return self._desk.levels_of(name)[0] if name in self._desk.table else None

    def _as_recorded(self, name: str) -> Event:
        """What brings the lane of that name back to where it stands now, before a hand moves it."""
        return self._open[name].back if name in self._open else self._standing(name)

    def _standing(self, name: str) -> Event:
        """What brings the lane to where it stands."""
        if name in self._desk.holding:
            return Event(name, (str(self._desk.current(name)),), SOURCE)
        held = self._held(name)
        return Event(RELEASE, (name,), SOURCE) if held is None else Event(name, self._said(held), SOURCE)

    def _said(self, value: Value) -> tuple[float | int | bool | str, ...]:
        """`value` as the arguments of an event."""
        if isinstance(value, tuple):
            names = self._desk.cast
            return tuple(word for index, weight in value for word in (names[index % len(names)], weight))
        return (value,) if isinstance(value, float | int | bool | str) else ()

    def _taken_up(self, back: Event, event: Event) -> Event:
        """What brings the value back once the recorded `event` has moved it on from where `back` does."""
        param = self._desk.table.get(event.address)
        moved = event.args == ("toggle",) or (len(event.args) == 2 and event.args[0] in ("+", "-", "*"))
        if param is None or event.scaled or not moved:
            return Event(event.address, event.args, event.source, event.scaled)
        try:
            now = self._desk.levels_of(event.address)[1]
            if back.address == event.address:
                now = param.scale(float(back.args[0])) if back.scaled else asked(param, back.args, now)
            return Event(event.address, (asked(param, event.args, now),), SOURCE)  # type: ignore[arg-type]
        except (VjError, LookupError, TypeError, ValueError):
            return back
