from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mido import Message

from vj.core.params import Param
from vj.core.types import Event
from vj.devices.midi._entry import read_entry
from vj.devices.midi.decode import Decoder, parse, reading
from vj.devices.midi.mapping import DeviceMap, default_map

TABLE = {
    "/master/level": Param(1.0),
    "/master/blackout": Param(False),
    "/audio/gain": Param(0.0, -24.0, 48.0, unit="dB"),
    "/audio/agc": Param("off", choices=("off", "slow", "fast")),
    "/latent/seed": Param(1, 0, 100),
    "/tempo/bpm": Param(120.0, 20.0, 999.0, curve="log"),
    "/tempo/tap": Param(0, kind="trigger"),
    "/model/class": Param(0, 0, 99, kind="class"),
    "/look/pad": Param(0, -1, 127),
    "/cue/goto": Param("", kind="text"),
    "/macro/1": Param(0.5, cc=16),
}


def decoder(**entry: Any) -> Decoder:
    entry["from"] = entry.pop("source")
    return Decoder(DeviceMap("x", (read_entry(entry, TABLE, "test"),)), TABLE, "midi:x")


def cc(number: int, value: int, channel: int = 1) -> Message:
    return Message("control_change", channel=channel - 1, control=number, value=value)


def note(number: int, velocity: int, channel: int = 1) -> Message:
    return Message("note_on", channel=channel - 1, note=number, velocity=velocity)


def args(device: Decoder, *messages: Message) -> list[tuple[Any, ...]]:
    return [event.args for message in messages for event in device.events(message)]


def test_a_knob_is_a_position_to_be_picked_up() -> None:
    device = decoder(source="cc:1:0", to="/master/level")
    assert device.events(cc(0, 127)) == [Event("/master/level", (1.0,), "midi:x", scaled=True, pickup=True)]
    assert device.events(cc(0, 127, channel=2)) == []
    assert device.events(cc(1, 127)) == []


def test_takeover_none_takes_hold_at_once() -> None:
    (event,) = decoder(source="cc:1:0", to="/master/level", takeover="none").events(cc(0, 3))
    assert not event.pickup


def test_a_range_upside_down_inverts() -> None:
    device = decoder(source="cc:1:0", to="/master/level", range=[1.0, 0.5])
    assert args(device, cc(0, 0), cc(0, 127)) == [(1.0,), (0.5,)]


def test_a_fader_on_a_switch_flips_at_the_threshold_only() -> None:
    device = decoder(source="cc:1:0", to="/master/blackout")
    assert args(device, *(cc(0, v) for v in (0, 10, 63, 64, 90, 127, 64, 63, 0))) == [(True,), (False,)]
    device = decoder(source="cc:1:0", to="/master/blackout", threshold=100)
    assert args(device, cc(0, 99), cc(0, 100)) == [(True,)]


def test_a_cc_button_may_toggle() -> None:
    device = decoder(source="cc:1:0", to="/master/blackout", mode="toggle")
    assert args(device, cc(0, 127), cc(0, 0), cc(0, 127), cc(0, 0)) == [("toggle",), ("toggle",)]


def test_a_pad_on_a_switch_toggles_unless_it_is_momentary() -> None:
    assert args(decoder(source="note:1:5", to="/master/blackout"), note(5, 90), note(5, 0)) == [("toggle",)]
    momentary = decoder(source="note:1:5", to="/master/blackout", mode="momentary")
    assert args(momentary, note(5, 90), Message("note_off", note=5)) == [(True,), (False,)]


def test_a_pad_on_a_trigger_fires_once_a_press() -> None:
    for source, press, release in (("note:1:5", note(5, 1), note(5, 0)), ("cc:1:5", cc(5, 127), cc(5, 0))):
        device = decoder(source=source, to="/tempo/tap")
        assert args(device, press, release, press, release) == [(), ()]


def test_a_pad_may_send_a_value() -> None:
    device = decoder(source="note:1:5", to="/audio/agc", value="slow")
    assert args(device, note(5, 90), note(5, 0)) == [("slow",)]
    assert args(decoder(source="note:1:5", to="/model/class", value=3), note(5, 90), note(5, 0)) == [(3,)]


def test_a_pad_on_a_fader_holds_it_up() -> None:
    device = decoder(source="note:1:5", to="/master/level", range=[0.2, 0.8])
    assert args(device, note(5, 90), note(5, 0)) == [(pytest.approx(0.8),), (pytest.approx(0.2),)]


def test_a_momentary_value_is_taken_back() -> None:
    device = decoder(source="note:1:5", to="/audio/agc", value="fast", mode="momentary")
    assert args(device, note(5, 90), note(5, 0)) == [("fast",), ("off",)]


def test_14_bits_are_one_smooth_move() -> None:
    device = decoder(source="cc:1:7", to="/master/level", kind="cc14")
    fine = [args(device, cc(7, v >> 7), cc(39, v & 127))[0][0] for v in range(0, 16384, 37)]
    assert fine == pytest.approx([v / 16383 for v in range(0, 16384, 37)])
    assert args(decoder(source="cc:1:7", to="/master/level", kind="cc14"), cc(39, 5)) == []  # no upper half yet


def position(upper: int, lower: int) -> float:
    return (upper * 128 + lower) / 16383


@pytest.mark.parametrize("values", [range(0, 16384, 37), range(16383, 0, -41)])
def test_14_bits_may_come_with_their_lower_half_first(values: range) -> None:
    device = decoder(source="cc:1:7", to="/master/level", kind="cc14")
    fine = [args(device, cc(39, v & 127), cc(7, v >> 7)) for v in values]
    assert fine == [[(pytest.approx(v / 16383),)] for v in values]


def test_half_of_14_bits_may_be_silent_always_or_at_times() -> None:
    upper = decoder(source="cc:1:7", to="/master/level", kind="cc14")
    assert args(upper, *(cc(7, v) for v in (0, 64, 127))) == [(0.0,), (pytest.approx(64 / 127),), (1.0,)]
    lower = decoder(source="cc:1:7", to="/master/level", kind="cc14")
    assert args(lower, *(cc(39, v) for v in (60, 64, 127))) == [(pytest.approx(64 / 127),), (1.0,)]
    assert args(lower, cc(7, 3)) == [(pytest.approx(position(3, 127)),)]
    standard = decoder(source="cc:1:7", to="/master/level", kind="cc14")
    assert args(standard, cc(7, 10), cc(39, 5), cc(39, 9))[1:] == [
        (pytest.approx(position(10, 5)),),
        (pytest.approx(position(10, 9)),),
    ]
    assert args(standard, cc(7, 11)) == []
    assert standard.late(0.001) == []
    assert [event.args for event in standard.late(1.0)] == [(pytest.approx(position(11, 9)),)]
    assert standard.late(2.0) == []


def test_a_numbered_parameter_is_one_control_of_14_bits() -> None:
    device = decoder(source="nrpn:1:300", to="/master/level")
    chosen = (cc(99, 2), cc(98, 44))
    assert args(device, *chosen, cc(6, 100)) == [(pytest.approx(100 / 127),)]
    assert args(device, cc(38, 17), cc(6, 101), cc(38, 3)) == [
        (pytest.approx(position(100, 17)),),
        (pytest.approx(position(101, 3)),),
    ]
    assert args(device, cc(96, 0), cc(97, 0)) == [("+", pytest.approx(1 / 127)), ("+", pytest.approx(-1 / 127))]
    assert args(device, cc(98, 45), cc(6, 5), cc(101, 0), cc(100, 0), cc(6, 5)) == []  # other parameters
    assert args(device, cc(99, 2, channel=2), cc(98, 44, channel=2), cc(6, 9, channel=2)) == []
    tune = decoder(source="rpn:*:2", to="/master/level")
    assert args(tune, cc(100, 2), cc(101, 0), cc(6, 127)) == [(1.0,)]
    assert args(tune, cc(101, 127), cc(100, 127), cc(6, 5)) == []  # the parameter that is none
    assert args(decoder(source="nrpn:1:1", to="/master/blackout"), cc(99, 0), cc(98, 1), cc(6, 127)) == [(True,)]


def test_pressure_is_a_position_that_springs_back() -> None:
    (event,) = decoder(source="pressure:1", to="/master/level").events(Message("aftertouch", value=127))
    assert (event.args, event.pickup) == ((1.0,), False)
    poly = decoder(source="poly:1:40", to="/master/level")
    assert args(poly, Message("polytouch", note=40, value=0), Message("polytouch", note=41, value=9)) == [(0.0,)]


@pytest.mark.parametrize(
    ("kind", "up", "down"),
    [("relative", 1, 127), ("relative", 1, 65), ("signed", 1, 65), ("relative64", 65, 63), ("encoder", 1, 65)],
)
def test_an_encoder_steps_by_a_127th_of_the_range(kind: str, up: int, down: int) -> None:
    device = decoder(source="cc:1:7", to="/audio/gain", kind=kind)
    assert args(device, cc(7, up), cc(7, down)) == [("+", pytest.approx(72 / 127)), ("+", pytest.approx(-72 / 127))]
    assert args(decoder(source="cc:1:7", to="/latent/seed", kind=kind), cc(7, up), cc(7, down)) == [("+", 1), ("+", -1)]


def test_an_encoder_of_unknown_way_waits_until_it_is_sure() -> None:
    device = decoder(source="cc:1:7", to="/latent/seed", kind="encoder")
    assert args(device, cc(7, 65), cc(7, 66)) == []  # left by sign, or right from 64
    assert args(device, cc(7, 63), cc(7, 65), cc(7, 66)) == [("+", -1), ("+", 1), ("+", 2)]
    fast = decoder(source="cc:1:7", to="/latent/seed", kind="signed")
    assert args(fast, cc(7, 40), cc(7, 64 + 40)) == [("+", 40), ("+", -40)]


@pytest.mark.parametrize(
    "clicks",
    [
        (1, 1, 65, 1, 65),
        (65, 65, 1, 1, 65),
        (127, 127, 1, 127),
        (1, 127, 1, 127, 1),
        (63, 63, 65, 66, 62),
        (2, 1, 3, 67),
    ],
)
def test_a_v_pot_on_an_unknown_device_throws_no_macro(clicks: tuple[int, ...]) -> None:
    device = Decoder(default_map(TABLE), TABLE, "midi:x")
    events = [event for value in clicks for event in device.events(cc(16, value))]
    positions = [event for event in events if event.scaled]
    assert len(positions) <= 1  # a first one waits to be picked up
    assert all(event.pickup for event in positions)
    assert any(event.args[0] == "+" for event in events)
    assert all(abs(float(event.args[1])) < 0.03 for event in events if not event.scaled)


@pytest.mark.parametrize("clicks", [(127, 126, 125, 124, 126, 127, 1, 3, 127, 1), (65, 66, 67, 68, 66, 65, 1, 2, 65)])
def test_an_encoder_that_began_as_a_knob_would_is_found_out_by_its_first_leap(clicks: tuple[int, ...]) -> None:
    device, leap = Decoder(default_map(TABLE), TABLE, "midi:x"), next(i for i, v in enumerate(clicks) if v == 1)
    events = [event for value in clicks[:leap] for event in device.events(cc(16, value))]
    assert events[-1].scaled
    after = [event for value in clicks[leap:] for event in device.events(cc(16, value))]
    assert after
    assert not any(event.scaled for event in after)


@pytest.mark.parametrize(
    "path", [range(128), range(127, -1, -1), range(60, 100, 3), (90, 60, 64, 70), (70, 70, 71, 72, 80, 95)]
)
def test_a_knob_on_an_unknown_device_stays_a_knob(path: Sequence[int]) -> None:
    device = Decoder(default_map(TABLE), TABLE, "midi:x")
    events = [event for value in path for event in device.events(cc(16, value))]
    assert all(event.scaled and event.pickup for event in events)
    assert events[-1].args == (pytest.approx(path[-1] / 127),)


def test_two_things_may_hang_on_one_encoder_or_pair() -> None:
    for kind, moves in (("encoder", (cc(7, 1),)), ("cc14", (cc(7, 5), cc(39, 9)))):
        entries = ({"from": "cc:1:7", "to": to, "kind": kind} for to in ("/master/level", "/audio/gain"))
        device = Decoder(DeviceMap("x", tuple(read_entry(e, TABLE, "test") for e in entries)), TABLE, "midi:x")
        last = [device.events(move) for move in moves][-1]
        assert [event.address for event in last] == ["/master/level", "/audio/gain"]


def test_a_finger_on_a_motor_fader_plays_no_note() -> None:
    entries = ({"from": "bend:2", "to": "/master/level", "led": "value"}, {"from": "note:*:*", "to": "/model/class"})
    device = Decoder(DeviceMap("x", tuple(read_entry(e, TABLE, "test") for e in entries)), TABLE, "midi:x")
    assert device.events(note(105, 127)) == []
    assert len(device.events(note(106, 127))) == 1


def test_an_encoder_multiplies_where_the_scale_is_logarithmic() -> None:
    device = decoder(source="cc:1:7", to="/tempo/bpm", kind="relative")
    value = 20.0
    for _ in range(127):
        ((sign, factor),) = args(device, cc(7, 1))
        assert sign == "*"
        value *= factor
    assert value == pytest.approx(999.0)


def test_pitch_bend_is_14_bits_without_pickup() -> None:
    device = decoder(source="bend:1", to="/master/level")
    low, high = (device.events(Message("pitchwheel", pitch=pitch))[0] for pitch in (-8192, 8191))
    assert (low.args, high.args, low.pickup) == ((0.0,), (1.0,), False)


def test_the_default_map_plays_classes_and_cues() -> None:
    device = Decoder(default_map(TABLE), TABLE, "midi:x")
    assert device.events(note(48, 99)) == [Event("/model/class", (0,), "midi:x")]
    assert args(device, note(50, 99, channel=10), note(23, 99), note(48, 0)) == [(2,), (-25,)]
    assert device.events(note(36, 99, channel=10)) == [Event("/look/pad", (0,), "midi:x")]
    assert device.events(Message("program_change", program=3)) == [Event("/cue/goto", ("4",), "midi:x")]
    assert device.events(cc(16, 127, channel=5))[0].address == "/macro/1"
    assert device.events(cc(1, 127)) == device.events(cc(7, 127)) == []


def test_the_most_exact_entry_wins() -> None:
    entries = [("note:*:*", "/model/class"), ("note:*:5", "/tempo/tap"), ("note:1:5", "/master/blackout")]
    read = tuple(read_entry({"from": source, "to": to}, TABLE, "test") for source, to in entries)
    device = Decoder(DeviceMap("x", read), TABLE, "midi:x")
    heard = [device.events(m)[0].address for m in (note(5, 9), note(5, 9, channel=2), note(6, 9))]
    assert heard == ["/master/blackout", "/tempo/tap", "/model/class"]


def test_one_control_may_move_two_things() -> None:
    read = tuple(read_entry({"from": "cc:1:0", "to": to}, TABLE, "test") for to in ("/master/level", "/audio/gain"))
    device = Decoder(DeviceMap("x", read), TABLE, "midi:x")
    assert [event.address for event in device.events(cc(0, 1))] == ["/master/level", "/audio/gain"]


SOURCES = st.sampled_from(
    ["cc:1:7", "cc:*:*", "note:*:*", "note:1:7", "pc:*:*", "bend:1", "pressure:1", "poly:1:*", "nrpn:*:*", "rpn:1:*"]
)
BYTES = st.tuples(st.integers(0x80, 0xEF), st.integers(0, 127), st.integers(0, 127))


@given(SOURCES, st.sampled_from(sorted(set(TABLE) - {"/audio/agc"})), st.lists(BYTES, max_size=30))
def test_any_messages_give_sane_events(source: str, address: str, raw: list[tuple[int, int, int]]) -> None:
    device = decoder(source=source, to=address)
    for status, *data in raw:
        message = Message.from_bytes([status, *data[: 1 if status & 0xE0 == 0xC0 else 2]])
        for event in device.events(message):
            assert event.address == address
            assert not event.scaled or 0.0 <= float(event.args[0]) <= 1.0


@given(st.binary(max_size=6))
def test_any_bytes_are_a_message_or_none(raw: bytes) -> None:
    message = parse(raw)
    assert message is None or reading(message) is None or len(raw) >= 2
