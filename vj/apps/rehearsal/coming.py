"""What comes next, and all that there is to choose from, each as the wish for a still."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

from vj.apps.rehearsal.wish import Wish, wished
from vj.core.errors import ControlError
from vj.core.params import Snapshot
from vj.core.types import Cue, Duration, Value
from vj.engine.addresses import class_index
from vj.engine.console import Looking, Model
from vj.engine.cues.presets import find
from vj.engine.desk import Desk
from vj.engine.walker import Walker

#: The parameter that says what is looked at ahead.
NEXT = "/preview/next"
#: Of a bundle with very many classes only the first ones are made, from the first key on.
CLASSES = 64


class Coming:
    """Asks `desk`, changing nothing. `notice` says what could not be found."""

    def __init__(self, desk: Desk, seed: int = 1, media: Callable[[], Mapping[str, str]] = dict) -> None:
        self._desk, self._seed, self._media = desk, seed, media
        self.notice = ""

    def next(self, snapshot: Snapshot) -> tuple[str, Wish] | None:
        """Name and wish of what `/preview/next` says, else of what waits for its bar or what the autopilot has in mind,
        else of the cue that GO fires; None if there is none."""
        words, standby = str(snapshot[NEXT]).strip() or self._desk.ahead, self._desk.standby
        bundle = snapshot[Model.select]
        self.notice = ""
        try:
            name, cue = self._asked(words, snapshot)
        except ControlError as error:
            self.notice = f"{NEXT}: {error.what}"
            name, cue = "", None
        if cue is None and standby is not None:
            name, cue = f"cue {standby.number}", standby
        if cue is None:
            return None
        now = {address: self._desk.current(address) for address in self._desk.table}
        return name, wished(self._desk.table, cue, bundle, now, self._seed, self._media())

    def _asked(self, words: str, snapshot: Snapshot) -> tuple[str, Cue | None]:
        """The cue that `words` mean, and how it is called; none where it is on already."""
        kind, _, name = words.strip().partition(" ")
        if kind not in self._kinds:
            if words.strip():
                hint = "say: look NAME, class NAME, cue NUMBER, preset NUMBER"
                raise ControlError(f"{words!r} is nothing to look at", hint=hint)
            return "", None
        return self._kinds[kind](name.strip(), snapshot)

    @property
    def _kinds(self) -> dict[str, Callable[[str, Snapshot], tuple[str, Cue | None]]]:
        return {"look": self._look, "class": self._class, "cue": self._cue, "preset": self._preset}

    def _look(self, name: str, snapshot: Snapshot) -> tuple[str, Cue | None]:
        on = snapshot[Looking.select] == name
        return f"look {name}", None if on else self._worn(name)

    def _class(self, name: str, snapshot: Snapshot) -> tuple[str, Cue | None]:
        classes = self._classes(snapshot)
        index = class_index(int(name) if name.isdecimal() else name, classes)
        on = snapshot[Walker.mix] == ((index, 1.0),)
        return f"class {classes[index]}", None if on else _pure(index, classes[index], snapshot)

    def _cue(self, number: str, snapshot: Snapshot) -> tuple[str, Cue | None]:
        cue = self._desk.called(number)
        on = self._desk.cue is not None and self._desk.cue.number == cue.number
        return f"cue {cue.number}", None if on else cue

    def _preset(self, word: str, snapshot: Snapshot) -> tuple[str, Cue | None]:
        hand = self._desk.presets
        slot = find(hand.presets, word, hand.bank)
        return f"preset {slot[0]}/{slot[1]}", None if hand.on == slot else hand.cue(slot)

    def _worn(self, look: str) -> Cue:
        return self._desk.taste.cue(look, self._desk.cast, Duration())

    def _kept(self, cue: Cue, bundle: str) -> Wish:
        return wished(self._desk.table, cue, bundle, media=self._media())

    def _classes(self, snapshot: Snapshot) -> tuple[str, ...]:
        return tuple(self._desk.availability.classes[snapshot[Model.select]])

    def lot(self, snapshot: Snapshot) -> object:
        """Something that is another once there is something else to choose from."""
        desk = self._desk
        return snapshot[Model.select], snapshot[Model.first], desk.taste, desk.presets.presets

    def all(self, snapshot: Snapshot) -> Iterator[tuple[str, Wish]]:
        """Name and wish of every look, preset and class, one after the other as they are asked for: "look/NAME",
        "preset/BANK/SLOT", "class/N".
        """
        bundle, table = snapshot[Model.select], self._desk.table
        for look in self._desk.looks:
            try:
                cue = self._worn(look)
            except ControlError:  # a broken one is told of elsewhere
                continue
            yield f"look/{look}", self._kept(cue, bundle)
        hand = self._desk.presets
        for bank, number in hand.presets:
            with suppress(ControlError):  # its look or bundle is gone
                yield f"preset/{bank}/{number}", self._kept(hand.cue((bank, number)), bundle)
        classes, first = self._classes(snapshot), snapshot[Model.first]
        for place in range(min(len(classes), CLASSES)):
            index = (first + place) % len(classes)
            yield f"class/{index}", wished(table, _pure(index, classes[index]), bundle)


def _pure(index: int, name: str, snapshot: Snapshot | None = None) -> Cue:
    """A class alone, moved by what moves the present look."""
    values: dict[str, Value] = {"/model/mix": ((index, 1.0),), "/model/class": index}
    return Cue("", name, values, modulations=snapshot.bindings if snapshot else ())
