"""The parts of the beat tracker, each against what it must say of evidence that is made here."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vj.features.beat.bar_filter import BarFilter
from vj.features.beat.ear import BANDS, HALF_S, INPUTS, Look
from vj.features.beat.net import BeatNet, Gates
from vj.features.beat.pointer import Filter
from vj.features.beat.preferred import Preferred
from vj.features.beat.sure import Fold, judge


def told(interval: float, halves: int, phase: float = 0.0, sure: float = 2.0, never: float = -5.0) -> list[float]:
    """Log odds of a network that sees a beat every `interval` halves and nothing else."""
    k = np.arange(halves)
    away = (k - phase + interval / 2) % interval - interval / 2
    return list(never + (sure - never) * np.exp(-0.5 * (away / 0.9) ** 2))


def believe(odds: list[float], low: float = 80.0, high: float = 160.0) -> tuple[Filter, list[float], list[float]]:
    pointer = Filter()
    liked = Preferred(low, high).liking(pointer.intervals)
    intervals, phases = [], []
    for k, one in enumerate(odds):
        pointer.step(one)
        if k % 2:
            belief = pointer.belief(liked)
            intervals.append(belief.interval)
            phases.append(belief.phase)
    return pointer, intervals, phases


@pytest.mark.parametrize("bpm", [60, 75, 90, 110, 128, 150, 174, 190])
def test_beats_alone_are_a_tempo_within_twelve_of_them(bpm: int) -> None:
    interval = 60.0 / bpm / HALF_S
    halves = round(20 * interval)
    _, intervals, phases = believe(told(interval, halves, 7.0))
    late = [60.0 / (x * HALF_S) for x in intervals[round(6 * interval) :]]
    assert all(abs(x / bpm - 1.0) < 0.02 for x in late)
    for k, phase in list(enumerate(phases))[round(6 * interval) :]:
        truth = (2 * k + 1 - 7.0) / interval
        assert abs((phase - truth + 0.5) % 1.0 - 0.5) * interval * HALF_S < 0.010


def test_missing_beats_and_a_break_are_bridged() -> None:
    interval = 60.0 / 140 / HALF_S
    odds = told(interval, 1500)
    odds[600:1000] = [-5.0] * 400  # four seconds of nothing: ten beats
    _, intervals, phases = believe(odds)
    assert abs(intervals[-1] / interval - 1.0) < 0.01
    at = 505  # just after the break
    assert abs((phases[at] - (2 * at + 1) / interval + 0.5) % 1.0 - 0.5) < 0.1


def test_another_song_is_believed_within_six_seconds() -> None:
    first, second = 60.0 / 100 / HALF_S, 60.0 / 174 / HALF_S
    odds = told(first, 1500) + told(second, 1000, 3.0)
    _, intervals, _ = believe(odds)
    assert all(abs(x / second - 1.0) < 0.03 for x in intervals[(1500 + round(6.0 / HALF_S)) // 2 :])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31))
def test_whatever_it_is_told_the_odds_stay_odds(seed: int) -> None:
    chance = np.random.default_rng(seed)
    pointer = Filter()
    liked = Preferred(80.0, 160.0).liking(pointer.intervals)
    for one in chance.normal(0.0, 30.0, 60):
        pointer.step(float(one))
    belief = pointer.belief(liked)
    assert math.isclose(float(pointer.odds.sum()), 1.0, rel_tol=1e-3)
    assert (pointer.odds >= 0.0).all()
    assert 0.0 <= belief.mass <= 1.001
    assert 0.0 <= belief.phase < 1.0
    assert math.isfinite(belief.interval + belief.spread)


def test_who_says_where_the_beat_is_is_believed() -> None:
    pointer = Filter()
    liked = Preferred(80.0, 160.0).liking(pointer.intervals)
    pointer.lean(60.0 / 93 / HALF_S, 0.3, 0.9)
    belief = pointer.belief(liked)
    assert abs(60.0 / (belief.interval * HALF_S) / 93 - 1.0) < 0.03
    assert abs(belief.phase - 0.3) < 0.02
    assert belief.mass > 0.7


@pytest.mark.parametrize("bpm", [20.0, 47.0, 60.0, 225.0, 300.0, 999.0])
@pytest.mark.parametrize("sure", [0.0, 0.9, 1.0])
def test_whatever_tempo_somebody_says_the_odds_stay_odds(bpm: float, sure: float) -> None:
    pointer = Filter()
    pointer.lean(60.0 / bpm / HALF_S, 0.4, sure)
    pointer.step(1.0)
    assert float(pointer.odds.sum()) == pytest.approx(1.0, rel=1e-3)
    assert math.isfinite(pointer.belief(Preferred(80.0, 160.0).liking(pointer.intervals)).interval)


def test_tempi_outside_the_preferred_range_are_believed_less() -> None:
    intervals = Filter().intervals
    liked = Preferred(80.0, 160.0).liking(intervals)
    bpm = 60.0 / (intervals * HALF_S)
    assert (liked[(bpm >= 80.0) & (bpm <= 160.0)] == 1.0).all()
    assert (np.diff(liked[bpm < 80.0]) < 0.0).all()
    assert (np.diff(liked[bpm > 160.0]) > 0.0).all()


@pytest.mark.parametrize("metre", [2, 3, 4, 5, 6, 7])
def test_bars_are_counted_by_what_begins_them(metre: int) -> None:
    bars = BarFilter()
    for k in range(6 * metre):
        bars.step(0.9 if k % metre == 1 else 0.05)
    bar = bars.bar()
    assert (bar.metre, bar.place) == (metre, (6 * metre - 1 - 1) % metre)
    assert bar.mass > 0.8


def test_bars_of_four_are_what_is_thought_when_nothing_is_told() -> None:
    bars = BarFilter()
    for _ in range(40):
        bars.step(0.25)
    assert bars.bar().metre == 4
    assert bars.bar().mass < 0.5
    bars.doubt(1.0)
    assert bars.odds.sum() == pytest.approx(1.0)


def test_a_look_is_the_same_however_loud_the_music_is() -> None:
    chance = np.random.default_rng(3)
    heard = np.exp(chance.normal(-4.0, 1.0, (200, BANDS))).astype(np.float32)
    quiet, loud = Look(), Look()
    for k in range(100):
        a, b = quiet.step(heard[2 * k : 2 * k + 2] * np.float32(0.1)), loud.step(heard[2 * k : 2 * k + 2])
        np.testing.assert_allclose(a, b, atol=1e-4)
        assert a.shape == (INPUTS,)


def test_a_recurrent_layer_is_that_of_the_formula() -> None:
    chance = np.random.default_rng(5)
    into, back = chance.normal(0, 0.4, (5, 12)), chance.normal(0, 0.4, (4, 12))
    into_bias, back_bias, x, h = (chance.normal(0, 0.4, n) for n in (12, 12, 5, 4))
    new, old = x @ into + into_bias, h @ back + back_bias
    reset, update = (1.0 / (1.0 + np.exp(-(new + old)[4 * k : 4 * k + 4])) for k in (0, 1))
    candidate = np.tanh(new[8:] + reset * old[8:])
    halved = np.concatenate([np.full(8, 0.5), np.ones(4)])
    gates = Gates(*((part * halved).astype(np.float32) for part in (into, into_bias, back, back_bias)))
    gates.inputs[:], gates.state[:] = x, h
    got = gates.step()
    np.testing.assert_allclose(got, (1.0 - update) * candidate + update * h, atol=1e-5)


def test_the_network_begins_again_as_it_began() -> None:
    chance = np.random.default_rng(1)
    seen = chance.normal(1.0, 1.0, (30, INPUTS)).astype(np.float32)
    net = BeatNet()
    first = [net.step(x) for x in seen]
    net.reset()
    assert all(np.array_equal(a, net.step(x)) for a, x in zip(first, seen, strict=True))


def test_beats_that_stand_out_are_surer_than_any_mess() -> None:
    interval = 47.0

    def folded(*shares: float, mass: float = 0.99) -> float:
        """Judged when the network sees beats with chances `shares` in turn, at equal parts of the beat."""
        fold = Fold()
        at = np.arange(800)
        chances = np.full(800, 0.01)
        for k, share in enumerate(shares):
            away = (at - k * interval / len(shares) + interval / 2) % interval - interval / 2
            chances = np.maximum(chances, share * np.exp(-0.5 * (away / 0.9) ** 2))
        for k, chance in enumerate(chances):
            fold.step(k / interval, interval, float(chance))
        return judge(fold.seen(interval, mass, 0.015, meant=mass, known=0.4))

    assert folded(0.8) > 0.8
    assert folded(0.08, 0.07, 0.08, 0.07, mass=0.2) < folded(0.8)
    assert folded(0.2, 0.2, 0.2, mass=0.3) < folded(0.8)


def test_fold_forgets() -> None:
    fold = Fold()
    for k in range(400):
        fold.step(k / 40.0, 40.0, 1.0)
    before = fold.sums.sum()
    for k in range(400, 1600):
        fold.step(k / 40.0, 40.0, 0.0)
    assert fold.sums.sum() < 0.1 * before
    assert all(a >= 0.0 for a, _ in pairwise(fold.sums.tolist()))
