"""MIDI learn in a running show: pointed at, moved, asked, written, shown, edited and unbound."""

import queue
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from servers.jack import jackd
from servers.memory_midi import MemoryPorts
from test_midi import eventually

from vj.apps.assemble import parameters
from vj.core.errors import ControlError
from vj.core.params import Snapshot, Value
from vj.core.types import Event
from vj.devices.keys import key_events
from vj.devices.learn_keys import while_learning
from vj.devices.midi._book import altered, set_control, told
from vj.devices.midi._entry import read_entry
from vj.devices.midi.drivers import BACKENDS, driver
from vj.devices.midi.input import MidiIn
from vj.devices.midi.learn import judge
from vj.devices.midi.mapping import FACTORY, read_map
from vj.engine.desk import Desk

TABLE = parameters()
OWN = """format = 1

[device]
match = "Thing"   # the one on the left
map = [
  # the big one
  { from = "cc:1:7", to = "/master/level" },  # never let go
  { from = "note:1:40", to = "/master/blackout", led = { on = 5 } },
]
"""


class Show:
    """A desk and MIDI, ticked by hand; `look` does what a frame would."""

    def __init__(self, folder: Path, *names: str) -> None:
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.desk, self.ports = Desk(TABLE, {"worlds": ["ink"]}), MemoryPorts(*names)
        self.midi = MidiIn(self.desk.table, self.events, maps=folder, ports=self.ports)
        self.desk.deeds.update(self.midi.editing.deeds)
        self.t = 0.0
        self.look()

    def look(self) -> Snapshot:
        while not self.events.empty():
            self.desk.apply(self.events.get())
        self.t += 1 / 60
        snapshot = self.desk.tick(self.t)
        self.midi.publish(snapshot)
        return snapshot

    def ask(self, address: str, *args: Any) -> bool:
        done = self.desk.apply(Event(address, args, "web:1"))
        self.look()
        return done

    def play(self, *messages: list[int], device: str = "Thing 0") -> None:
        self.ports.devices[device].play(*messages)

    def until(self, found: Callable[[], bool]) -> bool:
        return eventually(lambda: bool(self.look()) and found())

    def says(self, words: str) -> bool:
        return self.until(lambda: words in self.midi.editing.said)

    def bound(self) -> set[tuple[str, str]]:
        return {(line["from"], line["to"]) for line in self.midi.bindings if line["device"] == "Thing"}


@pytest.fixture
def show(tmp_path: Path) -> Iterator[Show]:
    (tmp_path / "mine.toml").write_text(OWN)
    made = Show(tmp_path, "Thing 0", "Other 1")
    with made.midi:
        yield made


def turned(*values: int, number: int = 16) -> list[list[int]]:
    return [[0xB0, number, value] for value in values]


def test_a_lesson_from_pointing_to_playing(show: Show, tmp_path: Path) -> None:
    assert show.ask("/window/learn", True)
    assert show.says("touch a parameter")
    level = show.look()["/macro/1"]
    show.play(*turned(60, 61, 64))
    assert show.says("CC 16 ch 1 -> /macro/1")  # nothing is pointed at: it only tells
    assert show.look()["/macro/1"] == level
    time.sleep(0.8)  # it rests: what a control still sends when it is bound means nothing else
    assert show.ask("/midi/learn", "/latent/psi")
    assert show.says("/latent/psi")
    show.play(*turned(60, 61, 64, 70, 80))
    assert show.until(lambda: ("cc:1:16", "/latent/psi") in show.bound())
    assert show.midi.editing.said == "CC 16 ch 1 -> /latent/psi"
    assert show.midi.overview()["activity"] == "Thing: cc 16 ch 1 = 80"
    text = (tmp_path / "mine.toml").read_text()
    assert "# the big one" in text
    assert "# never let go" in text
    assert ("cc:1:7", "/master/level") in show.bound()

    show.ask("/midi/learn", "/latent/seed", "7")  # another on a pad: sending it a number
    show.play([0x90, 41, 90], [0x80, 41, 0])
    assert show.until(lambda: ("note:1:41", "/latent/seed") in show.bound())
    show.ask("/midi/learn", "/master/speed")  # an encoder whose way of counting one move leaves open
    show.play(*turned(1, 1, 1, number=20))
    assert show.says("Turn it the other way too")
    show.play(*turned(65, 65, number=20))
    assert show.until(lambda: ("cc:1:20", "/master/speed") in show.bound())
    assert next(line for line in show.midi.bindings if line["from"] == "cc:1:20")["kind"] == "signed"

    show.ask("/window/learn", False)
    assert show.until(lambda: show.midi.editing.said == "")
    show.play([0x90, 41, 90])
    assert show.until(lambda: show.look()["/latent/seed"] == 7)
    assert read_map(tmp_path / "mine.toml", TABLE).match == "Thing"


def test_a_control_bound_twice_is_bound_anew_or_to_both(show: Show) -> None:
    show.ask("/midi/both", True)  # pointing begins to learn
    show.ask("/midi/learn", "/master/speed")
    show.play(*turned(9, 20, 40, number=7))
    assert show.until(lambda: ("cc:1:7", "/master/speed") in show.bound())
    assert ("cc:1:7", "/master/level") in show.bound()
    show.ask("/midi/both", False)
    time.sleep(0.8)
    show.ask("/midi/learn", "/latent/psi")
    show.play(*turned(9, 20, 40, number=7))
    assert show.until(lambda: ("cc:1:7", "/latent/psi") in show.bound())
    assert {to for source, to in show.bound() if source == "cc:1:7"} == {"/latent/psi"}


def test_unbound_is_bound_to_nothing_also_what_a_map_of_the_factory_binds(show: Show, tmp_path: Path) -> None:
    show.ask("/window/learn", True)
    show.play(*turned(60, 61, 64))
    assert show.says("Del unbinds it")
    for event in while_learning("delete", ()):
        show.desk.apply(event)
    assert show.says("bound to nothing")
    assert show.until(lambda: 'from = "cc:1:16", to = ""' in (tmp_path / "mine.toml").read_text())
    show.until(lambda: not show.midi.editing.changed.is_set())
    show.ask("/window/learn", False)
    show.play(*turned(60, 61, 64), *turned(99, 100, number=17))
    assert eventually(lambda: not show.events.empty())
    assert {show.events.get().address for _ in range(show.events.qsize())} == {"/macro/2"}  # the other one still plays
    show.ask("/window/learn", True)
    show.ask("/midi/learn", "/master/blackout")
    show.ask("/midi/unbind")
    assert show.until(lambda: "/master/blackout" not in {to for _, to in show.bound()})
    assert show.ask("/midi/unbind", "Thing", "cc:1:7", "/master/level")
    assert show.until(lambda: "/master/level" not in {to for _, to in show.bound()})
    assert "# the big one" in (tmp_path / "mine.toml").read_text()


def test_bindings_are_edited_key_by_key_and_nonsense_is_refused(show: Show, tmp_path: Path) -> None:
    def edit(key: str, word: str, control: str = "cc:1:7", to: str = "/master/level") -> bool:
        return show.ask("/midi/edit", "Thing", control, to, key, word)

    def line(control: str = "cc:1:7") -> dict[str, Any]:
        return next(line for line in show.midi.bindings if line["from"] == control and line["device"] == "Thing")

    assert edit("lo", "0.2")
    assert show.until(lambda: line().get("range") == [0.2, 1.0])
    assert edit("invert", "on")
    assert show.until(lambda: line().get("range") == [1.0, 0.2])
    assert edit("takeover", "none")
    assert show.until(lambda: line().get("takeover") == "none")
    assert edit("takeover", "")
    assert show.until(lambda: "takeover" not in line())
    assert edit("mode", "momentary", "note:1:40", "/master/blackout")
    assert show.until(lambda: line("note:1:40").get("mode") == "momentary")
    assert line("note:1:40")["led"]["on"] == 5
    assert edit("curve", "square", "cc:*:16", "/macro/1")  # of the factory: a line of one's own is begun
    assert show.until(lambda: line("cc:*:16").get("curve") == "square")
    text = (tmp_path / "mine.toml").read_text()
    for wrong in (
        ("Nothing", "cc:1:7", "/master/level", "lo", "0"),
        ("Thing", "cc:1:8", "/master/level", "lo", "0"),
        ("Thing", "cc:1:7", "/master/speed", "lo", "0"),
        ("Thing", "cc:1:7", "/master/level", "lo", "much"),
        ("Thing", "cc:1:7", "/master/level", "mode", "toggle"),
        ("Thing", "cc:1:7", "/master/level", "colour", "red"),
        ("Thing", "note:1:40", "/master/blackout", "invert", "on"),
    ):
        refused = show.desk.refused
        assert not show.ask("/midi/edit", *wrong), wrong
        assert show.desk.refused == refused + 1
    assert not show.ask("/midi/learn", "/tempo/clock")
    assert not show.ask("/midi/learn", "/nowhere")
    assert (tmp_path / "mine.toml").read_text() == text


def test_keys_point_while_learning() -> None:
    def asks(key: str, *mods: str) -> list[tuple[str, tuple[Any, ...]]]:
        return [(event.address, event.args) for event in while_learning(key, key_events(key, mods))]

    assert asks("b") == [("/midi/learn", ("/master/blackout",))]
    assert asks("t") == [("/midi/learn", ("/tempo/tap",))]
    assert asks("3") == [("/midi/learn", ("/model/pad", "2"))]
    assert asks("up") == [("/midi/learn", ("/audio/gain",))]
    assert asks("escape") == [("/window/learn", (False,))]
    assert asks("l") == [("/window/learn", ("toggle",))]
    assert asks("backspace") == [("/midi/unbind", ())]
    assert asks("q", "ctrl") == [("/show/quit", ())]


@pytest.mark.parametrize("path", sorted(FACTORY.glob("*.toml")), ids=lambda path: path.stem)
def test_every_line_of_the_factory_can_be_told_and_read_again(path: Path) -> None:
    for entry in read_map(path, TABLE).entries:
        assert read_entry(told(entry), TABLE, "") == entry


LINES = st.fixed_dictionaries(
    {"from": st.sampled_from(["cc:1:7", "cc:*:8", "note:2:9", "bend:1"]), "to": st.just("/latent/psi")},
    optional={
        "range": st.lists(st.floats(0.1, 1.4), min_size=2, max_size=2),
        "curve": st.sampled_from(["linear", "log", "square"]),
        "takeover": st.sampled_from(["pickup", "none"]),
        "threshold": st.integers(1, 127),
        "mode": st.sampled_from(["momentary", "trigger"]),
        "first": st.integers(0, 127),
        "touch": st.just("note:1:104"),
    },
)


@given(line=LINES, key=st.sampled_from(["lo", "hi", "invert", "curve", "takeover", "threshold", "mode"]))
def test_any_line_can_be_told_and_altering_it_back_changes_nothing(line: dict[str, Any], key: str) -> None:
    try:
        entry = read_entry(line, TABLE, "")
    except ControlError:
        return  # a log curve that would touch 0
    assert read_entry(told(entry), TABLE, "") == entry
    if key == "invert":
        param = TABLE["/latent/psi"]
        for word in ("on", "off"):
            lo, hi = read_entry(altered(entry, param, key, word), TABLE, "").range or (0, 0)
            assert (lo >= hi) if word == "on" else (lo <= hi)


@settings(max_examples=40)
@given(edits=st.lists(st.lists(LINES, max_size=3), max_size=6))
def test_whatever_is_edited_the_file_says_just_that_and_keeps_what_else_is_in_it(
    tmp_path_factory: pytest.TempPathFactory, edits: list[list[dict[str, Any]]]
) -> None:
    path = tmp_path_factory.mktemp("maps") / "mine.toml"
    path.write_text(OWN)
    others = read_map(path, TABLE).entries[1:]
    for lines in edits:
        wanted = []
        for number, line in enumerate(lines):
            addresses = ("/latent/psi", "/master/speed", "/master/reactivity")
            wanted.append({**line, "from": "cc:1:7", "to": addresses[number]})
        wanted = [{key: value for key, value in line.items() if key != "curve"} for line in wanted]
        set_control(path, "Thing", "cc:1:7", wanted)
        entries = read_map(path, TABLE).entries
        mine = [entry for entry in entries if str(entry.control) == "cc:1:7"]
        assert {entry.to: entry for entry in mine} == {line["to"]: read_entry(line, TABLE, "") for line in wanted}
        assert [entry for entry in entries if entry not in mine] == list(others)
        assert "# the one on the left" in path.read_text()


@pytest.mark.midi
def test_learnt_through_a_real_port_it_moves_the_value(tmp_path: Path) -> None:
    rtmidi = driver()
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    with jackd():
        knobs = rtmidi.outlet(rtmidi.api(BACKENDS["jack"]), "knobs")
        knobs.open_virtual_port("out")
        values: dict[str, Value] = {address: param.default for address, param in TABLE.items()}
        with MidiIn(TABLE, events, backend="jack", maps=tmp_path) as midi:
            midi.publish(Snapshot({**values, "/window/learn": True}))
            midi.editing.deeds["/midi/learn"](Event("/midi/learn", ("/master/speed",), "web:1"))
            for value in (60, 61, 64, 70):
                knobs.send_message([0xB2, 24, value])
            assert eventually(lambda: any(line["to"] == "/master/speed" for line in midi.bindings))
            assert events.get().address == "/window/learn"
            midi.publish(Snapshot(values))
            knobs.send_message([0xB2, 24, 127])
            assert eventually(lambda: not events.empty())
        knobs.close_port()
    event = events.get()
    assert (event.address, event.args, event.pickup) == ("/master/speed", (1.0,), True)
    assert judge([]) is None
