"""MIDI messages of one device to events."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from mido import Message

from vj.core.params import AnyParam
from vj.core.types import Clock, Event
from vj.devices.midi._entry import Control, Entry, Sent
from vj.devices.midi._pair import Change, Pair, Parameters
from vj.devices.midi._turn import Sense, steps
from vj.devices.midi.mapping import DeviceMap, value_entries

Reading = tuple[str, int, int, int]


def parse(raw: bytes) -> Message | None:
    """The message in some bytes; None if they are none. (mido raises IndexError for a bend that is cut short.)"""
    try:
        return Message.from_bytes(raw)
    except (ValueError, LookupError, TypeError):
        return None


def reading(message: Message) -> Reading | None:
    """(source, channel 1 to 16, number, level) of a message that a control sends; None for any other.

    The level is 0..127, for a bend 0..16383; a note that ends has level 0.
    """
    kind, channel = message.type, getattr(message, "channel", 0) + 1
    if kind == "control_change":
        return "cc", channel, message.control, message.value
    if kind in ("note_on", "note_off"):
        return "note", channel, message.note, message.velocity if kind == "note_on" else 0
    if kind == "program_change":
        return "pc", channel, message.program, 127
    if kind == "pitchwheel":
        return "bend", channel, 0, message.pitch + 8192
    if kind == "aftertouch":
        return "pressure", channel, 0, message.value
    if kind == "polytouch":
        return "poly", channel, message.note, message.value
    return None


class Decoder:
    """Applies a device's map. `source` is the name its events carry.

    It remembers which buttons are down, halves of 14-bit values that wait for the other (`late` tells those that wait
    in vain), which parameter NRPN and RPN speak of, and what kind of encoder a knob has turned out to be.
    """

    def __init__(self, device: DeviceMap, table: Mapping[str, AnyParam], source: str) -> None:
        self._table = table
        self._source = source
        self._down: set[tuple[str, int, int, str]] = set()
        self._pairs: dict[tuple[int, int], Pair] = {}
        self._senses: dict[tuple[int, int], Sense] = {}
        self._parameters = Parameters()
        self.follow(device)

    def follow(self, device: DeviceMap) -> None:
        """Apply `device` from now on."""
        self._entries = value_entries(device.entries)
        self._silent = set(device.silent)
        self._numbered = any(entry.control.source in ("nrpn", "rpn") for entry in device.entries)
        self._touches = {entry.touch for entry in device.entries if entry.touch is not None}
        for entry in device.entries:
            if entry.kind == "cc14" and entry.control.number is not None:
                lower = entry.control._replace(number=entry.control.number + 32)
                self._entries[lower] = (*self._entries.get(lower, ()), entry)

    def events(self, message: Message, now: float = 0.0) -> list[Event]:
        """What a message that came at second `now` means; nothing if it means nothing."""
        read = reading(message)
        if read is None:
            return []
        if read[0] == "cc" and self._numbered and Control(*read[:3]) not in self._entries:  # type: ignore[arg-type]
            changes = self._parameters.take(*read[1:], now)
            if changes is not None:
                return [event for change in changes for event in self._changed(change)]
        bound = self._bound(read)
        position, turned = self._whole(bound, read, now), self._turned(bound, read)
        events = (self._event(entry, read, position, turned) for entry in bound)
        return [event for event in events if event is not None]

    def late(self, now: float) -> list[Event]:
        """What halves mean whose other half has not come by second `now`."""
        events = [event for change in self._parameters.late(now) for event in self._changed(change)]
        for (channel, number), pair in self._pairs.items():
            position = pair.late(now)
            if position is not None:
                bound = self._bound(("cc", channel, number, 0))
                events += [self._knob(e, self._table[e.to], position) for e in bound if e.kind == "cc14"]
        return events

    def lets_go(self, read: Reading) -> bool:
        """Whether this is the end of a press."""
        return any(
            (*read[:3], entry.to) in self._down and not self._is_pressed(entry, read) for entry in self._bound(read)
        )

    def _bound(self, read: Reading) -> tuple[Entry, ...]:
        """The entries for a control: those that name it most exactly."""
        source, channel, number, _ = read
        for key in ((channel, number), (None, number), (channel, None), (None, None)):
            control = Control(source, *key)  # type: ignore[arg-type]
            if entries := self._entries.get(control):
                return entries
            if control in self._silent:
                return ()
            if Control(source, channel, number) in self._touches:  # type: ignore[arg-type]
                return ()  # a finger on a fader plays no note
        return ()

    def _changed(self, change: Change) -> Iterator[Event]:
        """What a numbered parameter means that was told something."""
        level = round((change.position or 0.0) * 127)
        for entry in self._bound((change.source, change.channel, change.number, level)):
            param = self._table[entry.to]
            if change.position is None:
                event = self._turn(entry, param, change.steps) if param.kind in ("float", "int") else None
            elif self._is_knob(entry, param):
                event = self._knob(entry, param, change.position)
            else:
                event = self._event(entry, (change.source, change.channel, change.number, level))
            if event is not None:
                yield event

    def _whole(self, bound: Sequence[Entry], read: Reading, now: float) -> float | None:
        """The position of 14 bits that a half completes; None where it does not, or is none."""
        _, channel, number, level = read
        upper = next((entry.control.number or 0 for entry in bound if entry.kind == "cc14"), None)
        if upper is None:
            return None
        return self._pairs.setdefault((channel, upper), Pair()).take(int(number != upper), level, now)

    def _turned(self, bound: Sequence[Entry], read: Reading) -> int | Literal["absolute"]:
        """The steps of a knob that finds out by itself whether it is an encoder; "absolute" where it is none."""
        kinds = {entry.kind for entry in bound}
        if kinds.isdisjoint(("auto", "encoder")):
            return "absolute"
        return self._senses.setdefault(read[1:3], Sense("auto" in kinds)).take(read[3])

    def _event(
        self,
        entry: Entry,
        read: Reading,
        position: float | None = None,
        turned: int | Literal["absolute"] = "absolute",
    ) -> Event | None:
        param = self._table[entry.to]
        source, _, _, level = read
        if entry.kind == "cc14":
            return None if position is None else self._knob(entry, param, position)
        if entry.kind in ("auto", "encoder") and turned != "absolute":
            return self._turn(entry, param, turned)
        if entry.kind in ("relative", "signed", "relative64"):
            return self._turn(entry, param, steps(entry.kind, level))
        if source in ("note", "pc") or not self._is_knob(entry, param):
            counts = param.kind in ("class", "text") and entry.mode is None and entry.value is None
            if counts and source not in ("note", "pc"):
                return self._tell(entry, _nth(param, level - entry.first))
            return self._press(entry, param, read)
        return self._knob(entry, param, level / (16383 if source == "bend" else 127))

    def _is_knob(self, entry: Entry, param: AnyParam) -> bool:
        """Whether what is bound follows a position."""
        buttons = entry.mode is not None or entry.value is not None
        return not buttons and param.kind not in ("trigger", "deed", "toggle", "class", "text")

    def _knob(self, entry: Entry, param: AnyParam, x: float) -> Event:
        soft = entry.takeover != "none" and param.kind in ("float", "int")
        nears = soft and entry.takeover == "scale"
        return Event(entry.to, (entry.knob(x, param),), self._source, scaled=True, pickup=soft, nears=nears)

    def _turn(self, entry: Entry, param: AnyParam, turned: int) -> Event | None:
        """Steps of an endless encoder, as a relative change: 127 steps go from end to end, an int moves by one."""
        if turned == 0:
            return None
        lo, hi = entry.range or (param.lo, param.hi)
        if (entry.curve or param.curve) == "log" and min(lo, hi) > 0:
            return self._tell(entry, "*", (hi / lo) ** (turned / 127))
        return self._tell(entry, "+", turned if param.kind == "int" else turned / 127 * (hi - lo))

    def _is_pressed(self, entry: Entry, read: Reading) -> bool:
        source, _, _, level = read
        threshold = entry.threshold * (129 if source == "bend" else 1)
        return level > 0 if source in ("note", "pc") else level >= threshold

    def _press(self, entry: Entry, param: AnyParam, read: Reading) -> Event | None:
        source, channel, number, _ = read
        button = (source, channel, number, entry.to)
        pressed = self._is_pressed(entry, read)
        if source not in ("note", "pc") and pressed == (button in self._down):
            return None  # a fader used as a button counts when it passes the threshold
        (self._down.add if pressed else self._down.discard)(button)
        mode = entry.mode or _usual_mode(entry, param, source)
        if mode == "momentary" and not pressed and param.kind not in ("trigger", "deed"):
            return self._let_go(entry, param)
        if not pressed:
            return None
        if entry.value is not None:
            return self._tell(entry, entry.value)
        if mode == "toggle":
            return self._tell(entry, "toggle")
        if param.kind in ("class", "text"):
            return self._tell(entry, _nth(param, number - entry.first))
        if param.kind in ("float", "int"):
            return Event(entry.to, (entry.knob(1.0, param),), self._source, scaled=True)
        return self._tell(entry, *(() if param.kind in ("trigger", "deed") else (True,)))

    def _let_go(self, entry: Entry, param: AnyParam) -> Event | None:
        if entry.value is None and param.kind in ("float", "int"):
            return Event(entry.to, (entry.knob(0.0, param),), self._source, scaled=True)
        if param.kind == "toggle":
            return self._tell(entry, not entry.value if isinstance(entry.value, bool) else False)
        return None if isinstance(param.default, tuple | Clock) else self._tell(entry, param.default)

    def _tell(self, entry: Entry, *args: Sent) -> Event:
        return Event(entry.to, args, self._source)


def _usual_mode(entry: Entry, param: AnyParam, source: str) -> str:
    """How a button behaves when its entry does not say."""
    if entry.value is not None or param.kind in ("trigger", "deed", "class", "text", "choice"):
        return "trigger"
    return "toggle" if param.kind == "toggle" and source == "note" else "momentary"


def _nth(param: AnyParam, index: int) -> Sent:
    """Number `index` of a row of classes, counted from 0, or of cues, which are words counted from 1."""
    return index if param.kind == "class" else str(index + 1)
