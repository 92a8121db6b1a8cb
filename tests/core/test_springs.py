import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vj.core.springs import Spring, arrived, gathered

RATES = (22.0, 28.0, 60.0)


def positions(spring: Spring, dt: float, steps: int) -> list[float]:
    seen = []
    for _ in range(steps):
        spring = spring.step(dt)
        seen.append(spring.x)
    return seen


@pytest.mark.parametrize("w", RATES)
def test_a_hit_peaks_at_its_height_after_one_over_w_seconds(w: float) -> None:
    path = np.array(positions(Spring(w).struck(0.7), 1e-4, 5000))
    assert path.max() == pytest.approx(0.7, rel=1e-5)
    assert (path.argmax() + 1) * 1e-4 == pytest.approx(1.0 / w, abs=2e-4)
    assert Spring(w).struck(0.7).step(4.9 / w).x == pytest.approx(0.07, rel=0.15)
    assert (path >= 0.0).all()


@pytest.mark.parametrize("fps", [24, 60, 144])
@pytest.mark.parametrize("w", RATES)
def test_it_is_exact_at_any_frame_rate(fps: int, w: float) -> None:
    """A e w t exp(-w t), the closed form of an impulse from rest, at every frame."""
    times = np.arange(1, fps + 1) / fps
    exact = 0.5 * math.e * w * times * np.exp(-w * times)
    np.testing.assert_allclose(positions(Spring(w).struck(0.5), 1.0 / fps, fps), exact, atol=1e-12)


@given(st.floats(-1, 1), st.floats(-30, 30), st.floats(0, 0.3), st.floats(0, 0.3))
def test_two_steps_are_one(x: float, v: float, a: float, b: float) -> None:
    spring = Spring(25.0, x, v)
    one, two = spring.step(a + b), spring.step(a).step(b)
    assert two.x == pytest.approx(one.x, abs=1e-9)
    assert two.v == pytest.approx(one.v, abs=1e-8)


def test_it_obeys_the_law_of_a_critically_damped_spring() -> None:
    """x'' = -2 w x' - w^2 x, checked by differences."""
    w, h = 22.0, 1e-5
    at = Spring(w, 0.3, 2.0).step(0.02)
    later = at.step(h)
    assert (later.x - at.x) / h == pytest.approx(at.v, abs=1e-2)
    assert (later.v - at.v) / h == pytest.approx(-2 * w * at.v - w * w * at.x, rel=1e-2)


def test_hits_that_come_too_fast_add_up_towards_the_most() -> None:
    spring, peak = Spring(22.0), 0.0
    for _ in range(200):
        spring = spring.struck(1.0, most=1.6).step(0.03)
        peak = max(peak, spring.x)
    assert 1.0 < peak < 1.6


@pytest.mark.parametrize("zeta", [0.35, 0.4, 0.7, 0.999])
def test_a_loose_spring_peaks_at_its_height_and_follows_through(zeta: float) -> None:
    path = np.array(positions(Spring(20.0, zeta=zeta).struck(0.5), 1e-4, 20000))
    assert path.max() == pytest.approx(0.5, rel=1e-4)
    overshoot = math.exp(-math.pi * zeta / math.sqrt(1 - zeta**2))
    assert -path.min() == pytest.approx(0.5 * overshoot, rel=0.01, abs=1e-6)
    assert abs(path[-1]) < 1e-3


def test_a_tight_spring_comes_quick_and_goes_slow() -> None:
    path = np.array(positions(Spring(22.0, zeta=1.5).struck(0.7), 1e-4, 10000))
    assert path.max() == pytest.approx(0.7, rel=1e-5)
    assert path.argmax() * 1e-4 == pytest.approx(0.86 / 22.0, abs=3e-4)
    assert (path >= 0.0).all()
    assert 6.0 / 22.0 < np.nonzero(path > 0.07)[0][-1] * 1e-4 < 7.4 / 22.0


@given(st.floats(0.1, 3.0), st.floats(-1, 1), st.floats(-30, 30), st.floats(0, 0.3), st.floats(0, 0.3))
def test_two_steps_of_a_loose_spring_are_one(zeta: float, x: float, v: float, a: float, b: float) -> None:
    spring = Spring(25.0, x, v, zeta)
    one, two = spring.step(a + b), spring.step(a).step(b)
    assert two.x == pytest.approx(one.x, abs=1e-7)
    assert two.v == pytest.approx(one.v, abs=1e-5)


def test_an_arrival_is_fastest_on_the_beat_and_rests_before_the_next() -> None:
    way = np.array([arrived(phase) for phase in np.linspace(0.0, 1.0, 101)])
    steps = np.diff(way)
    assert (way[0], way[-1]) == (0.0, pytest.approx(1.0))
    assert (np.diff(steps) < 0.0).all()
    assert steps[0] > 20 * steps[-1]


def test_gathering_ends_where_the_beat_begins() -> None:
    assert gathered(0.5) == gathered(0.86) == gathered(0.0) == 0.0
    assert gathered(0.935) == pytest.approx(1.0, abs=0.01)
    assert gathered(0.9999) < 0.01
