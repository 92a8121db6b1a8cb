"""Ableton Link between processes: another peer, as a DJ's program is one, and what the show hears of it."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from servers.link_peer import Peer

from vj.apps.assemble import parameters
from vj.core.errors import ControlError
from vj.core.params import Snapshot, Value, defaults
from vj.core.types import Clock, Event
from vj.devices.link.session import LinkIn
from vj.engine.addresses import read_clock
from vj.engine.analyzer import Analyzer
from vj.features.tempo import Tempo

link = pytest.importorskip("link", reason="LinkPython-extern is not installed")

pytestmark = pytest.mark.realtime
TABLE = parameters()


class Show:
    """What a show has to do with Link: a table of values, and the events that come."""

    def __init__(self) -> None:
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.link = LinkIn(self.events)
        self.values: dict[str, Value] = {address: param.default for address, param in TABLE.items()}
        self.clock, self.at = Clock(), 0.0

    def set(self, **values: Value) -> None:
        names = {"on": "/tempo/link", "bpm": "/tempo/bpm", "lock": "/tempo/lock", "source": "/tempo/source"}
        self.values.update({names.get(name, f"/tempo/link/{name}"): value for name, value in values.items()})
        self.link.publish(Snapshot(dict(self.values)))

    def by_hand(self, address: str, *args: float, source: str = "web:1", stamp: float = 0.0) -> None:
        self.link.heed(Event(address, args, source, stamp=stamp))

    def hear(self) -> None:
        while not self.events.empty():
            event = self.events.get()
            if event.address == "/tempo/link/clock":
                self.clock, self.at = read_clock(event.args, self.clock), event.stamp
            elif event.address in self.values:
                self.values[event.address] = event.args[0]
        self.link.publish(Snapshot(dict(self.values)))

    def until(self, found: Callable[[], bool], timeout: float = 12.0) -> bool:
        """Whether `found` comes true: other programs offer nothing to wait for."""
        pause = threading.Event()
        for _ in range(int(timeout / 0.02)):
            self.hear()
            if found():
                return True
            pause.wait(0.02)
        return False


@pytest.fixture
def show() -> Iterator[Show]:
    made = Show()
    with made.link:
        yield made


@pytest.mark.slow
def test_an_evening_with_another_peer(show: Show) -> None:
    """Joined though the show stood ready first; then tempo, phase, hands, start and stop, and the end of it."""
    show.set(on=True)
    peer = Peer(128.0)
    try:
        assert show.until(lambda: show.clock.peers == 1)
        assert show.until(lambda: peer.ask()[0] == 1)
        assert peer.ask()[1] == pytest.approx(128.0, abs=0.001)  # the session kept its tempo
        assert show.clock.bpm == pytest.approx(128.0, abs=0.001)
        assert show.values["/tempo/bpm"] == pytest.approx(128.0, abs=0.001)

        show.until(lambda: False, 0.5)
        micros, now = link.Link(120.0).clock().micros(), time.perf_counter()
        (there,) = peer.ask(times=[micros])[2]
        ours = (show.clock.beat or 0.0) + (now - show.at) * show.clock.bpm / 60.0
        off = (ours - there + 2.0) % 4.0 - 2.0
        assert abs(off) * 60.0 / 128.0 < 0.003

        peer.ask(tempo=174.0)
        assert show.until(lambda: abs(show.clock.bpm - 174.0) < 0.001)

        show.set(bpm=150.0)  # a cue, or the tracker: no hand
        show.until(lambda: False, 0.3)
        assert peer.ask()[1] == pytest.approx(174.0, abs=0.001)
        show.by_hand("/tempo/bpm", 140.0)
        show.set(bpm=140.0)
        assert show.until(lambda: abs(peer.ask()[1] - 140.0) < 0.001)
        began = time.perf_counter()
        for tap in range(4):
            assert abs(peer.ask()[1] - 140.0) < 0.001  # three taps are a slip of the hand
            show.by_hand("/tempo/tap", source="key", stamp=began + 0.5 * tap)
        assert show.until(lambda: abs(peer.ask()[1] - 120.0) < 0.001)
        show.set(lock=True)
        show.by_hand("/tempo/bpm", 99.0)
        show.set(bpm=99.0)
        show.until(lambda: False, 0.3)
        assert peer.ask()[1] == pytest.approx(120.0, abs=0.001)

        show.set(lock=False, startstop=True)
        assert show.until(lambda: show.clock.beat is None)  # nobody has started it
        assert show.clock.runs
        peer.ask(playing=True)
        assert show.until(lambda: show.clock.beat is not None and show.values["/tempo/link/playing"] is True)
        show.by_hand("/tempo/link/playing", 0.0)
        show.set(playing=False)
        assert show.until(lambda: not peer.ask()[3])
        show.set(startstop=False, quantum=3)
        assert show.until(lambda: show.clock.beat is not None and show.clock.metre == 3)

        other = Peer(90.0)
        assert show.until(lambda: show.clock.peers == 2)
        assert show.clock.bpm == pytest.approx(120.0, abs=0.001)
        other.end(dies=True)
        peer.end()
        assert show.until(lambda: show.clock.lost, 20.0)
        assert show.clock.bpm == pytest.approx(120.0, abs=0.001)
    finally:
        peer.end(dies=True)


def test_switched_off_it_listens_to_nothing_and_without_the_package_it_is_a_word() -> None:
    def missing() -> Any:
        raise ControlError("Ableton Link needs LinkPython-extern", hint="install it")

    show = Show()
    show.link = LinkIn(show.events, missing)
    with show.link:
        show.set(on=False)
        assert show.link.ports == ()
        assert show.link._thread is None
        show.set(on=True)
        assert [where for _, where in show.link.ports] == ["UDP 20808, multicast 224.76.78.75"]
        assert show.until(lambda: "LinkPython" in show.link.notice)
        show.set(on=False)
        assert show.link.ports == ()
    assert show.events.empty()


def test_link_leads_before_a_midi_clock_and_hands_over_without_a_leap() -> None:
    """From a MIDI clock to a session at another place of the bar, and back, hop by hop."""
    hears = Analyzer(48000, features=["tempo"])
    values = dict(defaults(*hears.stages).values)
    heard: list[tuple[float, Tempo]] = []

    def run(seconds: float, **clocks: Value) -> Tempo:
        values.update({f"/tempo/{name.replace('_', '/')}": clock for name, clock in clocks.items()})
        for _ in range(round(seconds * 48000 / 512)):
            features = hears.step(np.zeros(512, np.float32), Snapshot(dict(values)))
            heard.append((features.t, features[Tempo]))
        return heard[-1][1]

    midi = run(3.0, clock=Clock(120.0, 0.0, 0.0))
    assert (midi.source, midi.counted) == ("clock", True)
    session = run(4.0, link_clock=Clock(120.0, 1.3, 0.0, metre=4, peers=2))
    assert (session.source, session.peers, session.bpm) == ("link", 2, 120.0)
    t = heard[-1][0] - 0.5 * 512 / 48000
    assert ((session.beat + session.phase) - (1.3 + 2.0 * t) + 2.0) % 4.0 - 2.0 == pytest.approx(0.0, abs=0.01)
    locked = run(1.0, lock=True, link_clock=Clock(120.0, 1.3, 0.0, lost=True, peers=2))
    assert locked.source == "lost"  # a lock lets nobody else lead
    back = run(3.0, lock=False)
    assert back.source == "clock"
    counts = np.diff([tempo.beat + tempo.phase for _, tempo in heard])
    steps = 2.0 * 512 / 48000
    parts = (counts + 0.5) % 1.0 - 0.5  # without whole beats, which a bar's place may ask for
    assert counts.min() >= 0.0
    assert np.abs(parts - steps).max() <= 0.41 * steps
    assert (np.round(counts) > 0).sum() <= 2
