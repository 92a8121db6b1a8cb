"""What changes in the performer's files while the show runs: told as text, so that a performance can be played again
without them.

An event of this kind comes from the show itself and never over a wire: only `source` FILE is believed, which nobody
outside can be.
"""

from pathlib import Path
from typing import Any

from vj.core.errors import ControlError
from vj.core.types import Event
from vj.engine.cues.looks import look_of
from vj.engine.cues.presets import PresetReader, slot_of
from vj.engine.cues.reading import parsed
from vj.engine.hands.cueing import CueHand
from vj.engine.hands.deck import Deck
from vj.engine.hands.keeping import KeepHand
from vj.engine.hands.presets import PresetHand

#: Address and source of an event that tells what is in a file now; its arguments are kind, name and text.
ADDRESS = SOURCE = "file"


def told(kind: str, name: str, text: str) -> Event:
    """The event that says that the file `name` of that kind holds `text` now.

    kind   "preset" (name is the slot, such as "1/3"; "" is gone), "look", "setlist" (name is its path), or "path": the
           setlist lies at `text` now
    """
    return Event(ADDRESS, (kind, name, text), SOURCE)


class FileHand:
    """Reads what it is told for `deck`; a mistake is told, and what was before stays."""

    def __init__(self, deck: Deck, presets: PresetHand, keeping: KeepHand, cueing: CueHand) -> None:
        self._deck = deck
        self._presets = presets
        self._keeping = keeping
        self._cueing = cueing

    def learn(self, event: Event) -> None:
        """Take what `event` tells; raises VjError, and nothing has changed then."""
        kind, name, text = (str(arg) for arg in event.args)
        {"preset": self._preset, "look": self._look, "setlist": self._setlist, "path": self._path}[kind](name, text)

    def parse(self, kind: str, name: str, text: str) -> Any:
        """What is in a file, as far as can be said without the show; raises SetlistError. Any thread may ask."""
        deck = self._deck
        if kind == "preset":

            def classes_of(bundle: str) -> Any:
                return deck.availability.classes[deck.availability.resolve(bundle)]

            return PresetReader(deck.table, deck.taste, classes_of).text(text, Path(f"preset {name}"))
        if kind == "look":
            return look_of(parsed(text, Path(f"{name}.toml")), Path(f"{name}.toml"), deck.table)
        return self._cueing.read(parsed(text, Path(name)), Path(name))

    def _preset(self, name: str, text: str) -> None:
        slot = slot_of(name)
        if slot is None or not slot[0]:
            raise ControlError(f"{name!r} is no slot")
        self._presets.learn(slot, self.parse("preset", name, text) if text else None)

    def _look(self, name: str, text: str) -> None:
        self._keeping.learn(self.parse("look", name, text))
        self._cueing.again()

    def _setlist(self, name: str, text: str) -> None:
        setlist = self.parse("setlist", name, text)
        self._cueing.learn(setlist)
        self._deck.say(f"{Path(name).name} was read again: {len(setlist.cues)} cues")

    def _path(self, name: str, text: str) -> None:
        if str(self._deck.setlist.path or "") == name:  # it is still that one
            self._cueing.lies(Path(text))
