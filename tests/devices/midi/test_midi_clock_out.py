"""Our beat as MIDI clock, to a real port and back: ticks, transport, and no loop."""

import math
import queue
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from servers.jack import jackd
from servers.memory_midi import MemoryPorts

from vj.apps.assemble import parameters
from vj.core.params import Snapshot
from vj.core.types import Event
from vj.devices.midi._echo import MARK
from vj.devices.midi.clock_out import CONTINUE, START, STOP, TICK, ClockOut, Pace, Ticks
from vj.devices.midi.drivers import BACKENDS, driver
from vj.devices.midi.input import MidiIn
from vj.devices.midi.ports import open_ports

TABLE = parameters()
FRAME = 1 / 60


def position(sixteenths: int) -> bytes:
    return bytes((0xF2, sixteenths & 127, sixteenths >> 7))


def play(ticks: Ticks, pace: Any, seconds: float, start: float = 0.0) -> list[tuple[float, bytes]]:
    """What is sent, and when, while `pace(t)` is told once a frame."""
    sent: list[tuple[float, bytes]] = []
    for frame in range(round(seconds / FRAME)):
        t = start + frame * FRAME
        sent += [(t, message) for message in ticks.follow(pace(t), t)]
        while ticks.when() < t + FRAME:
            when = ticks.when()
            sent += [(when, message) for message in ticks.due(when)]
    return sent


@pytest.mark.parametrize("bpm", [60.0, 128.0, 174.0])
def test_ticks_are_even_though_what_is_known_of_the_beat_trembles(bpm: float) -> None:
    luck = np.random.default_rng(1)

    def pace(t: float) -> Pace:
        return Pace(t * bpm / 60 + 1.3 + luck.normal(0.0, 0.002), t, bpm + luck.normal(0.0, 0.05), 4, 0)

    sent = play(Ticks(), pace, 12.0)
    times = np.array([t for t, message in sent if message == TICK])
    beats = 1.3 + times * bpm / 60
    grid = np.arange(math.ceil(1.3 * 24), math.ceil(1.3 * 24) + len(times)) / 24
    assert np.abs(beats - grid).max() * 60 / bpm < 0.003
    assert np.abs(np.diff(times) * bpm * 24 / 60 - 1.0).max() < 0.05
    begun = [(round(t * bpm / 60 + 1.3, 1), message) for t, message in sent if message != TICK]
    assert begun == [(4.0, START)]  # at the first bar line, with its tick behind it


def test_a_resync_is_a_stop_a_song_position_and_a_continue_at_the_bar() -> None:
    ticks = Ticks()
    sent = play(ticks, lambda t: Pace(2.0 * t, t, 120.0), 4.6)
    assert [message for _, message in sent if message != TICK] == [START]
    sent = play(ticks, lambda t: Pace(2.0 * (t - 4.6) + 12.0, t, 120.0), 1.0, start=4.6)
    said = [message for _, message in sent]
    assert said[:4] == [STOP, position(48), CONTINUE, TICK]
    assert said[4:].count(TICK) == len(said) - 4
    assert ticks.end() == [STOP]
    assert ticks.end() == []


@settings(max_examples=60, deadline=None)
@given(
    leaps=st.lists(st.tuples(st.floats(0.0, 8.0), st.floats(25.0, 300.0)), min_size=1, max_size=5),
    metre=st.integers(1, 7),
    first=st.integers(-3, 9),
)
def test_whatever_the_beat_does_a_receiver_counts_our_bars(
    leaps: list[tuple[float, float]], metre: int, first: int
) -> None:
    """A receiver that knows only what is sent is, after each tick, at a bar's begin when we are."""
    ticks, beat, start = Ticks(), 0.0, 0.0
    told: list[tuple[bytes, float]] = []
    for leap, bpm in leaps:
        beat += leap
        base, began = beat, start

        def pace(t: float, base: float = base, began: float = began, bpm: float = bpm) -> Pace:
            return Pace(base + (t - began) * bpm / 60, t, bpm, metre, first)

        told += [(message, pace(t).beat) for t, message in play(ticks, pace, 1.5, start)]
        beat, start = beat + 1.5 * bpm / 60, start + 1.5
    count: float | None = None
    rolls = False
    for message, at in told:
        if message == START:
            count, rolls = 0, True
        elif message == STOP:
            rolls = False
        elif message == CONTINUE:
            rolls = True
        elif message[:1] == b"\xf2":
            assert not rolls
            count = (message[1] | message[2] << 7) * 6
        elif rolls and count is not None:
            off = (count / 24 - (at - first) + metre / 2) % metre - metre / 2
            assert abs(off) < 0.25, (message, at)
            count += 1


def test_nothing_goes_back_to_where_a_clock_comes_from() -> None:
    ports = MemoryPorts("Drums 0", "Synth 1")
    leads = "Drums 0"
    out = ClockOut(lambda: leads, lambda: ports)
    values = {a: p.default for a, p in TABLE.items()}
    with out:
        out.follow(Pace(0.0, time.perf_counter(), 120.0))
        out.publish(Snapshot({**values, "/midi/clock/out": True}))
        assert ports.devices["Synth 1"].wait_for(MARK, TICK)  # the only one that is free
        out.publish(Snapshot({**values, "/midi/clock/out": True, "/midi/clock/port": "drums"}))
        assert eventually(lambda: "leads us" in out.notice)
    assert ports.devices["Drums 0"].sent == []


def eventually(found: Any, timeout: float = 10.0) -> bool:
    pause = threading.Event()
    return any(found() or pause.wait(0.02) for _ in range(int(timeout / 0.02)))


@pytest.mark.midi
def test_through_jack_it_is_even_and_a_loop_back_to_us_leads_nobody() -> None:
    rtmidi = driver()
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    values = {a: p.default for a, p in TABLE.items()}
    heard: list[bytes] = []
    with jackd() as jack:
        synth = rtmidi.inlet(rtmidi.api(BACKENDS["jack"]), "synth")
        synth.ignore_types(sysex=False, timing=False, active_sense=True)
        synth.open_virtual_port("in")
        keys = rtmidi.outlet(rtmidi.api(BACKENDS["jack"]), "keys")
        keys.open_virtual_port("out")
        with (
            MidiIn(TABLE, events, backend="jack", maps=Path("nowhere")) as midi,
            ClockOut(lambda: midi.leading, lambda: open_ports("jack")) as out,
        ):
            jack.wait_for("keys:out")
            ours = next(port for port in jack.ports() if port.startswith("vj") and "in keys" in port)
            out.follow(Pace(3.5, time.perf_counter(), 150.0))
            out.publish(Snapshot({**values, "/midi/clock/out": True, "/midi/clock/port": "synth"}))

            def begun() -> bool:
                while got := synth.get_message():
                    heard.append(bytes(got[0]))
                return heard.count(TICK) > 20 and START in heard

            assert eventually(begun)
            theirs = jack.connections("synth:in")[0]
            jack.connect(theirs, ours)  # what we send, back into an input of ours
            assert eventually(lambda: "comes back" in midi.notice)
            while not events.empty():
                events.get()
            count = heard.count(TICK)
            assert eventually(lambda: begun() and heard.count(TICK) > count + 60)
            clocks = [events.get() for _ in range(events.qsize())]
            assert all(event.args == (0.0,) for event in clocks), clocks  # at most let go of, and never led
        assert eventually(lambda: not begun() or heard[-1] == STOP)
        synth.close_port()
        keys.close_port()
    assert heard[0] == MARK
    assert heard[heard.index(START) + 1] == TICK
