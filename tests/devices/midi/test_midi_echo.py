"""Lights and motors, and the hands on them: what comes back is no wish, and nobody is told while a finger is there."""

import queue
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from mido import Message
from servers.memory_midi import MemoryPorts

from vj.apps.assemble import parameters
from vj.core.params import Snapshot
from vj.core.types import Event
from vj.devices.midi._echo import BACK_S, Echoes
from vj.devices.midi._entry import read_entry
from vj.devices.midi._leds import Leds
from vj.devices.midi.decode import reading
from vj.devices.midi.input import MidiIn
from vj.devices.midi.mapping import DeviceMap
from vj.devices.rest import QUIET_S
from vj.engine.desk import Desk

TABLE = parameters()
LEVEL = "/master/level"


def heard(echoes: Echoes, *raw: Sequence[int], now: float = 1.0, lets_go: bool = False) -> list[list[int]]:
    """What of `raw` a hand did."""
    done: list[list[int]] = []
    for message in map(Message.from_bytes, raw):
        read = reading(message)
        assert read is not None
        done += [list(hand.bytes()) for hand in echoes.hands(message, read, lets_go, now)]
    return done


def told(*raw: Sequence[int], position: bool, now: float = 1.0) -> Echoes:
    echoes = Echoes()
    for message in raw:
        echoes.told(bytes(message), position, now)
    return echoes


@pytest.mark.parametrize(
    ("sent", "position"),
    [
        ([0xB0, 5, 90], True),
        ([0xB0, 5, 90], False),
        ([0x90, 5, 1], False),
        ([0xE3, 16, 90], True),
        ([0x97, 60, 21], False),
    ],
)
def test_what_was_told_comes_back_and_is_no_wish(sent: list[int], position: bool) -> None:
    assert heard(told(sent, position=position), sent, now=1.2) == []
    assert heard(told(sent, position=position), sent, now=1.0 + BACK_S + 0.01) == [sent]
    other = [sent[0], sent[1] + 1, sent[2]]
    assert heard(told(sent, position=position), other, now=1.2) == [other] or sent[0] & 0xF0 == 0xE0


def test_a_note_off_is_the_echo_of_a_dark_lamp() -> None:
    assert heard(told([0x90, 5, 0], position=False), [0x80, 5, 64]) == []


def test_a_lamp_comes_back_once_and_a_press_like_it_waits_for_its_release() -> None:
    lamp, off = [0x90, 5, 127], [0x90, 5, 0]
    echoes = told(lamp, position=False)
    assert heard(echoes, lamp) == []
    assert heard(echoes, lamp) == [lamp]  # nobody echoes twice
    echoes = told(lamp, position=False)
    assert heard(echoes, lamp, now=1.1) == []
    assert heard(echoes, off, now=1.2) == [lamp, off]  # a hand's, as its release shows
    blinking = told(lamp, off, position=False)
    assert heard(blinking, lamp, off) == []


def test_the_end_of_a_press_is_always_heard() -> None:
    assert heard(told([0x90, 5, 0], position=False), [0x90, 5, 0], lets_go=True) == [[0x90, 5, 0]]


def test_a_motor_on_its_way_is_no_hand_but_one_that_goes_elsewhere_is() -> None:
    motor = [[0xB0, 5, level] for level in (20, 45, 70, 100)]
    echoes = told([0xB0, 5, 10], position=True, now=0.0)
    echoes.told(bytes([0xB0, 5, 100]), True, 1.0)
    assert heard(echoes, *motor, now=1.1) == []
    assert heard(echoes, [0xB0, 5, 60], now=1.2) == [[0xB0, 5, 60]]
    assert heard(echoes, [0xB0, 5, 61], now=1.2) == [[0xB0, 5, 61]]


def leds(*entries: dict[str, Any]) -> Leds:
    return Leds(DeviceMap("x", tuple(read_entry(e, TABLE, "test") for e in entries)), TABLE)


def at(level: float) -> Snapshot:
    return Snapshot({address: level if address == LEVEL else param.default for address, param in TABLE.items()})


def test_a_fader_is_left_alone_while_it_moves_and_then_told_where_its_value_rests() -> None:
    lights = leds({"from": "cc:1:5", "to": LEVEL, "led": "value"})
    lights.messages(at(1.0), 0.0)
    for i in range(20):
        lights.heard(("cc", 1, 5, 100 - i), 1.0 + 0.02 * i)
        assert lights.messages(at(1.0 - 0.01 * i), 1.0 + 0.02 * i) == []
    assert lights.messages(at(0.5), 1.38 + QUIET_S * 0.9) == []
    assert lights.messages(at(0.4), 1.38 + QUIET_S * 1.1) == []  # it glides
    assert lights.messages(at(0.4), 1.38 + QUIET_S * 1.3) == [bytes((0xB0, 5, 51))]
    lights.heard(("cc", 1, 5, 64), 5.0)
    assert lights.messages(at(64 / 127), 5.2) == []
    assert lights.messages(at(64 / 127), 5.3) == [bytes((0xB0, 5, 64))]  # some motors go back if nobody says so
    assert lights.messages(at(64 / 127), 5.4) == []


def test_a_lamp_that_its_button_may_have_switched_is_told_again() -> None:
    lights = leds({"from": "note:1:9", "to": "/master/blackout", "led": {"on": 5, "off": 1}})
    assert lights.messages(at(1.0), 0.0) == [bytes((0x90, 9, 1))]
    lights.heard(("note", 1, 9, 0), 1.0)
    assert lights.messages(at(1.0), 1.0 + QUIET_S * 0.9) == []
    assert lights.messages(at(1.0), 1.0 + QUIET_S * 1.1) == [bytes((0x90, 9, 1))]
    assert lights.messages(at(1.0), 2.0) == []


def test_motors_on_pitch_bend_are_told_in_14_bits_and_nothing_while_they_are_touched() -> None:
    lights = leds({"from": "bend:2", "to": LEVEL, "led": "value"})
    assert lights.messages(at(0.0), 0.0) == [bytes((0xE1, 0, 0))]
    assert lights.messages(at(1.0), 0.1) == [bytes((0xE1, 127, 127))]
    lights.heard(("note", 1, 105, 127), 1.0)  # a finger, as Mackie's protocol says it
    assert lights.messages(at(0.2), 9.0) == []
    lights.heard(("note", 1, 105, 0), 9.0)
    assert lights.messages(at(0.2), 9.0 + QUIET_S / 2) == []
    assert lights.messages(at(0.2), 9.0 + QUIET_S + 0.01) == [bytes((0xE1, 3277 % 128, 3277 // 128))]
    assert lights.dark() == []  # a motor stays where it is


def test_14_bits_and_numbered_parameters_are_told_whole() -> None:
    lights = leds({"from": "cc:1:7", "to": LEVEL, "kind": "cc14", "led": "value"})
    assert lights.messages(at(0.5)) == [bytes((0xB0, 7, 64)), bytes((0xB0, 39, 0))]
    lights = leds({"from": "nrpn:1:300", "to": LEVEL, "led": "value"})
    assert [tuple(m[1:]) for m in lights.messages(at(1.0))] == [(99, 2), (98, 44), (6, 127), (38, 127)]


NAME = "Midi Fighter Twister 0"


@pytest.mark.realtime
@pytest.mark.parametrize(
    ("address", "wish", "delay"),
    [("/master/level", 0.0, 0.005), ("/master/level", 0.0, 0.1), ("/master/freeze", True, 0.1)],
)
def test_a_loop_neither_stops_a_glide_nor_undoes_a_switch(
    address: str, wish: float | bool, delay: float, wait_until: Callable[..., None]
) -> None:
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    ports, desk = MemoryPorts(NAME), Desk(TABLE, {"worlds": ["a", "b"]})
    device = ports.devices[NAME]
    keep = device.send

    def send(message: bytes) -> None:
        keep(message)
        threading.Timer(delay, lambda: device.play(list(message))).start()

    device.send = send  # type: ignore[method-assign]
    desk.apply(Event(address, (wish,), "osc"))
    with MidiIn(TABLE, events, maps=Path("nowhere"), ports=ports) as midi:
        for i in range(75):
            midi.publish(desk.tick(i / 60))
            threading.Event().wait(1 / 60)
        wait_until(lambda: midi.received >= len([m for m in device.sent if m[0] < 0xF0]), 5.0)
        assert events.empty()
    assert float(desk.tick(3.0)[address]) == pytest.approx(float(wish), abs=0.001)  # type: ignore[arg-type]
