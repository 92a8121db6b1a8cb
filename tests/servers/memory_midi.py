"""MIDI ports in memory: devices that can be plugged, played, read and pulled out by a test."""

import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from vj.core.errors import ControlError
from vj.devices.midi.ports import InPort, OutPort


@dataclass
class Plugged:
    """One device: play into it with `play`; `sent` is what the show sent to it."""

    name: str
    opened: int = 0
    closed: int = 0
    alive: bool = True
    sent: list[bytes] = field(default_factory=list)
    _waiting: "queue.SimpleQueue[tuple[bytes, float]]" = field(default_factory=queue.SimpleQueue)
    _news: threading.Condition = field(default_factory=threading.Condition)

    def play(self, *messages: Sequence[int], since: float = 0.001) -> None:
        """Each message comes `since` seconds after the one before."""
        for message in messages:
            self._waiting.put((bytes(message), since))

    def poll(self) -> tuple[bytes, float] | None:
        """As InPort: what was played."""
        if not self.alive or self._waiting.empty():
            return None
        return self._waiting.get()

    def send(self, message: bytes) -> None:
        """As OutPort: keep what is sent."""
        if not self.alive:
            raise ControlError("gone")
        with self._news:
            self.sent.append(message)
            self._news.notify_all()

    def close(self) -> None:
        """As both."""
        self.closed += 1

    def wait_for(self, *messages: bytes, timeout: float = 5.0) -> bool:
        """Whether all of these were sent before `timeout`."""
        with self._news:
            return self._news.wait_for(lambda: set(messages) <= set(self.sent), timeout)


class MemoryPorts:
    """What is plugged in, by name. Inputs and outputs have the same names."""

    backend = "memory"

    def __init__(self, *names: str) -> None:
        self.devices = {name: Plugged(name) for name in names}

    def plug(self, name: str) -> Plugged:
        """A new device, or the same one again."""
        self.devices = {**self.devices, name: Plugged(name)}
        return self.devices[name]

    def pull(self, name: str) -> None:
        """Pull a device out."""
        self.devices[name].alive = False
        self.devices = {other: device for other, device in self.devices.items() if other != name}

    def inputs(self) -> list[str]:
        return list(self.devices)

    def outputs(self) -> list[str]:
        return list(self.devices)

    def open_input(self, name: str) -> InPort:
        return self._open(name)

    def open_output(self, name: str) -> OutPort:
        return self._open(name)

    def close(self) -> None:
        pass

    def _open(self, name: str) -> Plugged:
        if name not in self.devices:
            raise ControlError(f"{name} is gone")
        self.devices[name].opened += 1
        return self.devices[name]
