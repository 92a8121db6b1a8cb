"""Two monitors, one of which is pulled out during the show: Xorg's dummy driver can do that."""

from collections.abc import Iterator

import glfw
import numpy as np
import pytest
from servers.monitors import monitors, plug, unplug, xrandr

from vj.core.errors import OutputError
from vj.core.types import Frame
from vj.outputs.window import Window, displays

pytestmark = pytest.mark.gl


@pytest.fixture(scope="module")
def two(tmp_path_factory) -> Iterator[None]:
    with monitors(tmp_path_factory.mktemp("xorg")):
        yield


def settle(window, done) -> bool:
    """Let the window system's events in until `done`; each swap is a round trip to the server."""
    for _ in range(100):
        glfw.wait_events_timeout(0.05)
        window.poll()
        window.write(Frame(np.full((9, 16, 3), 90, np.uint8), 0.0, 0))
        window.swap()
        if done():
            return True
    return False


def test_displays_are_listed_with_place_and_size(two):
    first, second = displays()
    assert (first.name, first.width, first.height, first.x, first.primary) == ("DUMMY0", 800, 600, 0, True)
    assert (second.name, second.width, second.height, second.x, second.primary) == ("DUMMY1", 640, 480, 800, False)


@pytest.mark.parametrize("wanted", ["DUMMY1", "dummy1", 1, "1"])
def test_fullscreen_on_the_chosen_display(two, wanted):
    with Window(display=wanted, size=(320, 240), fullscreen=True) as window:
        assert window.is_fullscreen
        assert window.size == (640, 480)
        assert glfw.get_window_pos(window._window) == (800, 0)
        assert glfw.get_input_mode(window._window, glfw.CURSOR) == glfw.CURSOR_HIDDEN
        window.set_fullscreen(False)
        assert settle(window, lambda: window.size == (320, 240))
        assert not window.is_fullscreen


def test_moving_on_to_the_next_display_and_round_again(two):
    with Window(display=0, size=(320, 240), fullscreen=True) as window:
        assert window.size == (800, 600)
        moved = window.next_display()
        assert moved is not None
        assert moved.name == "DUMMY1"
        assert settle(window, lambda: window.size == (640, 480))
        assert glfw.get_window_pos(window._window) == (800, 0)
        window.next_display()
        assert settle(window, lambda: window.size == (800, 600))


def test_the_show_goes_on_when_the_display_is_pulled_and_returns_to_it(two):
    with Window(display="DUMMY1", size=(320, 240), fullscreen=True) as window:
        try:
            unplug()
            assert settle(window, lambda: not window.is_fullscreen and window.size == (320, 240))
            assert glfw.get_window_pos(window._window)[0] < 800
            window.write(Frame(np.full((9, 16, 3), 90, np.uint8), 0.0, 0))
            assert (window.read() == 90).all()
        finally:
            plug()
        assert settle(window, lambda: window.is_fullscreen and window.size == (640, 480))
        assert glfw.get_window_pos(window._window) == (800, 0)
        assert len(window.notices) == 2


def test_an_unknown_display_names_the_known_ones(two):
    with pytest.raises(OutputError) as caught:
        Window(display="DUMY1")
    assert "DUMMY0" in caught.value.where
    assert "DUMMY" in caught.value.hint


@pytest.mark.parametrize(
    ("change", "back", "size"),
    [
        (("--mode", "800x600"), ("--mode", "640x480"), (800, 600)),
        (("--scale", "0.5x0.5"), ("--scale", "1x1"), (320, 240)),
        (("--rotate", "left"), ("--rotate", "normal"), (480, 640)),
    ],
    ids=["another mode", "scaled", "rotated"],
)
def test_a_display_that_changes_is_filled_again(two, change, back, size):
    plug()
    xrandr("--addmode", "DUMMY1", "800x600")
    with Window(display="DUMMY1", size=(320, 240), fullscreen=True) as window:
        try:
            xrandr("--output", "DUMMY1", *change)
            assert settle(window, lambda: window.size == size), window.size
            window.write(Frame(np.full((9, 16, 3), 90, np.uint8), 0.0, 0))
            assert (window.read() == 90).all()
            assert glfw.get_window_pos(window._window) == (800, 0)
        finally:
            xrandr("--output", "DUMMY1", *back)
            plug()
        assert settle(window, lambda: window.size == (640, 480))
