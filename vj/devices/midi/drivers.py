"""RtMidi by either of two packages that speak alike: python-rtmidi, and supriya-midi where that has no wheels.

Both give clients with get_ports, open_port, open_virtual_port, get_message, ignore_types, send_message, close_port and
delete; what they are called with and what they raise is levelled here.
"""

import ctypes
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from vj.core.errors import ControlError, nearest

#: Names of backends, as `--midi-backend` takes them, and what RtMidi calls them.
BACKENDS: Mapping[str, str] = {
    "alsa": "LINUX_ALSA",
    "jack": "UNIX_JACK",
    "coremidi": "MACOSX_CORE",
    "winmm": "WINDOWS_MM",
}
#: Which package is wanted, where both are installed.
WISH = "VJ_MIDI"
#: Messages that may wait between two polls; more are lost.
_QUEUE = 4096


@dataclass(frozen=True)
class Driver:
    """One package.

    compiled  RtMidi's numbers of the backends that it was built with
    api       the number of a backend
    inlet     number, client's name -> a client that hears
    outlet    number, client's name -> a client that sends
    errors    what clients raise when something is wrong with a port or a server
    """

    package: str
    compiled: Callable[[], list[Any]]
    api: Callable[[str], Any]
    inlet: Callable[[Any, str], Any]
    outlet: Callable[[Any, str], Any]
    errors: tuple[type[Exception], ...]

    def backends(self) -> list[str]:
        """Names of the backends that it was built with."""
        return [name for name, known in BACKENDS.items() if self.api(known) in self.compiled()]


def _python_rtmidi() -> Driver:
    import rtmidi

    return Driver(
        "python-rtmidi",
        rtmidi.get_compiled_api,
        lambda known: getattr(rtmidi, f"API_{known}"),
        lambda api, client: rtmidi.MidiIn(api, name=client, queue_size_limit=_QUEUE),
        lambda api, client: rtmidi.MidiOut(api, name=client),
        (OSError, RuntimeError),
    )


def _supriya_midi() -> Driver:
    _load_libjack()
    import supriya_midi as rtmidi

    return Driver(
        "supriya-midi",
        rtmidi.get_compiled_apis,
        lambda known: getattr(rtmidi.RtMidiAPI, known),
        lambda api, client: rtmidi.MidiIn(api, client, _QUEUE),
        lambda api, client: rtmidi.MidiOut(api, client),
        (OSError, RuntimeError, rtmidi.RtMidiError),
    )


def _load_libjack() -> None:
    """Put the system's own JACK before the one in supriya-midi, which is JACK 1's: no other server answers that."""
    if sys.platform == "linux":
        with suppress(OSError):  # no JACK here, then
            ctypes.CDLL("libjack.so.0", mode=ctypes.RTLD_GLOBAL)


_DRIVERS: Mapping[str, Callable[[], Driver]] = {"python-rtmidi": _python_rtmidi, "supriya-midi": _supriya_midi}
#: Names of the packages, the one that is taken first before the other.
PACKAGES = tuple(_DRIVERS)


def driver(package: str | None = None) -> Driver:
    """The driver called `package`, or that of VJ_MIDI, or the first that is installed; raises ControlError."""
    wanted = package or os.environ.get(WISH, "")
    if wanted and wanted not in _DRIVERS:
        raise ControlError(f"no MIDI package {wanted!r}", WISH, nearest(wanted, _DRIVERS))
    missing: list[str] = []
    for name in (wanted,) if wanted else _DRIVERS:
        try:
            return _DRIVERS[name]()
        except ImportError as error:
            missing.append(f"{name}: {error}")
    raise ControlError(
        "MIDI needs a package that is not installed", "; ".join(missing), f"pip install {wanted or PACKAGES[-1]}"
    )
