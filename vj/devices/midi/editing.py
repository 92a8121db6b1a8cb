"""The bindings of a running show, shown and changed: by learning, and line by line from a surface."""

import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mido import Message

from vj.core.errors import ControlError, nearest
from vj.core.params import AnyParam, Snapshot
from vj.core.types import Event
from vj.devices.midi._book import Book, Job, Line, altered, names, told
from vj.devices.midi._entry import Control, Entry, read_control, read_entry
from vj.devices.midi._files import MapFiles
from vj.devices.midi.decode import reading
from vj.devices.midi.learning import Change, Lesson, Target, file_name
from vj.devices.midi.mapping import DeviceMap, normalised

#: Kinds of parameters that no control can be bound to.
UNBOUND = ("clock",)


class Editing:
    """What performers do to bindings. `changed` is set once a file has been written; `notice` says what became of it.

    `hear` and `step` are for the MIDI thread, deeds and what is shown for any.
    """

    def __init__(
        self, table: Mapping[str, AnyParam], maps: MapFiles, folder: Path, events: "queue.SimpleQueue[Event]"
    ) -> None:
        self._table = table
        self._events = events
        self._maps = maps
        self._folder = folder
        self._lesson = Lesson(table)
        self._book = Book(table, self._written)
        self._activity: tuple[str, Message] | None = None
        self._bound: dict[str, tuple[Entry, ...]] = {}
        self.changed = threading.Event()
        self.notice = ""
        self.bindings: list[dict[str, Any]] = []

    @property
    def said(self) -> str:
        """What learning has to say to the performer."""
        return self._lesson.said

    @property
    def deeds(self) -> dict[str, Callable[[Event], None]]:
        """What a desk can have done here, by address."""
        return {"/midi/learn": self._point, "/midi/unbind": self._unbind, "/midi/edit": self._edit}

    def heard(self, device: str, message: Message) -> None:
        """A hand moved something."""
        self._activity = device, message

    def overview(self, devices: Sequence[str], on: bool) -> dict[str, Any]:
        """Everything about MIDI that a surface shows, as plain JSON."""
        heard, said = self._activity, ""
        if heard is not None and (read := reading(heard[1])) is not None:
            source, channel, number, level = read
            said = f"{normalised(heard[0])}: {source} {number} ch {channel} = {level}"
        target = self._lesson.target
        learn = {"on": on, "target": "" if target is None else str(target), "said": self.said}
        return {"devices": list(devices), "activity": said, "learn": learn, "bindings": self.bindings}

    def close(self) -> None:
        """Finish what is to be written."""
        self._book.close()

    def know(self, devices: Mapping[str, DeviceMap]) -> None:
        """These are plugged in, by port, with these maps."""
        self._bound = {name: device.entries for name, device in devices.items()}
        self.bindings = [
            {"device": normalised(name), **told(entry)} for name, entries in self._bound.items() for entry in entries
        ]

    def hear(self, device: str, messages: Sequence[Message], now: float) -> None:
        """Controls were moved while learning."""
        self._lesson.hear(device, messages, now)

    def step(self, snapshot: Snapshot | None, now: float) -> None:
        """Go on with learning; what is decided is written."""
        on, both = (bool(snapshot[a]) for a in ("/window/learn", "/midi/both")) if snapshot else (False, False)
        for change in self._lesson.step(on, self._bound, both, now):
            self._write(change)

    def _write(self, change: Change) -> None:
        lines = change.lines
        control = read_control(change.control)
        if not lines and self._maps.binds(change.device, control):
            lines = ({"from": change.control, "to": ""},)  # a map below would bind it again
        name = normalised(change.device)
        path = self._maps.file_of(change.device) or self._folder / file_name(name)
        self._book.write(Job(path, name, change.control, lines, change.words))

    def _written(self, words: str) -> None:
        self.notice = words
        self.changed.set()

    def _point(self, event: Event) -> None:
        address, *value = (arg for arg in event.args)
        param = self._table.get(str(address))
        if param is None:
            raise ControlError(f"no address {address!r}", hint=nearest(str(address), self._table))
        if param.kind in UNBOUND:
            raise ControlError(f"{address} follows MIDI clock by itself", hint="nothing needs to be bound to it")
        self._lesson.point(Target(str(address), _plain(value[0]) if value else None))
        self._events.put(Event("/window/learn", (True,), "midi learn"))

    def _unbind(self, event: Event) -> None:
        """Without words what was touched last, else `device from to`."""
        if not event.args:
            self._lesson.forget()
            return
        port, entry = self._find(event)
        rest = tuple(told(e) for e in self._bound[port] if e.control == entry.control and e.to != entry.to)
        self._write(Change(port, str(entry.control), rest, f"{entry.control} no longer moves {entry.to}"))

    def _edit(self, event: Event) -> None:
        """`device from to key value`."""
        port, entry = self._find(event)
        key, word = (str(arg) for arg in (*event.args[3:5], *("", "")[len(event.args[3:5]) :]))
        line = altered(entry, self._table[entry.to], key, word)
        read_entry(line, self._table, "/midi/edit")
        lines: list[Line] = [told(e) for e in self._bound[port] if e.control == entry.control and e.to != entry.to]
        words = f"{entry.control} -> {entry.to}: {key} {word}".rstrip()
        self._write(Change(port, str(entry.control), (*lines, line), words))

    def _find(self, event: Event) -> tuple[str, Entry]:
        """The port and the binding that `device from to` name; raises ControlError."""
        device, control, to = (str(arg) for arg in (*event.args[:3], *("", "", "")[len(event.args[:3]) :]))
        ports = [port for port in self._bound if normalised(port) == device]
        if not ports:
            raise ControlError(f"no MIDI device {device!r}", hint=nearest(device, list(map(normalised, self._bound))))
        known: Control = read_control(control)
        for entry in self._bound[ports[0]]:
            if entry.control == known and entry.to == to:
                return ports[0], entry
        there = [entry.to for entry in names(known, self._bound[ports[0]])]
        raise ControlError(f"{control} of {device} does not move {to!r}", hint=nearest(to, there))


def _plain(value: Any) -> float | str:
    """A value as a mapping has it: whole numbers without a point."""
    try:
        number = float(value)
    except ValueError:
        return str(value)
    return int(number) if number.is_integer() else number
