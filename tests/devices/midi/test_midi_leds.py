from typing import Any

from vj.core.params import Param, Snapshot
from vj.devices.midi._entry import read_entry
from vj.devices.midi._leds import Leds
from vj.devices.midi.mapping import DeviceMap

TABLE = {
    "/master/level": Param(1.0),
    "/master/blackout": Param(False),
    "/audio/gain": Param(0.0, -24.0, 48.0),
    "/model/class": Param(0, 0, 99, kind="class"),
    "/cue/go": Param(0, kind="trigger"),
}


def leds(*entries: dict[str, Any], channels: tuple[tuple[str, int], ...] = ()) -> Leds:
    return Leds(DeviceMap("x", tuple(read_entry(e, TABLE, "test") for e in entries), channels=channels), TABLE)


def now(**values: Any) -> Snapshot:
    return Snapshot({address: values.get(address.split("/")[-1], param.default) for address, param in TABLE.items()})


def test_a_switch_lights_its_button_and_nothing_is_sent_twice() -> None:
    lights = leds({"from": "cc:1:55", "to": "/master/blackout", "led": {"on": 127, "off": 0}})
    assert lights.messages(now()) == [bytes((0xB0, 55, 0))]
    assert lights.messages(now()) == []
    assert lights.messages(now(blackout=True)) == [bytes((0xB0, 55, 127))]
    assert lights.messages(now(blackout=True)) == []


def test_the_pad_of_the_class_on_program_pulses_on_its_behaviours_channel() -> None:
    pads = [
        {"from": f"note:1:{n}", "to": "/model/class", "value": n, "led": {"on": "pulse:21", "off": 1}} for n in range(3)
    ]
    lights = leds(*pads, channels=(("solid", 7), ("pulse", 8)))
    assert lights.messages(now()) == [bytes((0x97, 0, 21)), bytes((0x96, 1, 1)), bytes((0x96, 2, 1))]
    assert lights.messages(now(**{"class": 2})) == [bytes((0x96, 0, 1)), bytes((0x97, 2, 21))]


def test_rings_follow_the_value_through_the_entrys_range() -> None:
    lights = leds({"from": "cc:1:3", "to": "/audio/gain", "range": [-24.0, 24.0], "led": "value"})
    sent = [lights.messages(now(gain=gain))[0][2] for gain in (-24.0, 0.0, 24.0)]
    assert sent == [0, 64, 127]
    assert lights.messages(now(gain=40.0)) == []


def test_a_ring_and_a_hue_of_the_same_number_are_two_lights() -> None:
    lights = leds(
        {"from": "cc:1:3", "to": "/master/level", "led": "value"},
        {"from": "cc:2:3", "to": "/master/blackout", "mode": "toggle", "led": {"on": 90, "off": 30}},
    )
    assert lights.messages(now()) == [bytes((0xB0, 3, 127)), bytes((0xB1, 3, 30))]
    assert lights.messages(now()) == []


def test_all_lights_go_out() -> None:
    lights = leds({"from": "cc:1:55", "to": "/master/blackout", "led": {"on": 127, "off": 3}})
    lights.messages(now())
    assert lights.dark() == [bytes((0xB0, 55, 0))]
    assert lights.messages(now()) == [bytes((0xB0, 55, 3))]


def test_a_trigger_has_a_resting_light_only() -> None:
    lights = leds({"from": "note:1:1", "to": "/cue/go", "led": {"on": 9, "off": 2}})
    assert lights.messages(now()) == [bytes((0x90, 1, 2))]
    assert lights.messages(now(go=5)) == []
