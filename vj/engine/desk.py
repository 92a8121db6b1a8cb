"""The desk owns every parameter value: what the performer holds, else the cue's value plus modulation."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from vj.core.errors import ControlError, VjError, nearest
from vj.core.params import AnyParam, Snapshot
from vj.core.types import Clock, Cue, Duration, Event, Features, Value
from vj.engine import pads
from vj.engine.addresses import coerce, read_clock, released
from vj.engine.auto.flying import Autopilot
from vj.engine.availability import WAITING
from vj.engine.console import Model
from vj.engine.cues import macros
from vj.engine.cues.looks import FADE, Looks
from vj.engine.cues.presets import Presets, find
from vj.engine.cues.setlist import Setlist
from vj.engine.hands import filing
from vj.engine.hands.coded import CodeHand
from vj.engine.hands.corners import MorphPad
from vj.engine.hands.cueing import CueHand
from vj.engine.hands.deck import Change
from vj.engine.hands.filing import FileHand
from vj.engine.hands.keeping import KeepHand
from vj.engine.hands.knobs import Knobs
from vj.engine.hands.letting_go import of_the_show
from vj.engine.hands.playbill import Playbill
from vj.engine.hands.presets import PresetHand
from vj.engine.hands.pressing import hold_mix, press, recast
from vj.engine.hands.registry import Memory, Part, Registry
from vj.engine.hands.remembering import Rememberer
from vj.engine.hands.undoing import Undo
from vj.engine.layers.asking import LayerHand
from vj.engine.modulation.connecting import Connector
from vj.engine.onward import Onward
from vj.engine.overview import topics
from vj.engine.timing.lines import Lines
from vj.engine.timing.quantise import WORD, Quantise, preset_of
from vj.engine.walker import Walker
from vj.features.state import State

__all__ = ["Desk", "Memory"]


class Desk(Playbill, Registry):
    """Applies events, takes cues, and publishes one immutable Snapshot a tick.

    table     address -> Param of everything that can be changed
    classes   class names of each bundle that can be asked for; `lineup` those of this show, all if none is named
    setlist   cues and macros; none will do
    looks     the looks that can be chosen at `/look`; none will do
    presets   what was stored before

    `changes` are those that are to be written to files, for whoever writes them.
    """

    def __init__(
        self,
        table: Mapping[str, AnyParam],
        classes: Mapping[str, Sequence[str]],
        setlist: Setlist | None = None,
        looks: Looks | None = None,
        lineup: Sequence[str] = (),
        presets: Presets | None = None,
    ) -> None:
        Registry.__init__(self)
        Playbill.__init__(self, table, classes, setlist or Setlist(), looks or Looks({}, table), lineup)
        self.changes: deque[Change] = deque()
        self.topics.update(topics(self))
        self.undoing = Undo(self)
        self.firing |= {
            "/master/panic": self._let_go,
            "/cue/go": lambda: self._step_to(self._cues.standby, "last"),
            "/cue/back": lambda: self._step_to(self._cues.before, "first"),
            "/model/take": self._take_next,
            "/desk/undo": lambda: self._went(self.undoing.take_back),
            "/desk/redo": lambda: self._went(self.undoing.bring_back),
        }
        self.holding |= {
            "/cue/goto": lambda value: self.take(self._cues.find(str(value))),
            "/look": lambda value: self.look(str(value)),
        }
        self.parts["cued"] = Part(lambda: self._followed, lambda said: self.follow(*said))
        self.presets = PresetHand(self, presets or {})
        self.keeping = KeepHand(self)
        self.pad = MorphPad(self, self.presets)
        self.cueing, self._coded = CueHand(self, self._cues), CodeHand(self, self.take)
        self.presets.changed = self.cueing.again
        Rememberer(self, self, self._cues, self.presets)
        self.files = FileHand(self, self.presets, self.keeping, self.cueing)
        self._connector, self._knobs = Connector(self), Knobs(self)
        LayerHand(self)
        self.deeds["/desk/release"] = lambda event: self.release(str(event.args[0]))
        self.memories["macros"] = Memory(self._knobs.tell, self._knobs.remember)
        self.parts["macros"] = Part(lambda: self.macros, lambda moves: setattr(self, "macros", moves))
        self.autopilot = Autopilot(self)
        self.ticking += [
            lambda t: self._come(),
            lambda t: self.autopilot.step(t, self._lines, self._heard),
        ]
        self.topics |= {
            "learn": lambda: {**self._connector.topic(), "macro": self._knobs.learning},
            "modulations": lambda: self._moving.topic(self.wished),
            "pending": lambda: self._quantise.topic(self._line, self._lines),
        }
        self.reset()

    def reset(self, t: float = 0.0) -> None:
        """Every value back to its declared default, no cue taken, as things were when a show began at show time `t`."""
        self._clear()
        self._t = t
        self._onward = Onward()
        self._lines, self._quantise = Lines(), Quantise()
        self._heard: Features | None = None
        self.autopilot.reset()
        self._clocks: dict[str, Clock] = {}
        self._cues.reset()
        self._tick = 0
        for hand in (self.undoing, self.presets, self.pad, self._coded):
            hand.reset()

    def apply(self, event: Event) -> bool:
        """Do what `event` asks. False, with a notice, if it makes no sense; nothing changes then."""
        self.autopilot.touched(event)
        return self._tried(event, self._receive)

    def _tried(self, event: Event, do: Callable[[Event], None]) -> bool:
        """Whether `do` made sense of `event`; what it changed can be undone."""
        before = self.undoing.state(self.standing) if self.undoing.concerns(event) else None
        try:
            do(event)
        except VjError as error:
            self.refuse(event.address, error)
            return False
        if before is not None:
            self.undoing.done(event, before, self.standing)
        return True

    def _receive(self, event: Event) -> None:
        """Do what `event` asks now, or on the next line of the music, or only take it for what is meant."""
        if self._connector.takes(event) or self._knobs.takes(event):
            return
        param = self.table.get(event.address)
        if param is None or (param.kind in ("trigger", "deed") and released(param, event.args)):
            self._apply(event)
            return
        self._check(event)
        if self._quantise.waits(event, self._line, self._lines):
            self.say(self._quantise.said(event, self._line, self._lines))
        else:
            self._apply(event)

    def _check(self, event: Event) -> None:
        """Raise ControlError now for what would make no sense when its time comes."""
        if event.address == "/cue/goto":
            self._cues.find(str(coerce(self.table[event.address], event.args)))
        elif event.address == "/look" and not event.scaled:
            coerce(self.table[event.address], event.args)
        elif event.address in ("/model/class", "/model/mix"):
            hold_mix(self, {}, event.address, event.args)
        elif preset := preset_of(event):
            find(self.presets.presets, preset, self.presets.bank)

    @property
    def _line(self) -> str:
        """What is waited for: a beat, a bar, a phrase, or nothing."""
        return str(self.wished.get(WORD, "now"))

    @property
    def ahead(self) -> str:
        """What comes next by itself besides cues, as the words of a preview: what waits for its line, else the look
        that the autopilot has in mind; "" for nothing."""
        return self._quantise.ahead or self.autopilot.ahead

    def _come(self) -> None:
        """What has waited for this line is done."""
        for event in self._quantise.due(self._line, self._lines):
            self._tried(event, self._apply)

    def take(self, cue: Cue, cut: bool = False) -> None:
        """Go to `cue`: its values are reached in its fade unless it is `cut`, knobs must be picked up again."""
        self.go(replace(cue, fade=Duration()) if cut else cue, cut)
        if self._cues.took(cue, self._t):
            self._base["/cue/goto"] = cue.number

    def look(self, name: str, fade: Duration = FADE) -> None:
        """Take the look of that name in `fade` and stay in the cue that is on; raises ControlError if there is none."""
        self.go(self.taste.cue(name, self.cast, fade))

    def missed(self, name: str, why: str) -> None:
        """The bundle `name` cannot be loaded: go on with the one that is on, and say why."""
        if self.current(Model.select) == name:
            for address in WAITING:
                self._override.pop(address, None)
                self._base[address] = self._shown[address]
        if self.current(Model.next) == name:
            self._override.pop("/model/next", None)
        self.refused += 1
        self.say(f"{name} cannot be loaded: {why}")

    def go(self, cue: Cue, cut: bool = False, whole: bool = False) -> None:
        """Go to `cue` as `go_to` does: the preset that was on is no more, and the morph pad lets go."""
        self.presets.on = None
        self.pad.let_go()
        self.go_to(cue, cut, whole)

    def tick(self, t: float, features: Features | None = None, bpm: float = 120.0) -> Snapshot:
        """The values at show time `t`: faded, modulated by `features`, smoothed."""
        dt, self._t, self._bpm = max(t - self._t, 0.0), t, bpm
        self._base.update({address: replace(clock, t=t) for address, clock in self._clocks.items()})
        self._clocks.clear()
        onward = self._heard = None if features is None else self._onward.step(features, t)
        self._lines.step(t, onward)
        if features is not None and State in features.records:
            self._metre = features[State].metre
        locked = bool(self.current("/preset/lock"))
        if (due := None if locked else self._cues.due(t, bpm, self._metre)) is not None:
            self.take(due)
        self._turn(t)
        shown = self._asked(t)
        self.availability.defer(shown, self._shown)
        pads.light(shown, len(self.availability.classes[str(shown["/model/select"])]), self.looks)
        self._moving.route(dt, shown, onward, self._lines.beats, self._override)
        if self._tick:
            self._soften(shown, dt)
        self._shown = shown
        self._tick += 1
        values = self._moving.slot(t, dt, shown, onward, self.macros, self._override)
        held, moving = frozenset(self._override), self._moving
        return Snapshot(values, t, self._tick, held, moving.bindings, moving.moved, moving.strengths)

    def _turn(self, t: float) -> None:
        """Whoever moves values at every tick does; what goes wrong is told."""
        for tick in self.ticking:
            try:
                tick(t)
            except VjError as error:
                self.refuse("/desk", error)

    def _apply(self, event: Event) -> None:
        address = event.address
        if event.source == filing.SOURCE:
            self.files.learn(event)
            return
        if address not in self.table:
            raise ControlError("no such address", hint=nearest(address, self.table))
        param = self.table[address]
        if param.kind in ("trigger", "deed") and released(param, event.args):
            return
        if param.kind == "deed":
            self.do(event, param)
        elif param.kind == "trigger":
            self._base[address] = int(self._base[address]) + 1  # type: ignore[arg-type]
            self.firing.get(address, lambda: None)()
        elif address in ("/model/class", "/model/mix"):
            hold_mix(self, self._override, address, event.args)
        elif param.kind == "clock":  # it speaks of now, which is the time of the next tick
            before = self._clocks.get(address, self._base[address])
            self._clocks[address] = read_clock(event.args, before)  # type: ignore[arg-type]
        elif address in pads.ROWS:
            press(self, self._override, address, int(self._value(param, event) or 0), self._hold)  # type: ignore[arg-type]
        elif (value := self._value(param, event)) is not None:
            self._hold(address, value)

    def put(self, address: str, value: Value) -> None:
        """The performer sets `address` to `value`, which it may have."""
        self._hold(address, value)

    def _hold(self, address: str, value: Value) -> None:
        """The performer sets `address`; a macro sets what it moves as well."""
        if address in self.holding:
            self.holding[address](value)
            return
        before = self.current(Model.select)
        self._override[address] = value
        if address.startswith("/macro/"):
            self._override |= dict(macros.moved(self.macros, self.table, address, float(value)))  # type: ignore[arg-type]
        elif address == "/model/select":
            recast(self._override, self.current(Walker.mix), self.availability.translate, before, str(value))

    def _went(self, way: Callable[[Mapping[str, dict[str, Value]]], list[str]]) -> None:
        """Undo or redo: what changes is there at once, not on its way."""
        self.put_back(way(self.layers))
        self.pad.step()

    def _let_go(self) -> None:
        """Panic: nothing of the show is held, on its way, waited for or learnt."""
        for address in [address for address in self._override if of_the_show(address)]:
            del self._override[address]
        self._fades.clear()
        self._pickups.clear()
        self._quantise.clear()
        self._knobs.learning = 0

    def _take_next(self) -> None:
        if self.current(Model.next):
            self._hold("/model/select", self.availability.resolve(self.current(Model.next)))

    def _step_to(self, cue: Cue | None, end: str) -> None:
        """Go to the cue after or before, or say that this is the last or the first."""
        if cue is not None:
            self.take(cue)
        else:
            self.say(self._cues.end(end))
