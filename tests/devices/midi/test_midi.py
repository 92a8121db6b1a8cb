"""MIDI through a thread: devices in memory, and real ones through a JACK server on its dummy driver."""

import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from servers.jack import Jack, environment, jackd
from servers.memory_midi import MemoryPorts

from vj.apps.assemble import parameters
from vj.core.errors import ControlError
from vj.core.params import Param, Snapshot
from vj.core.types import Event
from vj.devices.midi.drivers import BACKENDS, PACKAGES, WISH, driver
from vj.devices.midi.input import RELIST_S, MidiIn
from vj.devices.midi.ports import OutPort, open_ports

TABLE = parameters()
Events = queue.SimpleQueue[Event]
KNOB = [0xB0, 16, 64]
OWN = """format = 1
[device]
match = "controller"
init = ["F0 7D 01 F7"]
exit = ["F0 7D 00 F7"]
map = [{ from = "note:1:9", to = "/master/blackout", led = { on = 5, off = 1 } }]
"""


@pytest.fixture
def events() -> Events:
    return queue.SimpleQueue()


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "controller.toml").write_text(OWN)
    return tmp_path


def values(**changed: Any) -> Snapshot:
    return Snapshot({a: changed.get(a.rsplit("/", 1)[1], p.default) for a, p in TABLE.items()})


def eventually(found: Callable[[], bool], timeout: float = 10.0) -> bool:
    """Whether `found` comes true: for states of other programs, which offer nothing to wait for."""
    pause = threading.Event()
    return any(found() or pause.wait(0.02) for _ in range(int(timeout / 0.02)))


def test_a_knob_of_any_device_becomes_an_event(events: Events, tmp_path: Path) -> None:
    ports = MemoryPorts("Thing 0", "Other 1")
    with MidiIn(TABLE, events, maps=tmp_path, ports=ports) as midi:
        assert midi.connected == ("Thing", "Other")
        ports.devices["Other 1"].play(KNOB)
        event = events.get(timeout=5)
    assert (event.address, event.source, event.scaled, event.pickup) == ("/macro/1", "midi:Other", True, True)
    assert event.args == (pytest.approx(64 / 127),)
    assert event.stamp > 0


def test_only_the_device_asked_for_is_opened(events: Events, tmp_path: Path) -> None:
    ports = MemoryPorts("Thing 0", "Other 1")
    with MidiIn(TABLE, events, port="thing", maps=tmp_path, ports=ports):
        assert [device.opened for device in ports.devices.values()] == [1, 0]
    with pytest.raises(ControlError) as caught, MidiIn(TABLE, events, port="Thnig", maps=tmp_path, ports=ports):
        pass
    assert "'Thing'" in caught.value.hint


def test_lights_follow_and_go_out(events: Events, own: Path) -> None:
    ports = MemoryPorts("controller 0")
    device = ports.devices["controller 0"]
    with MidiIn(TABLE, events, maps=own, ports=ports) as midi:
        assert device.sent == [bytes.fromhex("F07D01F7")]
        midi.publish(values())
        assert device.wait_for(bytes((0x90, 9, 1)))
        midi.publish(values(blackout=True))
        assert device.wait_for(bytes((0x90, 9, 5)))
    assert device.sent[-2:] == [bytes((0x90, 9, 0)), bytes.fromhex("F07D00F7")]
    midi.close()


def test_a_device_that_returns_is_initialised_lit_and_must_be_picked_up(events: Events, own: Path) -> None:
    ports = MemoryPorts("controller 0", "Thing 1")
    with MidiIn(TABLE, events, maps=own, ports=ports) as midi:
        midi.publish(values(blackout=True))
        ports.devices["controller 0"].play(KNOB)
        assert events.get(timeout=5).source == "midi:controller"
        ports.pull("controller 0")
        assert eventually(lambda: midi.connected == ("Thing",))
        ports.devices["Thing 1"].play(KNOB)
        assert events.get(timeout=5).source == "midi:Thing"
        again = ports.plug("controller 0")
        assert again.wait_for(bytes.fromhex("F07D01F7"), bytes((0x90, 9, 5)))
        again.play(KNOB)
        assert events.get(timeout=5).source == "midi:controller#2"


def test_a_device_whose_lights_another_program_holds_still_plays(events: Events, own: Path) -> None:
    class Held(MemoryPorts):
        def open_output(self, name: str) -> OutPort:
            raise ControlError(f"{name} is held by another program")

    ports = Held("controller 0")
    with MidiIn(TABLE, events, maps=own, ports=ports) as midi:
        midi.publish(values(blackout=True))
        ports.devices["controller 0"].play(KNOB)
        assert events.get(timeout=5).address == "/macro/1"
        assert "another program" in midi.notice


def test_a_clock_sets_the_tempo_and_start_the_beat(events: Events, tmp_path: Path) -> None:
    ports = MemoryPorts("Drum 0")
    with MidiIn(TABLE, events, maps=tmp_path, ports=ports):
        ports.devices["Drum 0"].play([0xFA], *[[0xF8]] * 49, since=60 / 128 / 24)
        assert (event := events.get(timeout=5)).address == "/tempo/resync"
        assert event.source == "midi clock"
        heard = [events.get(timeout=5)]
        while heard[-1].address != "/tempo/bpm":
            heard.append(events.get(timeout=5))
    assert heard[0].address == "/tempo/clock"
    assert len(heard[0].args) == 2
    assert {event.source for event in heard} == {"midi clock"}
    assert heard[-1].args == (pytest.approx(128.0, abs=0.01),)


def test_a_mistake_in_the_performers_file_is_told_at_the_start(events: Events, own: Path) -> None:
    (own / "controller.toml").write_text(OWN.replace("blackout", "blakcout"))
    with pytest.raises(ControlError) as caught:
        MidiIn(TABLE, events, maps=own, ports=MemoryPorts())
    assert "controller.toml" in caught.value.where
    assert "'/master/blackout'" in caught.value.hint


@given(st.lists(st.binary(min_size=1, max_size=5), max_size=40))
@settings(max_examples=10, deadline=None)
def test_any_bytes_leave_the_listener_alive(raw: list[bytes]) -> None:
    events: Events = queue.SimpleQueue()
    ports = MemoryPorts("Thing 0")
    with MidiIn(TABLE, events, maps=Path("nowhere"), ports=ports):
        ports.devices["Thing 0"].play(*raw, [0xC0, 99])
        while events.get(timeout=5).args != ("100",):
            pass


def test_a_machine_without_midi_has_a_show_without_midi(
    events: Events, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("vj.devices.midi.ports._usual", lambda: ["winmm" if shutil.which("uname") else "jack"])
    with MidiIn(TABLE, events, maps=tmp_path) as midi:
        assert (midi.backend, midi.connected) == ("none", ())
        assert "no MIDI" in midi.notice
    with pytest.raises(ControlError):
        MidiIn(TABLE, events, port="nanoKONTROL2", maps=tmp_path)
    with pytest.raises(ControlError):
        MidiIn(TABLE, events, backend="winmm", maps=tmp_path)
    assert capfd.readouterr().err == ""


def test_an_unknown_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WISH, "python-rtmid")
    with pytest.raises(ControlError) as caught:
        driver()
    assert "'python-rtmidi'" in caught.value.hint


def test_without_any_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(WISH, raising=False)
    for module in ("rtmidi", "supriya_midi"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ControlError) as caught:
        driver()
    assert "pip install supriya-midi" in caught.value.hint


def test_an_unknown_backend_is_named(events: Events, tmp_path: Path) -> None:
    with pytest.raises(ControlError) as caught:
        MidiIn(TABLE, events, backend="jakc", maps=tmp_path)
    assert "'jack'" in caught.value.hint


# What follows goes through a real server.


@pytest.fixture(scope="module")
def server() -> Iterator[Jack]:
    with jackd() as running:
        yield running


@pytest.fixture(params=PACKAGES)
def package(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each package in turn."""
    monkeypatch.setenv(WISH, request.param)
    try:
        return driver().package
    except ControlError as error:
        pytest.skip(str(error))


@pytest.fixture
def jack(package: str, server: Jack) -> Jack:
    """The server, heard by each package in turn."""
    return server


@pytest.mark.usefixtures("package")
def test_without_a_server_there_is_no_backend() -> None:
    nobody = environment(JACK_DEFAULT_SERVER="nobody-is-there", JACK_NO_START_SERVER="1")
    with nobody, pytest.raises(ControlError, match="jack cannot be used"):
        open_ports("jack")


class Foreign:
    """A device of another program: JACK ports of a client of its own."""

    def __init__(self, client: str) -> None:
        rtmidi = driver()
        self.out = rtmidi.outlet(rtmidi.api(BACKENDS["jack"]), client)
        self.out.open_virtual_port("out")
        self.inlet = rtmidi.inlet(rtmidi.api(BACKENDS["jack"]), f"{client}-lights")
        self.inlet.ignore_types(False, False, True)
        self.inlet.open_virtual_port("in")

    def heard(self) -> list[bytes]:
        got = []
        while (message := self.inlet.get_message()) is not None:
            got.append(bytes(message[0]))
        return got

    def play_until_heard(self, events: Events) -> Event:
        """Turn a knob until that comes: JACK shows a port before it passes anything on."""
        assert eventually(lambda: self.out.send_message(KNOB) or not events.empty())
        event = events.get()
        while True:  # the other turns of it
            try:
                events.get(timeout=0.2)
            except queue.Empty:
                return event

    def unplug(self) -> None:
        for port in (self.out, self.inlet):
            port.close_port()
            port.delete()


@pytest.mark.midi
def test_jack_round_trip_keeps_order(jack: Jack, events: Events, tmp_path: Path) -> None:
    controller = Foreign("controller")
    with MidiIn(TABLE, events, backend="jack", maps=tmp_path) as midi:
        assert "controller:out" in midi.connected
        controller.play_until_heard(events)
        for i in range(300):
            controller.out.send_message([0xB0, 16, i % 128])
        got = [events.get(timeout=5).args[0] for _ in range(300)]
        controller.unplug()
    assert got == [pytest.approx((i % 128) / 127) for i in range(300)]


@pytest.mark.midi
def test_jack_port_vanishes_and_returns_while_another_plays_on(jack: Jack, events: Events, own: Path) -> None:
    controller, other = Foreign("controller"), Foreign("other")
    with MidiIn(TABLE, events, backend="jack", maps=own) as midi:
        assert controller.play_until_heard(events).source == "midi:controller:out"
        midi.publish(values(blackout=True))
        assert eventually(lambda: bytes((0x90, 9, 5)) in controller.heard())
        controller.unplug()
        assert eventually(lambda: "controller:out" not in midi.connected, timeout=RELIST_S + 5)
        assert other.play_until_heard(events).source == "midi:other:out"
        controller = Foreign("controller")
        assert eventually(lambda: "controller:out" in midi.connected, timeout=RELIST_S + 5)
        assert controller.play_until_heard(events).source == "midi:controller:out#2"
        heard: list[bytes] = []
        assert eventually(lambda: heard.extend(controller.heard()) or bytes((0x90, 9, 5)) in heard)
        assert bytes.fromhex("F07D01F7") in heard
        controller.unplug()
        other.unplug()


@pytest.mark.midi
def test_lights_and_motors_that_come_back_through_jack_are_no_wishes(
    jack: Jack, events: Events, tmp_path: Path
) -> None:
    lit = '{ from = "note:1:9", to = "/master/blackout", led = { on = 127, off = 0 } }'
    motor = '{ from = "bend:1", to = "/master/level", led = "value" }'
    (tmp_path / "loop.toml").write_text(f'format = 1\n[device]\nmatch = "surface"\nmap = [{lit}, {motor}]\n')
    surface = Foreign("surface")

    def echoed(midi: MidiIn, count: int) -> bool:
        for message in surface.heard():
            surface.out.send_message(list(message))
        return midi.received >= begun + count

    with MidiIn(TABLE, events, port="surface", backend="jack", maps=tmp_path) as midi:
        surface.play_until_heard(events)
        begun = midi.received
        midi.publish(values())
        assert eventually(lambda: echoed(midi, 2))
        midi.publish(values(blackout=True, level=0.25))
        assert eventually(lambda: echoed(midi, 4))
        assert events.empty()
        surface.out.send_message([0xE0, 0, 100])
        event = events.get(timeout=5)
        surface.unplug()
    assert (event.address, event.args) == ("/master/level", (pytest.approx(12800 / 16383),))


@pytest.mark.midi
@pytest.mark.skipif(shutil.which("jack_midiseq") is None, reason="needs jack_midiseq: apt-get install jackd2")
def test_notes_of_a_foreign_sequencer_choose_classes(jack: Jack, events: Events, tmp_path: Path) -> None:
    # a loop of 0.25 s: C3 (48) at its start, E3 (52) in its middle
    command = ["jack_midiseq", "Sequencer", "12000", "0", "48", "3000", "6000", "52", "3000"]
    sequencer = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with MidiIn(TABLE, events, backend="jack", maps=tmp_path) as midi:
            got = [events.get(timeout=10) for _ in range(6)]
            assert any(name.startswith("Sequencer") for name in midi.connected)
    finally:
        sequencer.terminate()
        sequencer.wait()
    assert {event.address for event in got} == {"/model/class"}
    classes = [event.args[0] for event in got]
    assert classes in ([0, 4] * 3, [4, 0] * 3)


def test_every_macro_has_its_own_cc() -> None:
    ccs = [param.cc for param in TABLE.values() if param.cc is not None]
    assert len(ccs) == len(set(ccs))
    assert isinstance(TABLE["/macro/1"], Param)
