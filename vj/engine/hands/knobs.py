"""What the macros move, changed while they are played: by deeds, or by touching what one is to move."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from vj.core.curves import CURVES
from vj.core.errors import ControlError, nearest
from vj.core.params import AnyParam, Param
from vj.core.types import Event, Value
from vj.engine.cues.macros import DEFAULT_MACROS, Macros, MacroTarget, plain
from vj.engine.touching import KINDS, means

ROOT = "/macro"


class Assigning:
    """How macros are put together."""

    address = ROOT
    assign = Param(
        (), kind="deed", args="isf?f?s?", doc="Macro, address, values at 0 and 1 (the second may be the lower), curve."
    )
    drop = Param((), kind="deed", args="is?", doc="Macro, address: no longer move that, or anything.")
    learn = Param(
        (), kind="deed", args="i", doc="The next parameter that is touched is moved by this macro; 0: by none."
    )


class Desk(Protocol):
    """What is asked of a desk here."""

    table: dict[str, AnyParam]
    deeds: dict[str, Callable[[Event], None]]
    macros: Macros

    def stand(self, number: int) -> None: ...
    def lay(self, values: Mapping[str, Value]) -> None: ...
    def levels_of(self, address: str) -> tuple[Value | None, Value, float]: ...
    def say(self, notice: str) -> None: ...


class Knobs:
    """Does the deeds at `/macro`, and looks on while one of them learns (`learning`, 0: none)."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._edited: set[int] = set()
        self.learning = 0
        desk.deeds[f"{ROOT}/assign"] = lambda event: self.assign(*event.args)  # type: ignore[arg-type]
        desk.deeds[f"{ROOT}/drop"] = lambda event: self.drop(*event.args)  # type: ignore[arg-type]
        desk.deeds[f"{ROOT}/learn"] = lambda event: self._learn(int(event.args[0]))

    def takes(self, event: Event) -> bool:
        """Whether `event` only says what the macro that learns is to move: it does nothing else then."""
        if not self.learning or event.address.startswith(f"{ROOT}/"):
            return False
        if not means(event, self._desk.table.get(event.address)):
            return False
        number, self.learning = self.learning, 0
        self.assign(number, event.address)
        return True

    def assign(
        self, number: int, address: str, low: float | None = None, high: float | None = None, curve: str = ""
    ) -> None:
        """Macro `number` moves `address` from `low` at 0 to `high` at 1 from now on, its whole range if not told.

        Raises ControlError.
        """
        first, last = self._bind(number, address, low, high, curve)
        self._desk.say(f"macro {number} moves {address} from {first:g} to {last:g}")

    def _bind(
        self, number: int, address: str, low: float | None, high: float | None, curve: str
    ) -> tuple[float, float]:
        """The same without a word; the ends."""
        self._known(number)
        param = self._desk.table.get(address)
        if param is None:
            raise ControlError(f"no parameter {address!r}", hint=nearest(address, self._desk.table))
        if param.kind not in KINDS or address.startswith(f"{ROOT}/"):
            raise ControlError(f"a macro cannot move {address}", hint="it moves what has a range: see `vj osc list`")
        if curve and curve not in CURVES:
            raise ControlError(f"no curve {curve!r}", hint=nearest(curve, CURVES))
        ends = [
            min(max(end, param.lo), param.hi) for end in (param.lo if low is None else low, high) if end is not None
        ]
        first, last = ends if len(ends) == 2 else (ends[0], param.hi)
        if first == last:
            raise ControlError(f"from {first:g} to {last:g} is no range", hint=f"{param.lo:g} to {param.hi:g}")
        made: MacroTarget = (address, first, last, curve) if curve else (address, first, last)
        others = self._desk.macros.get(number, ())
        if any(target[0] == address for target in others):
            self._put(number, tuple(made if target[0] == address else target for target in others))
        else:
            self._put(number, (*others, made))
        return first, last

    def drop(self, number: int, address: str = "") -> None:
        """Macro `number` no longer moves `address`, or anything; raises ControlError where it does not."""
        self._known(number)
        targets = self._desk.macros.get(number, ())
        left = tuple(target for target in targets if address and target[0] != address)
        if len(left) == len(targets):
            hint = nearest(address, [target[0] for target in targets])
            raise ControlError(f"macro {number} does not move {address or 'anything'}", hint=hint)
        self._put(number, left)

    def tell(self) -> dict[str, Any]:
        """The macros that were put together by hand, as plain JSON."""
        return plain({n: self._desk.macros[n] for n in sorted(self._edited)})

    def remember(self, told: Mapping[str, Any]) -> None:
        """What `tell` told; what cannot be moved any more is left out, and said in a ControlError."""
        wrong = []
        stood = {address: self._desk.levels_of(address)[1] for address in (f"{ROOT}/{n}" for n in DEFAULT_MACROS)}
        for number, targets in told.items():
            self._known(int(number))
            self._put(int(number), ())
            for target in targets:
                curve = str(target.get("curve", ""))
                try:
                    self._bind(int(number), str(target["address"]), float(target["lo"]), float(target["hi"]), curve)
                except ControlError as error:
                    wrong.append(error.what)
        self._desk.lay(stood)  # where a knob stood is remembered with the other values
        if wrong:
            raise ControlError("; ".join(wrong))

    def _learn(self, number: int) -> None:
        if number:
            self._known(number)
        self.learning = number
        if number:
            self._desk.say(f"macro {number} learns: touch what it is to move")

    def _known(self, number: int) -> None:
        if number not in DEFAULT_MACROS:
            raise ControlError(f"no macro {number}", hint=f"1 to {max(DEFAULT_MACROS)}")

    def _put(self, number: int, targets: tuple[MacroTarget, ...]) -> None:
        self._desk.macros = {**self._desk.macros, number: targets}
        self._edited.add(number)
        self._desk.stand(number)
