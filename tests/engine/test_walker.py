"""The walker's promises: the step bound at any frame rate, the shell, no jump without a cut."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vj.core.params import Snapshot, defaults
from vj.core.sphere import angle, unit
from vj.core.types import Controls, LatentSpec
from vj.engine.walker import Walker

TURNS = (0.5, 1.0, 2.0)
SPEC = LatentSpec(("coarse", "middle", "fine"), (4, 4, 4), 16, ("ink", "aurora", "metal"), psi=(0.0, 1.2), turns=TURNS)
BASE = 0.3


def snapshot(**values: object) -> Snapshot:
    named = {f"/latent/{k}" if k in ("seed", "psi", "reseed") else f"/model/{k}": v for k, v in values.items()}
    steps = {f"/latent/step/{g}": v for g, v in (("base", BASE), ("coarse", 1.0), ("middle", 2.0), ("fine", 4.0))}
    return Snapshot({**defaults(Walker).values, **steps, **named})  # type: ignore[arg-type]


def directions(latent: object) -> np.ndarray:
    return unit(latent.z.astype(np.float64))  # type: ignore[attr-defined]


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10_000),
    st.sampled_from([24.0, 25.0, 30.0, 59.94, 60.0, 90.0, 120.0, 144.0]),
    st.lists(
        st.tuples(st.floats(0, 50), st.booleans(), st.floats(0, 1), st.integers(0, 2), st.integers(0, 2)),
        min_size=5,
        max_size=40,
    ),
)
def test_no_group_ever_moves_further_than_its_max_step(seed: int, fps: float, moves: list) -> None:
    rng = np.random.default_rng(seed)
    walker, dt = Walker(SPEC), 1.0 / fps
    before = walker.step(dt, Controls(np.zeros(3, np.float32)), snapshot(seed=seed % 100))
    for motion, targeted, pull, reseeds, section in moves:
        target = rng.standard_normal((3, 16)).astype(np.float32) if targeted else None
        much, length = np.full(3, motion, np.float32), np.full(3, 1.0 + motion, np.float32)
        leaning = np.full(3, pull, np.float32)
        controls = Controls(much, stride=much, length=length, section=section, target=target, pull=leaning)
        after = walker.step(dt, controls, snapshot(seed=seed % 100, reseed=reseeds))
        for g, pulse in enumerate((1.0, 2.0, 4.0)):
            # float32 on the way out rounds each z by 1e-7
            limit = (BASE + pulse) * TURNS[g] * dt
            assert angle(directions(before)[g], directions(after)[g]) <= limit + 2e-6
        assert np.allclose(np.linalg.norm(after.z, axis=1), 4.0, atol=1e-5)
        before = after


@pytest.mark.parametrize("fps", [24, 60, 144])
def test_the_same_second_is_the_same_walk_at_any_frame_rate(fps: int) -> None:
    walker = Walker(SPEC)
    latent = None
    for _ in range(fps * 2):
        latent = walker.step(1 / fps, Controls(np.full(3, 0.2 / fps, np.float32), section=3), snapshot())
    reference = Walker(SPEC)
    for _ in range(100):
        expected = reference.step(0.02, Controls(np.full(3, 0.004, np.float32), section=3), snapshot())
    np.testing.assert_allclose(latent.z, expected.z, atol=1e-4)


def test_z_stays_on_its_shell_and_its_speed_for_hours() -> None:
    """Ten hours in strides: norm and speed are at the end what they were at the start."""
    walker, dt = Walker(SPEC), 1 / 30
    steps = []
    before = walker.step(dt, Controls(np.zeros(3, np.float32)), snapshot())
    for n in range(600):
        skip = 1200.0 if n % 60 == 59 else dt
        after = walker.step(skip, Controls(np.full(3, 0.25 * skip, np.float32)), snapshot())
        if skip == dt:
            steps.append([angle(a, b) for a, b in zip(directions(before), directions(after), strict=True)])
        before = after
    np.testing.assert_allclose(np.array(steps), np.array([0.25 * dt * np.array(TURNS)] * len(steps)), rtol=1e-3)
    assert np.allclose(np.linalg.norm(before.z, axis=1), 4.0, rtol=1e-6)


def test_calm_walk_and_strides_have_bounds_of_their_own() -> None:
    def way(**moves: float) -> list[float]:
        walker, controls = Walker(SPEC), {name: np.full(3, turns, np.float32) for name, turns in moves.items()}
        a = walker.step(0.01, Controls(np.zeros(3, np.float32)), snapshot())
        b = walker.step(0.01, Controls(**{"motion": np.zeros(3, np.float32), **controls}), snapshot())
        return [angle(x, y) / turn / 0.01 for x, y, turn in zip(directions(a), directions(b), TURNS, strict=True)]

    np.testing.assert_allclose(way(motion=1.0), [BASE] * 3, rtol=0.01)
    np.testing.assert_allclose(way(stride=1.0), [1.0, 2.0, 4.0], rtol=0.01)
    np.testing.assert_allclose(way(motion=1.0, stride=1.0), [1.3, 2.3, 4.3], rtol=0.01)
    np.testing.assert_allclose(way(motion=0.002, stride=0.005), [0.7] * 3, rtol=0.01)


def test_another_section_is_another_loop_and_an_old_one_comes_back() -> None:
    walker, dt = Walker(SPEC), 1 / 60
    values = Snapshot({**snapshot().values, **{f"/latent/step/{g}": 8.0 for g in ("coarse", "middle", "fine")}})
    seen = []
    for section in (1, 2, 1):
        path = []
        for _ in range(240):
            controls = Controls(np.full(3, 0.1 * dt, np.float32), length=np.full(3, 4.0, np.float32), section=section)
            path.append(directions(walker.step(dt, controls, values)))
        seen.append(np.array(path))
    first, second, again = seen
    apart = [angle(a, b) for a, b in zip(first[-1], second[-1], strict=True)]
    assert min(apart) > 0.5
    np.testing.assert_allclose(again[-1], first[-1], atol=1e-6)
    whole = np.concatenate(seen)
    steps = np.array([[angle(a, b) for a, b in zip(x, y, strict=True)] for x, y in pairwise(whole)])
    assert steps.max() < 0.05  # no jump: an eased way of two seconds
    assert steps.min() > 0.0


def test_a_cut_takes_form_and_class_at_once() -> None:
    walker = Walker(SPEC)
    still = np.zeros(3, np.float32)
    mixes = [np.eye(3, dtype=np.float32)[i] for i in (0, 1)]
    walker.step(0.01, Controls(still, mix=mixes[0], section=1), snapshot())
    cut = walker.step(0.01, Controls(still, mix=mixes[1], section=2, cut=1), snapshot())
    there = Walker(SPEC).step(0.01, Controls(still, mix=mixes[1], section=2), snapshot())
    np.testing.assert_allclose(cut.z, there.z, atol=1e-6)
    np.testing.assert_allclose(cut.mix, mixes[1])


def test_it_jumps_only_when_the_cut_rises() -> None:
    walker = Walker(SPEC)
    target = np.random.default_rng(1).standard_normal((3, 16)).astype(np.float32)
    here = walker.step(0.01, Controls(np.zeros(3, np.float32)), snapshot())
    pulled = walker.step(
        0.01, Controls(np.zeros(3, np.float32), target=target, pull=np.ones(3, np.float32)), snapshot()
    )
    assert angle(directions(here)[0], directions(pulled)[0]) <= 0.5 * 0.0131
    cut = walker.step(
        0.01, Controls(np.zeros(3, np.float32), target=target, pull=np.ones(3, np.float32), cut=1), snapshot()
    )
    np.testing.assert_allclose(directions(cut), unit(target.astype(np.float64)), atol=1e-6)


def test_master_speed_scales_the_walk_and_not_its_limit() -> None:
    walked = []
    for speed in (0.0, 1.0, 2.0, 4.0):
        walker = Walker(SPEC)
        values = Snapshot({**snapshot().values, "/master/speed": speed})
        start = walker.step(0.1, Controls(np.zeros(3, np.float32)), values)
        end = walker.step(0.1, Controls(np.full(3, 0.01, np.float32)), values)
        walked.append(angle(directions(start)[0], directions(end)[0]))
    assert walked[0] == 0.0
    assert abs(walked[2] / walked[1] - 2.0) < 0.05
    assert abs(walked[3] - BASE * 0.1 * TURNS[0]) < 1e-4  # all that coarse may walk in 0.1 s


def test_seeds_give_the_same_and_other_walks() -> None:
    zs = [Walker(SPEC).step(0.1, Controls(np.zeros(3, np.float32)), snapshot(seed=s)).z for s in (1, 1, 2)]
    np.testing.assert_array_equal(zs[0], zs[1])
    assert not np.allclose(zs[0], zs[2])


def test_classes_morph_over_the_set_time_and_take_any_real_weights() -> None:
    walker = Walker(SPEC)
    still = Controls(np.zeros(3, np.float32))
    walker.step(0.1, still, snapshot(mix=((0, 1.0),), morph=1.0))
    path = [walker.step(0.1, still, snapshot(mix=((1, 1.5), (2, -0.5)), morph=1.0)).mix for _ in range(10)]
    assert np.abs(np.diff(path, axis=0)).max() < 0.4
    np.testing.assert_allclose(path[-1], [0.0, 1.5, -0.5], atol=1e-6)
    np.testing.assert_allclose(path[4], np.array([1, 0, 0]) * 0.5 + np.array([0, 1.5, -0.5]) * 0.5, atol=1e-5)


def test_a_morph_in_beats_follows_the_tempo() -> None:
    walker = Walker(SPEC)
    still = Controls(np.zeros(3, np.float32))
    walker.step(0.1, still, snapshot(mix=((0, 1.0),)), bpm=60.0)
    for _ in range(4):
        latent = walker.step(0.5, still, snapshot(mix=((1, 1.0),), morph_beats=2.0), bpm=60.0)
    np.testing.assert_allclose(latent.mix, [0, 1, 0], atol=1e-6)


def test_named_classes_come_before_the_directors() -> None:
    directed = Controls(np.zeros(3, np.float32), mix=np.array([0, 0, 1], np.float32))
    for mix, expected in (((), [0, 0, 1]), (((1, 1.0),), [0, 1, 0])):
        latent = Walker(SPEC).step(1.0, directed, snapshot(mix=mix, morph=0.0))
        np.testing.assert_allclose(latent.mix, expected, atol=1e-6)


def test_psi_stays_in_the_useful_range() -> None:
    walker = Walker(SPEC)
    assert walker.step(0.1, Controls(np.zeros(3, np.float32), psi=9.0), snapshot(psi=1.0)).psi == 1.2
    assert walker.step(0.1, Controls(np.zeros(3, np.float32), psi=-9.0), snapshot(psi=1.0)).psi == 0.0


def test_weights_that_move_by_themselves_are_met_without_a_jump_and_then_followed() -> None:
    walker = Walker(SPEC)
    still = np.zeros(3, np.float32)
    walker.step(0.1, Controls(still, mix=np.array([1, 0, 0], np.float32)), snapshot(morph=1.0))
    path = []
    for n in range(1, 60):
        x = np.float32((n % 20) / 20)
        moving = np.array([0, 1 - x, x], np.float32)
        path.append((moving, walker.step(0.05, Controls(still, mix=moving, fluid=True), snapshot(morph=1.0)).mix))
    shown = np.array([mix for _, mix in path])
    assert np.abs(np.diff(shown[:18], axis=0)).max() < 0.15
    for goal, mix in path[20:]:
        np.testing.assert_allclose(mix, goal, atol=1e-6)


def test_exact_controls_pass_as_they_are_and_the_walk_goes_on_from_there() -> None:
    walker = Walker(SPEC)
    still = np.zeros(3, np.float32)
    walker.step(0.01, Controls(still), snapshot(psi=0.7))
    z = np.random.default_rng(0).uniform(-1, 1, (3, 16)).astype(np.float32)
    mix = np.array([-0.3, 1.4, 0.2], np.float32)
    exact = walker.step(0.01, Controls(still, target=z, mix=mix, psi=0.33, exact=True), snapshot(psi=0.7))
    np.testing.assert_array_equal(exact.z, z)
    np.testing.assert_array_equal(exact.mix, mix)
    assert exact.psi == 0.33
    after = walker.step(0.01, Controls(still), snapshot(psi=0.7))
    limit = (BASE + 4.0) * max(TURNS) * 0.01
    assert max(angle(a, b) for a, b in zip(unit(z.astype(np.float64)), directions(after), strict=True)) < limit
    assert np.allclose(np.linalg.norm(after.z, axis=1), 4.0, atol=1e-5)
