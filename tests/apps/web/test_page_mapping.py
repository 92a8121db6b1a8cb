"""The mapping edited in a real browser against a real show: what is dragged there lies so in the venue's file."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from servers.browser import surface, until
from servers.web import Show, a_show

from vj.apps.mapping.file import read_venue
from vj.core.mapping.output import Mapping


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Show, Path]]:
    venue = tmp_path_factory.mktemp("venue") / "club.toml"
    venue.write_text('format = 1\nname = "Club"\n[output."left wing"]\nslice = [0.0, 0.0, 0.5, 1.0]\n')
    with a_show(venue=venue) as running:
        yield running, venue


@pytest.fixture
def page(browser: Any, show: tuple[Show, Path]) -> Iterator[Any]:
    with surface(browser, show[0].address, unlocked=True) as opened:
        opened.locator(".bar").get_by_text("Backstage").click()
        opened.locator("#tab-mapping").click()
        until(opened, "document.querySelectorAll('.map-plan .spot').length === 4")
        yield opened


def mapping(show: tuple[Show, Path], output: str = "main") -> Mapping:
    editor = show[0].live.parts.mapping
    assert editor is not None
    return editor.venue.of(output)


def soon(page: Any, happens: Any) -> None:
    for _ in range(200):
        if happens():
            return
        page.wait_for_timeout(50)
    raise AssertionError("did not happen")


def middle(node: Any) -> tuple[float, float]:
    box = node.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Any, index: int, x: float, y: float) -> tuple[float, float]:
    """Drag a handle by so much of the output, and back comes by how much."""
    field = page.locator(".map-plan .field").bounding_box()
    at = middle(page.locator(".map-plan .dot").nth(index))
    page.mouse.move(*at)
    page.mouse.down()
    for step in range(1, 6):
        page.mouse.move(at[0] + x * field["width"] * step / 5, at[1] + y * field["height"] * step / 5)
    page.mouse.up()
    return at


def test_a_corner_that_is_dragged_lies_there_and_is_kept(page: Any, show: tuple[Show, Path]) -> None:
    drag(page, 1, -0.2, 0.1)
    soon(page, lambda: mapping(show).corners[1] == pytest.approx((0.8, 0.1), abs=0.01))
    assert mapping(show).corners[0] == (0.0, 0.0)
    soon(page, lambda: read_venue(show[1]).of("main").corners[1] == pytest.approx((0.8, 0.1), abs=0.01))
    before = mapping(show).corners[1]
    page.locator(".map-plan .spot").nth(1).focus()
    page.keyboard.press("ArrowLeft")
    soon(page, lambda: mapping(show).corners[1][0] == pytest.approx(before[0] - 4 / 320, abs=1e-4))
    page.keyboard.press("Shift+ArrowDown")
    soon(page, lambda: mapping(show).corners[1] == pytest.approx((before[0] - 4 / 320, before[1] + 1 / 180), abs=1e-4))
    page.get_by_label("Undo the last change of the mapping").click()
    soon(page, lambda: mapping(show).corners[1] == (1.0, 0.0) or mapping(show).corners[1] == before)


def test_every_part_is_edited_by_finger(page: Any, show: tuple[Show, Path]) -> None:
    page.get_by_role("button", name="Mesh", exact=True).click()
    until(page, "document.querySelectorAll('.map-plan .spot').length === 9")
    drag(page, 4, 0.1, 0.0)
    soon(page, lambda: mapping(show).mesh is not None and not mapping(show).mesh.flat)
    page.get_by_text(re.compile("3 . 3 points")).wait_for()
    page.get_by_text("More points").click()
    until(page, "document.querySelectorAll('.map-plan .spot').length === 16")
    page.get_by_role("button", name="Masks", exact=True).click()
    page.get_by_text("Add a mask").click()
    until(page, "document.querySelectorAll('.map-plan .spot').length === 4")
    drag(page, 0, -0.1, -0.1)
    page.get_by_text("dark inside").click()
    soon(page, lambda: mapping(show).masks and mapping(show).masks[0].shows)
    assert mapping(show).masks[0].points[0] == pytest.approx((0.25, 0.25), abs=0.01)
    page.get_by_role("button", name="Blend", exact=True).click()
    page.get_by_label("right of the blend").fill("0.2")
    soon(page, lambda: mapping(show).blend.right == pytest.approx(0.2))
    page.get_by_role("button", name="left wing").click()
    page.get_by_role("button", name="Slice", exact=True).click()
    soon(page, lambda: show[0].value("/output/map/part") == "slice")
    drag(page, 2, 0.1, -0.25)
    soon(page, lambda: mapping(show, "left wing").slice.width == pytest.approx(0.6, abs=0.01))
    assert mapping(show, "left wing").slice.height == pytest.approx(0.75, abs=0.01)
    page.get_by_role("button", name="Corners", exact=True).click()
    page.get_by_label("flipped").select_option("across")
    page.get_by_label("Test pattern").select_option("grid")
    soon(page, lambda: mapping(show, "left wing").flip == "across" and show[0].value("/output/map/test") == "grid")
    page.get_by_label("Test pattern").select_option("the picture")
    page.get_by_role("button", name="main", exact=True).click()
    soon(page, lambda: show[0].value("/output/map/test") == "none" and show[0].value("/output/map/output") == "main")
