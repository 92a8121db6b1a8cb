"""What is kept, taken back and put together on the surface, in a real browser against a real show."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from servers.browser import surface, until
from servers.web import Show, a_show

from vj.apps.assemble import Settings

Wait = Callable[..., None]
SETLIST = """
title = "Two"
bundle = "testcard"
fade = "0 s"

[[cue]]
name = "One"

[[cue]]
name = "Two"
"""


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Show]:
    setlist = tmp_path_factory.mktemp("sets") / "two.toml"
    setlist.write_text(SETLIST)
    chosen = Settings(bundle="testcard", director="manual", size=(64, 36), threads=1, setlist=setlist)
    with a_show(settings=chosen) as running:
        yield running


@pytest.fixture
def page(browser: Any, show: Show) -> Iterator[Any]:
    with surface(browser, show.address, unlocked=True) as opened:
        yield opened


def key(page: Any, address: str, *names: str) -> None:
    """Press keys on the fader at `address`."""
    node = page.locator(f'.fader[data-address="{address}"]').first
    node.scroll_into_view_if_needed()
    node.focus()
    for name in names:
        page.keyboard.press(name)


def same(one: Any, other: Any) -> bool:
    """Whether two values are, but for what is still on its way."""
    return one == (pytest.approx(other, abs=1e-3) if isinstance(other, float) else other)


def long_press(page: Any, node: Any) -> None:
    node.scroll_into_view_if_needed()
    box = node.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.wait_for_timeout(700)
    page.mouse.up()


def test_what_was_done_is_taken_back_and_done_again(page: Any, show: Show, wait_until: Wait) -> None:
    """The first test here, for there is nothing to take back before it."""
    undo, redo = page.locator("#bar .history").nth(0), page.locator("#bar .history").nth(1)
    assert undo.is_disabled()
    key(page, "/master/speed", "End")
    wait_until(lambda: show.value("/master/speed") == pytest.approx(4.0, abs=1e-2))
    page.wait_for_selector("#bar .history:not([disabled])")
    undo.click()
    wait_until(lambda: show.value("/master/speed") == pytest.approx(1.0, abs=1e-2))
    redo.click()
    wait_until(lambda: show.value("/master/speed") == pytest.approx(4.0, abs=1e-2))
    page.get_by_role("button", name="PANIC").click()
    wait_until(lambda: show.value("/master/speed") == pytest.approx(1.0, abs=1e-2))
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    wait_until(lambda: show.value("/master/speed") == pytest.approx(4.0, abs=1e-2))


def test_a_preset_is_stored_by_a_long_press_and_recalled_by_a_tap(page: Any, show: Show, wait_until: Wait) -> None:
    page.locator("#presets .fader").focus()
    page.keyboard.press("Home")  # no fade
    key(page, "/master/reactivity", "End")
    page.locator('[data-look="mercury"]').click()
    wait_until(lambda: show.value("/look") == "mercury")
    key(page, "/macro/1", "End")
    wait_until(lambda: show.value("/latent/psi") == pytest.approx(1.2, abs=1e-3))
    wait_until(lambda: show.value("/fx/grade/map") == 0.85)  # the look has come all the way
    ours = ("/fx/", "/latent/psi", "/look", "/director", "/master/reactivity")
    kept = {a: v for a, v in show.live.snapshot.values.items() if a.startswith(ours)}
    slot = page.locator('[data-slot="7"]')
    long_press(page, slot)
    until(page, "document.querySelector('[data-slot=\"7\"]').getAttribute('aria-pressed') === 'true'")

    key(page, "/macro/1", "Home")
    page.locator('[data-look="dawn"]').click()
    wait_until(lambda: show.value("/look") == "dawn" and show.value("/latent/psi") < 0.9)
    slot.click()
    wait_until(lambda: show.value("/look") == "mercury")
    wait_until(lambda: not [a for a, v in kept.items() if not same(show.value(a), v)])

    long_press(page, slot)  # it is full: once is not enough
    page.wait_for_selector("#toasts:has-text('overwrite')")
    page.wait_for_selector('[data-slot="7"].armed')
    page.locator("#bar .history").first.click()
    page.keyboard.press("Control+z")


def test_what_is_held_is_shown_and_let_go(page: Any, show: Show, wait_until: Wait) -> None:
    key(page, "/master/speed", "PageUp")
    page.wait_for_selector('.fader.held[data-address="/master/speed"]')
    page.get_by_role("button", name="More of speed").click()
    page.locator("#sheet").get_by_text("held by hand").wait_for()
    page.locator("#sheet").get_by_role("button", name="Release").click()
    wait_until(lambda: "/master/speed" not in show.desk.held)
    page.wait_for_selector('.fader:not(.held)[data-address="/master/speed"]')


def test_the_morph_pad_lies_between_four_presets(page: Any, show: Show, wait_until: Wait) -> None:
    for slot, end in ((1, "Home"), (2, "End")):
        key(page, "/master/reactivity", end)
        wait_until(
            lambda end=end: show.value("/master/reactivity") == pytest.approx(2.0 if end == "End" else 0.0, abs=1e-2)
        )
        page.get_by_role("button", name="Store: then tap a slot").click()
        page.locator(f'[data-slot="{slot}"]').click()
        page.wait_for_selector(f'[data-slot="{slot}"]:not(.free)')
    for corner, slot in (("top left", "1"), ("top right", "2"), ("bottom left", "1"), ("bottom right", "2")):
        page.get_by_label(f"Preset {corner}").select_option(slot)
    page.locator(".morph").get_by_role("switch").click()
    wait_until(lambda: show.value("/preset/morph") is True)
    pad = page.locator(".pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    before = show.value("/preset/x")
    page.mouse.move(box["x"] + 10, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 10 + 0.4 * box["width"], box["y"] + box["height"] / 2, steps=8)
    page.mouse.up()
    wait_until(lambda: show.value("/preset/x") == pytest.approx(before + 0.4, abs=0.03))


def test_cues_are_added_named_moved_and_taken_away(page: Any, show: Show, wait_until: Wait) -> None:
    names = lambda: [cue.name for cue in show.desk.setlist.cues]  # noqa: E731
    page.get_by_role("button", name="Edit the cues").click()
    page.get_by_role("button", name="Add what is on as a cue").click()
    wait_until(lambda: len(names()) == 3)
    new = next(cue.number for cue in show.desk.setlist.cues if cue.name not in ("One", "Two"))
    page.get_by_role("button", name=f"Edit cue {new}", exact=True).click()
    page.locator("#sheet").get_by_label("name").fill("Found")
    page.keyboard.press("Tab")
    wait_until(lambda: "Found" in names())
    page.locator("#sheet").get_by_label("notes").fill("slowly")
    page.keyboard.press("Tab")
    wait_until(lambda: any(cue.notes == "slowly" for cue in show.desk.setlist.cues))
    page.get_by_role("button", name="Close", exact=True).click()
    place = names().index("Found")
    page.get_by_role("button", name=f"Move cue {new} down" if place < 2 else f"Move cue {new} up").click()
    wait_until(lambda: names().index("Found") == (place + 1 if place < 2 else place - 1))
    moved = next(cue.number for cue in show.desk.setlist.cues if cue.name == "Found")
    page.get_by_role("button", name=f"Edit cue {moved}", exact=True).click()
    remove = page.locator("#sheet").get_by_role("button", name="Remove")
    remove.click()
    assert "Found" in names()
    page.locator("#sheet").get_by_role("button", name="again").click()
    wait_until(lambda: names() == ["One", "Two"])


def test_a_macro_takes_what_is_touched(page: Any, show: Show, wait_until: Wait) -> None:
    page.get_by_role("button", name="More of macro 5").click()
    page.get_by_role("button", name="Add by touching").click()
    wait_until(lambda: show.desk.overview()["macros"]["5"] is not None)
    key(page, "/master/reactivity", "ArrowUp")
    wait_until(lambda: "/master/reactivity" in [t["address"] for t in show.desk.overview()["macros"]["5"]])
    page.wait_for_selector("[data-address='/macro/5'] .moves:has-text('reactivity')")


def test_a_modulation_is_learnt_by_touching_both(page: Any, show: Show, wait_until: Wait) -> None:
    page.get_by_role("button", name="Backstage").click()
    page.get_by_role("tab", name="Modulation").click()
    page.get_by_role("button", name="Learn by touching both").click()
    wait_until(lambda: show.value("/mod/learn") is True)
    page.get_by_role("button", name="Source lfo.1").click()
    page.get_by_role("button", name="To the show").click()
    key(page, "/master/reactivity", "ArrowUp")
    wait_until(lambda: show.value("/mod/1/target") == "/master/reactivity" and show.value("/mod/1/source") == "lfo.1")
    page.wait_for_selector('.fader.moved[data-address="/master/reactivity"]')


def test_the_lock_hides_whatever_destroys(browser: Any, show: Show) -> None:
    with surface(browser, show.address) as page:
        for name in ("Backstage", "Store: then tap a slot", "Edit the cues", "Edit: then tap a slot"):
            assert not page.get_by_role("button", name=name).is_visible()
        slot = page.locator('[data-slot="3"]')
        long_press(page, slot)  # an empty slot takes what was found, there is nothing to lose
        page.wait_for_selector('[data-slot="3"]:not(.free)')
        kept = show.desk.presets.presets
        long_press(page, slot)
        page.wait_for_selector("#toasts:has-text('lock')")
        page.keyboard.press("Control+3")
        page.wait_for_timeout(300)
        assert show.desk.presets.presets is kept
