"""Light in over real UDP on loopback: the `sacn` package sends as a desk does, Art-Net comes as bytes."""

import queue
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vj.core.dmx import artnet
from vj.core.errors import ControlError
from vj.core.params import Param, Snapshot
from vj.core.types import Event
from vj.devices.dmx.ears import Asked, read_asked
from vj.devices.dmx.fader import read_faders
from vj.devices.dmx.input import DmxIn

sacn = pytest.importorskip("sacn")
TABLE = {
    "/latent/psi": Param(0.5, 0.0, 2.0), "/latent/speed": Param(0.5),
    "/master/blackout": Param(False), "/cue/go": Param(0, kind="trigger"),
    "/look": Param("a", choices=("a", "b", "c")), "/model/class": Param(0, kind="class"),
    "/tempo/clock": Param((), kind="clock"),
}  # fmt: skip
MAP = """# by hand
format = 1
map = [
  { from = "sacn:1:1", to = "/latent/psi", takeover = "none" },   # the first one
  { from = "sacn:1:3", to = "/latent/speed", bits = 16, range = [1.0, 0.0] },
  { from = "sacn:1:5", to = "/master/blackout" },
  { from = "sacn:1:6", to = "/cue/go" },
  { from = "sacn:1:7", to = "/look", value = "b" },
  { from = "sacn:1:8", to = "/model/class" },
  { from = "artnet:3:2", to = "/look" },
]
"""


def until(happens: Callable[[], object], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, "did not happen"
        time.sleep(0.01)


class Console:
    """The listener, and what is sent to it."""

    def __init__(self, folder: Path) -> None:
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.path = folder / "faders.toml"
        self.path.write_text(MAP)
        self.dmx = DmxIn(TABLE, self.events, Asked((1, 2), True, "127.0.0.1"), self.path, (0, 0))
        self.art = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.art.bind(("127.0.0.1", 0))

    def say(self, universe: int, *levels: int, sequence: int = 0) -> None:
        packet = artnet.Levels(universe, bytes(levels), sequence).packed()
        self.art.sendto(packet, ("127.0.0.1", self.dmx.ports["artnet"]))

    def got(self) -> list[Event]:
        found = []
        while not self.events.empty():
            found.append(self.events.get())
        return found

    def last(self, address: str, seconds: float = 10.0) -> Event:
        end, found = time.monotonic() + seconds, None
        while found is None:
            assert time.monotonic() < end, f"nothing came for {address}"
            time.sleep(0.02)
            found = next((event for event in reversed(self.got()) if event.address == address), None)
        return found


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    made = Console(tmp_path)
    with made.dmx:
        yield made
    made.art.close()


class Stream:
    """A desk as bytes: what the package cannot say."""

    def __init__(self, console: Console, cid: bytes, priority: int = 100) -> None:
        self.console, self.cid, self.priority, self.sequence = console, cid * 16, priority, 0

    def say(self, *levels: int, universe: int = 1, **more: bool) -> None:
        from vj.core.dmx import sacn as ours

        self.sequence += 1
        packet = ours.Levels(self.cid, universe, bytes(levels), self.sequence, self.priority, "desk", **more).packed()
        self.console.art.sendto(packet, ("127.0.0.1", self.console.dmx.ports["sacn"]))


def test_a_desk_of_another_make_moves_a_parameter(console: Console) -> None:
    """Sent by the `sacn` package, unicast, to our port by way of a relay: its own is fixed."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as relay:
        relay.bind(("127.0.0.1", 5568))
        relay.settimeout(10.0)
        desk = sacn.sACNsender(bind_address="127.0.0.1", bind_port=0, source_name="desk", universeDiscovery=False)
        desk.start()
        desk.activate_output(1)
        desk[1].destination = "127.0.0.1"
        desk[1].dmx_data = (51, 0, 128, 0)
        try:
            for _ in range(3):
                console.art.sendto(relay.recv(2048), ("127.0.0.1", console.dmx.ports["sacn"]))
        finally:
            desk.stop()
    until(lambda: console.dmx.received >= 1)
    events = {event.address: event for event in console.got()}
    psi, speed = events["/latent/psi"], events["/latent/speed"]
    assert (psi.args, psi.pickup, psi.scaled, psi.source) == ((51 / 255,), False, True, "dmx:sacn:1")
    assert (speed.args[0], speed.pickup) == (pytest.approx(1.0 - 0x8000 / 0xFFFF), True)


def test_switches_triggers_choices_and_classes(console: Console) -> None:
    desk = Stream(console, b"a")
    desk.say(0, 0, 0, 0, 200, 200, 200, 7)
    until(lambda: console.dmx.received == 1)
    # where faders stand when they are first heard presses nothing
    assert {event.address for event in console.got()} <= {"/latent/psi", "/latent/speed"}
    desk.say(0, 0, 0, 0, 0, 0, 0, 9)
    assert console.last("/model/class").args == (9,)
    desk.say(0, 0, 0, 0, 255, 255, 255, 9)
    until(lambda: console.dmx.received == 3)
    time.sleep(0.05)
    got = {event.address: event.args for event in console.got()}
    assert got["/master/blackout"] == (True,)
    assert got["/cue/go"] == ()
    assert got["/look"] == ("b",)
    console.say(3, 0, 10)
    until(lambda: console.dmx.received == 4)
    console.say(3, 0, 255)
    chosen = console.last("/look")
    assert (chosen.args, chosen.scaled, chosen.source) == ((1.0,), True, "dmx:artnet:3")


def test_priority_wins_equals_merge_and_the_last_value_holds(console: Console) -> None:
    one, two, high = Stream(console, b"a"), Stream(console, b"b"), Stream(console, b"c", 150)
    one.say(100)
    assert console.last("/latent/psi").args == (100 / 255,)
    two.say(180)
    assert console.last("/latent/psi").args == (180 / 255,)
    one.say(250, preview=True)  # of a desk that only shows what it would do
    high.say(20)
    assert console.last("/latent/psi").args == (20 / 255,)
    high.say(20, terminated=True)
    assert console.last("/latent/psi").args == (180 / 255,)
    until(lambda: "stay where they were" in console.dmx.notice)  # two and a half seconds of silence
    assert console.got() == []
    two.say(181)
    assert console.last("/latent/psi").args == (181 / 255,)


def test_what_is_learnt_is_written_and_holds_at_once(console: Console) -> None:
    snapshot = Snapshot({"/window/learn": True})
    console.dmx.publish(snapshot)
    console.dmx.point(Event("/light/learn", ("/latent/psi",)))
    desk = Stream(console, b"a")
    for n in range(12):  # 16 bits: the fine half leaps while the coarse one goes by little
        value = 0x4000 + n * 0x0777
        desk.say(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, value >> 8, value & 0xFF, universe=2)
        time.sleep(0.02)
    until(lambda: any(str(fader.channel) == "sacn:2:11" and fader.bits == 16 for fader in console.dmx.faders))
    assert "sacn:2:11 -> /latent/psi" in console.dmx.said
    text = console.path.read_text()
    assert "# by hand" in text
    assert [f.to for f in read_faders(console.path, TABLE)].count("/latent/psi") == 1  # it moves by one hand
    console.got()
    desk.say(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, universe=2)
    assert console.last("/latent/psi").args == (1.0,)
    console.dmx.deeds["/light/unbind"](Event("/light/unbind", ("sacn:2:11", "/latent/psi")))
    until(lambda: all(fader.to != "/latent/psi" for fader in console.dmx.faders))
    with pytest.raises(ControlError):
        console.dmx.deeds["/light/unbind"](Event("/light/unbind", ("sacn:2:11", "/latent/psi")))
    with pytest.raises(ControlError, match="no address"):
        console.dmx.point(Event("/light/learn", ("/latent/ps",)))


def test_a_desk_that_asks_who_is_there_is_answered(console: Console) -> None:
    console.art.settimeout(10.0)
    console.art.sendto(b"Art-Net\x00\x00\x20\x00\x0e\x00\x00", ("127.0.0.1", console.dmx.ports["artnet"]))
    answer = console.art.recv(1024)
    assert answer[:10] == b"Art-Net\x00\x00\x21"
    assert (len(answer), answer[10:14]) == (239, bytes([127, 0, 0, 1]))
    console.art.sendto(b"\x00" * 700, ("127.0.0.1", console.dmx.ports["artnet"]))
    console.art.sendto(b"", ("127.0.0.1", console.dmx.ports["sacn"]))
    console.say(3, 0, 200, sequence=5)
    until(lambda: console.dmx.received == 1)


def test_a_mapping_that_is_broken_changes_nothing_and_is_told_before_a_show(console: Console, tmp_path: Path) -> None:
    console.path.write_text(MAP.replace("/cue/go", "/cue/goo"))
    until(lambda: "broken" in console.dmx.notice)
    assert len(console.dmx.faders) == 7
    with pytest.raises(ControlError, match="no address"):
        DmxIn(TABLE, console.events, Asked((1,)), console.path, (0, 0))
    for line, said in (
        ('from = "sacn:0:1"', "universe"),
        ('from = "dmx:1:1"', "fader"),
        ('from = "sacn:1:513"', "channel"),
        ('from = "sacn:1:512", bits = 16', "bits"),
        ('from = "sacn:1:1", curve = "log"', "0"),
    ):
        console.path.write_text(f'format = 1\nmap = [{{ {line}, to = "/latent/psi" }}]\n')
        with pytest.raises(ControlError, match=said):
            read_faders(console.path, TABLE)


def test_what_is_listened_to_is_said_in_words() -> None:
    assert read_asked("sacn") == Asked((1, 2, 3, 4), False)
    assert read_asked("artnet, sacn:7-9@10.0.0.5") == Asked((7, 8, 9), True, "10.0.0.5")
    for wrong in ("dmx", "artnet:3", "sacn:0", "sacn:1-9999", "sacn@desk"):
        with pytest.raises(ControlError):
            read_asked(wrong)
