"""Controls in the hands of the desk: what a performer's hands do to the values."""

from typing import Any

import pytest
from mido import Message

from vj.apps.assemble import parameters
from vj.core.types import Cue, Event
from vj.devices.keys import KEYS, key_events
from vj.devices.midi._entry import read_entry
from vj.devices.midi.decode import Decoder
from vj.devices.midi.mapping import DeviceMap, default_map
from vj.engine.cues.setlist import Setlist
from vj.engine.desk import Desk

TABLE = parameters()


@pytest.fixture
def desk() -> Desk:
    return Desk(TABLE, {"worlds": ["ink", "aurora", "reef"]})


def held(desk: Desk, address: str) -> Any:
    """The value of an address once its smoothing has settled."""
    for i in range(300):
        desk.tick(0.02 * i)
    return desk.tick(6.0)[address]


def device(source: str = "midi:x", **entry: Any) -> Decoder:
    entry["from"] = entry.pop("at")
    return Decoder(DeviceMap("x", (read_entry(entry, TABLE, "test"),)), TABLE, source)


def turn(desk: Desk, decoder: Decoder, *values: int, number: int = 0) -> None:
    for value in values:
        for event in decoder.events(Message("control_change", control=number, value=value)):
            assert desk.apply(event), desk.notice


def turn14(desk: Desk, decoder: Decoder, *values: int) -> None:
    for value in values:
        turn(desk, decoder, value >> 7, number=0)
        turn(desk, decoder, value & 127, number=32)


def test_a_fader_waits_until_it_meets_the_value(desk: Desk) -> None:
    desk.apply(Event("/audio/gain", (12.0,), "osc"))
    fader = device(at="cc:1:0", to="/audio/gain", range=[-24.0, 48.0])
    turn(desk, fader, 0, 10, 30)
    assert held(desk, "/audio/gain") == pytest.approx(12.0)
    turn(desk, fader, 60, 70, 127)
    assert held(desk, "/audio/gain") == pytest.approx(48.0)


@pytest.mark.parametrize("jump", [200, 900])
def test_a_14_bit_fader_waits_too_and_then_moves_finely(desk: Desk, jump: int) -> None:
    desk.apply(Event("/audio/gain", (12.0,), "osc"))
    fader = device(at="cc:1:0", to="/audio/gain", kind="cc14")
    turn14(desk, fader, 0, 1000, 5000)
    assert held(desk, "/audio/gain") == pytest.approx(12.0)
    turn14(desk, fader, 8191, 8191 + jump, 8191 + jump + 1)
    assert held(desk, "/audio/gain") == pytest.approx(-24 + 72 * (8192 + jump) / 16383)


def test_a_fader_must_be_picked_up_again_after_a_new_plug(desk: Desk) -> None:
    entry = {"at": "cc:1:0", "to": "/audio/gain"}
    turn(desk, device("midi:x", **entry), 42, 43, 44)
    before = held(desk, "/audio/gain")
    assert before == pytest.approx(-24 + 72 * 44 / 127)
    turn(desk, device("midi:x#2", **entry), 100, 101)
    assert held(desk, "/audio/gain") == before


def test_an_encoder_never_jumps(desk: Desk) -> None:
    encoder = device(at="cc:1:0", to="/audio/gain", kind="relative")
    turn(desk, encoder, 1)
    assert held(desk, "/audio/gain") == pytest.approx(72 / 127)
    turn(desk, encoder, *[127] * 200)
    assert held(desk, "/audio/gain") == -24.0


def test_notes_go_round_the_classes(desk: Desk) -> None:
    pads = Decoder(default_map(TABLE), TABLE, "midi:x")
    for note, expected in ((48, 0), (50, 2), (51, 0), (23, 2)):
        for event in pads.events(Message("note_on", note=note, velocity=80)):
            assert desk.apply(event)
        assert desk.tick(0.0)["/model/class"] == expected


def test_a_program_change_goes_to_the_cue_of_its_number_plus_one() -> None:
    cues = tuple(Cue(number, f"cue {number}", {}) for number in ("1", "2", "3"))
    desk = Desk(TABLE, {"worlds": ["ink"]}, Setlist(cues=cues))
    for event in Decoder(default_map(TABLE), TABLE, "midi:x").events(Message("program_change", program=1)):
        assert desk.apply(event), desk.notice
    assert desk.cue is not None
    assert desk.cue.number == "2"


def test_every_key_of_the_table_is_understood_by_the_desk(desk: Desk) -> None:
    for key, mods in KEYS:
        for event in key_events(key, mods, known=desk.table):
            assert desk.apply(event), f"{key}: {desk.notice}"


def test_keys_move_what_they_say(desk: Desk) -> None:
    for key, times, address, expected in (
        ("b", 1, "/master/blackout", True),
        ("b", 1, "/master/blackout", False),
        ("up", 3, "/audio/gain", 3.0),
        ("down", 1, "/audio/gain", 2.0),
        ("3", 1, "/model/class", 2),
    ):
        for _ in range(times):
            desk.apply(key_events(key)[0])
        assert held(desk, address) == pytest.approx(expected)
