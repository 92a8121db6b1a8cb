"""Whoever sends back all that it is told, at once, late or twice: what hands set stays, and soon it is quiet."""

import queue
import socket
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vj.apps.assemble import parameters
from vj.core.types import Event
from vj.devices.osc._feedback import Feedback
from vj.devices.osc.echo import Echoes
from vj.devices.osc.input import OscIn
from vj.devices.osc.wire import message, read
from vj.engine.desk import Desk

TABLE = parameters()
CLASSES = {"worlds": ("a", "b", "c")}
#: Among them one that glides, one that has steps, a word and a mix.
MOVED = {
    "/master/level": st.floats(0.0, 1.0),
    "/latent/psi": st.floats(0.0, 1.5),
    "/master/blackout": st.booleans(),
    "/window/fit": st.sampled_from(TABLE["/window/fit"].choices),
    "/preset/bank": st.integers(1, 64),
    "/model/class": st.sampled_from(CLASSES["worlds"]),
}
HANDS = st.sampled_from(sorted(MOVED)).flatmap(lambda a: st.tuples(st.just(a), MOVED[a], st.floats(0.02, 0.6)))


@settings(max_examples=12, deadline=None)
@given(hands=st.lists(HANDS, min_size=1, max_size=8), late=st.floats(0.0, 0.5), twice=st.booleans())
def test_a_mirror_holds_nothing_and_runs_nowhere(
    hands: list[tuple[str, object, float]], late: float, twice: bool
) -> None:
    """Simulated time: a client mirrors `late` seconds later what it is told; another hand moves things."""
    feedback, desk = Feedback(TABLE), Desk(TABLE, CLASSES)
    mirror, t, said = ("127.0.0.1", 9000), 0.0, 0
    flying: list[tuple[float, bytes]] = []
    feedback.sync(mirror)

    def run(seconds: float) -> None:
        nonlocal t, said
        for _ in range(round(seconds * 60)):
            t += 1 / 60
            while flying and flying[0][0] <= t:
                for back in read(flying.pop(0)[1]):
                    if not feedback.is_echo(mirror, back.address, back.args, t):
                        feedback.heard(mirror, back.address, back.args, t)
                        desk.apply(Event(back.address, back.args, "osc:mirror"))
            packets = [packet for _, packet in feedback.packets(desk.tick(t), t)]
            said += len(packets)
            flying.extend((t + late, packet) for packet in packets * (1 + twice))

    run(1.0)
    assert not desk.held
    for address, value, pause in hands:
        desk.apply(Event(address, (value,), "web:1"))
        run(pause)
    run(2.5)
    before = said
    run(2.0)
    assert said == before, "it goes on and on"
    untouched = Desk(TABLE, CLASSES)
    for address, value, _ in hands:
        untouched.apply(Event(address, (value,), "web:1"))
    assert {a: desk.current(a) for a in TABLE} == {a: untouched.current(a) for a in TABLE}
    assert desk.held == untouched.held


def test_a_hand_at_the_mirror_is_a_hand() -> None:
    feedback, desk = Feedback(TABLE), Desk(TABLE, CLASSES)
    place = ("127.0.0.1", 9000)
    feedback.sync(place)
    desk.apply(Event("/latent/psi", (0.5,), "web:1"))
    for _, packet in feedback.packets(desk.tick(0.0), 0.0):
        for said in read(packet):  # it says of a switch that it is off as 0, too
            args = tuple(int(arg) if isinstance(arg, bool) else arg for arg in said.args)
            assert feedback.is_echo(place, said.address, args, 0.1)
    assert not feedback.is_echo(place, "/latent/psi", (0.6,), 0.2)
    assert not feedback.is_echo(place, "/latent/psi", (0.5,), 0.3)  # back to where it was, by hand
    assert not feedback.is_echo(("127.0.0.2", 9000), "/master/level", (1.0,), 0.1)
    assert not feedback.is_echo(place, "/master/level", (1.0,), 5.0)


@pytest.mark.realtime
def test_over_udp_a_mirror_neither_stops_a_glide_nor_undoes_a_switch() -> None:
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    desk, end = Desk(TABLE, CLASSES), threading.Event()
    with OscIn(desk.table, events, port=0) as osc, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        line.settimeout(0.1)
        returned = 0

        def mirror() -> None:
            nonlocal returned
            while not end.is_set():
                try:
                    packet = line.recv(65536)
                except TimeoutError:
                    continue
                returned += 1
                line.sendto(packet, ("127.0.0.1", osc.port))

        thread = threading.Thread(target=mirror, daemon=True)
        thread.start()
        line.sendto(message("/sync", (line.getsockname()[1],)), ("127.0.0.1", osc.port))
        began = time.perf_counter()

        def run(seconds: float) -> None:
            until = time.perf_counter() + seconds
            while time.perf_counter() < until:
                while not events.empty():
                    desk.apply(events.get())
                osc.publish(desk.tick(time.perf_counter() - began))
                time.sleep(1 / 60)

        run(0.5)
        desk.apply(Event("/master/level", (0.0,), "web:1"))
        desk.apply(Event("/master/blackout", (True,), "web:1"))
        run(0.1)
        desk.apply(Event("/master/blackout", (False,), "web:1"))
        run(0.8)
        settled = returned
        run(0.3)
        end.set()
        thread.join(2.0)
    assert settled == returned > 0
    assert desk.shown["/master/level"] == pytest.approx(0.0, abs=1e-3)
    assert desk.shown["/master/blackout"] is False
    assert set(desk.held) == {"/master/level", "/master/blackout"}


def test_who_changes_their_mind_is_heard() -> None:
    """A hand there moves away and back within a second, while it is told where things were."""
    echoes = Echoes()
    echoes.told("/model/select", "worlds", 0.0)
    assert echoes.back("/model/select", ("worlds",), 0.1)
    assert not echoes.back("/model/select", ("dream",), 0.2)
    echoes.told("/model/select", "worlds", 0.3)  # the other one is still being opened
    assert not echoes.back("/model/select", ("worlds",), 0.5)
    echoes.told("/model/select", "worlds", 1.0)
    assert echoes.back("/model/select", ("worlds",), 1.3)


def test_who_wishes_for_what_is_so_is_heard() -> None:
    """One who was told everything a moment ago holds one thing where it is."""
    echoes = Echoes()
    for n in range(400):
        echoes.told(f"/x/{n}", 0.5, 0.0)
    assert not echoes.back("/x/300", (0.5,), 0.1)
    assert not echoes.back("/x/7", (0.5,), 0.2)
    mirror = Echoes()
    for n in range(400):
        mirror.told(f"/x/{n}", 0.5, 0.0)
    assert all(mirror.back(f"/x/{n}", (0.5,), 0.2) for n in range(400) if n % 3), "a third of it is lost"
