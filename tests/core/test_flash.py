"""Flashes by their definition: square waves of known rate, depth, area and colour."""

import numpy as np
import pytest

from vj.core.flash.light import COLUMNS, ROWS, grid, places
from vj.core.flash.meter import FlashMeter, Reading

FPS = 60


def film(rate: float, dark: float, light: float, area: float = 1.0, seconds: float = 3.0) -> list[Reading]:
    """Readings of a square wave of `rate` flashes a second between two linear lights on part of the picture."""
    meter, readings = FlashMeter(), []
    for n in range(round(seconds * FPS)):
        cells = np.full((ROWS, COLUMNS, 3), dark, np.float32)
        if (n / FPS * rate) % 1.0 < 0.5:
            cells[:, : round(COLUMNS * area)] = light
        readings.append(meter.step(n / FPS, cells))
    return readings


def test_two_and_three_flashes_a_second_pass_and_four_do_not() -> None:
    assert all(r.passes for r in film(2.0, 0.0, 0.5))
    assert all(r.passes for r in film(3.0, 0.0, 0.5))
    assert not all(r.passes for r in film(4.0, 0.0, 0.5))


@pytest.mark.parametrize("rate", [1.0, 2.0, 3.0, 5.0, 10.0])
def test_pairs_of_changes_are_counted_in_any_second(rate: float) -> None:
    assert film(rate, 0.05, 0.4)[-1].flashes == rate


def test_small_changes_and_changes_of_bright_pictures_do_not_count() -> None:
    assert all(r.flashes == 0 for r in film(10.0, 0.20, 0.29))
    assert not all(r.passes for r in film(10.0, 0.20, 0.31))
    assert all(r.passes for r in film(10.0, 0.82, 1.0))
    assert not all(r.passes for r in film(10.0, 0.75, 1.0))


def test_a_small_part_of_the_picture_may_flash() -> None:
    assert all(r.passes for r in film(10.0, 0.0, 1.0, area=0.24))
    assert not all(r.passes for r in film(10.0, 0.0, 1.0, area=0.27))


def test_a_slow_swell_is_one_change_however_many_frames_it_takes() -> None:
    meter = FlashMeter()
    for n in range(600):
        cells = np.full((ROWS, COLUMNS, 3), 0.5 - 0.4 * np.cos(2 * np.pi * 0.5 * n / FPS), np.float32)
        assert meter.step(n / FPS, cells).flashes <= 1


def test_red_counts_though_it_is_dark() -> None:
    meter, worst = FlashMeter(), Reading(0.0, 0, 0.0)
    for n in range(120):
        cells = np.zeros((ROWS, COLUMNS, 3), np.float32)
        cells[..., 0] = 0.3 if n % 10 < 5 else 0.0  # 0.3 of red is 0.064 of luminance
        worst = meter.step(n / FPS, cells)
    assert worst.worst == 0.0
    assert worst.red == 1.0
    assert not worst.passes


def test_trying_a_frame_leaves_no_trace() -> None:
    one, two = FlashMeter(), FlashMeter()
    rng = np.random.default_rng(3)
    for n in range(200):
        cells = rng.random((ROWS, COLUMNS, 3)).astype(np.float32) if n % 6 else np.zeros((ROWS, COLUMNS, 3), np.float32)
        two.would(n / FPS, rng.random((ROWS, COLUMNS, 3)).astype(np.float32))
        would = two.would(n / FPS, cells)
        assert one.step(n / FPS, cells) == would == two.step(n / FPS, cells)


@pytest.mark.parametrize("shape", [(36, 64), (256, 256), (31, 47), (720, 1280)])
def test_the_grid_is_linear_light_wherever_it_looks(shape: tuple[int, int]) -> None:
    image = np.zeros((*shape, 3), np.uint8)
    image[: shape[0] // 2] = 188
    cells = grid(places(image))
    assert cells.shape == (ROWS, COLUMNS, 3)
    assert cells[: ROWS // 2 - 1].mean() == pytest.approx(((188 / 255 + 0.055) / 1.055) ** 2.4, rel=1e-3)
    assert cells[ROWS // 2 + 1 :].max() == 0.0


def test_what_is_far_is_not_near_after_any_frame():
    """So a frame may be shown unseen where the meter is far: neither it nor the next can be one too many."""
    rng = np.random.default_rng(7)
    meter, far = FlashMeter(), 0
    t = 0.0
    for k in range(600):
        t += rng.choice([0.016, 0.033, 0.2])
        trusted = meter.far(t)
        wild = np.where(rng.random((36, 64, 1)) < 0.5, np.float32(rng.random()), np.float32(k % 2))
        light = np.broadcast_to(wild, (36, 64, 3)) * rng.choice([[1, 1, 1], [1, 0, 0]], p=[0.8, 0.2])
        steady = k % 100 < 60  # between bursts it rests, and is far again
        meter.step(t, np.full((36, 64, 3), 0.3, np.float32) if steady else light.astype(np.float32))
        if trusted:
            far += 1
            assert not meter.near
    assert 100 < far < 590
