"""The setlist, written while it is played: what is on becomes a cue, and cues are named, moved, mended, taken out."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from vj.core.errors import ControlError, VjError
from vj.core.types import Event
from vj.engine.cues import editing
from vj.engine.cues.cuelist import CueList
from vj.engine.cues.looks import NONE
from vj.engine.cues.presets import makes_picture, plain
from vj.engine.cues.setlist import Setlist, duration, setlist_of
from vj.engine.cues.writing import modulate_entry
from vj.engine.hands.deck import Change, Deck
from vj.engine.hands.registry import Part
from vj.engine.timing.chase import code
from vj.engine.walker import Walker

#: The title of a setlist that begins on stage.
TITLE = "Evening"
#: Notes are as long as they can be read while playing.
LONGEST = 400


class CueHand:
    """Edits the setlist of `deck`, whose place in it is `cues`."""

    def __init__(self, deck: Deck, cues: CueList) -> None:
        self._deck = deck
        self._cues = cues
        deck.deeds |= {
            "/cue/new": self._new,
            "/cue/add": self._add,
            "/cue/update": self._update,
            "/cue/name": lambda event: self._tell("name", *event.args),
            "/cue/notes": lambda event: self._tell("notes", *event.args),
            "/cue/fade": lambda event: self._time("fade", *event.args),
            "/cue/follow": lambda event: self._time("follow", *event.args),
            "/cue/at": lambda event: self._at(*event.args),
            "/cue/move": lambda event: self._edit(editing.moved, str(event.args[0]), int(event.args[1])),
            "/cue/remove": lambda event: self._edit(editing.removed, str(event.args[0])),
        }
        deck.parts["setlist"] = Part(lambda: deck.setlist, self._put_back)

    def taken(self) -> dict[str, Any]:
        """What is on now as a cue says it: look, bundle, director, classes, seed, and what else is not the look's."""
        deck = self._deck
        look = str(deck.current("/look"))
        worn = plain(look, deck.table, deck.taste, deck.cast)
        values = {a: deck.meant(a) for a, param in deck.table.items() if makes_picture(a, param)}
        other = {address: value for address, value in values.items() if value != worn.values[address]}
        entry: dict[str, Any] = {"look": look} if look != NONE else {}
        entry |= {"whole": True, "bundle": str(deck.current("/model/select"))}
        if "/director/select" in other:
            entry["director"] = other.pop("/director/select")
        mix = deck.current(Walker.mix)
        if isinstance(mix, tuple) and mix != worn.values["/model/mix"]:
            entry["classes"] = {deck.cast[index % len(deck.cast)]: weight for index, weight in mix}
        if "/latent/seed" in other:
            entry["seed"] = other.pop("/latent/seed")
        if other:
            entry["set"] = other
        if own := [modulate_entry(m) for m in deck.modulations if m not in worn.modulations]:
            entry["modulate"] = own
        return entry

    def read(self, document: editing.Document, path: Path | None, before: Setlist | None = None) -> Setlist:
        """The setlist in `document`, where it is as `before` not read again; raises SetlistError."""
        deck = self._deck

        def classes_of(name: str) -> Any:
            return deck.availability.classes[deck.availability.resolve(name)]

        bundle = deck.availability.lineup[0]
        return setlist_of(document, path, deck.table, classes_of, bundle, deck.taste, deck.presets.presets, before)

    def learn(self, setlist: Setlist) -> None:
        """This is the setlist from now on, however that came about; what is on stays on."""
        before, self._deck.setlist = self._deck.setlist.macros, setlist
        moves = {number: targets for number, targets in setlist.macros.items() if before.get(number) != targets}
        if moves:
            self._deck.macros = {**self._deck.macros, **moves}
        self._cues.follow(setlist)
        if self._cues.on is not None:  # it may have another number
            self._deck.settle({"/cue/goto": self._cues.on.number})

    def lies(self, path: Path) -> None:
        """The setlist lies at `path` from now on."""
        self._deck.setlist = replace(self._deck.setlist, path=path)

    def again(self) -> None:
        """Presets or looks have changed: cues that go by them follow, unless they cannot."""
        setlist = self._deck.setlist
        if any("preset" in entry or "look" in entry for entry in setlist.document.get("cue", [])):
            try:
                self.learn(self.read(setlist.document, setlist.path))
            except VjError as error:
                self._deck.say(f"cues go by what was there: {error.what} ({error.where})")

    def _new(self, event: Event) -> None:
        title, setlist = _line(event.args[0]) if event.args else "", self._deck.setlist
        if setlist.document and setlist.path is None:  # two that have no name yet could not be told apart
            raise ControlError("the set that was begun before has no file yet", hint="it is being written: ask again")
        self._begin({"format": 1, "title": title or TITLE}, {}, "new")

    def _add(self, event: Event) -> None:
        if len(self._deck.setlist.cues) >= editing.MOST:
            raise ControlError(f"there are {editing.MOST} cues already", hint="take some out first: /cue/remove")
        name = _line(event.args[0]) if event.args else ""
        document = self._deck.setlist.document
        self._begin(document or {"format": 1, "title": TITLE}, {"name": name} if name else {}, "setlist")

    def _begin(self, document: editing.Document, entry: dict[str, Any], kind: str) -> None:
        """What is on becomes a cue of `document`, after the one that is on where that is in it."""
        deck, entry = self._deck, {**entry, **self.taken()}
        if "fade" not in document and (fade := deck.presets.fade()).amount:
            entry = {"fade": f"{fade.amount:g} {fade.unit}", **entry}
        on = self._cues.on if kind == "setlist" else None
        document, number = editing.added(document, on.number if on else None, entry)
        self._take(document, kind)
        self._cues.took(self._cues.find(number), deck.time)
        deck.settle({"/cue/goto": number})
        deck.say(f"cue {number} added")

    def _update(self, event: Event) -> None:
        on = self._cues.on
        number = str(event.args[0]) if event.args else on.number if on else ""
        self._take(editing.updated(self._deck.setlist.document, number, self.taken()))
        self._deck.say(f"cue {self._cues.find(number).number} shows what is on now")

    def _tell(self, key: str, number: Any, words: Any) -> None:
        self._edit(editing.told, str(number), key, _line(words))

    def _time(self, key: str, number: Any, words: Any) -> None:
        time = _line(words)
        duration(time or 0)  # says at once what it cannot be
        self._edit(editing.told, str(number), key, time)

    def _at(self, number: Any, words: Any) -> None:
        time = _line(words)
        code(time or "0:0:0")  # says at once what it cannot be
        self._edit(editing.told, str(number), "at", time)

    def _edit(self, edit: Callable[..., dict[str, Any]], *args: Any) -> None:
        self._take(edit(self._deck.setlist.document, *args))

    def _take(self, document: editing.Document, kind: str = "setlist") -> None:
        """Play `document` from now on, and have it written: where it was, or a "new" one where nothing is yet."""
        before = self._deck.setlist
        path = None if kind == "new" else before.path
        self.learn(self.read(document, path, before))
        self._deck.changes.append(Change(kind, str(self._deck.setlist.path or ""), document))

    def _put_back(self, setlist: Setlist) -> None:
        self.learn(setlist)
        if setlist.document.get("cue"):
            self._deck.changes.append(Change("setlist", str(setlist.path or ""), setlist.document))


def _line(words: Any) -> str:
    """`words` in one line."""
    return " ".join(str(words).split())[:LONGEST]
