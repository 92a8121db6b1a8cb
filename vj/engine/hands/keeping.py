"""Store what I have: what is on becomes a look of the performer's own, and is worn at once."""

import re
from dataclasses import replace
from typing import Any

from vj.core.errors import ControlError
from vj.core.types import Duration, Event
from vj.engine.cues.looks import NONE, Look
from vj.engine.cues.presets import makes_picture
from vj.engine.hands.deck import Change, Deck
from vj.engine.hands.presets import LONGEST_NAME
from vj.engine.hands.registry import Part
from vj.engine.walker import Walker

#: More looks than that nobody finds his way in.
MOST = 512


class KeepHand:
    """Makes looks of what is on."""

    def __init__(self, deck: Deck) -> None:
        self._deck = deck
        deck.deeds["/desk/keep"] = self._keep
        deck.parts["looks"] = Part(lambda: deck.taste, self.put_back)

    def _keep(self, event: Event) -> None:
        deck = self._deck
        if len(deck.taste.names) > MOST:
            raise ControlError(f"there are {MOST} looks already", hint="take some of your own out of their folder")
        title = " ".join(str(event.args[0]).split())[:LONGEST_NAME] if event.args else ""
        look = self.taken(self._free(_plain(title) if title else str(deck.current("/look"))), title)
        self.learn(look)
        deck.changes.append(Change("look", look.name, look))
        deck.go(deck.taste.cue(look.name, deck.cast, Duration()), cut=True)
        deck.say(f"kept as look {look.name}")

    def taken(self, name: str, title: str = "") -> Look:
        """What is on now as a look: every value that makes the picture and is not as it is by itself."""
        deck = self._deck
        mix = deck.current(Walker.mix)
        assert isinstance(mix, tuple)
        worn = deck.taste[str(deck.current("/look"))]
        values = {a: deck.meant(a) for a, p in deck.table.items() if makes_picture(a, p) and a != "/latent/seed"}
        return Look(
            name=name,
            title=title or name.replace("_", " ").capitalize(),
            classes=tuple(part for index, weight in mix for part in (deck.cast[index % len(deck.cast)], weight)),
            values={a: value for a, value in values.items() if value != deck.table[a].default},
            modulations=deck.modulations,
            sections=worn.sections,
            energy=worn.energy,
            light=worn.light,
        )

    def learn(self, look: Look) -> None:
        """There is a look of that name from now on, in place of any other."""
        self.put_back(self._deck.taste.having(look, self._deck.table))

    def put_back(self, taste: Any) -> None:
        """These are the looks from now on."""
        self._deck.taste = taste
        self._deck.table["/look"] = replace(self._deck.table["/look"], choices=taste.names)

    def _free(self, name: str) -> str:
        """`name`, or the next of that name and a number that is no look yet."""
        known = {*self._deck.taste.names, *self._deck.taste.broken}
        base = "look" if name == NONE else re.sub(r"_\d+$", "", name) or name
        name = base if name == NONE else name
        number = 1
        while name in known:
            number += 1
            name = f"{base}_{number}"
        return name


def _plain(title: str) -> str:
    """A file's name of the words of `title`, never a path; raises ControlError."""
    if re.search(r"[/\\:]|\.\.", title):
        raise ControlError(f"{title!r} is no name", hint="a plain name, such as Night river")
    words = re.sub(r"\W+", "_", title.casefold()).strip("_")
    if not words:
        raise ControlError(f"{title!r} is no name", hint="a plain name, such as Night river")
    return words
