"""Lights, rings and motors of a device follow the values."""

import operator
from collections.abc import Iterable, Mapping

from vj.core.params import AnyParam, Snapshot
from vj.core.types import Value
from vj.devices.midi._echo import Echoes
from vj.devices.midi._entry import Control, Entry
from vj.devices.midi.decode import Reading
from vj.devices.midi.mapping import DeviceMap
from vj.devices.rest import Rest
from vj.engine.addresses import coerce

_STATUS = {"note": 0x90, "cc": 0xB0, "bend": 0xE0}
_Messages = tuple[bytes, ...]


class Leds:
    """Remembers what a device shows. A new one knows nothing, so its first `messages` light everything.

    A control that a hand moves is left alone until a while after it spoke, and while a finger is on it; then it is told
    where its value rests. `echoes` knows what was sent.
    """

    def __init__(self, device: DeviceMap, table: Mapping[str, AnyParam]) -> None:
        self._table = table
        self._sent: dict[Control, _Messages] = {}
        self._shown: dict[Control, _Messages] = {}  # what was sent, where no hand was at the control since
        self._rest = Rest()
        self._touched: set[Control] = set()
        self.echoes = Echoes()
        self.follow(device)

    def follow(self, device: DeviceMap) -> list[bytes]:
        """Light as `device` says from now on; what to send so that lights it does not have go out."""
        self._channels = dict(device.channels)
        self._entries = [entry for entry in device.entries if entry.led is not None and entry.to in self._table]
        gone = self._sent.keys() - {entry.control for entry in self._entries}
        for control in gone:
            self._shown.pop(control, None)
        return _put_out([self._sent.pop(control) for control in gone])

    def heard(self, read: Reading, now: float) -> None:
        """A hand sent this at second `now`."""
        source, channel, number, level = read
        control = Control(source, channel, None if source == "bend" else number)  # type: ignore[arg-type]
        for entry in self._entries:
            if entry.touch == control:
                (self._touched.add if level else self._touched.discard)(entry.control)
                self._rest.spoke(entry.control, now)
            elif entry.control == control or control in _halves(entry):
                self._rest.spoke(entry.control, now)
                # told again once it rests: it may have lit itself, and some motors go back to where they were told
                self._shown.pop(entry.control, None)

    def messages(self, snapshot: Snapshot, now: float = 0.0) -> list[bytes]:
        """What to send at second `now` so that the device shows `snapshot`; only what changed."""
        out: list[bytes] = []
        for entry in self._entries:
            if entry.to not in snapshot.values or entry.control in self._touched:
                continue
            messages = self._messages(entry, snapshot[entry.to])
            if not self._rest.over(entry.control, messages, now, operator.eq):
                continue
            # by control and not by message: a device that blinks on another channel has one light for all channels
            if self._shown.get(entry.control) != messages:
                self._shown[entry.control] = self._sent[entry.control] = messages
                out += messages
                for message in messages:
                    self.echoes.told(message, entry.led is not None and entry.led.position, now)
        return out

    def dark(self) -> list[bytes]:
        """What to send so that all lights go out; motors stay where they are."""
        out = _put_out(self._sent.values())
        self._sent.clear()
        self._shown.clear()
        return out

    def _messages(self, entry: Entry, value: Value) -> _Messages:
        led, param, control = entry.led, self._table[entry.to], entry.control
        assert led is not None
        assert control.channel is not None
        if led.position:
            return _position_messages(entry, entry.unknob(_position(param, value), param))
        behaviour, level = led.on if _is_on(entry, param, value) else led.off
        channel = self._channels.get(behaviour, control.channel)
        assert control.number is not None
        return (bytes((_STATUS[control.source] + channel - 1, control.number, level)),)


def _put_out(shown: Iterable[_Messages]) -> list[bytes]:
    """What puts lights out that show these messages; what has more bits than a light is a motor."""
    return [m[:2] + b"\0" for messages in shown for m in messages if m[0] & 0xF0 != 0xE0 and len(messages) == 1]


def _position_messages(entry: Entry, x: float) -> _Messages:
    """What shows the position `x`, 0..1, in as many bits as the control has."""
    source, channel, number = entry.control
    at, fine = (channel or 1) - 1, divmod(round(16383 * x), 128)
    if source == "bend":
        return (bytes((0xE0 + at, fine[1], fine[0])),)
    assert number is not None
    if source in ("nrpn", "rpn"):
        low, high = (98, 99) if source == "nrpn" else (100, 101)
        pairs = ((high, number >> 7), (low, number & 127), (6, fine[0]), (38, fine[1]))
    elif entry.kind == "cc14":
        pairs = ((number, fine[0]), (number + 32, fine[1]))  # type: ignore[assignment]
    else:
        return (bytes((_STATUS[source] + at, number, round(127 * x))),)
    return tuple(bytes((0xB0 + at, cc, level)) for cc, level in pairs)


def _halves(entry: Entry) -> tuple[Control, ...]:
    """The CCs that a control of 14 bits is told by, beside its own."""
    source, channel, number = entry.control
    if source in ("nrpn", "rpn"):
        return tuple(Control("cc", channel, cc) for cc in (6, 38, 96, 97))
    return (Control("cc", channel, number + 32),) if entry.kind == "cc14" and number is not None else ()


def _position(param: AnyParam, value: Value) -> float:
    if param.kind in ("float", "int", "toggle", "choice"):
        return param.unscale(value)
    return 0.0


def _is_on(entry: Entry, param: AnyParam, value: Value) -> bool:
    wanted = entry.value
    if wanted is None and param.kind in ("class", "text") and entry.control.number is not None:
        index = entry.control.number - entry.first
        wanted = index if param.kind == "class" else str(index + 1)  # cues are words, counted from 1
    if wanted is None:
        return _position(param, value) >= 0.5
    if param.kind in ("choice", "text"):
        return str(value).casefold() == str(coerce(param, (wanted,))).casefold()
    return value == wanted
