"""MIDI time code: quarter frames and full frames at every rate, through a real port too."""

import queue
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mido import Message
from servers.jack import jackd

from vj.apps.assemble import parameters
from vj.core.types import Event
from vj.devices.midi.clock.timecode import RATES, Timecode, counted, written
from vj.devices.midi.drivers import BACKENDS, driver
from vj.devices.midi.input import MidiIn

TABLE = parameters()


def quarters(label: str, rate: int) -> list[list[int]]:
    """The eight quarter frames that say a time."""
    h, m, s, f = (int(part) for part in label.replace(";", ":").split(":"))
    parts = (f & 15, f >> 4, s & 15, s >> 4, m & 15, m >> 4, h & 15, h >> 4 | rate << 1)
    return [[0xF1, piece << 4 | part] for piece, part in enumerate(parts)]


@given(number=st.integers(0, 2_000_000), rate=st.integers(0, 3))
def test_every_frame_has_its_own_time_and_none_that_is_left_out(number: int, rate: int) -> None:
    label = written(number, rate)
    h, m, s, f = (int(part) for part in label.replace(";", ":").split(":"))
    assert counted(h, m, s, f, rate) == number
    assert f < RATES[rate][1]
    assert not (rate == 2 and s == 0 and f < 2 and m % 10)


@given(number=st.integers(0, 2_000_000), rate=st.integers(0, 3), frames=st.integers(4, 40))
def test_running_code_is_followed_and_stands_where_it_stopped(number: int, rate: int, frames: int) -> None:
    code, fps, t = Timecode(), RATES[rate][0], 100.0
    for pair in range(0, frames, 2):
        for quarter in quarters(written(number + pair, rate), rate):
            assert code.take(Message.from_bytes(quarter), t)
            t += 0.25 / fps
    # two frames have gone by since the begin of the last pair
    assert code.news(t) == written(number + pair + 2, rate)
    assert code.news(t + 0.01) == ""
    stopped = code.news(t + 5.0)
    assert stopped in ("", written(number + pair + 1, rate))
    assert code.news(t + 9.0) == ""


@given(data=st.lists(st.tuples(st.integers(0, 127), st.floats(0.0, 0.5)), max_size=60))
def test_any_quarter_frames_are_taken(data: list[tuple[int, float]]) -> None:
    code, t = Timecode(), 0.0
    for byte, pause in data:
        t += pause
        code.take(Message.from_bytes([0xF1, byte]), t)
        code.news(t)


@pytest.mark.midi
def test_through_a_real_port_at_four_rates() -> None:
    rtmidi = driver()
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    with jackd():
        desk = rtmidi.outlet(rtmidi.api(BACKENDS["jack"]), "desk")
        desk.open_virtual_port("out")
        with MidiIn(TABLE, events, backend="jack", maps=Path("nowhere")):
            for rate, (hours, label) in enumerate(
                [(1, "01:02:03:04"), (2, "02:02:03:04"), (3, "03:02:03;04"), (4, "")]
            ):
                desk.send_message([0xF0, 0x7F, 0x7F, 1, 1, hours | rate << 5, 2, 3, 4, 0xF7])
                event = events.get(timeout=10)
                assert (event.address, event.args) == ("/tempo/timecode", (label or "04:02:03:04",))
            for pair in range(6):
                for quarter in quarters(f"10:00:00:{2 * pair:02}", 1):
                    desk.send_message(quarter)
                    time.sleep(0.01)
            told = [str(events.get(timeout=10).args[0]) for _ in range(3)]
        desk.close_port()
    assert all("10:00:00:01" <= label <= "10:00:00:24" for label in told)
    assert told == sorted(told)
