"""In the middle of a set, in a real browser: let it fly, ask for the next bar, keep what is good."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from servers.browser import TABLET, surface
from servers.web import Show, a_show

from vj.core.types import Event

Wait = Callable[..., None]


@pytest.fixture(scope="module")
def show() -> Iterator[Show]:
    """One that hears the noise of an empty room."""
    with a_show() as running:
        ended, noise = threading.Event(), np.random.default_rng(1).normal(0.0, 1e-4, 960).astype(np.float32)

        def room() -> None:
            due = time.perf_counter()
            while not ended.wait(max(due - time.perf_counter(), 0.0)):
                due += 0.02
                running.ring.write(noise, time.perf_counter())

        hearing = threading.Thread(target=room, daemon=True)
        hearing.start()
        yield running
        ended.set()
        hearing.join(2.0)


@pytest.fixture
def page(browser: Any, show: Show) -> Iterator[Any]:
    with surface(browser, show.address, TABLET) as opened:
        yield opened


def test_the_autopilot_flies_until_a_hand_is_laid_on_anything_and_says_why(
    page: Any, show: Show, wait_until: Wait
) -> None:
    page.locator('[data-look="neon_loom"]').tap()
    wait_until(lambda: show.value("/look") == "neon_loom")
    pilot = page.get_by_role("switch", name="Autopilot")
    pilot.tap()
    wait_until(lambda: show.value("/auto/on"))
    page.wait_for_selector('[role="switch"][aria-checked="true"]:has-text("Autopilot")')
    page.get_by_role("button", name="Keep: more of this look").tap()
    page.wait_for_selector("#foot:has-text('neon_loom is liked')")
    assert show.value("/auto/on"), "who likes it has not taken over"
    level = page.locator('.fader[data-address="/master/level"]').first
    level.focus()
    page.keyboard.press("PageDown")
    wait_until(lambda: not show.value("/auto/on"))
    page.wait_for_selector('[role="switch"][aria-checked="false"]:has-text("Autopilot")')
    page.wait_for_selector("#looks .auto .note:has-text('a hand is on /master/level')")
    assert not page.get_by_role("button", name="Never this look again").is_visible()


def test_a_look_waits_for_its_bar_and_is_seen_to_wait(page: Any, show: Show, wait_until: Wait) -> None:
    for address, value in (("/tempo/bpm", 96.0), ("/tempo/source", "fixed")):
        show.live.parts.events.put(Event(address, (value,), "keys"))
    wait_until(lambda: show.value("/tempo/source") == "fixed")
    page.locator(".acts .quantise button", has_text="bar").locator("visible=true").first.tap()
    wait_until(lambda: show.value("/master/quantise") == "bar")
    page.evaluate("""() => {
        window.waited = [];
        const node = document.querySelector('.pending');
        const seen = new MutationObserver(() => window.waited.push(node.textContent));
        seen.observe(node, {childList: true, subtree: true});
    }""")
    for look in ("lanterns", "dawn", "lanterns"):  # one of them is not asked for just before the line
        page.locator(f'[data-look="{look}"]').tap()
        wait_until(lambda look=look: show.value("/look") == look)
        page.wait_for_selector(".pending", state="hidden")
        if "bar" in (waited := page.evaluate("window.waited.join()")):
            break
    assert "lanterns" in waited or "dawn" in waited
    assert "bar" in waited
    page.locator(".acts .quantise button", has_text="now").locator("visible=true").first.tap()
    wait_until(lambda: show.value("/master/quantise") == "now")


def test_what_is_on_is_kept_at_once_as_a_look_of_ones_own(page: Any, show: Show, wait_until: Wait) -> None:
    before = show.value("/look")
    page.wait_for_selector(f'[data-look="{before}"][aria-pressed="true"]')
    page.locator('.fader[data-address="/master/speed"]').first.focus()
    page.keyboard.press("PageUp")
    page.keyboard.press("Control+s")
    page.wait_for_selector("text=Kept what is on")
    wait_until(lambda: show.value("/look") != before)
    kept = show.value("/look")
    page.wait_for_selector(f'[data-look="{kept}"][aria-pressed="true"]')
    page.keyboard.press("Control+z")
    page.wait_for_selector(f'[data-look="{kept}"]', state="detached")
    assert show.value("/look") == before
