import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vj.core.sphere import Tour, angle, on_shell, slerp, towards, unit


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


@pytest.mark.parametrize("z_dim", [2, 3, 16, 512])
def test_a_tour_keeps_norm_and_speed_for_hours(z_dim: int) -> None:
    tour = Tour.random(np.random.default_rng(3), z_dim)
    for start in (0.0, 14_400.0):
        s = start + np.arange(2000) * 0.001
        path = np.array([tour.at(x) for x in s])
        assert np.abs(np.linalg.norm(path, axis=1) - 1.0).max() < 1e-9
        steps = np.linalg.norm(np.diff(path, axis=0), axis=1) / 0.001
        assert np.abs(steps - 1.0).max() < 1e-3


def test_a_tour_goes_far_and_does_not_close() -> None:
    tour = Tour.random(np.random.default_rng(5), 16)
    path = np.array([tour.at(s) for s in np.arange(0.0, 400.0, 0.05)])
    assert (path @ path[0]).min() < -0.5
    assert (path[200:] @ path[0]).max() < 0.999


def test_the_shell_is_where_a_gaussian_lives() -> None:
    assert abs(np.linalg.norm(on_shell(unit(np.ones(64)))) - 8.0) < 1e-5
