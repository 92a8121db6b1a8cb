"""A real browser for the tests of the surface: Debian's Chromium, driven by Playwright."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next((p for p in (Path("/usr/bin/chromium"), Path("/usr/bin/chromium-browser")) if p.exists()), None)
#: Widths that the surface is made for.
PHONE, TABLET, UPRIGHT, LAPTOP = (390, 844), (1024, 768), (768, 1024), (1440, 900)


@contextmanager
def chromium(*args: str) -> Iterator[Any]:
    """The browser, started with `args` as well; skips where there is none, saying which part is missing."""
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright: pip install playwright")
    if CHROMIUM is None:
        pytest.skip("no Chromium: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        watched = bool(os.environ.get("VJ_WATCH"))  # in a window, slowly
        browser = driver.chromium.launch(
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", *args],
            headless=not watched,
            slow_mo=300 if watched else 0,
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def surface(browser: Any, address: str, size: tuple[int, int] = LAPTOP, unlocked: bool = False) -> Iterator[Any]:
    """The page at `address` in a window of its own, in touch with the show; fails if it ever complained."""
    touch = size != LAPTOP
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, has_touch=touch)
    page = context.new_page()
    page.set_default_timeout(20_000)
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
    page.goto(f"http://{address}/")
    in_touch(page)
    if unlocked:
        page.locator(".bar .lock").click()
    try:
        yield page
        missing = "404"  # a picture that is not made yet is asked for again
        assert [line for line in said if missing not in line and "WebSocket" not in line and "ERR_" not in line] == []
    finally:
        context.close()


def until(page: Any, expression: str, seconds: float = 20.0) -> None:
    """Wait until `expression` is so in the page; its policy forbids the browser's own way of waiting for one."""
    for _ in range(round(seconds / 0.05)):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never came to be: {expression}")


def in_touch(page: Any) -> None:
    """Wait until the page shows what the show says."""
    until(page, "!document.documentElement.classList.contains('stale')")
    page.wait_for_selector("#show .panel", state="attached")
    until(page, "Boolean(document.querySelector('.fader[data-address=\"/master/level\"] .value')?.textContent)")
