"""A display that is turned, scaled or resized under a show: XWayland in a compositor that can do that at any time."""

from collections.abc import Iterator

import glfw
import numpy as np
import pytest
from PIL import Image
from servers.sway import Sway, sway

from vj.core.types import Frame
from vj.outputs.window import Window, displays

pytestmark = pytest.mark.gl
GREY = 90


@pytest.fixture(scope="module")
def compositor() -> Iterator[Sway]:
    with sway() as running:
        yield running


@pytest.fixture
def plain(compositor: Sway) -> Iterator[Sway]:
    yield compositor
    compositor.change("mode", "1280x720", "scale", "1", "transform", "normal")


def settle(window: Window, done) -> bool:
    for _ in range(200):
        glfw.wait_events_timeout(0.05)
        show(window)
        if done():
            return True
    return False


def show(window: Window) -> None:
    window.poll()
    window.write(Frame(np.full((9, 16, 3), GREY, np.uint8), 0.0, 0))
    window.swap()


def filled(compositor: Sway) -> bool:
    """Whether the picture is all over the display; one that is stretched may be rounded."""
    seen = np.asarray(Image.open(compositor.shot()).convert("RGB")).astype(int)
    return bool((np.abs(seen - GREY) <= 1).all())


@pytest.mark.parametrize(
    ("change", "size"),
    [
        (("transform", "90"), (720, 1280)),
        (("transform", "180"), (1280, 720)),
        (("transform", "flipped-270"), (720, 1280)),
        (("scale", "2"), (640, 360)),
        (("scale", "1.5"), (853, 480)),
        (("transform", "270", "scale", "2"), (360, 640)),
        (("mode", "800x600"), (800, 600)),
    ],
    ids=["upright", "upside down", "mirrored", "scaled", "scaled by a fraction", "upright and scaled", "another mode"],
)
def test_a_display_that_changes_is_filled_again_and_once_more_when_it_changes_back(plain, change, size):
    (display,) = displays()
    with Window(display=display.name, size=(320, 240), fullscreen=True) as window:
        assert settle(window, lambda: window.size == (1280, 720))
        plain.change(*change)
        assert settle(window, lambda: window.size == size), window.size
        show(window)
        assert window.is_fullscreen
        assert (window.read() == GREY).all()
        assert settle(window, lambda: filled(plain)), "to its edges, on the display itself"
        plain.change("mode", "1280x720", "scale", "1", "transform", "normal")
        assert settle(window, lambda: window.size == (1280, 720)), window.size
        assert window.is_fullscreen
        assert not window.notices
