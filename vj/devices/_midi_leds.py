"""Lights, rings and motors of a device follow the values."""

from collections.abc import Mapping

from vj.core.params import Param, Snapshot
from vj.core.types import Value
from vj.devices._midi_entry import Control, Entry
from vj.devices._midi_map import DeviceMap
from vj.engine.addresses import coerce

_STATUS = {"note": 0x90, "cc": 0xB0}


class Leds:
    """Remembers what a device shows. A new one knows nothing, so its first `messages` light everything."""

    def __init__(self, device: DeviceMap, table: Mapping[str, Param]) -> None:
        self._table = table
        self._shown: dict[Control, bytes] = {}
        self.follow(device)

    def follow(self, device: DeviceMap) -> list[bytes]:
        """Light as `device` says from now on; what to send so that lights it does not have go out."""
        self._channels = dict(device.channels)
        self._entries = [entry for entry in device.entries if entry.led is not None and entry.to in self._table]
        gone = self._shown.keys() - {entry.control for entry in self._entries}
        return [self._shown.pop(control)[:2] + b"\0" for control in gone]

    def messages(self, snapshot: Snapshot) -> list[bytes]:
        """What to send so that the device shows `snapshot`; only what changed."""
        out: list[bytes] = []
        for entry in self._entries:
            if entry.to not in snapshot.values:
                continue
            message = self._message(entry, snapshot[entry.to])
            # by control and not by message: a device that blinks on another channel has one light for all channels
            if self._shown.get(entry.control) != message:
                self._shown[entry.control] = message
                out.append(message)
        return out

    def dark(self) -> list[bytes]:
        """What to send so that all lights go out."""
        out = [message[:2] + b"\0" for message in self._shown.values()]
        self._shown.clear()
        return out

    def _message(self, entry: Entry, value: Value) -> bytes:
        led, param, control = entry.led, self._table[entry.to], entry.control
        assert led is not None
        assert control.channel is not None
        assert control.number is not None
        if led.position:
            behaviour, level = "", round(127 * entry.unknob(_position(param, value), param))
        else:
            behaviour, level = led.on if _is_on(entry, param, value) else led.off
        channel = self._channels.get(behaviour, control.channel)
        return bytes((_STATUS[control.source] + channel - 1, control.number, level))


def _position(param: Param, value: Value) -> float:
    if param.kind in ("float", "int", "toggle", "choice"):
        return param.unscale(value)
    return 0.0


def _is_on(entry: Entry, param: Param, value: Value) -> bool:
    wanted = entry.value
    if wanted is None and param.kind in ("class", "text") and entry.control.number is not None:
        index = entry.control.number - entry.first
        wanted = index if param.kind == "class" else str(index + 1)  # cues are words, counted from 1
    if wanted is None:
        return _position(param, value) >= 0.5
    if param.kind in ("choice", "text"):
        return str(value).casefold() == str(coerce(param, (wanted,))).casefold()
    return value == wanted
