"""The window goes back to where it was, under a window manager, which has a will of its own."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator

import glfw
import pytest
from servers.xvfb import xvfb

from vj.outputs.window import Window

pytestmark = pytest.mark.gl
SCREEN = (1024, 640)


@pytest.fixture(scope="module")
def desktop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A screen with openbox on it."""
    ready = tmp_path_factory.mktemp("openbox") / "ready"
    if shutil.which("openbox") is None:
        pytest.skip("openbox is not installed (apt install openbox)")
    with xvfb(*SCREEN):
        command = ["openbox", "--sm-disable", "--startup", f"touch {ready}"]
        manager = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while not ready.exists():  # a window that is there before its manager is nobody's
                assert manager.poll() is None
                time.sleep(0.02)
            yield
        finally:
            manager.terminate()
            manager.wait()


def place(window: Window) -> tuple[int, int, int, int]:
    """Of the picture area on the screen."""
    return (*glfw.get_window_pos(window._window), *glfw.get_window_size(window._window))


def settle(window: Window, condition: Callable[[], object]) -> None:
    """Let window system and manager work until `condition` holds, and stays so."""
    end, held = time.monotonic() + 10.0, 0
    while held < 10:
        assert time.monotonic() < end, place(window)
        window.poll()
        window.swap()
        held = held + 1 if condition() else 0
        time.sleep(0.01)


def test_leaving_fullscreen_puts_the_window_back_as_it_was(desktop: None) -> None:
    with Window(size=(320, 180)) as window:
        settle(window, lambda: place(window)[0] > 0)
        glfw.set_window_pos(window._window, 150, 120)
        glfw.set_window_size(window._window, 400, 300)
        settle(window, lambda: place(window) == (150, 120, 400, 300))
        for _ in range(3):
            window.set_fullscreen(True)
            settle(window, lambda: place(window) == (0, 0, *SCREEN))
            window.set_fullscreen(False)
            settle(window, lambda: place(window) == (150, 120, 400, 300))


def test_a_show_begun_fullscreen_comes_back_in_its_size_in_the_middle(desktop: None) -> None:
    with Window(size=(320, 180), fullscreen=True) as window:
        settle(window, lambda: place(window) == (0, 0, *SCREEN))
        window.set_fullscreen(False)
        settle(window, lambda: place(window) == ((SCREEN[0] - 320) // 2, (SCREEN[1] - 180) // 2, 320, 180))


def test_a_maximized_window_is_maximized_again(desktop: None) -> None:
    with Window(size=(320, 180)) as window:
        glfw.maximize_window(window._window)
        settle(window, lambda: glfw.get_window_attrib(window._window, glfw.MAXIMIZED))
        before = place(window)
        window.set_fullscreen(True)
        settle(window, lambda: place(window) == (0, 0, *SCREEN))
        window.set_fullscreen(False)
        settle(window, lambda: glfw.get_window_attrib(window._window, glfw.MAXIMIZED) and place(window) == before)
