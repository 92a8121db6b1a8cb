"""What is learnt in another terminal reaches a running show."""

import os
import queue
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from servers.memory_midi import MemoryPorts

from vj.apps.assemble import parameters
from vj.apps.machine import midi as midi_app
from vj.core.params import Snapshot
from vj.core.types import Event
from vj.devices.midi import input as midi_in
from vj.devices.midi.input import MidiIn

TABLE = parameters()
KNOB = [0xB0, 20, 64]
PRESS = [0x90, 9, 100]
LIT = '{ from = "note:1:9", to = "/master/blackout", led = { on = 5, off = 1 } }'
HEAD = 'format = 1\n[device]\nmatch = "controller"\nmap = ['


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(midi_in, "RELIST_S", 0.02)


def told(midi: MidiIn, words: str) -> bool:
    return eventually(lambda: words in midi.notice)


def eventually(found: Callable[[], bool]) -> bool:
    pause = threading.Event()
    return any(found() or pause.wait(0.02) for _ in range(500))


def test_a_learnt_binding_holds_at_once_and_a_broken_file_changes_nothing(tmp_path: Path) -> None:
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    ports, folder = MemoryPorts("controller 0"), tmp_path / "midi"
    device = ports.devices["controller 0"]
    with MidiIn(TABLE, events, maps=folder, ports=ports) as midi:
        device.play(PRESS)
        assert events.get(timeout=5).address == "/model/class"

        other = MemoryPorts("controller 0")  # another terminal, with the same device
        other.devices["controller 0"].play(KNOB, [0xB0, 20, 70])
        file = midi_app.learn(TABLE, "/latent/psi", out=folder / "controller.toml", ports=other)
        assert told(midi, "controller.toml has changed")
        device.play(KNOB)
        event = events.get(timeout=5)
        assert (event.address, event.source) == ("/latent/psi", "midi:controller"), "no new plug: no new name"
        assert (device.opened, device.closed) == (1, 0), "no port was touched"

        file.write_text(file.read_text().replace("/latent/psi", "/latent/psy"))
        assert told(midi, "is broken, the bindings before hold on: no address '/latent/psy'")
        device.play(KNOB)
        assert events.get(timeout=5).address == "/latent/psi"

        file.write_text(f"{HEAD}{LIT}]")
        assert told(midi, "has changed")
        midi.publish(Snapshot({a: p.default for a, p in TABLE.items()}))
        assert device.wait_for(bytes((0x90, 9, 1))), "its lights are on"
        device.play(PRESS)
        assert events.get(timeout=5).address == "/master/blackout"

        os.remove(file)
        assert told(midi, "is gone")
        assert device.wait_for(bytes((0x90, 9, 0))), "and out again"
        device.play(PRESS)
        assert events.get(timeout=5).address == "/model/class"
