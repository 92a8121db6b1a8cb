import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vj.core.sphere import DEVELOP, Loops, angle, angles, on_shell, slerp, towards, unit


def random_units(seed: int, z_dim: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return unit(rng.standard_normal(z_dim)), unit(rng.standard_normal(z_dim))


@given(st.integers(0, 1000), st.integers(2, 64), st.floats(0.0, 4.0))
def test_towards_moves_exactly_that_far(seed: int, z_dim: int, radians: float) -> None:
    a, b = random_units(seed, z_dim)
    moved = towards(a, b, radians)
    assert abs(np.linalg.norm(moved) - 1.0) < 1e-9
    assert abs(angle(a, moved) - min(radians, angle(a, b))) < 1e-7


@given(st.integers(0, 1000), st.floats(0.0, 1.0))
def test_slerp_divides_the_angle(seed: int, x: float) -> None:
    a, b = random_units(seed, 16)
    assert abs(angle(a, slerp(a, b, x)) - x * angle(a, b)) < 1e-6


def test_opposite_points_have_a_way() -> None:
    a = unit(np.array([1.0, 2.0, 3.0]))
    assert abs(angle(a, towards(a, -a, 0.5)) - 0.5) < 1e-9


def path(loops: Loops, revolutions: np.ndarray, length: float = np.inf) -> np.ndarray:
    """[n, G, Z] all groups after `revolutions` [n]."""
    return np.array([loops.at(np.full(len(loops.frames), x), length) for x in revolutions])


@pytest.mark.parametrize("z_dim", [2, 3, 4, 5, 7, 8, 9, 16, 512])
@pytest.mark.parametrize("length", [0.5, 3.0, np.inf])
def test_a_loop_keeps_norm_and_speed_for_hours(z_dim: int, length: float) -> None:
    loops = Loops.random(np.random.default_rng(3), 2, z_dim)
    expected = min(length, loops.longest) if z_dim > 2 else loops.longest
    for start in (0.0, 1000.0):
        walk = path(loops, start + np.arange(400) * 1e-3, length)
        assert np.abs(np.linalg.norm(walk, axis=-1) - 1.0).max() < 1e-9
        steps = angles(walk[1:], walk[:-1]) / 1e-3
        assert np.ptp(steps) < 1e-7 * expected  # the same chord everywhere
        assert steps.mean() == pytest.approx(expected, rel=1e-3)


def test_a_loop_closes_but_for_its_development() -> None:
    """After one revolution its second circle has turned by DEVELOP and nothing else has changed."""
    loops, plain = (Loops.random(np.random.default_rng(5), 1, z_dim) for z_dim in (16, 8))  # 8 leaves no fresh plane
    for x in (0.0, 0.3, 0.7):
        closed = path(plain, np.array([x, x + 1.0]))[:, 0]
        assert angle(*closed) < 1e-9
        here, next_time, later, opposite = path(loops, np.array([x, x + 1.0, x + 4.0, x + 0.5]))[:, 0]
        assert angle(here, next_time) == pytest.approx(DEVELOP * 0.2**0.5, rel=0.02)
        assert angle(here, later) > 0.5
        assert angle(here, opposite) > 1.0


def test_a_short_loop_stays_near_its_middle_and_groups_go_their_own_ways() -> None:
    loops = Loops.random(np.random.default_rng(5), 2, 16)
    walk = path(loops, np.arange(0.0, 3.0, 0.01), 1.0)
    near = walk @ loops.frames[0, 0]
    assert np.ptp(near[:, 0]) < 1e-12
    assert near[:, 0].min() > 0.99
    assert abs(near[:, 1]).max() < 0.95


def test_many_ways_are_walked_at_once() -> None:
    rng = np.random.default_rng(1)
    a, b = unit(rng.standard_normal((5, 16))), unit(rng.standard_normal((5, 16)))
    a[3], b[4] = b[3], -a[4]
    shares = np.array([0.0, 0.3, 1.0, 0.5, 0.5])
    together = slerp(a, b, shares)
    for n in range(5):
        np.testing.assert_allclose(together[n], slerp(a[n], b[n], float(shares[n])), atol=1e-12)
    np.testing.assert_array_equal(together[2:4], b[2:4])
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1.0)


def test_the_shell_is_where_a_gaussian_lives() -> None:
    assert abs(np.linalg.norm(on_shell(unit(np.ones(64)))) - 8.0) < 1e-5
