"""What there is to be played: bundles and their classes, looks, cues; and what of it is on, or coming."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from vj.core.params import AnyParam
from vj.core.types import Cue, Event, Value
from vj.engine.addresses import asked, param_number
from vj.engine.availability import Availability
from vj.engine.cues import macros
from vj.engine.cues.cuelist import CueList
from vj.engine.cues.looks import Looks
from vj.engine.cues.setlist import Setlist
from vj.engine.hands.levels import Levels


class Playbill(Levels):
    """The values, and what they may name. Arguments are those of the desk."""

    def __init__(
        self,
        table: Mapping[str, AnyParam],
        classes: Mapping[str, Sequence[str]],
        setlist: Setlist,
        looks: Looks,
        lineup: Sequence[str],
    ) -> None:
        super().__init__(table, {**macros.DEFAULT_MACROS, **setlist.macros})
        self.setlist = setlist
        self.availability = Availability(classes, lineup)
        self.taste = looks
        if "/look" in self.table:
            self.table["/look"] = replace(self.table["/look"], choices=looks.names)
        names = self.availability.lineup
        self.table["/model/select"] = replace(self.table["/model/select"], default=names[0], choices=names)
        self._cues = CueList(setlist)

    @property
    def cue(self) -> Cue | None:
        """The cue that is on."""
        return self._cues.on

    @property
    def standby(self) -> Cue | None:
        """The cue that GO fires."""
        return self._cues.standby

    def cue_age(self, t: float) -> float:
        """Seconds for which the cue that is on has been so at show time `t`."""
        return self._cues.age(t)

    def cue_aged(self, seconds: float) -> None:
        """It has been on for so many seconds longer than was known here."""
        self._cues.aged(seconds)

    def called(self, word: str) -> Cue:
        """The cue of that number or name; raises ControlError if there is none."""
        return self._cues.find(word)

    @property
    def looks(self) -> tuple[str, ...]:
        """The looks that can be chosen, but for the one that is none."""
        return self.taste.names[1:]

    @property
    def wanted(self) -> tuple[str, ...]:
        """Bundles that should be loaded, the most urgent first: wished for, prepared, and those of this show."""
        named = [str(self.current("/model/select")), str(self.current("/model/next"))]
        if self.setlist.ahead:
            coming = self.standby.values.get("/model/select", "") if self.standby else ""
            return tuple(dict.fromkeys(name for name in (*named, str(coming)) if name))
        return tuple(dict.fromkeys(name for name in (*named, *self.availability.lineup) if name))

    @property
    def cast(self) -> Sequence[str]:
        """The classes of the bundle that is wished for."""
        return self.availability.classes[str(self.current("/model/select"))]

    def _value(self, param: AnyParam, event: Event) -> Value | None:
        """The value `event` asks for, or None while a knob has not been picked up."""
        args = event.args
        now = self.current(event.address)
        if event.address in ("/model/select", "/model/next") and args and args[0] != "":
            if isinstance(args[0], str):
                return self.availability.resolve(args[0])
            param = self.table["/model/select"]  # a number counts bundles in either
        if not event.scaled or param.kind == "text":  # no knob has words
            return asked(param, args, now)
        x = min(max(param_number(args[0] if args else 1.0), 0.0), 1.0)
        waits = event.pickup and param.kind in ("float", "int")
        if waits and event.nears:
            near = self._pickups.nears(event.source, event.address, x, param.unscale(now))
            return None if near is None else param.scale(near)
        if waits and not self._pickups.moves(event.source, event.address, x, param.unscale(now), self._t):
            return None
        return param.scale(x)
