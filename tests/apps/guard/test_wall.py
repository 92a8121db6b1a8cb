"""The last picture stays on the wall when the window that showed it is gone, and nothing is seen in between."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageGrab
from servers.guarded import Guarded
from servers.showing import BLUE, RED, painter
from servers.xvfb import xvfb

from vj.apps.guard.block import ENDING, Block
from vj.apps.guard.proc import children
from vj.apps.guard.processes import Wall
from vj.apps.guard.xlib import Screen
from vj.core.types import U8

Wait = Callable[..., None]
pytestmark = [pytest.mark.realtime]


def shot() -> U8:
    return np.asarray(ImageGrab.grab(xdisplay=os.environ["DISPLAY"]))


def is_there(colour: tuple[int, int, int], at: tuple[int, int] = (100, 200)) -> bool:
    return bool(np.abs(shot()[at].astype(int) - colour).max() < 12)


@pytest.fixture
def block() -> Iterator[Block]:
    block = Block.make()
    yield block
    block.remove()


@pytest.mark.parametrize(
    ("manager", "how"),
    [
        ("", "window"),
        pytest.param("", "full", marks=pytest.mark.slow),
        pytest.param("openbox", "window", marks=pytest.mark.slow),
        pytest.param("openbox", "full", marks=pytest.mark.slow),
    ],
)
def test_a_window_that_dies_leaves_its_picture(block: Block, manager: str, how: str, wait_until: Wait) -> None:
    with ExitStack() as stack:
        stack.enter_context(xvfb(640, 400))
        if manager:
            if not shutil.which(manager):
                pytest.skip(f"{manager} is not installed")
            running = subprocess.Popen([manager], stderr=subprocess.DEVNULL)
            stack.callback(running.wait)
            stack.callback(running.kill)
        first = painter(block, RED, how)
        stack.callback(first.kill)
        wait_until(lambda: is_there(RED))
        screen = Screen()
        screen._x.XInternAtom(screen._display, b"WL_SURFACE_ID", 0)
        assert screen.stacks, "whatever names a desktop that can do Wayland too has left there"
        root = screen.place(block.window).root
        before = len(screen.stack(root))
        wall = Wall(block.path)
        stack.callback(wall.end)
        wait_until(lambda: len(screen.stack(root)) > before)
        time.sleep(0.5)
        first.send_signal(signal.SIGKILL)
        first.wait()
        seen = [shot()[100, 200] for _ in range(100)]
        assert all(np.abs(colour.astype(int) - RED).max() < 12 for colour in seen), "it stays, without a black frame"

        block.begin(1)
        second = painter(block, BLUE, how)
        stack.callback(second.wait)
        stack.callback(second.kill)
        seen, end = [], time.monotonic() + 60
        while not seen or np.abs(seen[-1].astype(int) - BLUE).max() >= 12:
            seen.append(shot()[100, 200])
            assert time.monotonic() < end
        other = [colour for colour in seen if min(np.abs(colour.astype(int) - c).max() for c in (RED, BLUE)) >= 12]
        # a window manager paints a frame of its own before there is anything in it
        assert len(other) <= (1 if manager else 0), other
        time.sleep(0.5)
        assert is_there(BLUE), "the new one stays above"

        block.phase = ENDING
        second.kill()
        wait_until(lambda: wall.poll() is not None)
        wait_until(lambda: not is_there(RED) and not is_there(BLUE))


@pytest.mark.slow
def test_a_show_in_a_window_is_never_black_while_it_is_begun_again(tmp_path: Path) -> None:
    with xvfb(1280, 800):
        show = Guarded(tmp_path, "--size", "640x360", "--bundle", "testcard", "--look", "none")
        try:
            show.until(lambda state: state["wall"])
            before = show.on()
            time.sleep(2.0)
            middle = np.s_[300:500, 500:780]
            least = min(shot()[middle].mean() for _ in range(20))
            os.kill(before["show"], signal.SIGSEGV)
            seen: list[float] = []
            end = time.monotonic() + 90
            while time.monotonic() < end and not (show.state["falls"] and show.state["falls"][-1]["seconds"]):
                seen.append(shot()[middle].mean())
            seen += [shot()[middle].mean() for _ in range(50)]
            assert min(seen) > 0.5 * least, seen
        finally:
            assert show.end() == 143


@pytest.fixture
def seen(tmp_path: Path) -> Iterator[Guarded]:
    """A show in a window, at a look and a fader, with a spare whose window is ready."""
    with xvfb(1280, 800):
        show = Guarded(tmp_path, "--size", "640x360", "--bundle", "testcard")
        try:
            show.on()
            show.send("/look", "ember_drum")
            show.send("/latent/psi", 0.37)
            show.until(lambda state: state["window"] and show.values().get("/latent/psi") == pytest.approx(0.37))
            yield show
        finally:
            show.end()


def stands(show: Guarded) -> bool:
    values = show.values()
    return values.get("/look") == "ember_drum" and values.get("/latent/psi") == pytest.approx(0.37)


@pytest.mark.slow
def test_a_new_window_is_had_for_the_asking(seen: Guarded, wait_until: Wait) -> None:
    """What happens as well where the graphics card was reset, which no rasteriser can be made to be."""
    before, window = seen.state, Block(Path(seen.state["block"])).window
    seen.send("/show/renew")
    after = seen.back(before)
    assert after["falls"][-1]["why"] == "somebody wanted a new window"
    assert not after["falls"][-1]["crash"]
    assert after["show"] == before["spare"], "who had a window open took over"
    assert Block(Path(after["block"])).window not in (0, window)
    wait_until(lambda: stands(seen))


@pytest.mark.slow
def test_a_window_whose_connection_is_cut_is_opened_anew(seen: Guarded, wait_until: Wait) -> None:
    if not shutil.which("xdotool"):
        pytest.skip("xdotool is not installed")
    before = seen.state
    subprocess.run(["xdotool", "windowkill", str(Block(Path(before["block"])).window)], check=True)
    after = seen.back(before)
    assert after["show"] == before["spare"]
    wait_until(lambda: stands(seen))


@pytest.mark.slow
def test_a_display_server_that_dies_is_waited_for(tmp_path: Path, wait_until: Wait) -> None:
    with ExitStack() as stack:
        name = stack.enter_context(xvfb(1280, 800))
        server = next(pid for pid in children(os.getpid()) if "Xvfb" in Path(f"/proc/{pid}/cmdline").read_text())
        show = Guarded(tmp_path, "--size", "640x360", "--bundle", "testcard")
        try:
            show.on()
            show.send("/look", "ember_drum")
            show.send("/latent/psi", 0.37)
            before = show.until(lambda state: state["window"] and stands(show))
            os.kill(server, signal.SIGKILL)
            show.until(lambda state: state["falls"] and "display server" in state["falls"][-1]["why"])
            time.sleep(8.0)  # longer than anybody would try in vain
            again = subprocess.Popen(["Xvfb", name, "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
            stack.callback(again.wait)
            stack.callback(again.kill)
            after = show.back(before)
            assert not after["falls"][-1]["safe"]
            assert not after["falls"][-1]["crash"]
            wait_until(lambda: stands(show))
            show.until(lambda state: state["wall"])
        finally:
            assert show.end() == 143
