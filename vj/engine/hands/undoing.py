"""Undo and redo of what was done on a surface; what MIDI, OSC and cues do is theirs, and never taken back.

A step is what one gesture changed: the values at each address as they were and as they became. Taking it back touches
only what still is as the step left it; what another hand or a cue has moved since stays.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vj.core.types import Event
from vj.engine.hands.deck import Deck

#: Two touches of one address within this time belong to one gesture.
GESTURE_S = 1.0
#: Steps that are kept.
MOST_STEPS = 200
#: What is never taken back: what lights the stage up again, films, quits, sounds, or belongs to cues.
_NEVER = re.compile(
    "/(show|output|preview|replay|tempo|audio|desk/undo|desk/redo|cue/(go|back|goto)|window/(next|learn|pick))(/|$)"
    "|/master/(blackout|freeze)$"
)
#: Where a state is looked up: its layer and the address in it.
Place = tuple[str, str]
#: What no layer has at an address.
_NOTHING = object()


@dataclass
class Step:
    """One gesture: what it is called, and each place's state before and after it."""

    words: str
    address: str
    source: str
    t: float
    changes: dict[Place, tuple[Any, Any]]


State = Mapping[str, Mapping[str, Any]]


class Undo:
    """The gestures that can be taken back, and those that were.

    `layers` are the desk's own dictionaries of values by name, as they are now.
    """

    def __init__(self, deck: Deck) -> None:
        self._deck = deck
        self.reset()
        deck.topics["undo"] = lambda: {"undo": _words(self._done), "redo": _words(self._undone)}

    def reset(self) -> None:
        """Nothing was done."""
        self._done: list[Step] = []
        self._undone: list[Step] = []

    def concerns(self, event: Event) -> bool:
        """Whether what `event` does can be taken back."""
        return event.source.startswith(("web:", "key")) and not _NEVER.match(event.address)

    def state(self, layers: State) -> State:
        """How things stand, to be handed to `done` after what is about to be done."""
        parts = {name: part.get() for name, part in self._deck.parts.items()}
        return {"part": parts, **{name: dict(layer) for name, layer in layers.items()}}

    def done(self, event: Event, before: State, layers: State) -> None:
        """`event` has been done; things stood as in `before`."""
        changes = dict(self._differences(before, self.state(layers)))
        t, last = self._deck.time, self._done[-1] if self._done else None
        same = last is not None and (last.address, last.source) == (event.address, event.source)
        if not changes and not (same and last is not None):
            return
        if same and last is not None and t - last.t < GESTURE_S and not self._undone:
            last.t = t
            for place, (was, now) in changes.items():
                last.changes[place] = (last.changes.get(place, (was, now))[0], now)
            return
        if changes:
            self._done = [*self._done[1 - MOST_STEPS :], Step(_named(event), event.address, event.source, t, changes)]
            self._undone.clear()

    def take_back(self, layers: Mapping[str, dict[str, Any]]) -> list[str]:
        """Undo the last gesture; the addresses that changed."""
        return self._move(self._done, self._undone, layers, 1, 0, "undone", "nothing to undo")

    def bring_back(self, layers: Mapping[str, dict[str, Any]]) -> list[str]:
        """Redo what was undone last; the addresses that changed."""
        return self._move(self._undone, self._done, layers, 0, 1, "done again", "nothing to redo")

    def _move(
        self,
        source: list[Step],
        target: list[Step],
        layers: Mapping[str, dict[str, Any]],
        now: int,
        then: int,
        words: str,
        nothing: str,
    ) -> list[str]:
        while source:
            step = source.pop()
            changed = [p for p, c in step.changes.items() if self._put(p, c[now], c[then], layers)]
            if changed:
                step.t = float("-inf")  # what comes next is another gesture
                target.append(step)
                self._deck.say(f"{words}: {step.words}")
                return [address for layer, address in changed if layer != "part"]
        self._deck.say(nothing)
        return []

    def _put(self, place: Place, now: Any, then: Any, layers: Mapping[str, dict[str, Any]]) -> bool:
        """Put `then` where `now` still is; whether it was."""
        layer, name = place
        if layer == "part":
            part = self._deck.parts[name]
            if part.get() is not now and part.get() != now:
                return False
            part.put(then)
        elif layers[layer].get(name, _NOTHING) != now:
            return False
        elif then is _NOTHING:
            layers[layer].pop(name)
        else:
            layers[layer][name] = then
        return True

    def _differences(self, before: State, after: State) -> "list[tuple[Place, tuple[Any, Any]]]":
        found = []
        for layer, values in after.items():
            was = before[layer]
            for name in {**was, **values}:
                old, new = was.get(name, _NOTHING), values.get(name, _NOTHING)
                if old is not new and old != new and self._is_undone(name):
                    found.append(((layer, name), (old, new)))
        return found

    def _is_undone(self, name: str) -> bool:
        """Whether it goes back: counts of triggers go only on, but for that which says which walk is taken."""
        param = self._deck.table.get(name)
        return name == "/latent/reseed" or param is None or param.kind not in ("trigger", "deed", "clock")


def _named(event: Event) -> str:
    """What was done, in a few words."""
    words = event.address.strip("/").replace("/", " ")
    said = " ".join(f"{arg:g}" if isinstance(arg, float) else str(arg) for arg in event.args)
    return words if event.scaled or not said or len(said) > LONGEST else f"{words} {said}"


#: Arguments that are longer say nothing at a glance.
LONGEST = 24


def _words(steps: list[Step]) -> str:
    return steps[-1].words if steps else ""
