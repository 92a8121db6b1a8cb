"""MIDI learn while the show runs: a parameter is pointed at, a control is moved, and they are bound.

`Lesson` is the conversation: it hears controls on the MIDI thread, and is told what was pointed at by any other.
"""

import queue
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mido import Message

from vj.core.params import AnyParam
from vj.devices.midi._book import Line, names, told
from vj.devices.midi._entry import Entry, read_control
from vj.devices.midi.decode import reading
from vj.devices.midi.learn import AGAIN, LISTEN_S, Learnt, judge

#: How long the answer to a question is waited for.
ANSWER_S = 8.0
#: How long it lasts where it is a button's next press.
PRESS_S = 2.5
#: A control that was bound may still move for a while: it means nothing else then.
SETTLES_S = 0.7
NOTHING = "learn: touch a parameter, or press its key; Esc leaves"


@dataclass(frozen=True)
class Target:
    """What is to be bound: a parameter, or sending it `value`."""

    address: str
    value: float | str | None = None

    def __str__(self) -> str:
        return self.address if self.value is None else f"{self.address} {self.value}"


@dataclass(frozen=True)
class Change:
    """From now on `control` of `device` is bound as `lines` say."""

    device: str
    control: str
    lines: tuple[Line, ...]
    words: str


class Lesson:
    """One performer learning. Times are seconds on any one clock; devices are known by their ports' names.

    `target` is what is pointed at, `said` what is to be read on the panel. `point` and `forget` are for any thread.
    """

    def __init__(self, table: Mapping[str, AnyParam]) -> None:
        self._table = table
        self._asked: queue.SimpleQueue[Target | None] = queue.SimpleQueue()
        self._on = False
        self._messages: list[Message] = []
        self._device, self._until = "", 0.0
        self._guess: Learnt | None = None  # what was judged before the question that is open
        self._waits = False  # for the first of an answer
        self._touched: tuple[str, str] | None = None
        self._settling: tuple[str, str, float] = ("", "", 0.0)
        self.target: Target | None = None
        self.said = ""

    def point(self, target: Target) -> None:
        """This is to be bound next."""
        self._asked.put(target)

    def forget(self) -> None:
        """Unbind what was pointed at, or the control that was moved."""
        self._asked.put(None)

    def hear(self, device: str, messages: Sequence[Message], now: float) -> None:
        """Controls of `device` were moved."""
        for message in messages:
            read = reading(message)
            if read is None or (self._messages and device != self._device):
                continue
            settles, control, until = self._settling
            if device == settles and now < until and control in _called(read):
                self._settling = (settles, control, now + SETTLES_S)
                continue
            if not self._messages:
                self._device = device
            if not self._messages or self._waits:
                again = self._waits and self._guess is not None and self._guess.ask == AGAIN
                self._until, self._waits = now + (PRESS_S if again else LISTEN_S), False
            self._messages.append(message)

    def step(self, on: bool, bound: Mapping[str, Sequence[Entry]], both: bool, now: float) -> list[Change]:
        """What has been decided by `now`; `bound` is what each device moves, `both` keeps what the control moved."""
        if on != self._on:
            self._on = on
            if on and self.target is not None:  # it was pointed at, and that is why
                self._messages.clear()
            else:
                self._reset()
                self.said = NOTHING if on else ""
        changes: list[Change] = []
        while not self._asked.empty():
            asked = self._asked.get()
            if asked is not None:
                self._reset()
                self.target, self.said = asked, f"learn: {asked} <- move a control"
            elif on:
                changes += self._unbind(bound)
        if self._messages and now >= self._until:
            changes += self._judge(bound, both, now)
        return changes

    def _reset(self) -> None:
        self._messages.clear()
        self._guess = self.target = self._touched = None
        self._waits = False

    def _judge(self, bound: Mapping[str, Sequence[Entry]], both: bool, now: float) -> list[Change]:
        learnt = judge(self._messages, asked=self._guess is not None) or self._guess
        if learnt is None:
            self._messages.clear()
            return []
        if learnt.ask and self._guess is None and self.target is not None:
            self._guess, self._until, self._waits = learnt, now + ANSWER_S, True
            self.said = f"learn: {learnt.words}? {learnt.ask}"
            return []
        self._guess, self._waits = None, False
        self._messages.clear()
        self._touched = self._device, learnt.source
        self._settling = (self._device, learnt.source, now + SETTLES_S)
        there = names(read_control(learnt.source), bound.get(self._device, ()))
        where = learnt.words.split(" (")[0]
        if self.target is None:
            to = ", ".join(entry.to for entry in there) or "nothing"
            self.said = f"learn: {where} -> {to}; Del unbinds it"
            return []
        target, self.target = self.target, None
        line = learnt.entry(target.address, self._table[target.address], target.value)
        kept = [told(entry) | {"from": learnt.source} for entry in there if entry.to != target.address] if both else []
        self.said = f"{where} -> {target}"
        return [Change(self._device, learnt.source, (*kept, line), self.said)]

    def _unbind(self, bound: Mapping[str, Sequence[Entry]]) -> list[Change]:
        """Leave what was touched unbound: a parameter by every control, or a control."""
        changes: list[Change] = []
        if self.target is not None:
            for device, entries in bound.items():
                for control in dict.fromkeys(entry.control for entry in entries if entry.to == self.target.address):
                    rest = [told(e) for e in entries if e.control == control and e.to != self.target.address]
                    changes.append(Change(device, str(control), tuple(rest), f"{control} is unbound"))
            self.said = f"learn: {self.target} is bound to nothing"
        elif self._touched is not None:
            device, control_ = self._touched
            if names(read_control(control_), bound.get(device, ())):
                changes.append(Change(device, control_, (), f"{control_} is unbound"))
            self.said = f"learn: {control_} is bound to nothing"
        return changes


def _called(read: tuple[str, int, int, int]) -> tuple[str, ...]:
    """Names by which a mapping may know the control that sent this: its own, and that of its other half."""
    source, channel, number, _ = read
    own = f"{source}:{channel}" if source in ("bend", "pressure") else f"{source}:{channel}:{number}"
    halves = {number - 32, 6, 38} if source == "cc" else set()
    return (own, *(f"cc:{channel}:{half}" for half in halves))


def file_name(device: str) -> str:
    """The name of the mapping file of a device that has none yet."""
    return f"{re.sub(r'[^a-z0-9]+', '-', device.casefold()).strip('-') or 'device'}.toml"
