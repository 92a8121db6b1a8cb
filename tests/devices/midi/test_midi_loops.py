"""What goes out and comes back in: lamps, motors and values settle, however the wires run."""

import queue
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from servers.jack import jackd
from servers.memory_midi import MemoryPorts

from vj.apps.assemble import parameters
from vj.core.types import Event
from vj.devices.midi.drivers import BACKENDS, driver
from vj.devices.midi.input import MidiIn
from vj.devices.midi.ports import InPort
from vj.engine.desk import Desk

TABLE = parameters()
CLASSES = tuple("abcdefgh")
#: Lamps that are dark at velocity 1 are the worst: for whoever hears them, that is a press.
LIT = """format = 1
[device]
match = "{match}"
map = [
  {{ from = "cc:1:16", to = "/latent/psi", led = "value" }},
  {{ from = "cc:1:17", to = "/master/speed", led = "value", range = [4.0, 0.0] }},
  {{ from = "note:1:48", to = "/model/pad", value = 0, led = {{ on = 21, off = 1 }} }},
  {{ from = "note:1:49", to = "/model/pad", value = 1, led = {{ on = 21, off = 1 }} }},
  {{ from = "note:1:50", to = "/model/pad", value = 2, led = {{ on = 21, off = 1 }} }},
  {{ from = "note:1:51", to = "/master/blackout", led = {{ on = 21, off = 1 }} }},
]
"""


class Wired(MemoryPorts):
    """Every output is wired to every input."""

    def __init__(self, *names: str) -> None:
        super().__init__(*names)
        self.sent = 0

    def open_output(self, name: str) -> "Wired":  # type: ignore[override]
        return self

    def send(self, message: bytes) -> None:
        self.sent += 1
        for device in self.devices.values():
            device.play(message)

    def open_input(self, name: str) -> InPort:
        return self.devices[name]

    def close(self) -> None:
        pass


@settings(
    max_examples=10,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    hands=st.lists(
        st.tuples(
            st.sampled_from(["/latent/psi", "/master/speed", "/model/pad", "/master/blackout"]), st.floats(0.0, 1.0)
        ),
        min_size=1,
        max_size=6,
    )
)
def test_wires_from_every_output_to_every_input_never_run_away(tmp_path: Path, hands: list[tuple[str, float]]) -> None:
    """Simulated time: what a hand set stays, and soon nothing is sent any more."""
    for match in ("one", "two"):
        (tmp_path / f"{match}.toml").write_text(LIT.format(match=match))
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    ports, desk, t = Wired("one 0", "two 1"), Desk(TABLE, {"worlds": CLASSES}), 0.0
    midi = MidiIn(desk.table, events, maps=tmp_path, ports=ports)
    midi._relist()

    def run(seconds: float) -> None:
        nonlocal t
        for _ in range(round(seconds / 0.01)):
            t += 0.01
            for device in midi._devices.values():
                midi._poll(device, t)
            while not events.empty():
                desk.apply(events.get())
            midi.publish(desk.tick(t))
            midi._light(t)

    run(0.5)
    for address, x in hands:
        desk.apply(
            Event(address, (x if address != "/model/pad" else int(3 * x),), "osc:1", scaled=address != "/model/pad")
        )
        run(0.1)
    run(2.0)
    wanted = {address: desk.shown[address] for address, _ in hands}
    sent = ports.sent
    run(3.0)
    assert ports.sent == sent, "it sends on and on"
    for address, value in wanted.items():
        assert desk.shown[address] == (pytest.approx(value, abs=1e-6) if isinstance(value, float) else value)
    last = dict(hands)
    for address, x in last.items():
        if address in ("/latent/psi", "/master/speed"):
            assert desk.shown[address] == pytest.approx(desk.table[address].scale(x), abs=0.05)


@pytest.fixture
def lit(tmp_path: Path) -> Path:
    (tmp_path / "surface.toml").write_text(LIT.format(match="surface"))
    return tmp_path


@pytest.mark.midi
def test_a_wire_in_jack_from_our_lights_to_our_inputs_changes_nothing(lit: Path) -> None:
    rtmidi = driver()
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    desk, t = Desk(TABLE, {"worlds": CLASSES}), 0.0
    with jackd() as jack:
        out = rtmidi.outlet(rtmidi.api(BACKENDS["jack"]), "surface")
        out.open_virtual_port("surface a")
        sink = rtmidi.inlet(rtmidi.api(BACKENDS["jack"]), "surface")
        sink.open_virtual_port("surface b")
        keys = rtmidi.outlet(rtmidi.api(BACKENDS["jack"]), "keys")
        keys.open_virtual_port("out")
        with MidiIn(desk.table, events, backend="jack", maps=lit) as midi:
            ours = [port for port in jack.ports() if port.startswith("vj")]
            lamps = next(port for port in ours if ":out " in port)
            for port in ours:
                if ":in " in port:
                    jack.connect(lamps, port)
            heard = 0
            import time

            for step in range(240):
                t += 1 / 60
                while not events.empty():
                    desk.apply(events.get())
                midi.publish(desk.tick(t))
                if step in (60, 90):
                    desk.apply(Event("/latent/psi", (0.3 + step / 300,), "osc:1"))
                    desk.apply(Event("/model/pad", (step // 60,), "osc:1"))
                time.sleep(1 / 60)
                while sink.get_message():
                    heard += 1
        out.close_port()
        keys.close_port()
        sink.close_port()
    assert 0 < heard < 60
    assert desk.shown["/latent/psi"] == pytest.approx(0.6, abs=0.01)
    assert desk.shown["/model/class"] == 1
    assert desk.shown["/master/blackout"] is False
