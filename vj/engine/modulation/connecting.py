"""Filling a slot by hand: by one deed, or by touching first one and then the other."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from vj.core.errors import ControlError, nearest
from vj.core.params import AnyParam, Param
from vj.core.types import Event, Value
from vj.engine.modulation.lfo import ROOT as LFO
from vj.engine.modulation.slots import COUNT, NONE, ROOT
from vj.engine.touching import means, person

#: How far what was learnt moves its target, until somebody says otherwise.
AMOUNT = 0.5


class Connecting:
    """How to connect."""

    address = ROOT
    learn = Param(False, doc="Learn a modulation: touch a parameter, and name a source (or the other way round).")
    source = Param((), kind="deed", args="s", doc="Name a source while learning.")
    connect = Param((), kind="deed", args="ssf?", doc="Source, target, amount: into the first slot that is free.")
    clear = Param((), kind="deed", args="i?", doc="Empty one slot, or all.")


class Desk(Protocol):
    """What is asked of a desk here."""

    table: dict[str, AnyParam]
    deeds: dict[str, Callable[[Event], None]]

    @property
    def wished(self) -> Mapping[str, Value]: ...
    def put(self, address: str, value: Value) -> None: ...
    def let_be(self, address: str) -> None: ...
    def say(self, notice: str) -> None: ...


class Connector:
    """Does the deeds at `/mod`, and looks on while it learns."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._target = self._source = ""
        if f"{ROOT}/connect" not in desk.table:
            return
        desk.deeds[f"{ROOT}/connect"] = lambda event: self.connect(*event.args)  # type: ignore[arg-type]
        desk.deeds[f"{ROOT}/source"] = lambda event: self._named(str(event.args[0]))
        desk.deeds[f"{ROOT}/clear"] = lambda event: self._clear(*event.args)  # type: ignore[arg-type]

    def takes(self, event: Event) -> bool:
        """Whether `event` only says what is meant: it does nothing else then."""
        if not self._desk.wished.get(f"{ROOT}/learn"):
            self._target = self._source = ""
            return False
        address = event.address
        if address.startswith(f"{LFO}/") and address in self._desk.table and person(event):
            self._named(f"lfo.{address.split('/')[2]}")
            return True
        if address.startswith(f"{ROOT}/") or not means(event, self._desk.table.get(address)):
            return False
        if address != self._target:
            self._target = address
            self._meet()
        return True

    def connect(self, source: str, target: str, amount: float = AMOUNT) -> None:
        """Put `source` and `target` into the slot that has both, else into the first that is free.

        Raises ControlError for what there is not, and where no slot is free.
        """
        for key, word in (("source", source), ("target", target)):
            known = self._desk.table[f"{ROOT}/1/{key}"].choices
            if word not in known or word == NONE:
                raise ControlError(f"no {key} {word!r}", hint=nearest(word, known[1:]))
        wished = self._desk.wished
        pairs = {n: (wished[f"{ROOT}/{n}/source"], wished[f"{ROOT}/{n}/target"]) for n in range(1, COUNT + 1)}
        same = [n for n, pair in pairs.items() if pair == (source, target)]
        free = [n for n, pair in pairs.items() if pair == (NONE, NONE)]
        if not (same or free):
            raise ControlError(f"all {COUNT} slots are taken", hint=f"empty one with {ROOT}/clear")
        number = (same or free)[0]
        for key, value in (("source", source), ("target", target), ("amount", amount), ("on", True)):
            where = f"{ROOT}/{number}/{key}"
            self._desk.put(where, self._desk.table[where].clamp(value))
        self._desk.let_be(target)
        self._desk.say(f"{source} moves {target} (slot {number})")

    def _named(self, source: str) -> None:
        known = self._desk.table[f"{ROOT}/1/source"].choices
        if source not in known or source == NONE:
            raise ControlError(f"no source {source!r}", hint=nearest(source, known[1:]))
        if not self._desk.wished[f"{ROOT}/learn"]:
            raise ControlError("nothing is being learnt", hint=f"{ROOT}/learn first")
        self._source = source
        self._meet()

    def _meet(self) -> None:
        """Connect what was touched, once both were."""
        if self._source and self._target:
            source, target, self._source, self._target = self._source, self._target, "", ""
            self._desk.put(f"{ROOT}/learn", False)
            self.connect(source, target)
        else:
            self._desk.say(
                f"{self._target} is the target: name a source" if self._target else f"{self._source} moves ..."
            )

    def _clear(self, number: int = 0) -> None:
        if not 0 <= number <= COUNT:
            raise ControlError(f"no slot {number}", hint=f"1 to {COUNT}")
        for n in (number,) if number else range(1, COUNT + 1):
            for key in ("source", "target"):
                self._desk.put(f"{ROOT}/{n}/{key}", NONE)

    def topic(self) -> dict[str, Any]:
        """What is being learnt, and what of it was touched."""
        on = bool(self._desk.wished.get(f"{ROOT}/learn"))
        return {"on": on, "target": self._target if on else "", "source": self._source if on else ""}
