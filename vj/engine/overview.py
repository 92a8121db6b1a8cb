"""What a surface shows of the desk besides values: one topic for each thing that lists, all of it plain JSON."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from vj.core.params import AnyParam
from vj.core.types import Cue, Duration, Value
from vj.engine.availability import Availability
from vj.engine.cues.looks import Looks
from vj.engine.cues.macros import Macros, plain
from vj.engine.cues.setlist import Setlist

#: Makes what there is to say of one topic now.
Topic = Callable[[], Any]


class Told(Protocol):
    """What is asked of a desk here."""

    setlist: Setlist
    availability: Availability
    taste: Looks
    macros: Macros
    table: dict[str, AnyParam]

    @property
    def cue(self) -> Cue | None: ...
    @property
    def standby(self) -> Cue | None: ...
    @property
    def shown(self) -> Mapping[str, Value]: ...
    @property
    def held(self) -> Sequence[str]: ...
    @property
    def cued(self) -> Sequence[str]: ...
    @property
    def moved(self) -> Sequence[str]: ...
    @property
    def waiting(self) -> list[tuple[str, float, float]]: ...
    def current(self, address: str) -> Value: ...


def topics(desk: Told) -> dict[str, Topic]:
    """The topics that every desk has, each to be asked whenever somebody looks."""
    return {
        "cues": lambda: _cues(desk),
        "looks": lambda: _looks(desk),
        "classes": lambda: _classes(desk),
        "macros": lambda: plain(desk.macros),
        "held": lambda: list(desk.held),
        "cued": lambda: list(desk.cued),
        "moved": lambda: list(desk.moved),
        "base": lambda: {a: desk.current(a) for a in desk.moved if desk.table[a].kind in ("float", "int")},
        "waiting": lambda: [list(knob) for knob in desk.waiting],
    }


def lasting(duration: Duration | None) -> str:
    """ "4 beats", "2.5 s", or "" for none."""
    return "" if duration is None else f"{duration.amount:g} {duration.unit}"


def _cues(desk: Told) -> dict[str, Any]:
    entries = [
        {
            "number": cue.number,
            "name": cue.name,
            "look": str(cue.values.get("/look", "")),
            "notes": cue.notes,
            "fade": lasting(cue.fade),
            "follow": lasting(cue.follow),
            "at": "{:02}:{:02}:{:02}:{:02}".format(*cue.at) if cue.at else "",
        }
        for cue in desk.setlist.cues
    ]
    return {
        "title": desk.setlist.title if entries else "",
        "path": str(desk.setlist.path or ""),
        "cues": entries,
        "on": desk.cue.number if desk.cue else None,
        "standby": desk.standby.number if desk.standby else None,
    }


def _looks(desk: Told) -> dict[str, Any]:
    names = desk.taste.names[1:]
    return {
        "names": list(names),
        "titles": {name: desk.taste[name].title for name in names},
        "on": str(desk.shown.get("/look", "")),
    }


def _classes(desk: Told) -> dict[str, Any]:
    bundle, mix = str(desk.shown["/model/select"]), desk.shown["/model/mix"]
    return {
        "bundle": bundle,
        "names": list(desk.availability.classes[bundle]),
        "on": [list(pair) for pair in mix] if isinstance(mix, tuple) else [],
        "first": desk.shown.get("/model/first", 0),
    }
