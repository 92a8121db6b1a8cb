"""A show with keys, a window's stand-in and MIDI in memory: from L to a bound control, as the keyboard does it."""

import queue
from pathlib import Path

from servers.memory_midi import MemoryPorts

from vj.apps.assemble import parameters
from vj.apps.live.foyer import Foyer
from vj.apps.live.perform import _Keys
from vj.core.types import Event
from vj.devices.midi.input import MidiIn
from vj.engine.desk import Desk


def test_a_knob_is_bound_with_the_keyboard_alone(tmp_path: Path, wait_until: object) -> None:
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    desk, ports, t = Desk(parameters(), {"worlds": ["ink"]}), MemoryPorts("Thing 0"), 0.0
    keys = _Keys(Foyer(), events)
    keys.desk = desk
    with MidiIn(desk.table, events, maps=tmp_path, ports=ports) as midi:
        desk.deeds.update(midi.editing.deeds)

        def frame() -> bool:
            nonlocal t
            while not events.empty():
                desk.apply(events.get())
            t += 1 / 60
            midi.publish(desk.tick(t))
            return True

        def press(key: str, *mods: str) -> None:
            keys(key, frozenset(mods))
            frame()

        frame()
        press("l")
        assert desk.shown["/window/learn"] is True
        press("b")
        assert desk.shown["/master/blackout"] is False  # pointed at, and not done
        wait_until(lambda: frame() and "/master/blackout" in midi.editing.said)  # type: ignore[operator]
        ports.devices["Thing 0"].play([0x90, 40, 99], [0x80, 40, 0])
        wait_until(lambda: frame() and any(line["from"] == "note:1:40" for line in midi.bindings))  # type: ignore[operator]
        press("escape")
        assert desk.shown["/window/learn"] is False
        ports.devices["Thing 0"].play([0x90, 40, 99], [0x80, 40, 0])
        wait_until(lambda: frame() and desk.shown["/master/blackout"] is True)  # type: ignore[operator]
        press("b")
        assert desk.shown["/master/blackout"] is False
        press("escape")
        assert desk.shown["/window/hud"] is True
    assert (tmp_path / "thing.toml").exists()
