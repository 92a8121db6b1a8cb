"""The director `pulse`, played with drums that are written down and not heard."""

import math
from itertools import pairwise

import numpy as np
import pytest

from vj.core.params import Snapshot, defaults
from vj.core.sphere import angle, unit
from vj.core.types import Controls, Features, LatentSpec
from vj.directors.pulse import ACCENTS, LIMIT, Pulse
from vj.engine.walker import Walker
from vj.features.bands import Band, Bands
from vj.features.chroma import Chroma
from vj.features.state import State
from vj.features.tempo import Tempo

THREE = LatentSpec(("coarse", "middle", "fine"), (4, 4, 4), 64, ("ink",))
BPM = 120.0


def band(t: float, hits: tuple[float, ...], presence: float) -> Band:
    """A band struck at each of the times `hits` with an accent of 0.8."""
    past = [hit for hit in hits if hit <= t]
    last = past[-1] if past else -1.0
    strength = 0.8 * math.exp(-(t - last) / 0.12) if past else 0.0
    return Band(presence, strength, presence, presence * t, len(past), last, 0.8 if past else 0.0)


def state(name: str = "groove", drops: int = 0, build: float = 0.0) -> State:
    return State(name, 0.0, 1, build, 0.5, drops)  # type: ignore[arg-type]


def heard(
    t: float,
    kicks: tuple[float, ...] = (),
    snares: tuple[float, ...] = (),
    hats: tuple[float, ...] = (),
    presence: float = 1.0,
    sure: float = 0.0,
    now: State | None = None,
) -> Features:
    """What is known at `t` seconds of a groove; `sure` is the confidence in the tempo."""
    bands = Bands(band(t, kicks, presence), band(t, snares, presence), band(t, (), presence), band(t, hats, presence))
    beats = t * BPM / 60.0
    tempo = Tempo(BPM, beats % 1.0, int(beats), sure, "auto")
    chroma = Chroma(np.full(12, 1 / 12, np.float32), 0.0)
    records = {Bands: bands, Chroma: chroma, State: now or state(), Tempo: tempo}
    return Features(t, 0.01, int(t * 100), records)


def play(seconds: float, fps: float, spec: LatentSpec = THREE, **drums: object) -> list[Controls]:
    director = Pulse(spec, np.random.default_rng(1))
    p = defaults(Pulse).of(Pulse)
    return [director.step(heard(n / fps, **drums), 1.0 / fps, p, 1.0) for n in range(round(seconds * fps))]


def pulls(controls: list[Controls]) -> np.ndarray:
    return np.array([c.pull for c in controls])


def still_snapshot() -> Snapshot:
    """The desk with the walk itself held fast, so that all motion is the pulses'."""
    values = defaults(Pulse, Walker).values
    return Snapshot({**values, "/director/pulse/speed": 0.0, "/latent/step/base": 0.0})


def test_a_kick_moves_coarse_there_and_back() -> None:
    """Through the real walker: out by almost half a turn in 60 ms, home within half a second."""
    director, walker, snapshot = Pulse(THREE, np.random.default_rng(1)), Walker(THREE), still_snapshot()
    p = snapshot.of(Pulse)
    z = []
    for n in range(60):
        f = heard(n / 60, kicks=(0.1,))
        z.append(walker.step(1 / 60, director.step(f, 1 / 60, p, 1.0), snapshot).z / 8.0)
    away = np.linalg.norm(np.array(z) - z[0], axis=2)
    assert away[:6].max() < 1e-6
    assert 0.3 < away[:, 0].max() < 0.6
    assert 7 <= away[:, 0].argmax() <= 9  # struck at 100 ms, there 39 ms later
    assert away[:, 0].max() > 6 * away[35:, 0].max()
    assert 0.0 < away[:, 1].max() < 0.6 * away[:, 0].max()
    assert away[:, 2].max() < 1e-6


def test_a_turn_is_what_the_bundle_says() -> None:
    """Half the radians a turn, half the way."""
    ways = []
    for turns in ((1.0, 1.0, 1.0), (0.5, 1.0, 1.0)):
        spec = LatentSpec(THREE.groups, THREE.layers, 64, ("ink",), turns=turns)
        ways.append(pulls(play(0.3, 60, spec, kicks=(0.1,)))[:, 0].max())
    assert ways[1] == pytest.approx(0.5 * ways[0], rel=0.1)


def test_the_kick_is_the_same_gesture_every_time() -> None:
    controls = play(2.0, 60, kicks=(0.1, 1.1))
    first, second = controls[9].target, controls[69].target
    assert first is not None
    assert second is not None
    np.testing.assert_allclose(first[0] / np.linalg.norm(first[0]), second[0] / np.linalg.norm(second[0]), atol=1e-5)


def test_snares_go_to_one_side_and_to_the_other() -> None:
    controls = play(3.0, 60, snares=(0.1, 0.9, 1.7, 2.5))
    sides = []
    for hit in (0.1, 0.9, 1.7, 2.5):
        target = controls[round((hit + 0.05) * 60)].target
        assert target is not None
        sides.append(target[1] / np.linalg.norm(target[1]))
    assert sides[0] @ sides[2] > 0.99
    assert sides[1] @ sides[3] > 0.99
    assert abs(sides[0] @ sides[1]) < 0.6
    assert pulls(controls)[:, [0, 2]].max() < 1e-6


def test_hats_stir_only_the_texture() -> None:
    pull = pulls(play(2.0, 60, hats=tuple(np.arange(0.1, 2.0, 0.25))))
    assert pull[:, :2].max() < 1e-6
    assert pull[:, 2].max() > 0.03


@pytest.mark.parametrize("sure", [0.0, 1.0])
@pytest.mark.parametrize("fps", [24.0, 144.0])
def test_it_moves_alike_at_any_frame_rate(fps: float, sure: float) -> None:
    """At the instants that both frame rates share, the picture leans equally far and has walked equally far."""
    drums = {"kicks": tuple(np.arange(0.01, 6.0, 0.5)), "snares": (0.37, 0.87), "hats": (0.2, 0.45, 0.7), "sure": sure}
    here, there = play(6.0, fps, **drums), play(6.0, 72.0, **drums)
    common = 24
    own, other = pulls(here)[:: round(fps / common)], pulls(there)[::3]
    np.testing.assert_allclose(own, other, atol=0.03 * other.max())
    ways = [np.sum([c.motion for c in controls], axis=0) for controls in (here, there)]
    np.testing.assert_allclose(ways[0], ways[1], rtol=0.05)


def test_hits_are_not_lost_when_hops_are_skipped() -> None:
    """Ten looks a second, each at one hop of ten: every kick still pulls, and two in one step pull harder."""
    single = pulls(play(1.0, 10, kicks=(0.32,)))[:, 0]
    double = pulls(play(1.0, 10, kicks=(0.32, 0.38)))[:, 0]
    crowd = pulls(play(1.0, 10, kicks=tuple(np.linspace(0.31, 0.38, 30))))[:, 0]
    assert single[:4].max() == 0.0
    assert single.max() > 0.05
    assert single.max() < double.max() <= crowd.max() < LIMIT


def test_a_hit_of_long_ago_is_old_news() -> None:
    """Coming back from another director, whose time the counters ran on in, must not make a blow."""
    director, p = Pulse(THREE, np.random.default_rng(1)), defaults(Pulse).of(Pulse)
    director.step(heard(0.0), 1 / 60, p, 1.0)
    controls = [director.step(heard(20.0 + n / 60, kicks=(5.0, 9.0)), 1 / 60, p, 1.0) for n in range(10)]
    assert pulls(controls).max() == 0.0


def test_the_picture_never_leans_too_far() -> None:
    drums = tuple(np.arange(0.0, 2.0, 0.05))
    director = Pulse(LatentSpec(("all",), (1,), 64, ("only",)), np.random.default_rng(1))
    p = Snapshot({**defaults(Pulse).values, **{f"/director/pulse/{n}": 1.0 for n in ("kick", "snare", "hats")}}).of(
        Pulse
    )
    for n in range(120):
        c = director.step(heard(n / 60, kicks=drums, snares=drums, hats=drums), 1 / 60, p, 2.0)
        assert c.pull is not None
        assert c.pull.max() <= LIMIT


@pytest.mark.parametrize("groups", [1, 2, 3, 14])
def test_every_drum_is_seen_whatever_the_number_of_groups(groups: int) -> None:
    spec = LatentSpec(tuple(f"g{n}" for n in range(groups)), (1,) * groups, 16, ("only",))
    for drums in ({"kicks": (0.1,)}, {"snares": (0.1,)}, {"hats": (0.1,)}):
        assert pulls(play(0.5, 60, spec, **drums)).max() > 0.03


def test_silence_is_alive_but_calm() -> None:
    """The way of the whole picture in silence is 3 to 15 % of that in a groove: LT's measure of rest and life."""

    def way(**sound: object) -> float:
        director, walker, snapshot = Pulse(THREE, np.random.default_rng(1)), Walker(THREE), defaults(Pulse, Walker)
        p, z = snapshot.of(Pulse), []
        for n in range(600):
            f = heard(n / 60, **sound)  # type: ignore[arg-type]
            z.append(walker.step(1 / 60, director.step(f, 1 / 60, p, 1.0), snapshot).z / 8.0)
        steps = np.linalg.norm(np.diff(z[180:], axis=0), axis=2)
        assert steps.min() > 0.0
        return float(steps.sum())

    beats = np.arange(0.0, 10.0, 0.5)
    groove = way(kicks=tuple(beats), snares=tuple(beats[1::2]), hats=tuple(beats + 0.25), sure=1.0)
    assert 0.03 < way(presence=0.0, now=state("silence")) / groove < 0.15


def test_the_walk_keeps_to_bars_only_while_the_tempo_is_sure() -> None:
    """Sixteen bars of 2 s are one revolution of coarse, eight of middle and four of fine."""
    way = np.sum([c.motion for c in play(40.0, 30, sure=1.0)[8 * 30 :]], axis=0)
    lengths = play(0.1, 30)[0].length
    assert lengths is not None
    np.testing.assert_allclose(way / lengths, [1.0, 2.0, 4.0], rtol=0.02)
    slow = np.sum([c.motion for c in play(40.0, 30)[8 * 30 :]], axis=0)
    assert (slow / lengths < 32.1 / 12.0).all()  # a revolution takes twelve seconds at least


def test_the_walk_goes_in_blows_on_the_beat_while_the_tempo_is_sure() -> None:
    for sure, contrast in ((1.0, True), (0.1, False)):
        speeds = np.array([c.motion[0] for c in play(6.0, 60, sure=sure)])
        on, off = speeds[241::30].mean(), speeds[262::30].mean()
        assert (on > 1.5 * off) == contrast


def lean(controls: list[Controls], second: float) -> float:
    """The most that coarse leans from `second` for a third of a second on."""
    return float(pulls(controls)[round(second * 60) : round((second + 0.3) * 60), 0].max())


def test_a_kick_that_is_expected_begins_before_it_sounds_and_is_struck_once() -> None:
    """Kicks on every beat, known 15 ms late, as the ears do: once sure, the move is early and no larger."""
    kicks = tuple(np.arange(0.015, 12.0, 0.5))
    sure, unsure = play(12.0, 240, kicks=kicks, sure=1.0), play(12.0, 240, kicks=kicks)
    steps = [np.diff(pulls(controls)[:, 0]) for controls in (sure, unsure)]
    starts = [int((step[240 * 9 - 12 : 240 * 9 + 24] > 0.25 * step.max()).argmax()) - 12 for step in steps]
    assert -4 <= starts[0] <= -1  # 10 ms are 2.4 steps
    assert 2 <= starts[1] <= 6
    tops = [pulls(controls)[240 * 9 :, 0].max() for controls in (sure, unsure)]
    assert tops[0] <= tops[1] * 1.05


def test_it_draws_back_before_the_blow() -> None:
    """In the last tenth of a beat coarse leans away from the kick pose, by a fifth of the blow."""
    controls = play(12.0, 240, kicks=tuple(np.arange(0.0, 12.0, 0.5)), sure=1.0)
    pose = unit(np.asarray(controls[round(10.04 * 240)].target, float)[0])
    along = np.array([(unit(np.asarray(c.target, float)[0]) @ pose) * c.pull[0] for c in controls[2160:]])  # type: ignore[index]
    assert -0.35 * along.max() < along.min() < -0.03 * along.max()


def test_a_kick_that_does_not_come_is_forgotten_within_a_beat_or_two() -> None:
    """After the last kick one is struck in vain, and then a shadow of one."""
    controls = play(14.0, 60, kicks=tuple(np.arange(0.0, 9.9, 0.5)), sure=1.0)
    blows = [lean(controls, t) for t in (9.5, 10.0, 10.5, 11.0, 12.0)]
    assert blows[1] > 0.3 * blows[0]
    assert blows[2] < 0.35 * blows[0]
    assert blows[3] < 0.1 * blows[0]


def test_beats_of_a_bar_differ() -> None:
    controls = play(16.0, 60, kicks=tuple(np.arange(0.0, 16.0, 0.5)), sure=1.0)
    blows = np.array([lean(controls, 8.0 + 0.5 * beat) for beat in range(4)])
    assert list(np.argsort(blows)[::-1])[:2] == [ACCENTS.index(1.0), ACCENTS.index(0.75)]
    assert blows.min() > 0.5 * blows.max()


def test_structure_rests_in_a_break_and_the_drop_gives_all() -> None:
    director, p = Pulse(THREE, np.random.default_rng(1)), defaults(Pulse).of(Pulse)
    kicks = (*np.arange(0.0, 4.0, 0.5), *np.arange(10.0, 40.0, 0.5))
    steps = []
    for n in range(40 * 60):
        t = n / 60
        name = "groove" if t < 4.0 or t >= 26.0 else "break" if t < 8.0 else "build" if t < 10.0 else "drop"
        now = state(name, drops=int(t >= 10.0), build=0.5 * (t - 8.0) if name == "build" else 0.0)
        steps.append(director.step(heard(t, kicks, presence=1.0, sure=1.0, now=now), 1 / 60, p, 1.0))
    walk = np.array([c.motion for c in steps])
    groove, rest = walk[2 * 60 : 4 * 60].mean(axis=0), walk[6 * 60 : 8 * 60].mean(axis=0)
    assert 0.0 < rest[0] < 0.4 * groove[0]
    assert rest[2] > 2.0 * rest[0]
    drop = walk[12 * 60 : 18 * 60].mean(axis=0)
    assert (drop > 1.9 * groove).all()
    assert lean(steps, 10.0) > 1.6 * lean(steps, 3.0)
    assert lean(steps, 38.0) == pytest.approx(lean(steps, 36.0), rel=0.1)
    assert lean(steps, 38.0) < 0.8 * lean(steps, 12.0)
    assert steps[7 * 60].psi < steps[3 * 60].psi < steps[15 * 60].psi
    cuts = [c.cut for c in steps]
    assert (cuts[10 * 60 - 1], cuts[10 * 60], cuts[-1]) == (0, 1, 1)
    sections = [c.section for c in steps]
    assert len(set(sections)) == 3
    assert sections[10 * 60] != sections[10 * 60 - 1]


def test_a_chorus_that_comes_back_looks_like_the_chorus() -> None:
    """Groove, break, groove: the second groove sounds like the first break's follower and takes its loop back."""
    director, p = Pulse(THREE, np.random.default_rng(1)), defaults(Pulse).of(Pulse)
    names = ["groove", "break", "groove", "break", "groove"]
    sections = []
    for n in range(len(names) * 600):
        sections.append(director.step(heard(n / 60, now=state(names[n // 600])), 1 / 60, p, 1.0).section)
    seen = sections[300::600]
    assert seen[1] == seen[3]
    assert seen[2] == seen[4]
    assert len({seen[0], seen[1], seen[2]}) == 3


def test_directions_follow_through_where_the_bundle_names_them() -> None:
    spec = LatentSpec(THREE.groups, THREE.layers, 64, ("ink",), ("hue", "scale", "turn"))
    controls = play(3.0, 60, spec, kicks=(1.0,), snares=(2.0, 2.5))
    moved = np.array([c.directions for c in controls])
    quiet = np.array([c.directions for c in play(3.0, 60, spec)])
    swing = moved - quiet
    assert np.abs(swing[:, 0]).max() == 0.0
    assert swing[60:90, 1].max() > 0.005
    assert -0.5 * swing[60:90, 1].max() < swing[60:90, 1].min() < -0.1 * swing[60:90, 1].max()
    assert swing[120:126, 2].sum() * swing[150:156, 2].sum() < 0.0


def test_hits_carry_at_least_a_third_of_all_change() -> None:
    """The way with drums, less the way without any, through the real walker."""

    def way(**drums: object) -> float:
        director, walker, snapshot = Pulse(THREE, np.random.default_rng(1)), Walker(THREE), defaults(Pulse, Walker)
        p, z = snapshot.of(Pulse), []
        for n in range(600):
            f = heard(n / 60, sure=1.0, **drums)  # type: ignore[arg-type]
            z.append(walker.step(1 / 60, director.step(f, 1 / 60, p, 1.0), snapshot).z / 8.0)
        return sum(angle(a, b) for x, y in pairwise(z[120:]) for a, b in zip(x, y, strict=True))

    beats = np.arange(0.0, 10.0, 0.5)
    without, along = way(), way(kicks=tuple(beats), snares=tuple(beats[1::2]), hats=tuple(beats + 0.25))
    assert (along - without) / along > 1.0 / 3.0


def test_reset_forgets_everything() -> None:
    director, p = Pulse(THREE, np.random.default_rng(1)), defaults(Pulse).of(Pulse)
    runs = []
    for _ in range(2):
        director.reset()
        runs.append(pulls([director.step(heard(n / 60, kicks=(0.1, 0.6)), 1 / 60, p, 1.0) for n in range(60)]))
    np.testing.assert_array_equal(*runs)
