"""Motion between two pictures: found where it is known, followed far, not mistaken for light."""

import numpy as np
import pytest
from scipy.ndimage import affine_transform, gaussian_filter

from vj.core.types import U8
from vj.generators.diffusion.flow import (
    even,
    flow,
    inside,
    resize,
    resize_flow,
    resize_picture,
    small_grey,
    trust,
    warp,
    warping_error,
)

HEIGHT, WIDTH, MARGIN = 144, 256, 80


def scenery(seed: int = 0) -> U8:
    """A wide picture with detail of every size."""
    luck = np.random.default_rng(seed)
    shape = (HEIGHT + 2 * MARGIN, WIDTH + 2 * MARGIN, 3)
    noise = luck.standard_normal(shape)
    rich = sum(s * gaussian_filter(noise, (s, s, 0)) for s in (1.5, 4, 10, 24))
    return np.asarray(255 * (rich - rich.min()) / np.ptp(rich)).astype(np.uint8)


def view(wide: U8, right: int, down: int) -> U8:
    """What a window sees that has gone `right` and `down`: its contents go the other way."""
    return wide[MARGIN + down : MARGIN + down + HEIGHT, MARGIN + right : MARGIN + right + WIDTH]


@pytest.mark.parametrize("shift", [(0, 0), (2, -1), (7, 5), (18, -9)])
def test_a_shift_is_found(shift: tuple[int, int]) -> None:
    wide = scenery()
    found = flow(small_grey(view(wide, 0, 0)), small_grey(view(wide, *shift)))
    pixels = resize_flow(found, HEIGHT, WIDTH)
    assert found.shape == (72, 128, 2)
    assert np.abs(np.median(pixels, axis=(0, 1)) - shift).max() < 0.15
    within = resize(inside(found), HEIGHT, WIDTH) > 0.9
    assert np.percentile(np.abs(pixels - shift)[within], 90) < 0.6


def test_a_turn_is_found() -> None:
    """Four degrees about the middle: the flow grows with the distance from it, at right angles to it."""
    angle = np.deg2rad(4.0)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    before = view(scenery(), 0, 0).astype(np.float32)
    middle = np.array([(HEIGHT - 1) / 2, (WIDTH - 1) / 2])
    planes = [affine_transform(before[..., c], turn, middle - turn @ middle, order=1, mode="nearest") for c in range(3)]
    found = resize_flow(
        flow(small_grey(before.astype(np.uint8)), small_grey(np.stack(planes, -1).astype(np.uint8))), HEIGHT, WIDTH
    )
    where = np.indices((HEIGHT, WIDTH)).reshape(2, -1) - middle[:, None]
    true = ((turn - np.eye(2)) @ where)[::-1].T.reshape(HEIGHT, WIDTH, 2)
    assert np.abs(found - true)[20:-20, 20:-20].mean() < 0.3
    assert np.abs(true)[20:-20, 20:-20].mean() > 2.0


def test_motion_is_followed_further_than_it_could_be_found_at_once() -> None:
    wide = scenery()
    first = small_grey(view(wide, 0, 0))
    found = None
    for n in range(1, 21):
        found = flow(first, small_grey(view(wide, 3 * n, -2 * n)), found)
    assert found is not None
    assert np.abs(np.median(resize_flow(found, HEIGHT, WIDTH), axis=(0, 1)) - (60, -40)).max() < 3.0


def test_a_flash_is_not_taken_for_motion() -> None:
    before = view(scenery(), 0, 0)
    bright = np.clip(before * 0.5 + 90, 0, 255).astype(np.uint8)
    assert np.abs(flow(small_grey(before), small_grey(bright))).mean() < 0.2


def test_nothing_in_the_picture_is_no_motion_and_no_error() -> None:
    for level in (0, 255):
        flat = np.full((HEIGHT, WIDTH, 3), level, np.uint8)
        found = flow(small_grey(flat), small_grey(flat))
        assert np.all(found == 0.0)
        assert trust(even(small_grey(flat)), even(small_grey(flat)), found).min() > 0.99


def test_trust_is_in_what_is_there_still() -> None:
    wide = scenery()
    a, b = small_grey(view(wide, 0, 0)), small_grey(view(wide, 6, 0))
    other = small_grey(view(scenery(1), 0, 0))
    assert trust(even(a), even(b), flow(a, b)).mean() > 0.85
    assert trust(even(a), even(other), flow(a, other)).mean() < 0.55


def test_a_warp_by_whole_pixels_is_the_picture_shifted() -> None:
    wide = scenery()
    moved = warp(view(wide, 0, 0).astype(np.float32), np.full((HEIGHT, WIDTH, 2), (5, -3), np.float32))
    np.testing.assert_allclose(moved[10:-10, 10:-10], view(wide, 5, -3)[10:-10, 10:-10], atol=0.02)


def test_the_warping_error_of_a_shift_is_that_of_what_changed_besides() -> None:
    wide = scenery()
    shift, everywhere = np.full((HEIGHT, WIDTH, 2), (5, -3), np.float32), np.ones((HEIGHT, WIDTH), np.float32)
    everywhere[:5], everywhere[:, -6:] = 0, 0
    assert warping_error(view(wide, 0, 0), view(wide, 5, -3), shift, everywhere) < 1e-4
    brighter = np.clip(view(wide, 5, -3).astype(int) + 10, 0, 255).astype(np.uint8)
    assert warping_error(view(wide, 0, 0), brighter, shift, everywhere) == pytest.approx(10 / 255, rel=0.02)


@pytest.mark.parametrize("size", [(72, 128), (144, 256), (200, 300), (31, 57)])
def test_pictures_at_another_size_keep_their_light_and_place(size: tuple[int, int]) -> None:
    picture = view(scenery(), 0, 0)
    small = resize_picture(picture, *size)
    assert small.shape == (*size, 3)
    assert np.abs(small.mean(axis=(0, 1)) - picture.mean(axis=(0, 1))).max() < 1.5
    ramp = np.repeat(np.linspace(0, 1, 90, dtype=np.float32)[None], 60, axis=0)
    columns = (np.arange(size[1]) + 0.5) * 90 / size[1] - 0.5
    resized = resize(ramp, *size)[size[0] // 2]
    np.testing.assert_allclose(resized[2:-2], np.clip(columns / 89, 0, 1)[2:-2], atol=0.01)
