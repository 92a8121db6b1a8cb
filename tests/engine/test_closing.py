"""What goes round comes round: the span, the hearing, the walk and the finish of a loop, without a picture."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from vj.apps.assemble import Settings, assemble
from vj.core.errors import VjError
from vj.core.params import defaults
from vj.core.types import Controls, Features, Finish, LatentSpec
from vj.engine.analyzer import Analyzer
from vj.engine.looping.hearing import Heard, hear
from vj.engine.looping.seam import Seam
from vj.engine.looping.span import Span, fitted, metre_of
from vj.engine.looping.walk import LEAST_TURNS, PACE_HZ, ClosedWalker
from vj.engine.looping.weave import woven_finishes
from vj.engine.walker import Walker
from vj.features.bands import Bands
from vj.features.onset import Onset
from vj.features.state import State
from vj.features.tempo import Tempo
from vj.workshop.loop.beat import Beat

SPEC = LatentSpec(("coarse", "middle", "fine"), (1, 1, 1), 64, ("a", "b"), (), (0.0, 1.0), (0.5, 0.6, 0.7))


def test_a_loop_is_whole_frames_or_says_what_would_be() -> None:
    exact = Span(16, Fraction(128), Fraction(30))
    assert fitted(exact) == exact
    assert exact.frames == 225
    odd = Span(16, Fraction(128), Fraction(30000, 1001))
    with pytest.raises(VjError) as told:
        fitted(odd)
    assert "4 bars" in told.value.what
    assert "127.87 BPM (225 frames)" in told.value.hint
    tempo, rate = fitted(odd, "bpm"), fitted(Span(16, Fraction(174), Fraction(30)), "fps")
    assert tempo.exact == 225
    assert tempo.fps == odd.fps
    assert rate.exact == rate.frames == 166
    assert rate.bpm == 174
    with pytest.raises(VjError, match="out of range"):
        fitted(Span(4, Fraction(3), Fraction(30)))
    assert [metre_of(beats) for beats in (16, 3, 6, 1, 5)] == [4, 3, 3, 1, 5]


@pytest.fixture(scope="module")
def heard() -> Heard:
    show, desk = assemble(Settings(bundle="testcard"), 48000)
    snapshot, _ = show.open(desk)
    span = Span(4, Fraction(133), Fraction(30))
    # of no whole number of hops, and the film would not be whole either: hearing does not mind
    return hear(Beat(4, span.bpm).sound(), show.analyzer, snapshot, span, "groove")


def test_what_is_heard_goes_round_and_goes_on(heard: Heard) -> None:
    frames = heard._span.frames
    seconds = float(heard._span.seconds)
    rounds = [[heard.at(turn * frames + n) for n in range(frames)] for turn in (3, 4)]
    kicks = rounds[1][0][Bands].bass.count - rounds[0][0][Bands].bass.count
    assert kicks == 4
    for one, two in zip(*rounds, strict=True):
        assert two.t == pytest.approx(one.t + seconds)
        for band in ("bass", "snare", "mids", "highs"):
            a, b = getattr(one[Bands], band), getattr(two[Bands], band)
            assert (a.level, a.hits, a.presence, a.accent) == (b.level, b.hits, b.presence, b.accent)
            assert b.last == pytest.approx(a.last + seconds)
            assert b.count > a.count
            assert b.time > a.time
        assert two[Tempo].count(two.t) == pytest.approx(one[Tempo].count(one.t) + 4)
        assert two[State].name == "groove"
        assert two[State].count == one[State].count
    on: list[Features] = [*rounds[0], *rounds[1]]
    for before, after in itertools.pairwise(on):
        assert after.t >= before.t
        assert after[Onset].count >= before[Onset].count
        assert after[Bands].bass.time >= before[Bands].bass.time


def test_kicks_are_heard_on_the_beats(heard: Heard) -> None:
    last = {heard.at(n)[Bands].bass.last for n in range(3 * heard._span.frames, 4 * heard._span.frames)}
    beats = sorted(t * 133 / 60 for t in last)
    assert all(abs(beat - round(beat)) < 0.08 for beat in beats)
    assert len(beats) >= 4


def test_the_walk_closes_as_long_as_it_was() -> None:
    frames, dt = 48, 1 / 24
    rng = np.random.default_rng(5)
    paces = rng.uniform(0.0, 0.012, (frames, 3)).astype(np.float32)
    snapshot = defaults(Walker)

    def controls(n: int) -> Controls:
        return Controls(motion=paces[n % frames], section=n // frames, mix=np.eye(2, dtype=np.float32)[n // frames % 2])

    walker = ClosedWalker(SPEC, frames)
    for n in range(2 * frames):
        walker.step(dt, controls(n), snapshot)
    walker.close(frames * dt)
    rounds = np.array([[walker.step(dt, controls(n), snapshot).z for n in range(frames)] for _ in range(3)])
    np.testing.assert_array_equal(rounds[1], rounds[2])
    steps = np.linalg.norm(np.diff(rounds[2], axis=0, append=rounds[2][:1]), axis=2) / 8.0
    went = steps.sum(axis=0) / SPEC.turn_radians
    wanted = np.maximum(paces.sum(axis=0), min(LEAST_TURNS, PACE_HZ * frames * dt))
    np.testing.assert_allclose(went, wanted, rtol=0.02)
    assert (steps[-1] <= steps.max(axis=0)).all()
    # in the paces that it was asked for
    assert np.corrcoef(steps[:-1, 0], paces[1:, 0])[0, 1] > 0.99


def test_what_adds_up_in_the_finish_is_led_back() -> None:
    span, frames = Span(8, Fraction(120), Fraction(25)), 100

    def finish(n: int) -> Finish:
        t = n / 25
        coords = {"flow": 0.8 * t, "turned": 3.0 * t, "lean": 0.001 * t, "ring_age": (t - 0.5) % 4.0, "fold": 6}
        return Finish({"coords": coords, "history": {"wander": t}, "finish": {"grain_frame": int(24 * t)}}, 2)

    first, second = ([finish(start + n) for n in range(frames)] for start in (100, 200))
    woven = woven_finishes(first, second, span)
    for where, key in (("coords", "flow"), ("coords", "lean"), ("history", "wander")):
        values = np.array([f.values[where][key] for f in woven])
        steps = np.abs(np.diff(values))
        assert abs(values[0] - values[-1]) <= steps.max() * 1.01
    turned = np.array([f.values["coords"]["turned"] for f in woven])
    assert 2 * np.pi * 2 - turned[-1] == pytest.approx(turned[1] - turned[0], rel=0.05)  # twice round
    ages = np.array([f.values["coords"]["ring_age"] for f in woven])
    np.testing.assert_allclose(np.diff(ages)[np.diff(ages) > -1], 1 / 25, atol=1e-9)
    assert ages.argmin() == 13
    assert sum(f.ticks for f in woven) == 240
    assert [f.values["finish"]["grain_frame"] for f in woven[:3]] == [0, 0, 1]


def test_the_seam_is_measured_against_what_lies_within() -> None:
    flat = [np.full((8, 8, 3), level, np.uint8) for level in (10, 12, 15, 13, 40)]
    seam = Seam()
    for picture in flat:
        seam.step(picture)
    assert (seam.jump, seam.usual) == (30.0, 27.0)
    assert seam.ratio > 1.0
    seam.step(flat[1])
    assert seam.ratio < 0.1


def test_the_beat_joins_end_to_end() -> None:
    for beats, bpm, low in ((16, 128, True), (7, 174, True), (4, 90, False)):
        beat = Beat(beats, Fraction(bpm), metre_of(beats), low)
        sound = beat.sound()
        assert len(sound) == beat.length == round(beats * 60 * 48000 / bpm)
        steps = np.abs(np.diff(sound, append=sound[:1]))
        assert steps[-1] <= np.percentile(steps, 99.9)
        assert 0.1 < np.sqrt((sound**2).mean()) < 0.2
    analyzer = Analyzer(48000)
    assert analyzer.hop_length == 512
