import numpy as np
import pytest
from servers.xvfb import xvfb

from vj.core.errors import OutputError
from vj.core.mapping.output import Mapping, Slice
from vj.core.params import Values, addresses, defaults
from vj.core.types import Frame
from vj.outputs.finish.viewport import Viewport
from vj.outputs.offscreen import Offscreen
from vj.outputs.window import Window

pytestmark = pytest.mark.gl


@pytest.mark.parametrize("fit", ["cover", "contain", "mirror"])
def test_it_draws_what_the_window_shows(fit, card):
    frame = Frame(card, 0.0, 3)
    with Offscreen((320, 200), fit=fit) as offscreen:
        if offscreen.renderer == "swscale":
            pytest.skip("no OpenGL without a screen")
        alone = offscreen.draw(frame)
    with xvfb(), Window(size=(320, 200)) as window:
        names = addresses(Viewport)
        asked = {**defaults(Viewport).values, names["fit"]: fit, names["quality"]: "crisp"}
        window.follow(Values(asked, names))
        window.write(frame)
        shown = window.read()
    assert np.abs(alone.astype(int) - shown).max() <= 2


def test_without_opengl_swscale_draws_nearly_the_same(card):
    frame = Frame(card, 0.0, 0)
    with Offscreen((160, 96), sharpness=0.0) as offscreen, Offscreen((160, 96), opengl=False) as fallback:
        assert fallback.renderer == "swscale"
        difference = np.abs(offscreen.draw(frame).astype(int) - fallback.draw(frame))
    assert difference.mean() < 2.0


@pytest.mark.parametrize("opengl", [True, False])
@pytest.mark.parametrize("size", [(33, 17), (1, 1), (254, 3)])
def test_any_size_of_picture_and_target(opengl, size):
    with Offscreen(size, opengl=opengl) as offscreen:
        for shape in ((7, 5, 3), (192, 344, 3), (1, 1, 3)):
            offscreen.write(Frame(np.full(shape, 77, np.uint8), 0.0, 0))
            assert offscreen.image is not None
            assert offscreen.image.shape == (size[1], size[0], 3)
            assert np.abs(offscreen.image.astype(int) - 77).max() <= 1
    offscreen.close()


def test_the_same_frame_is_drawn_the_same_every_time(card):
    with Offscreen((160, 90)) as offscreen:
        first = offscreen.draw(Frame(card, 0.0, 5))
        offscreen.draw(Frame(card[::-1], 0.0, 6))
        again = offscreen.draw(Frame(card, 9.0, 5))
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("deep", [False, True])
def test_it_draws_as_an_output_throws_it_if_that_is_asked_for(card, deep):
    frame, mapping = Frame(card, 0.0, 0), Mapping(Slice(0.5, 0.5, 0.5, 0.5), turn=180)
    with Offscreen((160, 96), deep=deep, mapping=mapping) as offscreen:
        if offscreen.renderer == "swscale":
            pytest.skip("no OpenGL without a screen")
        seen = offscreen.fine(frame)
        assert seen.shape == (96, 160, 3)
        assert seen.dtype == (np.uint16 if deep else np.uint8)
        most = np.iinfo(seen.dtype).max
        assert tuple(seen[4, 4]) == (most,) * 3  # the lower right corner, white, is at the upper left
        assert offscreen.draw(frame).shape == (96, 160, 3)
    with pytest.raises(OutputError, match="OpenGL"):
        Offscreen((160, 96), opengl=False, mapping=mapping)
