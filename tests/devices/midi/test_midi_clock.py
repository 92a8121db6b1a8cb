"""MIDI clock: tempo and beat of another machine, from ticks as they arrive to the beat that the show hears."""

import math
import queue
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from mido import Message
from servers.jack import jackd
from servers.memory_midi import MemoryPorts

from vj.apps.assemble import parameters
from vj.core.types import Clock, Event
from vj.devices.midi.clock.ticks import ENOUGH_TICKS, LOST_S, TICKS_PER_BEAT, Clocks, MidiClock, PortTime
from vj.devices.midi.drivers import BACKENDS, driver
from vj.devices.midi.input import MidiIn
from vj.engine.addresses import carried
from vj.engine.analyzer import Analyzer
from vj.engine.desk import Desk
from vj.features.tempo import Tempo

TABLE = parameters()
RATE, HOP = 48000, 512
START, CONTINUE, STOP, TICK = [0xFA], [0xFB], [0xFC], [0xF8]


def ticks(bpm: float, count: int, start: float = 0.0) -> list[float]:
    return [start + i * 60.0 / bpm / TICKS_PER_BEAT for i in range(count)]


def told(clock: MidiClock, times: Sequence[float]) -> list[Event]:
    news: list[Event] = []
    for t in times:
        clock.tick(t)
        news += clock.news(t)
    return news


def tempi(news: Sequence[Event]) -> list[float]:
    return [float(event.args[0]) for event in news if event.address == "/tempo/bpm"]


@pytest.mark.parametrize("bpm", [30.0, 60.0, 120.0, 128.37, 174.0, 300.0])
def test_an_even_clock_is_known_after_half_a_beat_and_told_once(bpm: float) -> None:
    news = told(MidiClock(), ticks(bpm, ENOUGH_TICKS))
    assert [len(event.args) for event in news] == [1]
    assert float(news[0].args[0]) == pytest.approx(bpm, abs=0.01)
    news = told(MidiClock(), ticks(bpm, 500))
    assert tempi(news) == [pytest.approx(bpm, abs=0.01)]
    assert len(news) == 3  # from half a beat on, then sure, and that once for the fader


@pytest.mark.parametrize("bpm", [60.0, 120.0, 128.37, 174.0])
def test_ticks_that_arrive_in_periods_of_jack_still_give_tempo_and_beat(bpm: float) -> None:
    clock, period = MidiClock(), 256 / 48000
    clock.take(Message("start"), 0.0)
    news = told(clock, [math.ceil(t / period) * period for t in ticks(bpm, 1000)])
    assert clock.bpm == pytest.approx(bpm, abs=0.2)
    now = ticks(bpm, 1000)[-1] + period
    assert clock.beat(now) == pytest.approx(now * bpm / 60, abs=0.005 * bpm / 60)
    assert len(news) < 4 * 1000 / TICKS_PER_BEAT


def test_jitter_of_a_cheap_sender_is_averaged_out() -> None:
    luck = np.random.default_rng(3)
    clock = MidiClock()
    clock.take(Message("start"), 0.0)
    told(clock, [t + abs(luck.normal(0.0, 0.003)) + 0.03 * (luck.random() < 0.03) for t in ticks(120.0, 1000)])
    assert clock.bpm == pytest.approx(120.0, abs=0.3)
    now = ticks(120.0, 1000)[-1]
    assert clock.beat(now) == pytest.approx(2 * now, abs=2 * 0.006)


def test_a_new_tempo_is_followed_within_a_beat() -> None:
    clock = MidiClock()
    clock.take(Message("start"), 0.0)
    first = ticks(120.0, 200)
    told(clock, first)
    second = ticks(140.0, TICKS_PER_BEAT + 1, first[-1] + 60 / 140 / 24)
    told(clock, second)
    assert clock.bpm == pytest.approx(140.0, abs=1.5)
    assert clock.beat(second[-1]) == pytest.approx(224 / 24, abs=0.01)


def test_a_lost_clock_holds_its_tempo_and_says_so() -> None:
    clock = MidiClock()
    assert clock.state(0.0) == ""
    times = ticks(120.0, 100)
    told(clock, times)
    assert clock.state(times[-1] + LOST_S * 0.9) == "on"
    assert clock.news(times[-1] + LOST_S * 0.9) == []
    assert clock.state(times[-1] + LOST_S * 1.1) == "lost"
    assert clock.news(times[-1] + LOST_S * 1.1) == [Event("/tempo/clock", (), "midi clock")]
    assert clock.news(times[-1] + LOST_S * 2.0) == []
    assert clock.bpm == pytest.approx(120.0)


def test_a_pause_does_not_bend_the_tempo_but_the_beat_is_lost_with_it() -> None:
    clock = MidiClock()
    clock.take(Message("start"), 0.0)
    told(clock, ticks(120.0, 100))
    assert clock.placed
    assert tempi(told(clock, ticks(120.0, 100, start=60.0))) == []
    assert clock.bpm == pytest.approx(120.0, abs=0.01)
    assert not clock.placed


@pytest.mark.parametrize("bpm", [60.0, 120.0])
def test_one_lost_tick_does_not_bend_the_tempo(bpm: float) -> None:
    times = ticks(bpm, 300)
    assert tempi(told(MidiClock(), times[:110] + times[111:])) == [pytest.approx(bpm, abs=0.01)]


def test_nonsense_times_never_raise() -> None:
    clock = MidiClock()
    told(clock, [0.0] * 200)
    told(clock, [5.0, 1.0, 0.0, 9e9])
    assert clock.bpm == 0.0 or 20.0 <= clock.bpm <= 999.0


def test_the_delay_of_the_poll_is_taken_off_and_a_port_that_tells_no_time_is_heard_too() -> None:
    exact, silent = PortTime(), PortTime()
    for i in range(1, 200):
        polled = math.ceil(i * 0.02 / 0.0107) * 0.0107
        came = exact.came(0.02, polled)
        told = silent.came(0.0, 0.03 * i)
    assert came == pytest.approx(199 * 0.02)
    assert exact.at(polled) - came == pytest.approx(polled - 199 * 0.02, abs=0.001)
    assert silent.at(0.03 * i) == pytest.approx(told)
    assert silent.came(0.0, 0.03 * i + 1.0) == pytest.approx(told + 1.0)


def test_of_two_clocks_the_one_whose_song_rolls_leads() -> None:
    clocks, drums, daw = Clocks(), MidiClock(), MidiClock()
    told: list[Event] = []
    for t in ticks(100.0, 800):
        if t > 4.0 and not daw.placed:
            clocks.hear(daw, Message("start"), t)
        for clock in (drums, daw) if t > 4.0 else (drums,):
            clocks.hear(clock, Message("clock"), t)
            told += [event for event in clocks.news(clock, t) if event.address == "/tempo/clock"]
    assert [len(event.args) for event in told] == [1, 1, 2, 2]  # each early and then surely, the other with its beat
    assert clocks.news(drums, t) == clocks.gone(drums) == []
    assert [event.args for event in clocks.gone(daw)] == [()]


class Chain:
    """From a port in memory to the record of the tempo, hop by hop of silence. Times of `script` are show seconds."""

    def __init__(self, source: str = "auto") -> None:
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.ports, self.desk = MemoryPorts("DAW 0"), Desk(TABLE, {"worlds": ["ink"]})
        self.midi = MidiIn(TABLE, self.events, maps=Path("nowhere"), ports=self.ports)
        self.midi._relist()
        self.hears = Analyzer(RATE, features=["level", "tempo"])
        self.desk.apply(Event("/tempo/source", (source,), "test"))
        self._last = 0.0

    def run(self, until: float, *script: tuple[float, list[int]]) -> Iterator[tuple[float, Tempo]]:
        waiting = list(script)
        while (t := self.hears._index * HOP / RATE) < until:
            while waiting and waiting[0][0] <= t:
                at, message = waiting.pop(0)
                self.ports.devices["DAW 0"].play(message, since=at - self._last)
                self._last = at
            for device in self.midi._devices.values():
                self.midi._poll(device, t)
            while not self.events.empty():
                self.desk.apply(self.events.get())
            features = self.hears.step(np.zeros(HOP, np.float32), self.desk.tick(t))
            yield features.t, features[Tempo]

    def at_the_end(self, until: float, *script: tuple[float, list[int]]) -> tuple[float, Tempo]:
        return list(self.run(until, *script))[-1]


def roll(bpm: float, start: float, end: float, first: list[int] = START) -> list[tuple[float, list[int]]]:
    times = ticks(bpm, int((end - start) * bpm / 60 * TICKS_PER_BEAT), start)
    return [(start, first), *((t, TICK) for t in times)]


def off(record: Tempo, beats: float) -> float:
    """Seconds from the beat that a record should have, whatever the bar."""
    return abs((record.beat + record.phase - beats + 2.0) % 4.0 - 2.0) * 60.0 / record.bpm


@pytest.mark.parametrize("source", ["auto", "fixed"])
@pytest.mark.parametrize("bpm", [100.0, 128.0, 174.0])
def test_beats_fall_on_the_masters_beats_and_bars(source: str, bpm: float) -> None:
    heard = list(Chain(source).run(8.0, *roll(bpm, 0.5, 8.0)))
    late = [(t, record) for t, record in heard if t > 2.0]
    assert all(off(record, (t - 0.5) * bpm / 60) < 0.01 for t, record in late)
    assert all(record.confidence == 1.0 and record.counted and record.source == "clock" for _, record in late)
    counts = np.array([record.beat + record.phase for _, record in heard])
    assert (np.diff(counts) >= 0).all()


def jittered(bpm: float, seconds: float, jitter: float) -> list[tuple[float, list[int]]]:
    """A song that rolls from second 0.5 on, each tick up to `jitter` seconds late or early."""
    luck = np.random.default_rng(7)
    times = [t + luck.uniform(-jitter, jitter) for t in ticks(bpm, int((seconds - 0.6) * bpm / 60 * 24), 0.55)]
    return [(0.5, START), *((t, TICK) for t in sorted(times))]


def locking(bpm: float, seconds: float = 12.0, jitter: float = 0.005) -> tuple[float, list[float]]:
    """(seconds after the first tick from which on the beat stays within 10 ms, the errors in seconds after them)."""
    late = 0.55 + 0.5 * HOP / RATE  # a record stands for the middle of its hop
    script = jittered(bpm, seconds, jitter)
    heard = [(t, off(record, (t - late) * bpm / 60)) for t, record in Chain().run(seconds, *script)]
    locked = next((t for t, error in reversed(heard) if error > 0.01), 0.55)
    return locked - 0.55, [error for t, error in heard if t > locked]


@pytest.mark.parametrize("bpm", [60.0, 128.0, 174.0])
def test_a_clock_that_trembles_by_five_milliseconds_is_locked_to(bpm: float) -> None:
    after, errors = locking(bpm)
    assert after < 1.0
    assert np.quantile(errors, 0.95) < 0.004


def test_stop_and_continue_keep_the_place_and_song_position_moves_it() -> None:
    chain = Chain()
    chain.at_the_end(7.0, *roll(140, 0.5, 5.0), (5.0, STOP))
    t, record = chain.at_the_end(10.0, *roll(140, 8.3, 10.0, CONTINUE))
    assert off(record, (4.5 + t - 8.3) * 140 / 60) < 0.01
    chain.at_the_end(11.0, (10.0, STOP))
    t, record = chain.at_the_end(13.0, (11.0, [0xF2, 7, 0]), *roll(140, 11.1, 13.0, CONTINUE))
    assert off(record, 7 / 4 + (t - 11.1) * 140 / 60) < 0.01


@pytest.mark.parametrize("bpm", [100.0, 174.0])
def test_a_song_that_starts_its_ticks_anew_is_followed_at_once(bpm: float) -> None:
    """Many sequencers tick while they stand still and begin another grid with Start."""
    idle = [(t, TICK) for t in ticks(bpm, int(1.75 * bpm / 60 * TICKS_PER_BEAT), 0.25)]
    heard = list(Chain().run(4.0, *idle, *roll(bpm, 2.01, 4.0)))
    for t, record in heard:
        if t > 2.05:
            assert off(record, (t - 2.01) * bpm / 60) < 0.01, t
            assert record.place == math.floor((t - 0.5 * HOP / RATE - 2.01) * bpm / 60 + 1e-6) % 4
            assert (record.confidence, record.bar_confidence, record.metre) == (1.0, 1.0, 4)
            assert record.next[0] == pytest.approx(2.01 + (record.beat % 4 + 1) * 60 / bpm, abs=0.01) or t > 3.0
            assert record.next[1] - record.next[0] == pytest.approx(60 / bpm, rel=0.01)


def test_what_a_stopped_clock_leaves_is_its_tempo_and_no_bar() -> None:
    for after in ([(t, TICK) for t in ticks(140, 200, 5.02)], []):
        _, record = Chain().at_the_end(8.0, *roll(140, 0.5, 5.0), (5.0, STOP), *after)
        assert record.bpm == pytest.approx(140.0, abs=0.1)
        assert record.source == ("clock" if after else "lost")
        assert record.confidence >= 0.9
        assert (record.counted, record.bar_confidence) == (False, 0.0)


def test_a_clock_without_a_start_leads_the_tempo_only_and_taps_do_not_win_over_it() -> None:
    chain = Chain()
    _, record = chain.at_the_end(3.0, *roll(140, 0.5, 3.0)[1:])
    assert (record.source, record.counted) == ("clock", False)
    for count in range(1, 5):
        chain.desk.apply(Event("/tempo/tap", (), "key"))
        _, record = chain.at_the_end(3.0 + count, *roll(140, 2.0 + count, 3.0 + count)[1:])
    assert record.bpm == pytest.approx(140.0, abs=0.5)
    assert record.source == "clock"


def test_a_clock_that_falls_silent_leaves_its_tempo_until_a_hand_taps_another() -> None:
    chain = Chain()
    _, record = chain.at_the_end(6.0, *roll(140, 0.5, 3.0))
    assert record.source == "lost"
    assert record.bpm == pytest.approx(140.0, abs=0.1)
    for count in range(1, 5):
        chain.desk.apply(Event("/tempo/tap", (), "key"))
        _, record = chain.at_the_end(6.0 + 0.6 * count)
    assert record.source == "tap"
    assert record.bpm == pytest.approx(100.0, abs=2.0)


def test_music_and_tap_do_not_listen_to_a_clock() -> None:
    for source in ("music", "tap"):
        _, record = Chain(source).at_the_end(3.0, *roll(140, 0.5, 3.0))
        assert (record.source, record.bpm) == (source, 120.0)


def test_the_performer_moves_bar_and_count_against_the_clock() -> None:
    chain = Chain()
    chain.at_the_end(3.0, *roll(120, 0.0, 3.0))
    chain.desk.apply(Event("/tempo/resync", (), "key"))
    t, record = chain.at_the_end(4.0, *roll(120, 3.0, 4.0)[1:])
    assert off(record, (t - 3.0) * 2) < 0.02
    chain.desk.apply(Event("/tempo/halve", (), "key"))
    _, record = chain.at_the_end(5.0, *roll(120, 4.0, 5.0)[1:])
    assert record.bpm == pytest.approx(60.0)


def test_what_a_clock_said_is_brought_up_to_the_tick_that_hears_it() -> None:
    said = Event("/tempo/clock", (120.0, 8.0), "midi clock", stamp=10.0)
    assert carried(said, TABLE["/tempo/clock"], 10.5).args == (120.0, 9.0)
    for other in (Event("/tempo/clock", (), stamp=1.0), Event("/tempo/clock", ("x", "y"), stamp=1.0)):
        assert carried(other, TABLE["/tempo/clock"], 10.5) == other
    desk = Desk(TABLE, {"worlds": ["ink"]})
    assert desk.apply(said)
    assert desk.tick(3.0)["/tempo/clock"] == Clock(120.0, 8.0, 3.0)
    assert desk.tick(4.0)["/tempo/clock"] == Clock(120.0, 8.0, 3.0)
    assert desk.apply(Event("/tempo/clock", (), "midi clock"))
    assert desk.tick(5.0)["/tempo/clock"].lost  # type: ignore[union-attr]
    assert not desk.apply(Event("/tempo/clock", ("x",), "osc"))


@pytest.mark.midi
def test_a_clock_through_a_real_port_leads_and_is_lost_when_unplugged() -> None:
    rtmidi = driver()
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    with jackd():
        drums = rtmidi.outlet(rtmidi.api(BACKENDS["jack"]), "drums")
        drums.open_virtual_port("out")
        with MidiIn(TABLE, events, backend="jack", maps=Path("nowhere")) as midi:
            assert "drums:out" in midi.connected
            end = time.monotonic() + 30.0
            while not midi.received and time.monotonic() < end:  # JACK shows a port before it passes anything on
                drums.send_message([0xB0, 16, 64])
                time.sleep(0.02)
            drums.send_message(START)
            for _ in range(60):
                drums.send_message(TICK)
                time.sleep(60 / 125 / 24)
            drums.close_port()
            drums.delete()
            heard: list[Event] = []
            while not heard or heard[-1].args or heard[-1].address != "/tempo/clock":
                heard.append(events.get(timeout=10))
    clocks = [event.args for event in heard if event.address == "/tempo/clock" and len(event.args) == 2]
    placed = [(float(args[0]), float(args[1])) for args in clocks]
    assert placed
    assert 60.0 < placed[-1][0] < 130.0  # sleeping is never shorter, and on a busy machine longer
    assert 0.0 <= placed[0][1] < 2.5
