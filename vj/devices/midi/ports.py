"""MIDI ports of the operating system, through RtMidi.

Ports are polled and never call back: a Python callback that waits for the interpreter would hold up JACK's own
process thread (measured: "client was not finished"). A poll that finds nothing takes 0.1 us.
"""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from vj.core.errors import ControlError, nearest
from vj.devices.midi.drivers import BACKENDS, Driver, driver

CLIENT = "vj"


class InPort(Protocol):
    """Where one device's messages arrive."""

    def poll(self) -> tuple[bytes, float] | None:
        """The next message and the seconds since the one before; None if there is none."""

    def close(self) -> None:
        """Give the port back."""


class OutPort(Protocol):
    """Where one device's messages are sent."""

    def send(self, message: bytes) -> None:
        """Send one message; raises ControlError if the device is gone."""

    def close(self) -> None:
        """Give the port back."""


class Ports(Protocol):
    """The MIDI ports there are. `backend` names who says so."""

    backend: str

    def inputs(self) -> list[str]:
        """Names of the ports that send to us, ours left out."""

    def outputs(self) -> list[str]:
        """Names of the ports that we can send to, ours left out."""

    def open_input(self, name: str) -> InPort:
        """Raises ControlError if the port is gone."""

    def open_output(self, name: str) -> OutPort:
        """Raises ControlError if the port is gone."""

    def close(self) -> None:
        """Give back what listing needed."""


class NoPorts:
    """A machine without MIDI."""

    backend = "none"

    def inputs(self) -> list[str]:
        return []

    def outputs(self) -> list[str]:
        return []

    def open_input(self, name: str) -> InPort:
        raise ControlError("there is no MIDI here", name)

    def open_output(self, name: str) -> OutPort:
        raise ControlError("there is no MIDI here", name)

    def close(self) -> None:
        pass


def open_ports(backend: str | None = None) -> Ports:
    """The ports of `backend`, or of the first that works here; raises ControlError when none does."""
    chosen = driver()
    if backend is not None:
        if backend.lower() not in BACKENDS:
            raise ControlError(f"no MIDI backend {backend!r}", "--midi-backend", nearest(backend.lower(), BACKENDS))
        return RtPorts(chosen, backend.lower())
    tried: list[str] = []
    for name in _usual():
        try:
            with _silenced():
                return RtPorts(chosen, name)
        except ControlError as error:
            tried.append(error.where)
    raise ControlError("there is no MIDI here", "; ".join(tried), "load the module snd-seq for ALSA, or start JACK")


class RtPorts:
    """The ports of one of RtMidi's backends; raises ControlError when it cannot be used here."""

    def __init__(self, driver: Driver, backend: str) -> None:
        self._driver = driver
        self._api = driver.api(BACKENDS[backend])
        self.backend = backend
        if backend not in driver.backends():
            raise ControlError(f"MIDI backend {backend} cannot be used", f"{backend}: not for this system")
        try:
            self._in = driver.inlet(self._api, CLIENT)
            self._out = driver.outlet(self._api, CLIENT)
            self._in.get_ports(), self._out.get_ports()  # not before this does every package ask the server
        except driver.errors as error:
            raise ControlError(f"MIDI backend {backend} cannot be used", f"{backend}: {error}") from None

    def inputs(self) -> list[str]:
        return self._listed(self._in)

    def outputs(self) -> list[str]:
        return self._listed(self._out)

    def open_input(self, name: str) -> InPort:
        port = self._driver.inlet(self._api, CLIENT)
        port.ignore_types(sysex=False, timing=False, active_sense=True)
        self._connect(port, name, "in")
        return _RtIn(port)

    def open_output(self, name: str) -> OutPort:
        port = self._driver.outlet(self._api, CLIENT)
        self._connect(port, name, "out")
        return _RtOut(port, name, self._driver.errors)

    def close(self) -> None:
        for listing in (self._in, self._out):
            listing.delete()

    def _listed(self, client: Any) -> list[str]:
        try:
            return [name for name in client.get_ports() if _is_foreign(name)]
        except self._driver.errors:  # the server is gone, and its ports with it
            return []

    def _connect(self, port: Any, name: str, direction: str) -> None:
        """Open `port` to the device called `name`, found by name because numbers shift when something is unplugged."""
        wrong: tuple[type[Exception], ...] = (ValueError, *self._driver.errors)
        try:
            # JACK reads a colon in a port's name as the end of the client's
            port.open_port(port.get_ports().index(name), f"{direction} {name.replace(':', ' ')}"[:60])
        except wrong as error:
            port.delete()
            raise ControlError(f"MIDI port {name!r} cannot be opened ({error})", hint="plug it in again") from None


class _RtIn:
    def __init__(self, port: Any) -> None:
        self._port = port

    def poll(self) -> tuple[bytes, float] | None:
        got = self._port.get_message()
        return None if got is None else (bytes(got[0]), float(got[1]))

    def close(self) -> None:
        self._port.close_port()
        self._port.delete()


class _RtOut:
    def __init__(self, port: Any, name: str, errors: tuple[type[Exception], ...]) -> None:
        self._port = port
        self._name = name
        self._errors = errors

    def send(self, message: bytes) -> None:
        try:
            self._port.send_message(message)
        except self._errors as error:
            raise ControlError(f"MIDI port {self._name!r} takes nothing ({error})") from None

    def close(self) -> None:
        self._port.close_port()
        self._port.delete()


@contextmanager
def _silenced() -> Iterator[None]:
    """Without what ALSA and JACK print to stderr when they are only asked whether they are there."""
    sys.stderr.flush()
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


def _usual() -> list[str]:
    """Backends of this platform, best first."""
    if sys.platform == "darwin":
        return ["coremidi"]
    return ["winmm"] if sys.platform == "win32" else ["alsa", "jack"]


def _is_foreign(name: str) -> bool:
    """Not one of our own ports, nor ALSA's loop."""
    return re.match(rf"({CLIENT}(-\d+)?|Midi Through):", name) is None
