import math

import numpy as np
import pytest

from vj.devices._midi_clock import LOST_S, TICKS_PER_BEAT, MidiClock


def ticks(bpm: float, count: int, start: float = 0.0) -> list[float]:
    return [start + i * 60.0 / bpm / TICKS_PER_BEAT for i in range(count)]


def told(clock: MidiClock, times: list[float]) -> list[float]:
    return [bpm for bpm in map(clock.tick, times) if bpm is not None]


@pytest.mark.parametrize("bpm", [30.0, 60.0, 120.0, 128.37, 174.0, 300.0])
def test_an_even_clock_is_known_after_one_beat_and_told_once(bpm: float) -> None:
    assert told(MidiClock(), ticks(bpm, 25)) == [pytest.approx(bpm, abs=0.01)]
    assert len(told(MidiClock(), ticks(bpm, 500))) == 1


@pytest.mark.parametrize("bpm", [60.0, 120.0, 128.37, 174.0])
def test_ticks_that_arrive_in_periods_of_jack_still_give_the_tempo(bpm: float) -> None:
    clock, period = MidiClock(), 256 / 48000
    told(clock, [math.floor(t / period) * period for t in ticks(bpm, 1000)])
    assert clock.bpm == pytest.approx(bpm, abs=0.2)


def test_jitter_of_a_cheap_sender_is_averaged_out() -> None:
    luck = np.random.default_rng(3)
    clock = MidiClock()
    told(clock, [t + luck.normal(0.0, 0.002) for t in ticks(120.0, 1000)])
    assert clock.bpm == pytest.approx(120.0, abs=0.3)


def test_a_new_tempo_is_followed_within_three_beats() -> None:
    clock = MidiClock()
    first = ticks(120.0, 200)
    told(clock, first)
    told(clock, ticks(140.0, 3 * TICKS_PER_BEAT + 1, first[-1] + 60 / 140 / 24))
    assert clock.bpm == pytest.approx(140.0, abs=0.1)


def test_a_lost_clock_holds_its_tempo_and_says_so() -> None:
    clock = MidiClock()
    assert clock.state(0.0) == ""
    times = ticks(120.0, 100)
    told(clock, times)
    assert clock.state(times[-1] + LOST_S * 0.9) == "on"
    assert clock.state(times[-1] + LOST_S * 1.1) == "lost"
    assert clock.bpm == pytest.approx(120.0)


def test_a_pause_does_not_bend_the_tempo() -> None:
    clock = MidiClock()
    told(clock, ticks(120.0, 100))
    assert told(clock, ticks(120.0, 100, start=60.0)) == []
    assert clock.bpm == pytest.approx(120.0, abs=0.01)


@pytest.mark.parametrize("bpm", [60.0, 120.0])
def test_one_lost_tick_does_not_bend_the_tempo(bpm: float) -> None:
    times = ticks(bpm, 300)
    assert told(MidiClock(), times[:110] + times[111:]) == [pytest.approx(bpm, abs=0.01)]


def test_nonsense_times_never_raise() -> None:
    clock = MidiClock()
    told(clock, [0.0] * 200)
    told(clock, [5.0, 1.0, 0.0, 9e9])
    assert 20.0 <= clock.bpm <= 999.0
