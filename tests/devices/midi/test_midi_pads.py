"""Factory maps on a real desk: pads reach every class and look, and light for what is on."""

from itertools import pairwise
from pathlib import Path

import pytest
from mido import Message

from vj.apps.assemble import parameters
from vj.core.types import Cue, Event
from vj.devices.midi._entry import Entry
from vj.devices.midi._leds import Leds
from vj.devices.midi.decode import Decoder
from vj.devices.midi.mapping import FACTORY, DeviceMap, default_map, read_map
from vj.engine.cues.looks import Look, Looks
from vj.engine.cues.setlist import Setlist
from vj.engine.desk import Desk

TABLE = parameters()
CLASSES = tuple(f"world{n}" for n in range(24))
NAMES = tuple(f"look{n}" for n in range(30))
CUES = (
    Cue("1", "Doors", {"/model/mix": ((3, 0.7), (5, 0.3))}),
    Cue("2", "Drop", {"/model/mix": ((9, 1.0),), "/look": "look4"}),
)
MAPS = [path for path in sorted(FACTORY.glob("*.toml")) if path.stem != "default"]


@pytest.fixture
def desk() -> Desk:
    looks = {name: Look(name, classes=(CLASSES[7], 1.0)) for name in NAMES}
    return Desk(TABLE, {"worlds": CLASSES}, Setlist(cues=CUES), Looks(looks, TABLE))


def press(desk: Desk, decoder: Decoder, entry: Entry) -> None:
    source, channel, number = entry.control
    assert number is not None
    kind, key, level = ("note_on", "note", "velocity") if source == "note" else ("control_change", "control", "value")
    for value in (100, 0):
        message = Message(kind, channel=(channel or 1) - 1, **{key: number, level: value})
        for event in decoder.events(message):
            assert desk.apply(event), desk.notice


def reached(desk: Desk, device: DeviceMap, row: str, shown: str, pages: int) -> set[object]:
    """What the pads of a row bring, on each page."""
    decoder = Decoder(device, TABLE, "midi:x")
    pads = [entry for entry in device.entries if entry.to == f"{row}/pad"]
    on = [e for e in device.entries if e.to == f"{row}/page" and isinstance(e.value, int) and e.value > 0]
    found: set[object] = set()
    for page in range(pages):
        for pad in pads:
            press(desk, decoder, pad)
            found.add(desk.tick(desk._t + 1.0)[shown])
        if on:
            press(desk, decoder, on[0])
            assert on[0].value == len(pads), f"page {page} is turned by as many as there are pads"
    return found


@pytest.mark.parametrize("path", MAPS, ids=lambda path: path.stem)
def test_pads_of_every_factory_map_reach_every_class_and_look(desk: Desk, path: Path) -> None:
    device = read_map(path, TABLE)
    assert reached(desk, device, "/model", "/model/class", 4) == set(range(24))
    assert reached(desk, device, "/look", "/look", 6) == set(NAMES)


def test_an_unknown_device_has_classes_and_two_octaves_of_looks(desk: Desk) -> None:
    device = default_map(TABLE)
    assert reached(desk, device, "/look", "/look", 1) == set(NAMES[:24])
    decoder = Decoder(device, TABLE, "midi:x")
    for note in range(48, 72):
        for event in decoder.events(Message("note_on", note=note, velocity=90)):
            desk.apply(event)
        assert desk.tick(desk._t + 1.0)["/model/class"] == note - 48


@pytest.mark.parametrize("path", [path for path in MAPS if path.stem != "midi_fighter_twister"], ids=lambda p: p.stem)
def test_lights_follow_what_is_on_whoever_put_it_on(desk: Desk, path: Path) -> None:
    device = read_map(path, TABLE)
    leds = Leds(device, TABLE)
    lit: dict[tuple[str, int | None], bool] = {}

    def on(row: str) -> list[object]:
        snapshot = desk.tick(desk._t + 1.0)
        for message in leds.messages(snapshot):
            lit[("note" if message[0] < 0xA0 else "cc", message[1])] = message[2] in (21, 53, 45, 127)
        pads = [e for e in device.entries if e.to == row and e.led]
        return [e.value for e in pads if lit[e.control.source, e.control.number]]

    has_cues = any(entry.to == "/cue/goto" for entry in device.entries)
    desk.apply(Event("/cue/go", source="osc"))
    assert (on("/model/pad"), on("/look/pad")) == ([3], [])
    assert on("/cue/goto") == (["1"] if has_cues else [])
    desk.apply(Event("/look", ("look2",), source="osc"))
    assert (on("/model/pad"), on("/look/pad")) == ([7], [2])
    desk.apply(Event("/cue/goto", ("Drop",), source="key"))
    assert on("/look/pad") == [4]
    assert on("/cue/goto") == (["2"] if has_cues else [])
    again = Leds(device, TABLE).messages(desk.tick(desk._t + 1.0))
    assert len(again) == len([entry for entry in device.entries if entry.led]), "after a new plug all are sent again"


def test_lights_of_words_and_rows() -> None:
    """A cue by number or word, a look by word or number, a row of notes."""
    from vj.devices.midi._entry import read_entry

    table = {**TABLE, "/look": Desk(TABLE, {"worlds": CLASSES}, None, Looks({"a": Look("a")}, TABLE)).table["/look"]}
    led = {"on": 5, "off": 1}
    entries = [
        {"from": "note:1:1", "to": "/cue/goto", "value": 2, "led": led},
        {"from": "note:1:2", "to": "/cue/goto", "first": 1, "led": led},
        {"from": "note:1:3", "to": "/look", "value": 1, "led": led},
        {"from": "note:1:4", "to": "/look", "value": "a", "led": led},
        {"from": "note:1:5", "to": "/look", "value": "none", "led": led},
    ]
    device = DeviceMap("x", tuple(read_entry(entry, table, "test") for entry in entries))
    desk = Desk(TABLE, {"worlds": CLASSES}, Setlist(cues=CUES), Looks({"a": Look("a")}, TABLE))
    desk.apply(Event("/cue/goto", ("2",)))
    desk.apply(Event("/look", ("a",)))
    levels = [message[2] for message in Leds(device, table).messages(desk.tick(1.0))]
    assert levels == [5, 5, 5, 5, 1]
    assert all(a.control != b.control for a, b in pairwise(device.entries))
