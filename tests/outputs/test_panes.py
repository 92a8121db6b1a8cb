"""Several windows with one picture, on two monitors; what is on them is seen by another program, FFmpeg's x11grab."""

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import glfw
import numpy as np
import pytest
from servers.monitors import monitors, plug, unplug

from vj.core.errors import OutputError
from vj.core.mapping.output import Mapping, Slice
from vj.core.types import Frame
from vj.outputs.mapping.guides import Guides
from vj.outputs.window import Window
from vj.outputs.window.panes import Asked, Pane, Panes

pytestmark = [pytest.mark.gl, pytest.mark.realtime]
RED, GREEN = (200, 0, 0), (0, 200, 0)
LEFT, RIGHT = Slice(0.0, 0.0, 0.5, 1.0), Slice(0.5, 0.0, 0.5, 1.0)


@pytest.fixture(scope="module")
def two(tmp_path_factory) -> Iterator[None]:
    """DUMMY0 of 800x600, and to its right DUMMY1 of 640x480."""
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    with monitors(tmp_path_factory.mktemp("xorg")):
        yield


def screen() -> np.ndarray:
    """[600, 1440, 3] what is on both monitors."""
    grab = ["-f", "x11grab", "-draw_mouse", "0", "-video_size", "1440x600", "-i", os.environ["DISPLAY"]]
    command = ["ffmpeg", "-v", "error", *grab, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    return np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, np.uint8).reshape(
        600, 1440, 3
    )


@contextmanager
def wall(
    *asked: Asked, canvas: tuple[int, int] | None = None
) -> Iterator[tuple[Window, list[Pane], Callable[..., None]]]:
    """A window, its left half red, the right one green; others beside it; what plays until a condition."""
    image = np.zeros((90, 160, 3), np.uint8)
    image[:, :80], image[:, 80:] = RED, GREEN
    wanted = {each.name: True for each in asked}
    with Window(size=(320, 240)) as window:
        window.paint(canvas)
        panes = Panes(window.handle, asked, None)
        window.watch = lambda context, source, size, t: panes.see(context, source, size)
        count = [0]

        def play(until: Callable[[], object], **switches: bool) -> None:
            wanted.update(switches)
            end = time.monotonic() + 20
            while time.monotonic() < end:
                window.poll()
                panes.follow(wanted)
                window.write(Frame(image, count[0] / 60, count[0]))
                window.swap()
                count[0] += 1
                if until():
                    return
                time.sleep(1 / 60)
            pytest.fail(f"did not happen: {[(pane.state, pane.shown, pane.size) for pane in panes.panes]} {panes.news}")

        try:
            yield window, panes.panes, play
            assert window._context.error == "GL_NO_ERROR"
            assert [pane.errors for pane in panes.panes] == [0] * len(panes.panes)
        finally:
            panes.close()


def more(pane: Pane, frames: int = 4) -> Callable[[], bool]:
    """Whether it showed so many more."""
    before = pane.shown
    return lambda: pane.shown >= before + frames


def test_each_window_shows_its_part_on_its_own_display_until_it_is_switched_off(two):
    with wall(Asked("a", "", (200, 100), LEFT), Asked("b", "DUMMY1", None, RIGHT)) as (_, (a, b), play):
        play(lambda: a.shown > 5 and b.shown > 5)
        assert (a.state, b.state, b.size) == ("on", "on", (640, 480))
        seen = screen()
        assert (seen[10:470:40, 810:1430:40] == GREEN).all()  # fills the second monitor
        x, y = glfw.get_window_pos(a._window)
        assert (seen[y + 10 : y + 90 : 20, x + 10 : x + 190 : 20] == RED).all()
        b.mapping = Mapping(slice=LEFT)  # as the venue says from now on
        play(more(b))
        assert (screen()[10:470:40, 810:1430:40] == RED).all()
        b.guides = Guides(mapping=b.mapping)  # while it is edited there are handles
        play(more(b))
        assert (screen()[:480, 800:] != RED).any(axis=-1).sum() > 200
        b.guides = None
        play(lambda: b.state == "off", b=False)
        assert not glfw.get_window_attrib(b._window, glfw.VISIBLE)
        play(more(b), b=True)
        assert b.size == (640, 480)


def test_a_window_that_hangs_or_is_closed_leaves_the_others_alone(two):
    with wall(Asked("a", "", (200, 100), LEFT), Asked("b", "", (100, 100), RIGHT)) as (window, (a, b), play):
        play(lambda: a.shown > 3 and b.shown > 3)
        stop, hanging = threading.Event(), threading.Event()

        def hang(*_: object) -> None:
            hanging.set()
            stop.wait(10)

        a._show = hang  # its driver does not come back
        try:
            play(hanging.is_set)
            play(more(b, 20))
        finally:
            stop.set()
        del a._show
        play(more(a))
        glfw.set_window_should_close(a._window, True)
        play(lambda: a.state == "off")
        assert not window.closing
        play(more(b))
        play(lambda: a.state == "off", a=False)
        play(more(a), a=True)


def test_a_display_that_is_pulled_out_costs_the_wall_nothing_and_is_filled_again(two):
    with wall(Asked("b", "DUMMY1", None, RIGHT)) as (window, (b,), play):
        try:
            play(lambda: b.shown > 3)
            unplug()
            play(lambda: not b._seat.is_fullscreen)
            play(more(b))
            assert not window.is_fullscreen
        finally:
            plug()
        play(lambda: b._seat.is_fullscreen and b.size == (640, 480))
        play(more(b))


def test_the_finished_picture_may_be_larger_than_the_first_window(two):
    with wall(Asked("b", "DUMMY1", None, RIGHT), canvas=(640, 200)) as (window, (b,), play):
        sizes: set[tuple[int, int]] = set()
        watch = window.watch
        window.watch = lambda context, source, size, t: (sizes.add(size), watch(context, source, size, t))
        play(lambda: b.shown > 3)
        assert sizes == {(640, 200)}
        window.write(Frame(np.full((90, 160, 3), 100, np.uint8), 9.0, 900))
        seen = window.read()  # all of it, between bars
        assert seen[120].min() >= 98
        assert seen[20].max() == seen[220].max() == 0


def test_a_display_that_is_not_there_is_told_before_the_show(two):
    with Window(size=(320, 240)) as window, pytest.raises(OutputError, match="no display"):
        Panes(window.handle, (Asked("a", "HDMI-7"),), None)
