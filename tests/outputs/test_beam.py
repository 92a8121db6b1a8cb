"""The mapping in the window: what is thrown at the wall, what is recorded, and nothing where it is plain."""

from collections.abc import Iterator

import glfw
import numpy as np
import pytest
from servers.xvfb import xvfb

from vj.core.mapping.output import Mapping, Slice
from vj.core.types import Frame
from vj.outputs.mapping.guides import Guides
from vj.outputs.window import Window

pytestmark = pytest.mark.gl
SIZE = (320, 180)
PINNED = Mapping(corners=((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75)))


@pytest.fixture(scope="module")
def window() -> Iterator[Window]:
    with xvfb(640, 480), Window(size=SIZE) as made:
        yield made


def shown(window: Window, image: np.ndarray, mapping: Mapping, guides: Guides | None = None) -> np.ndarray:
    window.map(mapping, "main", guides)
    window.write(Frame(image, 0.0, 0))
    picture = window.read().astype(int)
    window.swap()
    assert window._context.error == "GL_NO_ERROR"
    return picture


def test_the_wall_is_mapped_and_what_is_recorded_is_not(window: Window, card: np.ndarray) -> None:
    plain = shown(window, card, Mapping())
    window.capture = window.glance = True
    mapped = shown(window, card, PINNED)
    assert not mapped[:44].any()
    assert tuple(mapped[50, 88]) == (255, 0, 0)
    assert tuple(mapped[130, 232]) == (255, 255, 255)
    captured = window.captured
    assert captured is not None
    assert np.abs(captured.astype(int) - plain).max() <= 1
    window.capture = window.glance = False
    shown(window, card, PINNED)
    glanced = window.glanced
    assert glanced is not None
    assert tuple(glanced[4, 4]) == (255, 0, 0)


def test_what_is_plain_costs_nothing(window: Window, card: np.ndarray) -> None:
    shown(window, card, PINNED)
    assert window._beam._canvas is not None
    shown(window, card, Mapping())
    assert window._beam._canvas is None
    target, size = window._beam.aim(SIZE)
    assert (target, size) == (window._context.screen, SIZE)


def test_a_slice_is_drawn_as_sharply_as_there_are_pixels(window: Window, card: np.ndarray) -> None:
    seen = shown(window, card, Mapping(slice=Slice(0.5, 0.5, 0.5, 0.5)))
    assert tuple(seen[-10, -10]) == (255, 255, 255)
    assert window._beam._canvas.size == SIZE  # by the processor; a card draws all pixels of the picture


def test_handles_lie_over_the_wall_where_they_can_be_taken(window: Window, card: np.ndarray) -> None:
    black = np.zeros_like(card)
    seen = shown(window, black, PINNED, Guides("corners", 1, "main"))
    assert seen[45, 240, 0] > 200  # the one that is chosen is amber, the others light
    assert seen[45, 240, 2] < 130
    assert seen[45, 80].min() > 200
    assert seen[44:46, 160].max() > 100  # and a line from one to the next
    assert not shown(window, black, PINNED).any()


def test_the_mouse_is_told_in_parts_of_the_window(window: Window) -> None:
    told: list[tuple[str, float, float]] = []
    window.hands.on_mouse = lambda *what: told.append(what)
    glfw.set_cursor_pos(window._window, 80, 45)
    window.poll()
    window.hands._button(None, glfw.MOUSE_BUTTON_LEFT, glfw.PRESS, 0)
    window.hands._button(None, glfw.MOUSE_BUTTON_RIGHT, glfw.PRESS, 0)
    window.hands._button(None, glfw.MOUSE_BUTTON_LEFT, glfw.RELEASE, 0)
    assert [what for what, *_ in told if what != "move"] == ["down", "up"]
    assert all(0.0 <= x <= 1.0 and 0.0 <= y <= 1.0 for _, x, y in told)
