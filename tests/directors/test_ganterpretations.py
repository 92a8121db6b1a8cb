"""GANterpretations: the numbers of the original, what is corrected, and the story as it is heard."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.signal.windows import hann
from scipy.stats import truncnorm
from tests_tracks import RATE, framed, heard, made, run, set_to, song, track

from vj.core.errors import ControlError
from vj.core.sound.change import STEP_S, Turning
from vj.core.types import F32, F64, LatentSpec
from vj.directors.earlier import inflections as original
from vj.directors.earlier.switches import Listening, curve_of, survey
from vj.features.novelty import Novelty

SPEC = LatentSpec(("coarse", "middle", "fine"), (4, 4, 4), 16, tuple(f"class {n}" for n in range(10)))
SONG = song(24.0)
HOP = 512 / RATE


def reference(left: F64, rate: int, threshold: float) -> tuple[F64, list[int], F64]:
    """Mean curve, points and alphas, written down again from the paper's code as plainly as can be."""
    count = (len(left) - 128) // 128
    power = []
    for i in range(count):
        spectrum = np.fft.rfft(left[128 * i : 128 * i + 256] * hann(256, sym=True))
        density = np.abs(spectrum) ** 2 / rate / (hann(256, sym=True) ** 2).sum()
        density[1:-1] *= 2
        power.append(density)
    tv = np.array([np.mean(np.abs(power[i] - power[i + 1])) for i in range(count - 1)])
    tv /= tv.max()
    means = [np.mean(tv[i : i + 256]) for i in range(len(tv) - 255)]
    m = np.array([means[0]] * 256 + means)
    points, i = [0], 0
    while i < len(m) - 200 - 2:
        p = i + 201
        before, after = np.mean(m[i : i + 200]), np.mean(m[p + 1 : p + 201])
        turns = np.sign(m[p] - before) == np.sign(m[p] - after) and np.sign(m[p] - m[p - 1]) == np.sign(m[p] - m[p + 1])
        if turns and abs(m[p] - before) > threshold and abs(m[p] - after) > threshold:
            if not (m[p] > m[p - 1] or m[p] > 0.08):
                points.append(p)
            i += 200
        else:
            i += 1
    points.append(len(m) - 1)
    alphas: list[float] = []
    start = 1
    for end in points[1:]:
        alphas += list(np.cumsum(m[start:end]) / np.sum(m[start:end]))
        start = end
    return m, points, np.array([*alphas, 1.0])


@pytest.fixture(scope="module")
def lulls() -> F32:
    """12 s at 44.1 kHz with lulls near 3, 6 and 9 s on the left, and nothing like them on the right."""
    t = np.arange(12 * 44100) / 44100
    noise = np.random.default_rng(0).standard_normal((len(t), 2))
    quiet = 1.0 - 0.98 * np.exp(-(((t + 1.5) % 3 - 1.5) ** 2) / 0.18)
    noise[:, 0] *= quiet * 0.2
    return noise.astype(np.float32)


def test_exact_numbers_are_those_of_the_code(lulls: F32) -> None:
    m, points, alphas = reference(lulls[:, 0].astype(np.float64), 44100, 0.035)
    curve = original.smooth(original.variation(track(lulls, 44100).sound(44100, "left")))
    np.testing.assert_allclose(curve, m, atol=1e-9)
    found = original.points(curve, 0.035)
    assert found == points
    assert len(points) > 4, "the track must have lulls"
    np.testing.assert_allclose(original.alphas(curve, found), alphas, atol=1e-9)
    assert pytest.approx(344.53, abs=0.005) == 44100 / original.HOP_SAMPLES
    assert pytest.approx(0.743, abs=5e-4) == 256 * 128 / 44100
    assert pytest.approx(0.58, abs=5e-4) == 200 * 128 / 44100


def test_exact_controls_say_what_the_video_shows(lulls: F32) -> None:
    """z of seed 0 times 0.2, the pair of categories and alpha of each column, the first category for one column."""
    director = made("ganterpretations", SPEC)
    p = set_to(type(director), exact=True, story="3, 1, 4, 1, 5")
    director.survey(track(lulls, 44100), p)
    _, points, alphas = reference(lulls[:, 0].astype(np.float64), 44100, 0.035)
    told, z = [3, 1, 4, 1, 5], 0.2 * truncnorm.rvs(-2, 2, size=(1, 16), random_state=np.random.RandomState(0))
    for column in (0, 1, 500, points[1], points[1] + 1, points[2] - 1, points[2]):
        t = column / (44100 / 128) + 1e-4
        controls = director._columns.at(t, director._story(p.story), SPEC)
        stage = sum(point < column for point in points)
        expected = np.zeros(10)
        expected[told[stage]] += 1 - alphas[column]
        expected[told[stage + 1]] += alphas[column]
        np.testing.assert_allclose(controls.mix, expected, atol=1e-6)
        np.testing.assert_allclose(controls.target, np.tile(z, (3, 1)), atol=1e-6)
        assert (controls.exact, controls.psi) == (True, 0.2)


def test_one_clap_does_not_end_the_story(lulls: F32) -> None:
    """The original's threshold is relative to the loudest jump of the track: after one clap nothing else counts."""
    clapped = lulls.copy()
    clapped[11 * 44100 : 11 * 44100 + 48] = 300.0
    found = []
    for sound in (lulls, clapped):
        there = track(sound, 44100)
        curve = original.smooth(original.variation(there.sound(44100, "left")))
        ours = survey(there, "left", False, 0.74, Turning("min", threshold=0.12)).times
        found.append((len(original.points(curve, 0.035)) - 2, len(ours) - 2))
    assert found[0][0] >= 3 <= found[0][1]
    assert found[1][0] == 0
    assert found[1][1] >= 3


def test_a_class_is_on_during_its_segment_and_nothing_flashes_or_jumps() -> None:
    director = made("ganterpretations", SPEC)
    p = set_to(type(director), story="0,1,2,3,4,5,6,7,8,9")
    director.survey(track(SONG, RATE), p)
    times = director._score.times
    controls = run(director, heard(SONG), p)
    mixes = np.array([c.mix for c in controls])
    t = np.arange(len(mixes)) / 60
    assert len(times) > 4
    for k, (start, end) in enumerate(pairwise(times)):
        inside = mixes[(t > start + 1e-6) & (t < end - 1e-6)]
        np.testing.assert_allclose(inside[0, k], 1.0, atol=0.15)  # first included
        assert (np.diff(inside[:, k + 1]) >= -0.03).all(), "alpha must not go back"
        assert np.delete(inside, [k, k + 1], axis=1).max() < 0.15
    assert np.abs(np.diff(mixes, axis=0)).max() < 0.12
    np.testing.assert_allclose(mixes.sum(axis=1), 1.0, atol=1e-5)


@pytest.mark.parametrize("fps", [25, 60, 120])
def test_switches_are_within_a_frame_of_the_points_at_any_frame_rate(fps: int) -> None:
    director = made("ganterpretations", SPEC)
    p = set_to(type(director))
    director.survey(track(SONG, RATE, fps), p)
    points, seen = list(director._score.times[1:-1]), []
    before, index = 0.0, 0
    for t, f in framed(heard(SONG), fps):
        director.step(f, t - before, p, 1.0)
        before = t
        if director._index != index:
            index = director._index
            seen.append(t)
    assert len(seen) >= len([x for x in points if x < before]) > 2
    assert max(abs(a - b) for a, b in zip(seen, points, strict=False)) <= 1 / fps + 1e-6


@pytest.mark.parametrize("delay", [0.1, 0.4, 0.6])
def test_live_a_lull_is_told_after_the_delay_that_is_stated(delay: float) -> None:
    """The delay, and half of the mean over which change is felt."""
    lulls, mean = (8.0, 13.0, 19.0), 0.2
    turning = Turning("min", threshold=0.1, before=0.58, after=delay, rest=2.0)
    score, told, segment, activity = Listening(), [], 0, 0.0
    for k in range(1, int(22 / HOP)):
        t = k * HOP
        rate = 12.0 - 9.0 * sum(np.exp(-0.5 * ((t - lull) / 0.25) ** 2) for lull in lulls) + 2.0 * np.sin(0.5 * t)
        activity += rate * HOP
        place = score.step(t, Novelty(0.0, activity, 0.0, 0.0), t, mean, turning)
        assert 0.0 <= place.alpha <= 1.0
        if place.segment != segment:
            segment = place.segment
            told.append(t)
    assert len(told) == 3
    np.testing.assert_allclose(told, np.array(lulls) + delay + mean / 2, atol=0.09)


def test_after_another_director_was_on_it_listens_on_without_a_jump() -> None:
    turning = Turning("min", threshold=0.1, before=0.58, after=0.4, rest=2.0)
    score, activity, places = Listening(), 500.0, []
    for k in range(1500):  # begins 100 s into the show, and is away for half a minute
        t = 100.0 + 0.01 * k + (30.0 if k > 700 else 0.0)
        activity += 0.1 if k != 701 else 300.0
        places.append(score.step(t, Novelty(0.0, activity, 0.0, 0.0), t, 0.4, turning))
    assert {place.segment for place in places} == {0}
    assert np.diff([place.alpha for place in places]).max() < 0.01


def test_shorter_delays_tell_sooner() -> None:
    times = []
    for delay in (0.1, 0.6):
        director = made("ganterpretations", SPEC)
        p = set_to(type(director), delay=delay)
        before, next_index = 0.0, 0
        first: list[float] = []
        for t, f in framed(heard(SONG), 60):
            director.step(f, t - before, p, 1.0)
            before = t
            if director._index != next_index:
                next_index = director._index
                first.append(t)
        assert first, "a switch must be found"
        times.append(first)
    assert min(times[0]) < min(times[1])


def test_a_switch_by_hand_waits_for_its_beat_and_glides() -> None:
    director = made("ganterpretations", SPEC)
    kind = type(director)
    found: list[Any] = []
    t_before = 0.0
    for t, f in framed(heard(SONG), 60):
        p = set_to(kind, automatic=False, quantise="bar", story="2,5,7", switch=int(t >= 10.1))
        found.append(director.step(f, t - t_before, p, 1.0).mix)
        t_before = t
    mixes = np.array(found)
    assert (mixes[:606, 2] == 1.0).all(), "nothing moves before"
    assert mixes[-1, 5] == 1.0
    began = np.flatnonzero(mixes[:, 5] > 0)[0] / 60
    assert 10.1 < began < 12.2
    assert np.abs(np.diff(mixes, axis=0)).max() < 0.1


def test_names_numbers_and_luck_make_a_story() -> None:
    director = made("ganterpretations", SPEC)
    story = director._story("class 3 | 7 | Class 1")
    assert [story[k] for k in range(3)] == [3, 7, 1]
    more = [story[k] for k in range(2, 40)]
    assert all(a != b for a, b in pairwise(more))
    assert more == [director._story("class 3 | 7 | Class 1")[k] for k in range(2, 40)]
    with pytest.raises(ControlError, match="clas 3"):
        director.survey(track(SONG[:RATE], RATE), set_to(type(director), story="clas 3"))


@pytest.mark.parametrize("z", ["walk", "segment", "constant"])
def test_form_walks_goes_from_point_to_point_or_stands(z: str) -> None:
    director = made("ganterpretations", SPEC)
    p = set_to(type(director), z=z)
    director.survey(track(SONG, RATE), p)
    controls = run(director, heard(SONG)[:900], p)
    targets = [c.target for c in controls]
    if z == "walk":
        assert all(target is None for target in targets)
        assert sum(float(c.stride.sum()) for c in controls) > 0
    else:
        moved = float(np.abs(np.diff(np.array(targets), axis=0)).sum())
        assert (moved > 0.1) == (z == "segment")


@pytest.mark.parametrize("sound", [np.zeros(RATE, np.float32), np.ones(RATE, np.float32), SONG[:100], SONG[:0]])
@pytest.mark.parametrize("exact", [False, True])
def test_silence_clipping_and_nothing_are_survived(sound: F32, exact: bool) -> None:
    director = made("ganterpretations", SPEC)
    p = set_to(type(director), exact=exact)
    director.survey(track(sound, RATE), p)
    assert all(np.isfinite(c.mix).all() for c in run(director, heard(SONG)[:50], p))


def test_a_change_in_the_bass_alone_counts() -> None:
    """A bass note that goes up and down: log bands of pitch hear it, the original's linear bins hardly do."""
    t = np.arange(16 * RATE) / RATE
    moving = (t // 4).astype(int) % 2 == 1
    pitch = np.where(moving & (t % 0.25 < 0.125), 80.0, 55.0)
    bass = 0.2 * np.sin(2 * np.pi * np.cumsum(pitch) / RATE)
    hiss = 0.3 * np.random.default_rng(0).standard_normal(len(t))
    there = track((bass + np.where(t < 99, 0.02, 0) * hiss).astype(np.float32), RATE)
    ours = curve_of(there, "mid", False)
    times = np.arange(len(ours)) * STEP_S
    busy = (times // 4).astype(int) % 2 == 1
    clear = (times % 4 > 0.5) & (times % 4 < 3.5)
    assert ours[busy & clear].mean() > 1.3 * ours[~busy & clear].mean()
