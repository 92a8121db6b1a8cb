"""The morph pad: a point between four presets, one at each corner.

Numbers are blended where a knob would stand for them, so what is logarithmic moves as eyes expect; classes by their
weights; what cannot be blended, switches, words, bundle and look, is the heaviest corner's.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from vj.core.errors import ControlError
from vj.core.params import AnyParam
from vj.core.types import Cue, Mix, Value
from vj.engine.hands.deck import Deck
from vj.engine.hands.presets import PresetHand

CORNERS = "abcd"


class MorphPad:
    """Sets the values between the presets at `/preset/corner/a..d` while `/preset/morph` is on."""

    def __init__(self, deck: Deck, presets: PresetHand) -> None:
        self._deck = deck
        self._presets = presets
        deck.ticking.append(lambda t: self.step())
        deck.holding["/preset/morph"] = self._switch
        self.reset()

    def reset(self) -> None:
        """It is off."""
        self._at: tuple[Any, ...] = ()  # the corners, and where between them
        self._heaviest: Cue | None = None
        self._cues: list[Cue] = []
        self._moving: tuple[str, ...] = ()

    def let_go(self) -> None:
        """Something else is on now."""
        if self._deck.current("/preset/morph"):
            self._deck.settle({"/preset/morph": False})
        self.reset()

    def _switch(self, value: Value) -> None:
        """On, with what is held let go, or off, with everything where it is. Corners that nobody chose are filled."""
        if value and not any(self._slots()):
            stored = sorted(slot for bank, slot in self._presets.presets if bank == self._presets.bank)
            if not stored:
                raise ControlError("no corner has a preset", hint="store some in this bank first")
            self._deck.settle({f"/preset/corner/{c}": slot for c, slot in zip(CORNERS, stored, strict=False)})
        self._deck.settle({"/preset/morph": bool(value)})
        self.reset()
        self.step()

    def _slots(self) -> list[int]:
        """The slot at each corner, 0 where there is none that holds something."""
        bank, stored = self._presets.bank, self._presets.presets
        slots = [int(self._deck.current(f"/preset/corner/{c}")) for c in CORNERS]  # type: ignore[arg-type]
        return [slot if (bank, slot) in stored else 0 for slot in slots]

    def step(self) -> None:
        """Follow point and corners, where they have moved."""
        deck = self._deck
        if not deck.current("/preset/morph"):
            return
        bank, slots = self._presets.bank, self._slots()
        x, y = (float(deck.current(f"/preset/{axis}")) for axis in "xy")  # type: ignore[arg-type]
        corners = (bank, *slots, *(id(self._presets.presets.get((bank, slot))) for slot in slots))
        if (corners, x, y) == self._at or not any(slots):
            return
        fresh = not self._at or corners != self._at[0]
        self._at = (corners, x, y)  # before anything can go wrong: it is told once
        if fresh:
            self._cues = [self._presets.cue((bank, slot)) for slot in slots if slot]
            self._moving = differing(self._cues)
        shares = [share for share, slot in zip(bilinear(x, y), slots, strict=True) if slot]
        whole = sum(shares)
        shares = [share / whole if whole else 1.0 / len(shares) for share in shares]
        heaviest = self._cues[max(range(len(shares)), key=shares.__getitem__)]
        blended = blend(self._cues, shares, [a for a in self._moving if a != "/model/mix"], deck.table)
        blended["/model/mix"] = self._mix(shares, heaviest)
        if fresh:
            values = {**heaviest.values, **blended}
            fade = self._presets.fade()
            deck.go_to(Cue("", "", values, fade, modulations=heaviest.modulations), not fade.amount, whole=True)
        else:
            if heaviest is not self._heaviest:
                deck.follow(heaviest.modulations, heaviest.values)
            deck.lay(blended)
        self._heaviest = heaviest

    def _mix(self, shares: Sequence[float], heaviest: Cue) -> Mix:
        """The classes of all corners by name, those that the bundle at the heaviest has; () where all leave them."""
        classes = self._deck.availability.classes
        here = classes[str(heaviest.values["/model/select"])]
        weights: dict[int, float] = {}
        for cue, share in zip(self._cues, shares, strict=True):
            theirs, mix = classes[str(cue.values["/model/select"])], cue.values["/model/mix"]
            assert isinstance(mix, tuple)
            for index, weight in mix:
                if share and theirs[index] in here:
                    own = here.index(theirs[index])
                    weights[own] = weights.get(own, 0.0) + share * weight
        return tuple(sorted(weights.items()))


def bilinear(x: float, y: float) -> tuple[float, float, float, float]:
    """The shares of corners a (0, 0), b (1, 0), c (0, 1) and d (1, 1) at a point of the pad."""
    return (1.0 - x) * (1.0 - y), x * (1.0 - y), (1.0 - x) * y, x * y


def differing(cues: Sequence[Cue]) -> tuple[str, ...]:
    """The addresses at which not all `cues` say the same."""
    first, *others = cues or [Cue("", "", {})]
    return tuple(a for a, v in first.values.items() if any(other.values.get(a) != v for other in others))


def blend(
    cues: Sequence[Cue], shares: Sequence[float], addresses: Sequence[str], table: Mapping[str, AnyParam]
) -> dict[str, Value]:
    """The value at each of `addresses` with so large a share of each of the `cues`; shares sum to 1."""
    heaviest = max(range(len(shares)), key=shares.__getitem__)
    values: dict[str, Value] = {}
    for address in addresses:
        param, said = table[address], [cue.values[address] for cue in cues]
        if param.kind in ("float", "int") and shares[heaviest] < 1.0:
            knob = sum(share * param.unscale(value) for share, value in zip(shares, said, strict=True))
            values[address] = param.scale(knob)
        else:
            values[address] = said[heaviest]
    return values
