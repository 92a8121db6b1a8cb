"""Outputs on the surface: switched there, and seen how each stands."""

from pathlib import Path
from typing import Any

from servers.browser import surface, until
from servers.web import a_show

from vj.apps.assemble import Settings
from vj.outputs.sending.asked import asked

LINE = """document.querySelector('[aria-label="club stands"]')?.textContent"""


def test_outputs_are_switched_on_the_surface_and_say_how_they_stand(
    browser: Any, wait_until: Any, tmp_path: Path
) -> None:
    outputs = (asked("rtmp://live.example.net/app/KEY,name=club,off"), asked("ndi:Stage,off"))
    with (
        a_show(
            settings=Settings(bundle="testcard", director="manual", size=(64, 36), threads=1, outputs=outputs)
        ) as show,
        surface(browser, show.address, unlocked=True) as page,
    ):
        page.locator(".bar").get_by_text("Backstage").click()
        page.locator("#tab-output").click()
        until(page, f"{LINE}?.startsWith('off')")
        shown = page.evaluate(LINE)
        assert "RTMP stream rtmp://live.example.net/..." in shown
        assert "KEY" not in page.content()
        assert page.locator(".sending").count() == 2  # light has a tab of its own
        page.locator('[data-address="/output/club/on"] .switch').click()
        wait_until(lambda: show.value("/output/club/on"))
        assert not show.value("/output/stage/on")
        page.locator(".sending").first.scroll_into_view_if_needed()
        page.screenshot(path=str(tmp_path / "outputs.png"))
