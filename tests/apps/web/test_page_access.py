"""Whether everything on the surface can be named, hit with a finger and reached by keyboard, at every width."""

from collections.abc import Iterator
from typing import Any

import pytest
from servers.browser import LAPTOP, PHONE, TABLET, UPRIGHT, surface, until
from servers.web import Show, a_show

#: In px: what a finger hits, and what must be hit without looking.
TARGET, LARGE = 44, 64
CONTROLS = "button, a[href], input, select, textarea, summary, [role=slider], [role=switch], [tabindex='0']"
SEEN = f"""
[...document.querySelectorAll({CONTROLS!r})].filter((node) => {{
  const style = getComputedStyle(node), box = node.getBoundingClientRect();
  return style.visibility !== 'hidden' && box.width && box.height && !node.closest('[hidden], [aria-hidden=true]');
}})
"""
NAMELESS = f"""
(() => {{
  const named = (node) => node.getAttribute('aria-label')
    || (node.getAttribute('aria-labelledby') || '').split(' ').map((id) => document.getElementById(id)?.textContent)
      .join('')
    || (node.labels?.length && node.labels[0].textContent)
    || (!/INPUT|SELECT/.test(node.tagName) && node.textContent);
  return ({SEEN}).filter((node) => !(named(node) || '').trim()).map((node) => node.outerHTML.slice(0, 200));
}})()
"""
SMALL = f"""
(() => ({SEEN}).filter((node) => {{
  // a field may be wrapped in what takes the finger for it; the corners of the pad are covered by the whole pad
  const box = (node.closest('label, .axis') ?? node).getBoundingClientRect();
  return Math.min(box.width, box.height) < {TARGET} - 0.5;
}}).map((node) => {{
  const box = node.getBoundingClientRect();
  return `${{box.width.toFixed(0)}}x${{box.height.toFixed(0)}} ${{node.outerHTML.slice(0, 160)}}`;
}}))()
"""
ROLES = """
[...document.querySelectorAll('[role=slider]')].filter((node) =>
  ['aria-valuemin', 'aria-valuemax', 'aria-valuenow'].some((name) => !node.hasAttribute(name))
  && node.getBoundingClientRect().width && node.getBoundingClientRect().top < innerHeight
).map((node) => node.outerHTML.slice(0, 160))
"""
WIDER = "document.documentElement.scrollWidth > innerWidth || document.body.scrollWidth > innerWidth"


@pytest.fixture(scope="module")
def show() -> Iterator[Show]:
    with a_show() as running:
        yield running


def check(page: Any, where: str) -> None:
    assert page.evaluate(NAMELESS) == [], where
    assert page.evaluate(SMALL) == [], where
    assert page.evaluate(ROLES) == [], where
    assert not page.evaluate(WIDER), where


@pytest.mark.parametrize("size", [PHONE, TABLET, UPRIGHT, LAPTOP], ids=["phone", "tablet", "upright", "laptop"])
def test_every_control_has_a_name_and_is_large_enough(browser: Any, show: Show, size: tuple[int, int]) -> None:
    with surface(browser, show.address, size, unlocked=True) as page:
        check(page, "the show")
        for label in ("BLACKOUT", "FREEZE", "PANIC"):
            box = page.get_by_role("button", name=label).bounding_box()
            assert min(box["height"], box["width"]) >= LARGE, label
            assert box["y"] + box["height"] <= size[1], label
        page.get_by_role("button", name="More of macro 1").click()
        check(page, "a sheet")
        page.get_by_role("button", name="Close", exact=True).click()
        page.get_by_role("button", name="Backstage").click()
        for tab in ("Modulation", "Controllers", "Output", "Log", "Parameters"):
            page.get_by_role("tab", name=tab).click()
            check(page, tab)
            assert page.get_by_role("button", name="PANIC").is_visible()
        page.get_by_label("Find a parameter").fill("attack")
        until(page, "document.querySelectorAll('.params .param').length > 3")
        page.wait_for_timeout(300)  # faders are drawn once they are seen
        check(page, "parameters")


def test_tab_goes_through_the_parts_in_their_order_and_focus_is_seen(browser: Any, show: Show) -> None:
    with surface(browser, show.address) as page:
        page.evaluate("document.body.focus()")
        order: list[str] = []
        for _ in range(400):
            page.keyboard.press("Tab")
            where = page.evaluate(
                "(() => { const node = document.activeElement;"
                " const place = node.closest('#bar, #stage, #sound, #hands, #looks, #presets, #layers, #classes, #cues,"
                " #foot');"
                " const style = getComputedStyle(node);"
                " return [place?.id ?? '', style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2]; })()"
            )
            if not where[0]:
                break
            assert where[1], f"focus is not seen in {where[0]}"
            if not order or order[-1] != where[0]:
                order.append(where[0])
        meant = ["bar", "stage", "sound", "hands", "looks", "presets", "layers", "classes", "cues", "foot"]
        assert order == [part for part in meant if part in order]
        assert {"bar", "sound", "hands", "looks", "foot"} <= set(order)


def test_motion_is_not_forced_on_who_does_not_want_it(browser: Any, show: Show) -> None:
    context = browser.new_context(reduced_motion="reduce", viewport={"width": 800, "height": 900})
    page = context.new_page()
    page.goto(f"http://{show.address}/")
    page.wait_for_selector("#show .panel")
    moving = page.evaluate(
        "[...document.querySelectorAll('*')].filter((node) => { const style = getComputedStyle(node);"
        " return style.animationName !== 'none' || parseFloat(style.transitionDuration) > 0; }).length"
    )
    assert moving == 0
    context.close()
