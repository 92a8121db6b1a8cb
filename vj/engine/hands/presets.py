"""Presets at the desk: sixteen slots a bank, stored from what is on and recalled in a fade."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from vj.core.errors import ControlError
from vj.core.types import Cue, Duration, Event, Value
from vj.engine.cues.presets import BANKS, CUT, SLOTS, Preset, Presets, Slot, find, makes_picture, plain, slot_of, whole
from vj.engine.hands.deck import Change, Deck
from vj.engine.hands.registry import Part
from vj.engine.walker import Walker

#: A name is as long as a pad can show.
LONGEST_NAME = 40


class PresetHand:
    """Stores, recalls, names. `presets` are all there are, never changed in place; `on` is the one that is on."""

    def __init__(self, deck: Deck, presets: Presets) -> None:
        self._deck = deck
        self.presets: Presets = dict(presets)
        self.on: Slot | None = None
        #: Told when they have changed, whoever did it.
        self.changed: Callable[[], None] = lambda: None
        for number in range(1, SLOTS + 1):
            deck.firing[f"/preset/{number}/recall"] = partial(self._recall_here, number)
            deck.firing[f"/preset/{number}/store"] = partial(self._store_here, number)
            deck.holding[f"/preset/{number}/name"] = partial(self._name, number)
        deck.firing["/preset/next"] = self._next
        deck.deeds["/preset/recall"] = lambda event: self.recall(find(self.presets, str(event.args[0]), self.bank))
        deck.deeds["/preset/store"] = self._store_at
        deck.deeds["/preset/clear"] = self._clear
        deck.holding["/preset/bank"] = self._turn
        deck.parts["presets"] = Part(lambda: self.presets, self._change)
        deck.parts["preset"] = Part(lambda: self.on, lambda slot: setattr(self, "on", slot))
        deck.topics["presets"] = self._told

    def reset(self) -> None:
        """None is on; names are those of the first bank."""
        self.on = None
        self.label()

    @property
    def bank(self) -> int:
        """The bank that slots are of which are asked for by number alone."""
        return int(self._deck.current("/preset/bank"))  # type: ignore[arg-type]

    def taken(self, name: str = "") -> Preset:
        """What is on now, as a preset; raises ControlError if the look that is on is no more."""
        deck = self._deck
        look, bundle = str(deck.current("/look")), str(deck.current("/model/select"))
        worn = plain(look, deck.table, deck.taste, deck.cast).values
        kept = {a: deck.meant(a) for a, param in deck.table.items() if makes_picture(a, param)}
        mix = deck.current(Walker.mix)
        assert isinstance(mix, tuple)
        named = tuple(part for index, weight in mix for part in (deck.cast[index % len(deck.cast)], weight))
        return Preset(
            name=name,
            look=look,
            bundle=bundle,
            classes=None if mix == worn["/model/mix"] else named,
            values={address: value for address, value in kept.items() if value != worn[address]},
            walk=deck.current(Walker.reseed),
        )

    def recall(self, slot: Slot) -> None:
        """Go to the preset in `slot`, in the time of `/preset/fade`; raises ControlError if there is none."""
        find(self.presets, f"{slot[0]}/{slot[1]}")
        cue = self.cue(slot, self.fade())
        self._deck.go(cue, cut=not cue.fade.amount, whole=True)
        self.on = slot

    def cue(self, slot: Slot, fade: Duration = CUT) -> Cue:
        """The preset in `slot` as a cue; raises ControlError where look or bundle is gone."""
        preset, deck = self.presets[slot], self._deck
        classes = deck.availability.classes[deck.availability.resolve(preset.bundle)]
        return whole(preset, deck.table, deck.taste, classes, fade)

    def store(self, slot: Slot, name: str | None = None) -> None:
        """What is on is in `slot` from now on, under the name that was there before unless it gets one."""
        kept = self.presets.get(slot, Preset()).name if name is None else _plain_name(name)
        self._change({**self.presets, slot: self.taken(kept)})
        self.on = slot
        self._deck.say(f"preset {slot[0]}/{slot[1]} stored")

    def learn(self, slot: Slot, preset: Preset | None) -> None:
        """The file of `slot` was changed by another hand, or is gone."""
        others = {key: value for key, value in self.presets.items() if key != slot}
        self.presets = others if preset is None else {**others, slot: preset}
        self.label()
        self.changed()

    def _change(self, presets: Presets) -> None:
        """These are all presets from now on; those that differ are to be written."""
        before, self.presets = self.presets, dict(sorted(presets.items()))
        for slot in sorted({*before, *presets}):
            if before.get(slot) != self.presets.get(slot):
                self._deck.changes.append(Change("preset", f"{slot[0]}/{slot[1]}", self.presets.get(slot)))
        self.label()
        self.changed()

    def label(self) -> None:
        """The names of the slots of this bank, as values."""
        names = (self.presets.get((self.bank, number), Preset()).name for number in range(1, SLOTS + 1))
        self._deck.settle({f"/preset/{number}/name": name for number, name in enumerate(names, 1)})

    def _recall_here(self, number: int) -> None:
        self.recall((self.bank, number))

    def _store_here(self, number: int) -> None:
        self.store((self.bank, number))

    def _store_at(self, event: Event) -> None:
        """In the slot that is named, else in the first of this bank that is empty."""
        words = str(event.args[0]) if event.args else ""
        slot = slot_of(words) if words else self._empty()
        if slot is None:
            raise ControlError(f"{words!r} is no slot", hint=f'1 to {SLOTS}, or bank and slot: "2/3"')
        self.store((slot[0] or self.bank, slot[1]), str(event.args[1]) if len(event.args) > 1 else None)

    def _empty(self) -> Slot:
        for number in range(1, SLOTS + 1):
            if (self.bank, number) not in self.presets:
                return self.bank, number
        raise ControlError(f"bank {self.bank} is full", hint="name the slot to store in, or another /preset/bank")

    def _clear(self, event: Event) -> None:
        slot = find(self.presets, str(event.args[0]), self.bank)
        self._change({key: value for key, value in self.presets.items() if key != slot})
        self.on = None if self.on == slot else self.on
        self._deck.say(f"preset {slot[0]}/{slot[1]} is empty now")

    def _name(self, number: int, value: Value) -> None:
        slot = find(self.presets, f"{self.bank}/{number}")
        self._change({**self.presets, slot: replace(self.presets[slot], name=_plain_name(str(value)))})

    def _turn(self, bank: Value) -> None:
        self._deck.settle({"/preset/bank": min(max(int(bank), 1), BANKS)})  # type: ignore[arg-type]
        self.label()

    def _next(self) -> None:
        """The next slot of this bank that holds something, after the last the first."""
        here = [slot for slot in sorted(self.presets) if slot[0] == self.bank]
        if not here:
            raise ControlError(f"bank {self.bank} is empty", hint="store what is on: /preset/store")
        self.recall(next((slot for slot in here if self.on and slot > self.on), here[0]))

    def fade(self) -> Duration:
        """The time in which presets are recalled."""
        amount, unit = self._deck.current("/preset/fade"), str(self._deck.current("/preset/unit"))
        return Duration(float(amount), unit)  # type: ignore[arg-type]

    def _told(self) -> dict[str, Any]:
        bank = self.bank
        here = {slot[1]: preset for slot, preset in sorted(self.presets.items()) if slot[0] == bank}
        return {
            "bank": bank,
            "names": {str(number): preset.name for number, preset in here.items()},
            "looks": {str(number): preset.look for number, preset in here.items()},
            "on": self.on[1] if self.on and self.on[0] == bank else None,
            "corners": [int(self._deck.current(f"/preset/corner/{c}")) or None for c in "abcd"],  # type: ignore[arg-type]
        }


def _plain_name(name: str) -> str:
    """`name` in one line, as long as a pad can show."""
    return " ".join(name.split())[:LONGEST_NAME]
