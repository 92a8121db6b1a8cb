"""Plexatic's anchors: the bands and z of the original, and a short causal window that a click shows in at once."""

import numpy as np
import pytest
from tests_tracks import RATE, framed, heard, made, run, set_to, song, track

from vj.core.errors import ControlError
from vj.core.luck import truncated_normal
from vj.core.params import defaults
from vj.core.sphere import angles, unit
from vj.core.types import F32, F64, LatentSpec
from vj.directors.earlier import anchor_bank as bank
from vj.engine.walker import Walker

CLASSES = tuple(f"class {n}" for n in range(10))
SPEC = LatentSpec(("coarse", "middle", "fine"), (4, 4, 4), 16, CLASSES)
SONG = song(12.0)


def bands_again(skip: int, most: float, growth: float, rate: int) -> list[tuple[int, int]]:
    bands, start, width = [], skip, 1.0
    while True:
        width = width * growth
        bands.append((start, start + int(width)))
        start += int(width)
        if int(width) * growth + start >= min(most, rate / 2):
            break
    return [(a, b) for a, b in bands if b - a > 1]


@pytest.mark.parametrize(
    ("most", "growth", "count", "first"), [(4292.0, 1.015, 235, (62, 64)), (11000.0, 1.01, 405, (85, 87))]
)
def test_the_bank_of_the_original_has_its_bands(most: float, growth: float, count: int, first: tuple[int, int]) -> None:
    bands = bank.growing(16.0, most, growth, 44100)
    assert len(bands) == count
    assert bands[0] == first
    assert bands == bands_again(16, most, growth, 44100)


def test_exact_z_is_the_originals_weighted_sum() -> None:
    """Window of a second from the frame on, softmax of decibels to the power 1 - extra, clip of the sum."""
    rate = 8000
    sound = (0.3 * np.random.default_rng(2).standard_normal(rate * 3)).astype(np.float32)
    sound += np.sin(2 * np.pi * 440 * np.arange(rate * 3) / rate).astype(np.float32)
    director = made("anchors", SPEC)
    p = set_to(type(director), exact=True, most=3000.0, growth=1.05)
    director.survey(track(sound, rate), p)
    bands = bands_again(16, 3000.0, 1.05, rate)
    rng = np.random.default_rng(director._seed)
    free = list(0.35 * truncated_normal(rng.random((len(bands), 16))))
    ordered = [free.pop(0)]
    while free:
        likeness = [np.corrcoef(ordered[-1], other)[0, 1] for other in free]
        ordered.append(free.pop(int(np.argmin(likeness))))
    for _ in range(2):
        for k in range(1, len(ordered)):
            ordered[k] = 0.34 * ordered[k - 1] + 0.66 * ordered[k]
    step = int(np.ceil(rate / 30))
    frames = int(np.ceil((len(sound) - (rate + 1)) / step))
    assert abs(len(director._exact) - frames) <= 1
    for k in (0, 10, len(director._exact) - 1):
        db = 20 * np.log10(np.abs(np.fft.rfft(sound[k * step : k * step + rate].astype(np.float64))))
        softmax = np.exp(db - db.max()) / np.exp(db - db.max()).sum()
        weights = [np.mean(softmax[a:b] ** 0.4) for a, b in bands]
        z = np.clip(sum(w * n for w, n in zip(weights, ordered, strict=True)), -1, 1)
        np.testing.assert_allclose(director._exact[k], z, atol=1e-5)


def test_neighbouring_anchors_differ_most() -> None:
    anchors = bank.anchors(np.random.default_rng(0), 40, 16, 1.0)
    likeness = np.corrcoef(anchors)
    assert np.diag(likeness, 1).mean() < -0.2
    assert np.abs(anchors).max() <= 2.0
    smoothed = np.corrcoef(bank.smoothed(anchors, 0.6, 3))
    assert np.diag(smoothed, 1).mean() > np.diag(likeness, 1).mean() + 0.3


def clicked(at: float) -> F32:
    sound = 1e-4 * np.random.default_rng(0).standard_normal(RATE * 3)
    start = int(at * RATE)
    sound[start : start + 480] += 0.8 * np.random.default_rng(1).standard_normal(480)
    return sound.astype(np.float32)


def test_a_click_is_seen_within_two_frames_and_never_before() -> None:
    def walked(sound: F32) -> F64:
        director, walker = made("anchors", SPEC), Walker(SPEC)
        p = set_to(type(director))
        return np.array([walker.step(1 / 30, c, defaults(Walker)).z for c in run(director, heard(sound), p, 30.0)])

    with_click, without = walked(clicked(2.0)), walked(silence())
    apart = angles(unit(with_click.astype(np.float64)), unit(without.astype(np.float64))).max(axis=1)
    assert apart[:60].max() == 0.0, "nothing before the click"
    assert apart[62] > 0.02, "two frames after it"


def silence() -> F32:
    return (1e-4 * np.random.default_rng(0).standard_normal(RATE * 3)).astype(np.float32)


def test_silence_is_a_calm_walk_and_finite() -> None:
    director = made("anchors", SPEC)
    controls = run(director, heard(np.zeros(RATE, np.float32)), set_to(type(director)))
    assert all(np.isfinite(c.target).all() and (c.pull == 0).all() for c in controls)
    assert controls[-1].motion.sum() > 0
    exact = made("anchors", SPEC)
    p = set_to(type(exact), exact=True)
    exact.survey(track(np.zeros(20000, np.float32), 8000), p)
    assert np.isfinite(exact._exact).all()
    assert (exact._exact == 0).all()


def test_a_steady_tone_does_not_flicker() -> None:
    """The original scales the light of every picture by itself; here a tone that stays is a picture that stays."""
    t = np.arange(RATE * 3) / RATE
    director, walker = made("anchors", SPEC), Walker(SPEC)
    p = set_to(type(director), speed=0.0, classes="stay")
    tone = (0.3 * np.sin(2 * np.pi * 440 * t)).astype(np.float32)
    z = np.array([walker.step(1 / 60, c, defaults(Walker)).z for c in run(director, heard(tone), p)], np.float64)[90:]
    assert np.abs(np.diff(z, axis=0)).max() < 0.01 * np.abs(z).max()


@pytest.mark.parametrize("story", ["class 3", "3", "class 3 | 5 | class 7"])
def test_a_story_of_one_or_more_classes_is_swept_over_the_track(story: str) -> None:
    director = made("anchors", SPEC)
    p = set_to(type(director), story=story)
    director.survey(track(SONG, RATE), p)
    mixes = np.array([c.mix for c in run(director, heard(SONG), p, 30.0)])
    assert mixes[0, 3] == 1.0
    last = 7 if "|" in story else 3
    assert mixes[-1, last] > 0.95
    if "|" in story:
        assert mixes[len(mixes) // 2, 5] > 0.95
    np.testing.assert_allclose(mixes.sum(axis=1), 1.0, atol=1e-5)
    with pytest.raises(ControlError, match="nobody"):
        director.survey(track(SONG, RATE), set_to(type(director), story="nobody"))


def test_classes_can_follow_brightness() -> None:
    t = np.arange(RATE * 4) / RATE
    found = []
    for hz in (300.0, 6000.0):
        director = made("anchors", SPEC)
        p = set_to(type(director), classes="sound", story="0,1,2")
        found.append(run(director, heard((0.3 * np.sin(2 * np.pi * hz * t)).astype(np.float32)), p)[-1].mix)
    assert found[0][0] > 0.9
    assert found[1][2] > 0.9


def test_live_the_sweep_goes_by_bars_and_never_jumps() -> None:
    director = made("anchors", SPEC)
    p = set_to(type(director), sweep=1, story="0,1,2,3")
    mixes = np.array([c.mix for c in run(director, heard(song(16.0)), p, 30.0)])
    assert np.abs(np.diff(mixes, axis=0)).max() < 0.15
    assert len(set(mixes.argmax(axis=1).tolist())) >= 3


def test_every_fader_may_be_at_either_end() -> None:
    features = heard(SONG[: RATE // 2])
    for values in (
        {"growth": 2.0},
        {"growth": 1.0001},
        {"skip": 10000.0, "most": 100.0},
        {"extra": 0.99, "along": 1.0},
    ):
        director = made("anchors", SPEC)
        controls = [
            director.step(f, t and 1 / 60, set_to(type(director), **values), 1.0) for t, f in framed(features, 60)
        ]
        assert np.isfinite(controls[-1].target).all()
