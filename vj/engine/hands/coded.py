"""The time code that comes in moves the cues of a desk that have one."""

from typing import Protocol

from vj.core.errors import ControlError
from vj.core.types import Cue, Value
from vj.engine.hands.deck import Deck
from vj.engine.timing.chase import CODE, Chase, code

#: Whether it is listened to.
LISTENS = "/cue/timecode"
#: What holds back all that goes by itself.
LOCK = "/preset/lock"


class Takes(Protocol):
    """What takes a cue, at once where that is said."""

    def __call__(self, cue: Cue, cut: bool = False) -> None: ...


class CodeHand:
    """Hears the code for `deck`, and has cues taken by `take`."""

    def __init__(self, deck: Deck, take: Takes) -> None:
        self._deck = deck
        self._take = take
        self._chase = Chase()
        deck.holding[CODE] = self._hear
        deck.ticking.append(lambda t: self._step())

    def reset(self) -> None:
        """Nothing was heard."""
        self._chase.reset()

    def _hear(self, value: Value) -> None:
        self._deck.settle({CODE: value})
        try:
            self._chase.hear(code(str(value)))
        except ControlError as error:  # others may use words of their own for it: no cue goes by them
            self._deck.say(f"{CODE}: {error.what}")

    def _step(self) -> None:
        deck = self._deck
        listens = bool(deck.current(LISTENS)) and not deck.current(LOCK)
        if (due := self._chase.due(deck.setlist.cues, deck.cue, listens)) is not None:
            self._take(*due)
