"""Which control of a MIDI device moves which parameter: the mapping file, read and checked.

    format = 1
    [device]
    match = "nanoKONTROL2"                       # part of the port's name; capitals do not matter
    init = ["F0 00 F7"]                          # sysex sent on connection; exit = [...] when the show ends
    channels = { solid = 1, flash = 2, pulse = 3 }  # LED behaviour -> MIDI channel, where the device has that
    map = [
      { from = "cc:1:0", to = "/master/level", takeover = "pickup", range = [0.0, 1.0], curve = "linear" },
      { from = "note:1:0", to = "/model/class", value = 0, led = { on = 21, off = 1 } },
      { from = "pc:*:*", to = "/cue/goto" },
    ]

`from` is cc, note, pc, bend, pressure, poly (pressure of one key), nrpn or rpn, then the channel (1 to 16), then the
number (0 to 127, of a parameter to 16383; bend and pressure have none); * is any. `to` "" binds it to nothing, whatever
a map below says. Other keys:

    mode       momentary (on while held), toggle (each press flips), trigger (a press fires); buttons choose by target
    kind       absolute, cc14 (number n with n + 32, in either order), or of an endless encoder, right / left:
               relative (1 / 127 or 1 / 65), signed (1 / 65, however fast), relative64 (65 / 63), encoder (finds out
               which), auto (finds out whether it is an encoder at all)
    range      the values at both ends, in the parameter's unit; upside down inverts
    curve      linear, log or square between those; without range and curve the parameter's own
    takeover   pickup (wait for the value; the default of knobs), scale (near it, so that both meet at the end) or none
    threshold  the level from which a CC counts as pressed, 64
    value      what a press sends; without it a note, or a program change, sends its number less `first`
    touch      the note that says that a finger is on a motor fader: it is told nothing meanwhile
    led        "value" (the knob's position, also of bend, cc14 and nrpn) or { on, off, busy }: velocities, or
               "pulse:13" for behaviour and velocity; `busy` is accepted and not shown yet
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vj.core.errors import ControlError, nearest
from vj.core.params import AnyParam
from vj.core.written import parse_toml
from vj.devices.midi._entry import Control, Entry, read_control, read_entry

FACTORY = Path(__file__).parent / "maps"
BEHAVIOURS = ("solid", "flash", "pulse")


@dataclass(frozen=True)
class DeviceMap:
    """All that is known about one device: its entries and how to talk to it."""

    match: str = ""
    entries: tuple[Entry, ...] = ()
    init: tuple[bytes, ...] = ()
    exit: tuple[bytes, ...] = ()
    channels: tuple[tuple[str, int], ...] = ()
    silent: tuple[Control, ...] = ()

    def under(self, overlay: "DeviceMap") -> "DeviceMap":
        """This map with a user's file laid over it: what the file binds replaces what is bound to the same control."""
        taken = {entry.control for entry in overlay.entries} | set(overlay.silent)
        kept = tuple(entry for entry in self.entries if entry.control not in taken)
        return DeviceMap(
            overlay.match,
            kept + overlay.entries,
            overlay.init or self.init,
            overlay.exit or self.exit,
            overlay.channels or self.channels,
            tuple(control for control in self.silent if control not in taken) + overlay.silent,
        )


def normalised(port: str) -> str:
    """A port's name without what differs between plugs and directions.

    Left out are the numbers of ALSA ("28:0") and of a2jmidid ("[20]"), "(capture)", a trailing index, and a client's
    name that the port's repeats.
    """
    name = re.sub(r"\s+(\[\d+\]|\d+:\d+|\((capture|playback)\)(?=:|\s|$))", "", port.strip())
    name = re.sub(r"\s+\d+$", "", name)
    client, _, rest = name.partition(":")
    return rest.strip() if rest.strip().casefold().startswith(client.casefold()) else name


def read_map(path: Path, table: Mapping[str, AnyParam]) -> DeviceMap:
    """The mapping in a file; raises ControlError that names file, entry, key and the nearest known word."""
    try:
        document = parse_toml(path.read_text("utf-8"))
    except OSError as error:
        raise ControlError(f"a MIDI mapping cannot be read: {error.strerror}", str(path)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ControlError(f"a MIDI mapping is not TOML: {error}", str(path), "mend that line") from None
    return _device_map(document, table, path.name)


def _device_map(document: Mapping[str, Any], table: Mapping[str, AnyParam], file: str) -> DeviceMap:
    if document.get("format") != 1:
        raise ControlError(f"format {document.get('format')!r} is not known", file, "start the file with: format = 1")
    _check_words(document, ("format", "device", "map"), file, "the top")
    device = document.get("device", {})
    if not isinstance(device, dict) or not isinstance(device.get("match", ""), str):
        raise ControlError("device needs a name to match", file, '[device]\n         match = "nanoKONTROL2"')
    _check_words(device, ("match", "init", "exit", "channels", "map"), file, "[device]")
    listed = device.get("map", document.get("map", []))
    if not isinstance(listed, list):
        raise ControlError("map is a list of entries", file, 'map = [{ from = "cc:1:0", to = "/master/level" }]')
    silent = [entry for entry in listed if isinstance(entry, dict) and entry.get("to") == ""]
    return DeviceMap(
        device.get("match", ""),
        tuple(read_entry(e, table, f"{file}, entry {i}") for i, e in enumerate(listed, 1) if e not in silent),
        _sysex(device.get("init", []), f"{file}, init"),
        _sysex(device.get("exit", []), f"{file}, exit"),
        _channels(device.get("channels", {}), f"{file}, channels"),
        tuple(read_control(entry.get("from")) for entry in silent),
    )


def _check_words(entry: Mapping[str, Any], known: Sequence[str], file: str, where: str) -> None:
    for word in entry:
        if word not in known:
            raise ControlError(f"unknown key {word!r}", f"{file}, {where}", nearest(word, known))


def _sysex(lines: Any, where: str) -> tuple[bytes, ...]:
    try:
        messages = tuple(bytes.fromhex(line) for line in lines)
    except (TypeError, ValueError):
        raise ControlError("sysex is a list of bytes in hexadecimal", where, 'such as ["F0 00 F7"]') from None
    for message in messages:
        if message[:1] != b"\xf0" or message[-1:] != b"\xf7" or any(byte > 127 for byte in message[1:-1]):
            raise ControlError(f"{message.hex(' ')} is not sysex", where, "F0, bytes up to 7F, F7")
    return messages


def _channels(given: Any, where: str) -> tuple[tuple[str, int], ...]:
    if not isinstance(given, dict):
        raise ControlError("channels names behaviours", where, "such as { solid = 1, pulse = 3 }")
    for behaviour, channel in given.items():
        if behaviour not in BEHAVIOURS:
            raise ControlError(f"unknown LED behaviour {behaviour!r}", where, nearest(behaviour, BEHAVIOURS))
        if not isinstance(channel, int) or not 1 <= channel <= 16:
            raise ControlError(f"{channel!r} is not a MIDI channel", where, "1 to 16")
    return tuple(given.items())


def read_maps(table: Mapping[str, AnyParam], folder: Path | None) -> tuple[list[DeviceMap], list[DeviceMap]]:
    """The factory's maps and those in the user's `folder`; raises ControlError at the first mistake."""
    factory = [read_map(path, table) for path in sorted(FACTORY.glob("*.toml")) if path.stem != "default"]
    own = sorted(folder.glob("*.toml")) if folder is not None and folder.is_dir() else []
    return factory, [read_map(path, table) for path in own]


def default_map(table: Mapping[str, AnyParam]) -> DeviceMap:
    """What an unknown device does: the CCs that parameters declare, and default.toml."""
    declared = [
        Entry(Control("cc", None, param.cc), address, kind="auto", takeover="pickup")
        for address, param in table.items()
        if param.cc is not None
    ]
    return DeviceMap("", tuple(declared)).under(read_map(FACTORY / "default.toml", table))


def map_for(
    port: str, table: Mapping[str, AnyParam], factory: Iterable[DeviceMap], own: Iterable[DeviceMap]
) -> DeviceMap:
    """The map of the device at `port`: the factory's, else the default, with the user's files laid over."""
    name = normalised(port).casefold()
    known = [m for m in factory if m.match.casefold() in name]
    device = max(known, key=lambda m: len(m.match), default=None) or default_map(table)
    for overlay in own:
        if overlay.match.casefold() in name:
            device = device.under(overlay)
    return device


def value_entries(entries: Iterable[Entry]) -> dict[Control, tuple[Entry, ...]]:
    """Entries by control; one control may move several things."""
    found: dict[Control, tuple[Entry, ...]] = {}
    for entry in entries:
        found[entry.control] = (*found.get(entry.control, ()), entry)
    return found
