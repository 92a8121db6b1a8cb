from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vj.core.sphere import DEVELOP, Loop, angle, on_shell, slerp, towards, unit


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


@pytest.mark.parametrize("z_dim", [2, 3, 4, 5, 7, 8, 9, 16, 512])
@pytest.mark.parametrize("length", [0.5, 3.0, np.inf])
def test_a_loop_keeps_norm_and_speed_for_hours(z_dim: int, length: float) -> None:
    loop = Loop.random(np.random.default_rng(3), z_dim)
    expected = min(length, loop.longest) if z_dim > 2 else loop.longest
    for start in (0.0, 1000.0):
        path = np.array([loop.at(x, length) for x in start + np.arange(2000) * 1e-3])
        assert np.abs(np.linalg.norm(path, axis=1) - 1.0).max() < 1e-9
        steps = np.array([angle(a, b) for a, b in pairwise(path)]) / 1e-3
        assert np.ptp(steps) < 1e-7 * expected  # the same chord everywhere
        assert steps.mean() == pytest.approx(expected, rel=1e-3)


def test_a_loop_closes_but_for_its_development() -> None:
    """After one revolution its second circle has turned by DEVELOP and nothing else has changed."""
    loop = Loop.random(np.random.default_rng(5), 16)
    plain = Loop.random(np.random.default_rng(5), 8)  # no room for a fresh plane
    for x in (0.0, 0.3, 0.7):
        assert angle(plain.at(x), plain.at(x + 1.0)) < 1e-9
        assert angle(loop.at(x), loop.at(x + 1.0)) == pytest.approx(DEVELOP * 0.2**0.5, rel=0.02)
        assert angle(loop.at(x), loop.at(x + 4.0)) > 0.5
        assert angle(loop.at(x), loop.at(x + 0.5)) > 1.0


def test_a_short_loop_stays_near_its_middle() -> None:
    loop = Loop.random(np.random.default_rng(5), 16)
    path = np.array([loop.at(x, 1.0) for x in np.arange(0.0, 3.0, 0.01)])
    assert np.ptp(path @ loop.middle) < 1e-12
    assert (path @ loop.middle).min() > 0.99


def test_the_shell_is_where_a_gaussian_lives() -> None:
    assert abs(np.linalg.norm(on_shell(unit(np.ones(64)))) - 8.0) < 1e-5
