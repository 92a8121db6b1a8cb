"""MIDI messages of one device to events."""

from collections.abc import Mapping

from mido import Message

from vj.core.params import Param
from vj.core.types import Event
from vj.devices._midi_entry import Control, Entry, Sent
from vj.devices._midi_map import DeviceMap, value_entries

_Reading = tuple[str, int, int, int]


def parse(raw: bytes) -> Message | None:
    """The message in some bytes; None if they are none. (mido raises IndexError for a bend that is cut short.)"""
    try:
        return Message.from_bytes(raw)
    except (ValueError, LookupError, TypeError):
        return None


def reading(message: Message) -> _Reading | None:
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
    return None


class Decoder:
    """Applies a device's map. `source` is the name its events carry.

    It remembers which buttons are down and the upper halves of 14-bit CCs. The lower half of a pair completes it,
    which is the order of the MIDI standard.
    """

    def __init__(self, device: DeviceMap, table: Mapping[str, Param], source: str) -> None:
        self._table = table
        self._source = source
        self._down: set[tuple[str, int, int, str]] = set()
        self._upper: dict[tuple[int, int], int] = {}
        self.follow(device)

    def follow(self, device: DeviceMap) -> None:
        """Apply `device` from now on."""
        self._entries = value_entries(device.entries)
        for entry in device.entries:
            if entry.kind == "cc14" and entry.control.number is not None:
                lower = entry.control._replace(number=entry.control.number + 32)
                self._entries[lower] = (*self._entries.get(lower, ()), entry)

    def events(self, message: Message) -> list[Event]:
        """What a message means; nothing if it means nothing."""
        read = reading(message)
        if read is None:
            return []
        events = [self._event(entry, read) for entry in self._bound(read)]
        return [event for event in events if event is not None]

    def _bound(self, read: _Reading) -> tuple[Entry, ...]:
        """The entries for a control: those that name it most exactly."""
        source, channel, number, _ = read
        for key in ((channel, number), (None, number), (channel, None), (None, None)):
            entries = self._entries.get(Control(source, *key))  # type: ignore[arg-type]
            if entries:
                return entries
        return ()

    def _event(self, entry: Entry, read: _Reading) -> Event | None:
        param = self._table[entry.to]
        source, _, _, level = read
        if entry.kind in ("relative", "relative64"):
            return self._turn(entry, param, level)
        if entry.kind == "cc14":
            return self._pair(entry, param, read)
        if source in ("note", "pc") or entry.mode or entry.value is not None or param.kind in ("trigger", "toggle"):
            return self._press(entry, param, read)
        if param.kind in ("class", "text"):
            return self._tell(entry, _nth(param, level - entry.first))
        return self._knob(entry, param, level / (16383 if source == "bend" else 127))

    def _knob(self, entry: Entry, param: Param, x: float) -> Event:
        pickup = entry.takeover == "pickup" and param.kind in ("float", "int")
        return Event(entry.to, (entry.knob(x, param),), self._source, scaled=True, pickup=pickup)

    def _pair(self, entry: Entry, param: Param, read: _Reading) -> Event | None:
        _, channel, number, level = read
        if number == entry.control.number:
            self._upper[channel, number] = level
            return None
        upper = self._upper.get((channel, number - 32))
        return None if upper is None else self._knob(entry, param, (upper * 128 + level) / 16383)

    def _turn(self, entry: Entry, param: Param, level: int) -> Event | None:
        """A step of an endless encoder, as a relative change: 127 steps go from end to end, an int moves by one."""
        steps = level - 64 if entry.kind == "relative64" else level - 128 if level >= 64 else level
        if steps == 0:
            return None
        lo, hi = entry.range or (param.lo, param.hi)
        if (entry.curve or param.curve) == "log" and min(lo, hi) > 0:
            return self._tell(entry, "*", (hi / lo) ** (steps / 127))
        return self._tell(entry, "+", steps if param.kind == "int" else steps / 127 * (hi - lo))

    def _press(self, entry: Entry, param: Param, read: _Reading) -> Event | None:
        source, channel, number, level = read
        button = (source, channel, number, entry.to)
        pressed = level > 0 if source in ("note", "pc") else level >= entry.threshold
        if source in ("cc", "bend") and pressed == (button in self._down):
            return None  # a fader used as a button counts when it passes the threshold
        (self._down.add if pressed else self._down.discard)(button)
        mode = entry.mode or _usual_mode(entry, param, source)
        if mode == "momentary" and not pressed and param.kind != "trigger":
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
        return self._tell(entry, *(() if param.kind == "trigger" else (True,)))

    def _let_go(self, entry: Entry, param: Param) -> Event | None:
        if entry.value is None and param.kind in ("float", "int"):
            return Event(entry.to, (entry.knob(0.0, param),), self._source, scaled=True)
        if param.kind == "toggle":
            return self._tell(entry, not entry.value if isinstance(entry.value, bool) else False)
        return None if isinstance(param.default, tuple) else self._tell(entry, param.default)

    def _tell(self, entry: Entry, *args: Sent) -> Event:
        return Event(entry.to, args, self._source)


def _usual_mode(entry: Entry, param: Param, source: str) -> str:
    """How a button behaves when its entry does not say."""
    if entry.value is not None or param.kind in ("trigger", "class", "text", "choice"):
        return "trigger"
    return "toggle" if param.kind == "toggle" and source == "note" else "momentary"


def _nth(param: Param, index: int) -> Sent:
    """Number `index` of a row of classes, counted from 0, or of cues, which are words counted from 1."""
    return index if param.kind == "class" else str(index + 1)
