"""Takes as a matter of arithmetic: what was moved later lies over what was moved then, lane by lane. Pure.

A lane is a parameter with all that moves it: a class is one with the mix, letting go of a value one with moving it. A
script is [(show time, Event)], in the order it was done.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TypeAlias

from vj.core.params import AnyParam
from vj.core.types import Event

#: The lane that lies over every other.
ALL = "*"
#: The one that lies over none: what is done besides.
BESIDES = "+"
RELEASE = "/desk/release"
Moves: TypeAlias = tuple[tuple[float, Event], ...]
_LANES = {
    "/model/class": "/model/mix",
    "/model/pad": "/model/mix",
    "/look/pad": "/look",
    "/preset/next": "/preset/recall",
    "/cue/back": "/cue/go",
    "/cue/goto": "/cue/go",
}
#: How this house is set up, which no performance of another day changes, and what is no part of a show.
_HOUSE = (
    "/audio/device", "/audio/look", "/audio/next", "/light/", "/midi/", "/output/", "/preview/", "/quality/",
    "/replay/", "/safety/", "/show/", "/status/", "/tempo/link", "/window/",
)  # fmt: skip


def of_the_house(address: str) -> bool:
    """Whether it says how the house is set up: today's, whatever that of then was."""
    return address.startswith(_HOUSE)


def lane(event: Event) -> str:
    """The lane that `event` is in."""
    address = str(event.args[0]) if event.address == RELEASE and event.args else event.address
    parts = address.split("/")
    if len(parts) == 4 and parts[1] == "preset" and parts[3] == "recall":
        return "/preset/recall"
    return _LANES.get(address, address)


def fires(event: Event, param: AnyParam | None) -> bool:
    """Whether `event` is over when it is done, and leaves no value to be laid over."""
    if event.address == RELEASE:
        return False
    return param is None or param.kind in ("trigger", "deed", "clock") or lane(event) == "/cue/go"


@dataclass(frozen=True)
class Layover:
    """What was moved in one lane from show time `start` to `end`, in place of what lies there."""

    lane: str
    start: float
    end: float
    events: Moves = ()

    def hides(self, t: float, event: Event) -> bool:
        """Whether what was done at `t` gives way to it."""
        if not self.start <= t <= self.end:
            return False
        return self.lane == lane(event) or (self.lane == ALL and not of_the_house(lane(event)))


def merged(base: Moves, over: Layover) -> Moves:
    """`base` with `over` laid over it; at the same time what was there before comes first."""
    first = bisect_left(base, over.start, key=_time)
    last = bisect_right(base, over.end, key=_time)
    kept = [move for move in base[first:last] if not over.hides(*move)]
    return (*base[:first], *sorted((*kept, *over.events), key=_time), *base[last:])


def _time(move: tuple[float, Event]) -> float:
    return move[0]
