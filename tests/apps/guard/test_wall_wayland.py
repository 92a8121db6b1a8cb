"""The last picture stays on the wall under XWayland too, and is nowhere while the show lives: it is the compositor that
stacks windows there, and puts those that no window manager touches over all others."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import numpy as np
import pytest
from PIL import Image
from servers.showing import BLUE, RED, painter
from servers.sway import Sway, sway

from vj.apps.guard.block import ENDING, Block
from vj.apps.guard.processes import Wall
from vj.apps.guard.xlib import Screen

Wait = Callable[..., None]
pytestmark = pytest.mark.realtime
#: Pictures of the display in which something else may be seen where a show has just gone: it is covered a moment later.
MOMENT = 2


@pytest.fixture
def block() -> Iterator[Block]:
    block = Block.make()
    yield block
    block.remove()


def middle(compositor: Sway) -> tuple[int, ...]:
    picture = Image.open(compositor.shot()).convert("RGB")
    return tuple(picture.getpixel((picture.width // 2, picture.height // 2)))


def like(seen: tuple[int, ...], colour: tuple[int, ...]) -> bool:
    return bool(np.abs(np.subtract(seen, colour)).max() < 12)


@pytest.mark.parametrize("how", ["full", "window"])
def test_it_comes_when_a_show_dies_and_goes_when_the_next_one_shows(block: Block, how: str, wait_until: Wait) -> None:
    with ExitStack() as stack:
        compositor = stack.enter_context(sway())
        first = painter(block, RED, how)
        stack.callback(first.kill)
        wait_until(lambda: like(middle(compositor), RED))
        screen = Screen()
        assert not screen.stacks
        wall = Wall(block.path)
        stack.callback(wall.end)
        root, width = screen.place(block.window).root, screen.place(block.window).width

        def others() -> list[bool]:
            """Of windows as large as the show's: whether each is seen."""
            places = [screen.place(each) for each in screen.stack(root) if each != block.window]
            return [place.seen for place in places if place is not None and place.width == width]

        wait_until(others)
        time.sleep(0.5)  # it has a picture
        assert not any(others()), "nothing lies over a show that lives"

        first.send_signal(signal.SIGKILL)
        first.wait()
        seen = [middle(compositor) for _ in range(40)]
        assert all(like(colour, RED) for colour in seen[MOMENT:]), seen

        block.begin(1)
        second = painter(block, BLUE, how)
        stack.callback(second.wait)
        stack.callback(second.kill)
        seen, end = [middle(compositor)], time.monotonic() + 60
        while not like(seen[-1], BLUE):
            seen.append(middle(compositor))
            assert time.monotonic() < end, seen
        assert all(like(colour, RED) or like(colour, BLUE) for colour in seen), seen
        time.sleep(0.5)
        assert like(middle(compositor), BLUE), "what shows is seen itself"

        block.phase = ENDING
        second.kill()
        wait_until(lambda: wall.poll() is not None)
        wait_until(lambda: not like(middle(compositor), RED) and not like(middle(compositor), BLUE))
