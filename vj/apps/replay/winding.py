"""Brings a desk to where it stood at a moment, by doing fast what was done up to there, without playing it.

What only sound decides (a line of the music that is waited for, what modulation adds) is not gone through: what waited
for a line is done when it was asked for.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from vj.apps.replay.lanes import RELEASE, Moves, fires, lane, of_the_house
from vj.core.params import AnyParam
from vj.core.types import Event
from vj.engine.desk import Desk

#: Between two looks at what comes by itself on the way.
STEP_S = 0.25
#: ... for the last stretch before where it is to be.
FINE_S = 1 / 30
#: How long that stretch is.
LAST_S = 2.0
#: Seconds that two moves of one value may lie apart to be one gesture, for undo.
GESTURE_S = 1.0


def before(event: Event) -> Event:
    """`event` as it is done again: a knob of then is not one that is here now, and must not be taken for it."""
    if not event.pickup:
        return event
    return Event(event.address, event.args, f"{event.source} (then)", event.scaled, True, 0.0, event.nears)


def heard_again(script: Moves) -> Moves:
    """What of `script` is done again: not how the house was set up."""
    return tuple((t, event) for t, event in script if not of_the_house(lane(event)))


def thinned(moves: Moves, table: Mapping[str, AnyParam]) -> list[tuple[float, Event]]:
    """`moves` without those that the next one makes undone: of a fader's way, where it came to."""
    kept: list[tuple[float, Event]] = []
    later: dict[tuple[str, str], float] = {}
    for t, event in reversed(moves):
        plain = not event.pickup and event.address != RELEASE and not fires(event, table.get(event.address))
        plain = plain and not event.address.startswith(_FAR_REACHING) and not _relative(event)
        if not plain:
            later.clear()
        elif later.get((event.address, event.source), t + 2 * GESTURE_S) - t < GESTURE_S:
            later[event.address, event.source] = t
            continue
        else:
            later[event.address, event.source] = t
        kept.append((t, event))
    return kept[::-1]


class Winder:
    """Winds `desk`, which `begin` brings to where it stood when the show began. What is the house's stays. `tempo` is
    what was heard: (show time, BPM) wherever it changed."""

    def __init__(self, desk: Desk, begin: Callable[[Desk], None], tempo: Sequence[tuple[float, float]] = ()) -> None:
        self._desk, self._begin, self._tempo = desk, begin, tempo
        self._parts: dict[str, Any] = {name: part.get() for name, part in desk.parts.items()}

    def wind(self, script: Moves, t: float, now: float, bpm: float) -> Iterator[None]:
        """Go to second `t` of `script`, which is show time `now`; to be continued until it is through."""
        desk, shift, told = self._desk, now - t, self._desk.told
        self._reset(shift)
        done = bisect_right(script, t, key=lambda move: move[0])
        at = 0.0
        for moment, event in (*thinned(script[:done], desk.table), (t, None)):
            yield from self._pass(at, moment, shift, t, bpm)
            at = moment
            if event is not None:
                desk.apply(before(event))
            desk.told = told
        desk.tick(now, None, self._heard(t, bpm))

    def _pass(self, at: float, to: float, shift: float, end: float, bpm: float) -> Iterator[None]:
        """Let time pass from `at` to `to`."""
        while at < to:
            at = min(at + (FINE_S if at >= end - LAST_S else STEP_S), to)
            self._desk.tick(at + shift, None, self._heard(at, bpm))
            yield

    def _heard(self, t: float, bpm: float) -> float:
        """The tempo at `t`, or `bpm` where nobody noted it."""
        place = bisect_right(self._tempo, t, key=lambda change: change[0])
        return self._tempo[place - 1][1] if place else bpm

    def _reset(self, t: float) -> None:
        """As it was at the beginning, which is show time `t`."""
        desk = self._desk
        layers = desk.layers
        house = {name: {a: v for a, v in layer.items() if of_the_house(a)} for name, layer in layers.items()}
        for name, part in desk.parts.items():
            if name in self._parts and part.get() is not self._parts[name]:
                part.put(self._parts[name])
        desk.reset(t)
        self._begin(desk)
        desk.changes.clear()
        for name, layer in desk.layers.items():
            layer.update(house[name])


#: What moves more than one value, and so what comes after it stays where it is.
_FAR_REACHING = ("/cue", "/look", "/macro/", "/model/page", "/model/select", "/preset/", "file")


def _relative(event: Event) -> bool:
    """Whether it asks for a change of what there is, or says more than a value."""
    return event.args == ("toggle",) or len(event.args) != 1
