"""What directors with a score share: exact time, forgetting, memory that does not hold the song, classes by luck."""

import tracemalloc
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest
from tests_tracks import RATE, heard, made, run, set_to, song, track

from vj.core.track import Channel, Track
from vj.core.types import F32, LatentSpec
from vj.directors._score import Showtime, Story

SPEC = LatentSpec(("coarse", "middle", "fine"), (4, 4, 4), 16, tuple(f"class {n}" for n in range(6)), ("tone",))
NAMES = ("spectrum", "anchors", "ganterpretations", "amplitude", "ladder", "style_walk")
SONG = song(8.0)


@pytest.mark.parametrize("fps", [24.0, 25.0, 30000 / 1001, 60.0, 120.0, 144.0])
def test_time_is_exact_after_ten_minutes_at_any_frame_rate(fps: float) -> None:
    clock, before, hop = Showtime(), 0.0, 512 / RATE
    for n in range(int(600 * fps)):
        t = n / fps
        now = clock.step(int(t / hop + 1e-9) * hop, t - before)
        before = t
    assert abs(now - t) < 1e-6
    assert clock.step(700.0, 1 / fps) == 700.0  # another director was on


@pytest.mark.parametrize("surveyed", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_after_a_reset_it_does_the_same_again(name: str, surveyed: bool) -> None:
    director = made(name, SPEC)
    p = set_to(type(director))
    found = []
    for _ in range(2):
        if surveyed:
            director.survey(track(SONG, RATE), p)
        found.append(run(director, heard(SONG)[:300], p))
        director.reset()
    assert not director.findings(p).moments or name == "spectrum"
    for a, b in zip(*found, strict=True):
        for part in ("motion", "stride", "target", "pull", "mix", "directions"):
            one, two = getattr(a, part), getattr(b, part)
            assert (one is None) == (two is None)
            assert one is None or np.array_equal(one, two), part


@pytest.mark.parametrize("name", NAMES)
def test_what_is_heard_live_does_not_know_the_future(name: str) -> None:
    changed = SONG.copy()
    changed[4 * RATE :] = 0.0
    half = int(4.0 / (512 / RATE)) - 2
    p = set_to(type(made(name, SPEC)))
    for a, b in zip(
        run(made(name, SPEC), heard(SONG)[:half], p), run(made(name, SPEC), heard(changed)[:half], p), strict=True
    ):
        np.testing.assert_array_equal(a.motion, b.motion)
        assert a.mix is None or np.array_equal(a.mix, b.mix)
        assert a.target is None or np.array_equal(a.target, b.target)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("exact", [False, True])
def test_a_survey_does_not_hold_the_song(name: str, exact: bool) -> None:
    """Two minutes are 23 MB of samples; what is learnt of them is a few."""

    def noise(seconds: int) -> Track:
        def sound(rate: int, channel: Channel = "mid") -> Iterator[F32]:
            rng = np.random.default_rng(0)
            for _ in range(seconds * rate // 8000):
                yield 0.1 * rng.standard_normal(8000, np.float32)

        return Track(sound, 8000 if name == "anchors" else 44100, Fraction(30))

    director = made(name, SPEC)
    p = set_to(type(director), exact=exact, **({"growth": 1.1} if name == "anchors" else {}))
    director.survey(noise(4), p)  # what is made but once
    director.reset()
    tracemalloc.start()
    director.survey(noise(40 if exact else 120), p)
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 8e6
    assert peak < 20e6


def test_luck_shows_every_class_before_one_comes_again() -> None:
    story = Story.told("2", SPEC.classes, 5)
    told = [story[k] for k in range(1, 19)]
    for turn in range(3):
        assert sorted(told[6 * turn : 6 * turn + 6]) == list(range(6))
    assert all(a != b for a, b in zip([2, *told], told, strict=False))
    assert told == [Story.told("2", SPEC.classes, 5)[k] for k in range(1, 19)]
