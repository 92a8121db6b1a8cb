"""The desk owns every parameter value: what the performer holds, else the cue's value plus modulation."""

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vj.core.errors import ControlError, nearest
from vj.core.params import Param, Snapshot
from vj.core.types import Clock, Cue, Duration, Event, Features, Modulation, Value
from vj.engine import pads
from vj.engine.addresses import arguments, asked, class_index, param_number, read_clock, released, resolve_mix
from vj.engine.casting import WAITING, Casting
from vj.engine.cues import macros
from vj.engine.cues.cuelist import CueList
from vj.engine.cues.looks import FADE, Looks
from vj.engine.cues.setlist import Setlist
from vj.engine.finish.effects import is_effect
from vj.engine.hands.fading import Fade
from vj.engine.hands.pickup import Pickups
from vj.engine.modulating import modulate
from vj.engine.onward import Onward
from vj.engine.overview import topics
from vj.features.state import State

#: Notices that are kept for whoever asks a little late.
_REMEMBERED = 8


@dataclass(frozen=True)
class Memory:
    """A part of what a show remembers when it is begun again: `tell` makes plain JSON of it, `remember` takes that back
    and raises ControlError where it makes no sense any more."""

    tell: Callable[[], Any]
    remember: Callable[[Any], None]


class Desk:
    """Applies events, takes cues, and publishes one immutable Snapshot a tick.

    table     address -> Param of everything that can be changed
    classes   class names of each bundle that can be asked for; `lineup` those of this show, all if none is named
    setlist   cues and macros; none will do
    looks     the looks that can be chosen at `/look`; none will do

    A bad event is refused, counted in `refused` and told in `notice`; nothing is lost. `told` counts notices, for the
    same words may be new ones.

    Whoever adds to what a desk can do registers by name: `deeds` are done when their address is called, with the
    arguments that it declares, and raise ControlError for nonsense; `topics` are shown by surfaces; `memories` kept.
    """

    def __init__(
        self,
        table: Mapping[str, Param],
        classes: Mapping[str, Sequence[str]],
        setlist: Setlist | None = None,
        looks: Looks | None = None,
        lineup: Sequence[str] = (),
    ) -> None:
        self.table = dict(table)
        self.casting = Casting(classes, lineup)
        self.taste = looks or Looks({}, table)
        if "/look" in self.table:
            self.table["/look"] = replace(self.table["/look"], choices=self.taste.names)
        select = self.table["/model/select"]
        names = self.casting.lineup
        self.table["/model/select"] = replace(select, default=names[0], choices=names)
        self.setlist = setlist or Setlist()
        self.macros: macros.Macros = {**macros.DEFAULT_MACROS, **self.setlist.macros}
        self._cues = CueList(self.setlist)
        self.refused = self.told = 0
        self.notice = ""
        self._said: deque[str] = deque(maxlen=_REMEMBERED)
        self.deeds: dict[str, Callable[[Event], None]] = {}
        self.topics = topics(self)
        self.memories: dict[str, Memory] = {}
        self.reset()

    def reset(self) -> None:
        """Every value back to its declared default, no cue taken."""
        self._base: dict[str, Value] = {address: param.default for address, param in self.table.items()}
        self._override: dict[str, Value] = {}
        self._shown: dict[str, Value] = dict(self._base)
        self._fades: dict[str, Fade] = {}
        self._pickups = Pickups()
        self._onward = Onward()
        self._clocks: dict[str, Clock] = {}
        self._cued: frozenset[str] = frozenset()
        self._modulate_by(())
        self._cues.reset()
        self._t = 0.0
        self._tick = 0
        self._bpm, self._metre = 120.0, 4
        for number, targets in self.macros.items():
            self._base[f"/macro/{number}"] = macros.position(targets[0], self._base)
        self._shown = dict(self._base)

    @property
    def cue(self) -> Cue | None:
        """The cue that is on."""
        return self._cues.on

    @property
    def standby(self) -> Cue | None:
        """The cue that GO fires."""
        return self._cues.standby

    @property
    def looks(self) -> tuple[str, ...]:
        """The looks that can be chosen, but for the one that is none."""
        return self.taste.names[1:]

    def apply(self, event: Event) -> bool:
        """Do what `event` asks. False, with a notice, if it makes no sense; nothing changes then."""
        try:
            self._apply(event)
        except ControlError as error:
            self.refused += 1
            hint = f" ({error.hint})" if error.hint else ""
            self.say(f"{event.address}: {error.what}{hint}")
            return False
        return True

    def take(self, cue: Cue) -> None:
        """Go to `cue`: its values are reached in its fade, knobs must be picked up again."""
        self._go_to(cue)
        if self._cues.took(cue, self._t):
            self._base["/cue/goto"] = cue.number

    def look(self, name: str, fade: Duration = FADE) -> None:
        """Take the look of that name in `fade` and stay in the cue that is on; raises ControlError if there is none."""
        self._go_to(self.taste.cue(name, self._classes, fade))

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
        return sorted(a for a in self._cued if self._base[a] != self.table[a].default)

    @property
    def moved(self) -> Sequence[str]:
        """What sound moves, by address."""
        return sorted({m.address for m in (*self._modulations, *self._bindings)})

    def overview(self) -> dict[str, Any]:
        """Everything a surface shows besides values, by topic, as plain JSON."""
        return {name: topic() for name, topic in self.topics.items()}

    def memory(self) -> dict[str, Any]:
        """What a show begun again with `remember` goes on from, as plain JSON."""
        return {name: memory.tell() for name, memory in self.memories.items()}

    def remember(self, memory: Mapping[str, Any]) -> None:
        """Go on from what `memory` told; what makes no sense any more is told and left out."""
        for name in (name for name in self.memories if name in memory):
            try:
                self.memories[name].remember(memory[name])
            except (ControlError, KeyError, TypeError, ValueError) as error:
                self.say(f"what was left of {name} cannot be taken up: {error}")

    @property
    def waiting(self) -> list[tuple[str, float, float]]:
        """Knobs that have not met their value yet: address, where the knob and where the value stands, 0..1."""
        knobs = self._pickups.waiting(self._t)
        return [(address, x, self.table[address].unscale(self._current(address))) for address, x in knobs.items()]

    @property
    def wanted(self) -> tuple[str, ...]:
        """Bundles that should be loaded, the most urgent first: wished for, prepared, and those of this show."""
        named = [str(self._current("/model/select")), str(self._current("/model/next"))]
        if self.setlist.ahead:
            coming = self.standby.values.get("/model/select", "") if self.standby else ""
            return tuple(dict.fromkeys(name for name in (*named, str(coming)) if name))
        return tuple(dict.fromkeys(name for name in (*named, *self.casting.lineup) if name))

    def missed(self, name: str, why: str) -> None:
        """The bundle `name` cannot be loaded: go on with the one that is on, and say why."""
        if self._current("/model/select") == name:
            for address in WAITING:
                self._override.pop(address, None)
                self._base[address] = self._shown[address]
        if self._current("/model/next") == name:
            self._override.pop("/model/next", None)
        self.refused += 1
        self.say(f"{name} cannot be loaded: {why}")

    def notices(self, since: int) -> list[str]:
        """What was told after the first `since` notices, the oldest first; of very many only the last."""
        new = min(self.told - since, len(self._said))
        return list(self._said)[len(self._said) - new :]

    def say(self, notice: str) -> None:
        """Tell the performer something."""
        self.notice = notice
        self.told += 1
        self._said.append(notice)

    def _go_to(self, cue: Cue) -> None:
        seconds = cue.fade.seconds(self._bpm, self._metre)
        for address, value in cue.values.items():
            self._override.pop(address, None)
            start = self._shown[address]
            if seconds > 0 and self.table[address].kind == "float" and address != "/model/morph":
                self._fades[address] = Fade(float(start), float(value), self._t, seconds)  # type: ignore[arg-type]
            self._base[address] = value
        if seconds > 0:
            self._base["/model/morph"] = self.table["/model/morph"].clamp(seconds)
            self._base["/master/fade"] = self.table["/master/fade"].clamp(seconds)
        self._cued = frozenset(cue.values)
        self._pickups.clear()
        self._modulate_by(cue.modulations)

    def tick(self, t: float, features: Features | None = None, bpm: float = 120.0) -> Snapshot:
        """The values at show time `t`: faded, modulated by `features`, smoothed."""
        dt, self._t, self._bpm = max(t - self._t, 0.0), t, bpm
        self._base.update({address: replace(clock, t=t) for address, clock in self._clocks.items()})
        self._clocks.clear()
        if features is not None and State in features.records:
            self._metre = features[State].metre
        if (due := self._cues.due(t, bpm, self._metre)) is not None:
            self.take(due)
        shown: dict[str, Value] = {}
        for address, value in self._base.items():
            shown[address] = self._override.get(address, value)
            if address in self._fades and address not in self._override:
                shown[address] = self._fades[address].at(t)
        self.casting.hold_back(shown, self._shown)
        pads.light(shown, len(self.casting.classes[str(shown["/model/select"])]), self.looks)
        for address in [a for a, fade in self._fades.items() if fade.done(t)]:
            del self._fades[address]
        if features is not None:
            onward = self._onward.step(features, t)
            modulate(shown, self._modulations, onward, self.table, self._override)
        for address, param in self.table.items():
            if param.smooth > 0.0 and self._tick:
                goal, now = float(shown[address]), float(self._shown[address])  # type: ignore[arg-type]
                # 90 % after `smooth` seconds, at any tick rate
                shown[address] = now + (goal - now) * -math.expm1(-2.303 * dt / param.smooth)
        self._shown = shown
        self._tick += 1
        return Snapshot(shown, t, self._tick, frozenset(self._override), self._bindings)

    def _apply(self, event: Event) -> None:
        address = event.address
        if address not in self.table:
            raise ControlError("no such address", hint=nearest(address, self.table))
        param = self.table[address]
        if param.kind in ("trigger", "deed") and released(param, event.args):
            return
        if param.kind == "deed":
            self._do(replace(event, args=arguments(param, event.args)))
        elif param.kind == "trigger":
            self._base[address] = int(self._base[address]) + 1  # type: ignore[arg-type]
            self._fire(address)
        elif address in ("/model/class", "/model/mix"):
            self._hold_mix(address, event.args)
        elif param.kind == "clock":  # it speaks of now, which is the time of the next tick
            before = self._clocks.get(address, self._base[address])
            self._clocks[address] = read_clock(event.args, before)  # type: ignore[arg-type]
        elif address in pads.ROWS:
            self._press(address, int(self._value(param, event) or 0))  # type: ignore[arg-type]
        else:
            value = self._value(param, event)
            if value is not None:
                self._hold(address, value)

    def _do(self, deed: Event) -> None:
        """Have done what `deed` asks, by whoever can."""
        if deed.address not in self.deeds:
            raise ControlError("nobody here can do that", hint="it is for a show on stage: vj live")
        self.deeds[deed.address](deed)

    def _hold(self, address: str, value: Value) -> None:
        """The performer sets `address`; a macro sets what it moves as well."""
        before = str(self._current("/model/select"))
        self._override[address] = value
        if address.startswith("/macro/"):
            self._override |= dict(macros.moved(self.macros, self.table, address, float(value)))  # type: ignore[arg-type]
        elif address == "/model/select":
            self._recast(before, str(value))
        elif address == "/cue/goto":
            self._override.pop(address)
            self.take(self._cues.find(str(value)))
        elif address == "/look":
            self._override.pop(address)
            self.look(str(value))

    @property
    def _classes(self) -> Sequence[str]:
        """Those of the bundle that is wished for."""
        return self.casting.classes[str(self._current("/model/select"))]

    def _press(self, address: str, number: int) -> None:
        """A pad is struck, or the page of a row turned by `number`."""
        row = pads.ROWS[address]
        names = self.looks if row == "/look" else self._classes
        first, count = int(self._current(f"{row}/first")), len(names)  # type: ignore[arg-type]
        if not count:
            self.say("there are no looks")
        elif address.endswith("/page"):
            self._override[f"{row}/first"] = first = pads.turned(first, number, count)
            kind = "look" if row == "/look" else "class"
            self.say(f"the first key is {kind} {first + 1} of {count}: {names[first]}")
        elif row == "/model":
            self._hold_mix("/model/class", ((first + number) % count,))
        else:
            self._hold("/look", names[(first + number) % count])

    def _recast(self, before: str, after: str) -> None:
        """The performer wished for the bundle `after`: the classes that it has too stay on."""
        mix = self._current("/model/mix")
        if isinstance(mix, tuple) and mix and after != before:
            self._override["/model/mix"] = self.casting.translate(mix, before, after)

    def _hold_mix(self, address: str, args: Sequence[Value]) -> None:
        classes = self._classes
        if address == "/model/class":
            self._override["/model/class"] = index = class_index(args[0] if args else 0, classes)
            self._override["/model/mix"] = ((index, 1.0),)
        else:
            self._override["/model/mix"] = mix = resolve_mix(args, classes)
            self._override["/model/class"] = max(mix, key=lambda pair: pair[1])[0]

    def _value(self, param: Param, event: Event) -> Value | None:
        """The value `event` asks for, or None while a knob has not been picked up."""
        args = event.args
        now = self._current(event.address)
        if event.address in ("/model/select", "/model/next") and args and args[0] != "":
            if isinstance(args[0], str):
                return self.casting.resolve(args[0])
            param = self.table["/model/select"]  # a number counts bundles in either
        if not event.scaled:
            return asked(param, args, now)
        x = min(max(param_number(args[0] if args else 1.0), 0.0), 1.0)
        waits = event.pickup and param.kind in ("float", "int")
        if waits and event.nears:
            near = self._pickups.nears(event.source, event.address, x, param.unscale(now))
            return None if near is None else param.scale(near)
        if waits and not self._pickups.moves(event.source, event.address, x, param.unscale(now), self._t):
            return None
        return param.scale(x)

    def _current(self, address: str) -> Value:
        """The value asked for, before smoothing."""
        return self._override.get(address, self._base[address])

    def _fire(self, address: str) -> None:
        """What a trigger does beyond being counted."""
        if address == "/master/panic":
            self._override.clear()
            self._fades.clear()
            self._pickups.clear()
        elif address == "/cue/go":
            self._step_to(self._cues.standby, "last")
        elif address == "/model/take" and self._current("/model/next"):
            self._hold("/model/select", self.casting.resolve(str(self._current("/model/next"))))
        elif address == "/cue/back":
            self._step_to(self._cues.before, "first")

    def _step_to(self, cue: Cue | None, end: str) -> None:
        """Go to the cue after or before, or say that this is the last or the first."""
        if cue is not None:
            self.take(cue)
        else:
            self.say(self._cues.end(end))

    def _modulate_by(self, modulations: tuple[Modulation, ...]) -> None:
        """What moves parameters from now on; the finishing chain's are only passed on, for they have envelopes."""
        self._bindings = tuple(m for m in modulations if is_effect(m.address))
        self._modulations = tuple(m for m in modulations if not is_effect(m.address))
