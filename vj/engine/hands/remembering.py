"""Where a show stands, as plain JSON, so that one begun again goes on from there: every value, and what moves it."""

import re
from pathlib import Path
from typing import Any, Protocol

from vj.core.errors import ControlError, VjError
from vj.core.params import AnyParam
from vj.core.types import Value
from vj.engine.addresses import resolve_mix
from vj.engine.cues.cuelist import CueList
from vj.engine.cues.presets import slot_of
from vj.engine.cues.reading import Reader, strict
from vj.engine.cues.writing import modulate_entry
from vj.engine.governor import RUNG
from vj.engine.hands.deck import Deck
from vj.engine.hands.presets import PresetHand
from vj.engine.hands.registry import Memory

#: What is of its moment, or told by others: films, where sound and picture go, quitting, a still picture, lamps,
#: learning, the governor's rung.
_PASSING = re.compile(
    "/(show|tempo/timecode|output/(record|film|display|map/(edit|test))|audio/device|window/(help|learn)|model/(pad|class|page)|look/(pad|page)|quality/rung)(/|$)"
    "|/master/freeze$|/.*/learn$|/preset/[0-9]+/name$"
)


class Layers(Protocol):
    """The layers of a desk's values."""

    _base: dict[str, Value]
    _override: dict[str, Value]
    _bpm: float

    def arrive(self) -> None:
        """Everything is where it goes, at once."""


class Rememberer:
    """Tells and takes up the values of `deck`, which cue of `cues` and which preset is on, and the tempo."""

    def __init__(self, deck: Deck, layers: Layers, cues: CueList, presets: PresetHand) -> None:
        self._deck = deck
        self._layers = layers
        self._cues = cues
        self._presets = presets
        deck.holding[RUNG] = lambda value: deck.settle({RUNG: value})  # the governor's, and no hand's to let go of
        deck.memories["values"] = Memory(self._values, self._take_values)
        deck.memories["follows"] = Memory(self._follows, self._take_follows)
        deck.memories["on"] = Memory(self._on, self._take_on)
        deck.memories["tempo"] = Memory(lambda: {"bpm": round(layers._bpm, 3)}, self._take_tempo)

    def _values(self) -> dict[str, Any]:
        """What is not as it is by itself: `base` as cues and looks left it, `held` what the performer holds."""
        table = self._deck.table
        kept = {address for address, param in table.items() if _lasts(address, param)}
        base = {a: v for a, v in self._layers._base.items() if a in kept and v != table[a].default}
        held = {a: v for a, v in self._layers._override.items() if a in kept}
        bundle = str(self._deck.current("/model/select"))
        return {
            "bundle": bundle,
            "base": {address: self._told(value) for address, value in base.items()},
            "held": {address: self._told(value) for address, value in held.items()},
        }

    def _told(self, value: Value) -> Any:
        """A mix by the names of its classes, anything else as it is."""
        if isinstance(value, tuple):
            return [part for index, x in value for part in (self._deck.cast[index % len(self._deck.cast)], x)]
        return value

    def _take_values(self, memory: Any) -> None:
        bundle = self._deck.availability.resolve(str(memory["bundle"]))
        classes, table = self._deck.availability.classes[bundle], self._deck.table
        self._layers._base.update({a: param.default for a, param in table.items() if _lasts(a, param)})
        self._layers._override.clear()
        lost = []
        for layer, values in ((self._layers._base, memory["base"]), (self._layers._override, memory["held"])):
            for address, value in values.items():
                try:
                    param = table[address]
                    if not _lasts(address, param):
                        continue
                    layer[address] = _read(param, value, classes)
                except (VjError, KeyError, TypeError, ValueError):
                    lost.append(address)
        self._layers.arrive()
        if lost:
            self._deck.say(f"not taken up: {', '.join(lost[:5])}{' ...' if len(lost) > 5 else ''}")

    def _follows(self) -> dict[str, Any]:
        return {
            "modulations": [modulate_entry(m) for m in self._deck.modulations],
            "cued": list(self._deck.cued),
        }

    def _take_follows(self, memory: Any) -> None:
        reader = Reader(Path("session"), self._deck.table)
        moving = [reader.modulation("the look", entry) for entry in memory["modulations"]]
        self._deck.follow(moving, [address for address in memory["cued"] if address in self._deck.table])

    def _on(self) -> dict[str, Any]:
        slot, cue = self._presets.on, self._cues.on
        return {"cue": cue.number if cue else None, "preset": f"{slot[0]}/{slot[1]}" if slot else None}

    def _take_on(self, memory: Any) -> None:
        if memory["preset"] is not None and (slot := slot_of(str(memory["preset"]))) in self._presets.presets:
            self._presets.on = slot
        self._presets.label()
        if memory["cue"] is None:
            self._cues.reset()
        else:
            self._cues.took(self._cues.find(str(memory["cue"])), self._deck.time)

    def _take_tempo(self, memory: Any) -> None:
        self._layers._bpm = bpm = float(memory["bpm"])
        if not 20.0 <= bpm <= 999.0:
            raise ControlError(f"{bpm:g} is no tempo")
        if "/tempo/bpm" in self._deck.table and "/tempo/bpm" not in self._layers._override:
            self._layers._base["/tempo/bpm"] = bpm


def _lasts(address: str, param: AnyParam) -> bool:
    """Whether the value at `address` is taken up again."""
    if param.kind in ("trigger", "deed", "clock", "class"):
        return address == "/latent/reseed"
    return not _PASSING.match(address)


def _read(param: AnyParam, value: Any, classes: Any) -> Value:
    """`value` as `param` takes it; raises VjError."""
    if param.kind == "mix":
        return resolve_mix(value, classes) if value else ()
    if param.kind == "trigger":
        return int(value)
    if param.kind == "choice" and value == param.default:
        return param.default  # a choice of none
    return strict(param, value)
