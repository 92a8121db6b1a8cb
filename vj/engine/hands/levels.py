"""Every value there is: what the performer holds, else what cue or look say, on its way there, and smoothed."""

import math
from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import overload

from vj.core.errors import ControlError, nearest
from vj.core.params import AnyParam, Param, T
from vj.core.types import Cue, Modulation, Value
from vj.engine.cues import macros
from vj.engine.hands.fading import Fade
from vj.engine.hands.letting_go import together
from vj.engine.hands.pickup import Pickups
from vj.engine.modulation.moving import Moving

#: How long things take to come: what a fade leaves there is not what anybody meant.
PACES = ("/model/morph", "/master/fade")
#: A part of its range by which a value that is smoothed may miss where it goes.
SETTLED = 1e-9


class Levels:
    """The values, layer over layer. `table` is address -> Param of all of them, `macros` what each macro moves."""

    def __init__(self, table: Mapping[str, AnyParam], moves: macros.Macros) -> None:
        self.table = dict(table)
        # Looked for once, not at every tick: what a table is given later are words to choose from and deeds.
        self._smooth = tuple((address, param) for address, param in table.items() if param.smooth > 0.0)
        self.macros: macros.Macros = moves
        self._clear()

    def _clear(self) -> None:
        """Every value as it is by itself."""
        self._base: dict[str, Value] = {address: param.default for address, param in self.table.items()}
        self._override: dict[str, Value] = {}
        self._shown: dict[str, Value] = dict(self._base)
        self._fades: dict[str, Fade] = {}
        self._meanwhile: dict[str, tuple[float, Value]] = {}
        self._pickups = Pickups()
        self._t = 0.0
        self._bpm, self._metre = 120.0, 4
        self._moving = Moving(self.table)
        self.follow((), ())
        self._place_macros()
        self._shown = dict(self._base)

    @property
    def time(self) -> float:
        """Show time of the last tick."""
        return self._t

    @property
    def shown(self) -> Mapping[str, Value]:
        """The values of the last tick."""
        return self._shown

    @property
    def held(self) -> Sequence[str]:
        """What the performer holds against the cue, by address."""
        return sorted(self._override)

    @property
    def cued(self) -> Sequence[str]:
        """What cue or look say that is not as it is by itself, by address."""
        return sorted(a for a in self._followed[1] if self._base[a] != self.table[a].default)

    @property
    def modulations(self) -> tuple[Modulation, ...]:
        """What cue or look let sound move."""
        return self._followed[0]

    @property
    def waiting(self) -> list[tuple[str, float, float]]:
        """Knobs that have not met their value yet: address, where the knob and where the value stands, 0..1."""
        knobs = self._pickups.waiting(self._t)
        return [(address, x, self.table[address].unscale(self.current(address))) for address, x in knobs.items()]

    @property
    def moved(self) -> Sequence[str]:
        """What modulation moves, by address."""
        return self._moving.addresses

    @property
    def wished(self) -> Mapping[str, Value]:
        """The values asked for, before smoothing and modulation."""
        return ChainMap(self._override, self._base)

    def levels_of(self, address: str) -> tuple[Value | None, Value, float]:
        """What there is of one value: what the performer holds, None if nothing; what cue or look say, or it is by
        itself; and how far modulation moves it now, in its own unit."""
        return self._override.get(address), self._base[address], self._moving.moved.get(address, 0.0)

    def stand(self, number: int) -> None:
        """Macro `number` stands where what it moves first does, unless it is held."""
        if targets := self.macros.get(number):
            self._base[f"/macro/{number}"] = macros.position(targets[0], self.wished)

    def release(self, address: str) -> None:
        """Let go of `address`, and of what is held with it; raises ControlError if there is none such."""
        if address not in self.table:
            raise ControlError(f"no such address {address!r}", hint=nearest(address, self.table))
        for each in together(address, self.macros, self._override):
            self._override.pop(each, None)

    def let_be(self, address: str) -> None:
        """Hold `address` no longer, but leave it where it is."""
        if address in self._override:
            self.lay({address: self._override.pop(address)})

    @overload
    def current(self, address: Param[T]) -> T: ...
    @overload
    def current(self, address: str) -> Value: ...
    def current(self, address: AnyParam | str) -> Value:
        """The value asked for of a parameter, by declaration or address, before smoothing and modulation."""
        address = address if isinstance(address, str) else address.key
        return self._override.get(address, self._base[address])

    def meant(self, address: str) -> Value:
        """The same, but for what a recall in its fade has set only until it is there."""
        if address in self._override or address not in self._meanwhile:
            return self.current(address)
        return self._meanwhile[address][1]

    def lay(self, values: Mapping[str, Value]) -> None:
        """These are the values under what is held; what is on its way goes there instead."""
        for address, value in values.items():
            self._base[address] = value
            if address in self._fades:
                self._fades[address] = replace(self._fades[address], goal=float(value))  # type: ignore[arg-type]

    def settle(self, values: Mapping[str, Value]) -> None:
        """These are the values, and nobody holds them."""
        for address in values:
            self._override.pop(address, None)
        self.lay(values)

    def go_to(self, cue: Cue, cut: bool = False, whole: bool = False) -> None:
        """Take the values of `cue`, and its modulations, in its fade; knobs must be picked up again.

        With `cut` nothing softens what has no fade. Once the fade is over paces are what the cue says, or as they were
        before. A `whole` cue says all there is to say: macros stand where what they move stands.
        """
        seconds = cue.fade.seconds(self._bpm, self._metre)
        before = {address: self.meant(address) for address in PACES}
        for address, value in cue.values.items():
            self._override.pop(address, None)
            self._meanwhile.pop(address, None)
            start = self._shown[address]
            if seconds > 0 and self.table[address].kind == "float" and address != "/model/morph":
                self._fades[address] = Fade(float(start), float(value), self._t, seconds)  # type: ignore[arg-type]
            else:
                self._fades.pop(address, None)
                if cut:
                    self._shown[address] = value
            self._base[address] = value
        if seconds > 0:
            for address in PACES:
                after = cue.values.get(address, before[address])
                self._fades.pop(address, None)
                self._base[address] = self.table[address].clamp(seconds)
                self._meanwhile[address] = (self._t + seconds, after)
        self._pickups.clear()
        self.follow(cue.modulations, cue.values)
        if whole:
            self._place_macros()

    def arrive(self) -> None:
        """Everything is where it goes, at once."""
        self._fades.clear()
        self._meanwhile.clear()
        self._shown.update({**self._base, **self._override})

    @property
    def layers(self) -> dict[str, dict[str, Value]]:
        """The values themselves, layer by layer, with nothing in them that is so only until a recall is there."""
        for address, (_, after) in self._meanwhile.items():
            self._base[address] = after
        self._meanwhile.clear()
        return {"held": self._override, "base": self._base}

    @property
    def standing(self) -> dict[str, dict[str, Value]]:
        """The same to be looked at, with a recall that is on its way let be."""
        after = {address: after for address, (_, after) in self._meanwhile.items()}
        return {"held": self._override, "base": {**self._base, **after}}

    def put_back(self, addresses: Sequence[str]) -> None:
        """The values at these addresses were changed in their layers: they are there, and not on their way."""
        for address in addresses:
            self._fades.pop(address, None)

    def follow(self, modulations: Sequence[Modulation], cued: "Sequence[str] | Mapping[str, Value]") -> None:
        """What moves parameters from now on, the finishing chain's only passed on, for they have envelopes; and which
        addresses cue or look speak of."""
        self._followed = (tuple(modulations), frozenset(cued))
        self._moving.take(modulations)

    def _asked(self, t: float) -> dict[str, Value]:
        """What is asked for at show time `t`, on its way; what a fade set for its time only goes back."""
        for address in [a for a, (until, _) in self._meanwhile.items() if t >= until]:
            self._base[address] = self._meanwhile.pop(address)[1]
        asked = {**self._base, **self._override}
        asked.update((address, fade.at(t)) for address, fade in self._fades.items() if address not in self._override)
        for address in [a for a, fade in self._fades.items() if fade.done(t)]:
            del self._fades[address]
        return asked

    def _soften(self, shown: dict[str, Value], dt: float) -> None:
        """What does not jump is on its way from the last values to `shown`, `dt` seconds later."""
        for address, param in self._smooth:
            goal, now = float(shown[address]), float(self._shown[address])  # type: ignore[arg-type]
            if abs(goal - now) > SETTLED * (param.hi - param.lo):  # else it is there, to the last bit
                # 90 % after `smooth` seconds, at any tick rate
                shown[address] = now + (goal - now) * -math.expm1(-2.303 * dt / param.smooth)

    def _place_macros(self) -> None:
        """Macros stand where the first of what they move stands."""
        for number in self.macros:
            self._override.pop(f"/macro/{number}", None)
            self.stand(number)
