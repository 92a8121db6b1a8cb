"""Which beat and which bar are meant: pictures of all that fit, and keeping to one while the heard one wanders."""

import numpy as np
import pytest

from vj.features.beat.bar_filter import METRES, BarFilter
from vj.features.beat.bar_places import CHANNELS, METRE, PARTS, PLACE, VECTOR, pictures, vectors
from vj.features.beat.levels import FACTORS, FAMILY, KEPT, OFFSETS, PAST_HALVES, Levels, likely
from vj.features.beat.levels import pictures as two_beats
from vj.features.beat.meant import Meant


def heard(halves: int, interval: float, every: int = 1, seed: int = 0) -> np.ndarray:
    """[halves, KEPT] faint noise, and a beat each `interval` halves of which each `every`-th begins a bar."""
    rows = np.random.default_rng(seed).uniform(0.0, 0.05, (halves, KEPT)).astype(np.float32)
    for number, at in enumerate(np.arange(0.5, halves - 1, interval)):
        rows[int(at), 0] = 0.9
        if number % every == 0:
            rows[int(at), 1:CHANNELS] = 0.9
    return rows


@pytest.mark.parametrize("member", range(len(FAMILY)))
def test_kin_look_as_they_would_by_themselves(member: int) -> None:
    rows = heard(2000, 48.0, 4)
    count, interval = 41.3, 70.0 if FACTORS[member] >= 1.0 else 40.0
    fits = np.zeros(len(FAMILY), bool)
    fits[member] = True
    among = two_beats(rows, count, interval, fits)[0]
    alone = np.arange(len(FAMILY)) == 0
    own = two_beats(rows, FACTORS[member] * count + OFFSETS[member], interval / FACTORS[member], alone)[0]
    assert among[-1] == pytest.approx(own[-1])
    # Parts of the grid that do not divide evenly put some halves one part beside.
    assert np.corrcoef(among[:-1], own[:-1])[0, 1] > (0.9 if FACTORS[member] <= 1.0 or FACTORS[member] == 2.0 else 0.75)


def test_no_beat_is_faster_or_slower_than_beats_are() -> None:
    fits = likely(26.0)
    assert fits[0]
    assert not fits[FACTORS > 1.2].any()
    assert not likely(110.0)[FACTORS < 0.8].any()
    levels = Levels()
    levels.hear(np.zeros((200, 2), np.float32), np.zeros((200, KEPT - 2), np.float32))
    assert np.array_equal(np.isfinite(levels.compare(0.0, 26.0)), fits)


def test_memory_is_of_the_last_halves_in_order() -> None:
    levels = Levels()
    for k in range(0, 3 * PAST_HALVES, 2):
        rows = np.full((2, KEPT), k, np.float32)
        levels.hear(rows[:, :2], rows[:, 2:])
    assert len(levels.heard) == PAST_HALVES
    assert levels.heard[:, 0].tolist() == sorted(levels.heard[:, 0].tolist())
    assert levels.heard[-1, -1] == 3 * PAST_HALVES - 2
    levels.forget(100)
    assert len(levels.heard) == 100
    assert levels.heard[-1, 0] == 3 * PAST_HALVES - 2


@pytest.mark.parametrize(("factor", "offset"), [(2.0, 0.0), (0.5, 0.5), (1.0, 0.5), (1.5, 0.0), (2 / 3, 1 / 3)])
def test_the_count_goes_on_when_what_is_heard_leaps_to_kin(factor: float, offset: float) -> None:
    meant = Meant()
    count, interval = 37.0 / factor + 0.01, 48.0
    assert meant.keep(count, interval, factor * count + offset, interval / factor)
    assert meant.count(factor * count + offset) == pytest.approx(count, abs=0.02)
    assert interval / factor / meant.factor == pytest.approx(interval)


def test_what_is_no_kin_is_meant_itself() -> None:
    meant = Meant()
    meant.keep(20.0, 48.0, 40.0, 24.0)
    assert not meant.keep(20.0, 48.0, 40.3, 56.0)
    assert meant.factor == 1.0
    assert meant.count(40.3) % 1.0 == pytest.approx(0.3)


@pytest.mark.parametrize("metre", METRES)
def test_bars_that_repeat_are_alike(metre: int) -> None:
    """The beats of its own metre differ most from each other, and the first shows what begins a bar."""
    interval = 48.0
    rows = heard(2300, interval, metre)
    count = 2299.5 / interval
    beats = vectors(rows, count, interval)
    assert len(beats) == 40
    assert beats.shape[1] == VECTOR
    # what begins bars is told where it is: in the first part of each metre-th beat
    latest = int(np.floor(count + 0.1)) - 1
    first = np.arange(latest - len(beats) + 1, latest + 1) % metre == 0
    down = beats[:, : PARTS * CHANNELS].reshape(len(beats), PARTS, CHANNELS)[:, 0, 1]
    assert down[first].min() > 0.8
    assert down[~first].max() < 0.1
    shown = pictures(beats, interval)
    alike = shown[:, 5 * VECTOR + 1]
    own = (metre == METRE) & (latest % metre == PLACE)
    assert alike[own][0] > 0.15, "one part in four tells bars, and the others are noise"
    coprime = [m for m in METRES if m % metre and metre % m]
    assert max(alike[m == METRE].max() for m in coprime) < 0.6 * alike[own][0]
    assert shown[own][0, 1] == pytest.approx(down[first].mean(), abs=0.12)


def test_too_little_is_no_bar() -> None:
    assert len(vectors(heard(60, 48.0), 60 / 48.0, 48.0)) <= 1


def test_odds_of_a_beat_follow_from_those_before() -> None:
    bars = BarFilter()
    for metre in METRES:
        for place in range(metre):
            odds = np.where((metre == bars.metres) & (place == bars.places), 5.0, 0.0)
            after = bars.following(odds)
            top = int(after.argmax())
            assert (bars.metres[top], bars.places[top]) == (metre, (place + 1) % metre)
            bars.reset()
            for _ in range(12):
                bars.weigh(odds, 0.5)
            assert (bars.bar().metre, bars.bar().place) == (metre, place)
            assert bars.odds.sum() == pytest.approx(1.0)
