import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vj.outputs.finish.fit import FITS, placement
from vj.outputs.finish.swscale import fitted

side = st.integers(1, 3000)


@given(side, side, side, side, st.sampled_from(FITS))
def test_a_placement_never_leaves_the_target(pw, ph, tw, th, fit):
    place = placement((pw, ph), (tw, th), fit)
    assert place.x >= 0
    assert place.y >= 0
    assert place.width >= 1
    assert place.height >= 1
    assert place.x + place.width <= tw
    assert place.y + place.height <= th
    if fit != "contain":
        assert (place.width, place.height) == (tw, th)


@given(side, side, side, side)
def test_cover_and_mirror_keep_the_pictures_shape(pw, ph, tw, th):
    for fit in ("cover", "mirror"):
        place = placement((pw, ph), (tw, th), fit)
        across = tw / ((place.right - place.left) * pw)
        down = th / ((place.bottom - place.top) * ph)
        assert across == pytest.approx(down, rel=1e-9)


def test_cover_cuts_evenly_and_shows_nothing_beyond_the_edge():
    place = placement((100, 100), (200, 100), "cover")
    assert (place.left, place.right) == (0.0, 1.0)
    assert (place.top, place.bottom) == pytest.approx((0.25, 0.75))


def test_contain_leaves_even_bars():
    place = placement((100, 100), (200, 100), "contain")
    assert (place.x, place.y, place.width, place.height) == (50, 0, 100, 100)


def test_swscale_mirrors_beyond_the_edge():
    image = np.zeros((20, 20, 3), np.uint8)
    image[:, :4] = (250, 0, 0)
    wide = fitted(image, (60, 20), "mirror")
    # The picture lies in columns 20 to 39, so its red edge meets its own mirror image in 16 to 19.
    assert wide[10, 22, 0] > 200
    assert wide[10, 17, 0] > 200
    assert wide[10, 5, 0] < 50
    assert wide[10, 55, 0] < 50


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("size", [(1, 1), (33, 17), (64, 200)])
def test_swscale_gives_exactly_the_size(fit, size, card):
    out = fitted(card, size, fit)
    assert out.shape == (size[1], size[0], 3)
    assert out.dtype == np.uint8
