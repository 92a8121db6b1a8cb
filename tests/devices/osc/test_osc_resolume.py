"""Controllers laid out for Resolume steer us, where that was asked for; their two traps are known."""

import queue
import socket

import pytest

from vj.apps.assemble import parameters
from vj.core.types import Event
from vj.devices.osc import wire
from vj.devices.osc.input import OscIn
from vj.devices.osc.resolume import FADERS, PULSES, ROOT, meant

TABLE = parameters()


@pytest.mark.parametrize(
    ("address", "args", "events"),
    [
        ("/composition/master", (0.25,), [Event("/master/level", (0.25,), scaled=True)]),
        ("/composition/video/opacity", (1,), [Event("/master/level", (1.0,), scaled=True)]),
        ("/composition/dashboard/link3", (0.5,), [Event("/macro/3", (0.5,), scaled=True)]),
        ("/composition/layers/2/clips/7/connect", (1,), [Event("/preset/bank", (2,)), Event("/preset/7/recall")]),
        ("/composition/layers/2/clips/7/connect", (0,), []),
        ("/composition/columns/4/connect", (1,), [Event("/cue/goto", ("4",))]),
        ("/composition/bypassed", (1,), [Event("/master/blackout", (True,))]),
        ("/composition/disconnectall", (1,), [Event("/master/panic")]),
        ("/composition/tempocontroller/tempotap", (1,), [Event("/tempo/tap")]),
        ("/composition/tempocontroller/tempotap", (0,), []),
        ("/composition/tempocontroller/tempo/multiply", (1,), [Event("/tempo/double")]),
        ("/composition/layers/1/clips/99999999999/connect", (1,), [Event("/preset/bank", (1,))]),
        ("/composition/selectedclip/name", ("x",), []),
    ],
)
def test_what_is_said_to_resolume_is_said_to_us(address: str, args: tuple[wire.Arg, ...], events: list[Event]) -> None:
    assert meant(address, args, TABLE) == events


@pytest.mark.parametrize("name", [*FADERS, *PULSES])
def test_everything_that_is_known_of_it_is_something_of_ours(name: str) -> None:
    (event,) = meant(f"{ROOT}{name}", (1.0,), TABLE)
    assert event.address in TABLE


@pytest.mark.parametrize(("sent", "bpm"), [(0.0, 20.0), (1.0, 500.0), (108 / 480, 128.0), (128.0, 128.0), (174, 174.0)])
def test_its_tempo_is_normalised_up_to_one_and_bpm_above(sent: float, bpm: float) -> None:
    tempo, source = meant("/composition/tempocontroller/tempo", (sent,), TABLE)
    assert tempo.address == "/tempo/bpm"
    assert tempo.args[0] == pytest.approx(bpm)
    assert source == Event("/tempo/source", ("fixed",))


@pytest.mark.parametrize("asked", [True, False])
def test_only_where_it_was_asked_for(asked: bool) -> None:
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    with OscIn(parameters(), events, 0, as_resolume=asked) as osc, socket.socket(type=socket.SOCK_DGRAM) as sender:
        sender.sendto(wire.message("/composition/master", (0.5,)), ("127.0.0.1", osc.port))
        sender.sendto(wire.message("/master/level", (0.25,)), ("127.0.0.1", osc.port))
        first = events.get(timeout=5.0)
        assert first.args == ((0.5,) if asked else (0.25,))
        assert first.scaled is asked
        assert first.source.startswith("osc:127.0.0.1:")
