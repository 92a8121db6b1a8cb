"""The surface in a real browser, with real input, against a real show."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from servers.browser import LAPTOP, PHONE, TABLET, in_touch, surface, until
from servers.web import Show, a_show

from vj.apps.assemble import Settings
from vj.core.shelf import share
from vj.devices import keys
from vj.devices.osc import wire

Wait = Callable[..., None]
DIGITS = ("class", "look", "preset")
LEVEL = """document.querySelector('.fader[data-address="/master/level"]').getAttribute('aria-valuenow')"""
SETLIST = """
title = "Club set"
bundle = "testcard"
fade = "0 s"

[[cue]]
name = "Doors"
notes = "wait for the DJ"
set = { "/latent/psi" = 0.5 }

[[cue]]
name = "Drop"
set = { "/latent/psi" = 0.9 }

[[cue]]
name = "Dawn"
set = { "/latent/psi" = 0.3 }
"""


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Show]:
    setlist = tmp_path_factory.mktemp("sets") / "club.toml"
    setlist.write_text(SETLIST)
    chosen = Settings(bundle="testcard", director="manual", size=(64, 36), threads=1, setlist=setlist)
    with a_show(settings=chosen) as running:
        yield running


@pytest.fixture
def page(browser: Any, show: Show) -> Iterator[Any]:
    with surface(browser, show.address) as opened:
        yield opened


def fader(page: Any, address: str) -> Any:
    return page.locator(f'.fader[data-address="{address}"]').first


def drawn(page: Any, node: Any, dx: float, dy: float, steps: int = 8, start: float = 0.5) -> None:
    """Lay the pointer on `node` at `start` of its height, draw it so far in px, and let go."""
    box = node.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] * start
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y + dy, steps=steps)
    page.mouse.up()


@pytest.fixture
def listener(show: Show) -> Iterator[Callable[..., Any]]:
    """A foreign OSC program on a port of its own; asked for an address, it waits for a value there that is meant."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.settimeout(20.0)
        udp.sendto(wire.message("/sync", (udp.getsockname()[1],)), ("127.0.0.1", show.osc.port))

        def heard(address: str, meant: Callable[[Any], bool] = lambda _: True) -> Any:
            while True:
                for said in wire.read(udp.recv(65536)):
                    if said.address == address and meant(said.args[0]):
                        return said.args[0]

        heard("/master/level")
        yield heard


def test_a_drawn_fader_arrives_at_a_udp_listener_and_a_touch_never_jumps(
    page: Any, show: Show, listener: Callable[..., Any], wait_until: Wait
) -> None:
    node = fader(page, "/master/speed")
    before = show.value("/master/speed")
    box = node.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 6)  # far from where it stands
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 1, box["y"] + 7)
    page.mouse.up()
    assert show.value("/master/speed") == before
    drawn(page, node, 0, -0.25 * box["height"])
    listener("/master/speed", lambda value: abs(value - (before + 1.0)) < 0.1)
    wait_until(lambda: abs(show.value("/master/speed") - (before + 1.0)) < 0.1)
    wait_until(lambda: abs(float(node.get_attribute("aria-valuenow")) - (before + 1.0)) < 0.1)
    wait_until(lambda: "held" in node.get_attribute("class"))
    page.wait_for_timeout(400)  # longer than a double tap, which is not meant here
    node.dblclick()
    wait_until(lambda: show.value("/master/speed") == pytest.approx(1.0, abs=1e-3))


def test_shift_is_fine_and_keys_move_what_is_focused(page: Any, show: Show, wait_until: Wait) -> None:
    node = fader(page, "/master/fade")
    page.wait_for_timeout(350)
    node.focus()
    page.keyboard.press("Home")
    wait_until(lambda: show.value("/master/fade") == 0.0)
    page.keyboard.press("End")
    wait_until(lambda: show.value("/master/fade") == 30.0)
    page.keyboard.down("Shift")
    drawn(page, node, 0, 0.5 * node.bounding_box()["height"], start=0.3)
    page.keyboard.up("Shift")
    knob = lambda: (show.value("/master/fade") / 30.0) ** 0.5  # noqa: E731  its curve is a square
    wait_until(lambda: 0.93 < knob() < 0.97)
    page.keyboard.press("PageDown")
    wait_until(lambda: 0.83 < knob() < 0.87)
    assert "s" in node.get_attribute("aria-valuetext")


def test_looks_cues_and_classes_are_taken_by_a_tap(page: Any, show: Show, wait_until: Wait) -> None:
    page.locator('[data-look="neon_loom"]').click()
    wait_until(lambda: show.value("/look") == "neon_loom")
    page.wait_for_selector('[data-look="neon_loom"][aria-pressed="true"]')
    page.locator("#cues .go").click()
    wait_until(lambda: show.desk.cue is not None and show.desk.cue.name == "Drop")
    page.wait_for_selector("#cues li.on:has-text('Drop')")
    page.wait_for_selector("#cues li.standby:has-text('Dawn')")
    page.get_by_role("button", name="Back to the cue before").first.click()
    wait_until(lambda: show.desk.cue is not None and show.desk.cue.name == "Doors")
    page.locator("#cues button.cue", has_text="Dawn").click()
    wait_until(lambda: show.value("/cue/goto") == "3")
    page.locator("#classes [data-class]").nth(1).click()
    wait_until(lambda: show.value("/model/class") == 1)


def test_every_look_that_ships_has_a_picture_from_the_start(page: Any, show: Show) -> None:
    shipped = {file.stem for file in (share("setlists") / "looks").glob("*.toml")}
    assert [name for name in shipped if show.get(f"/-/still/{name}.jpg")[0] != 200] == []
    page.locator("#looks").scroll_into_view_if_needed()
    until(page, """document.querySelector('[data-look="neon_loom"] img').naturalWidth > 0""")
    until(page, """!document.querySelector('[data-look="neon_loom"]').classList.contains('blank')""")


def test_blackout_freeze_and_panic_are_always_there(page: Any, show: Show, wait_until: Wait) -> None:
    page.get_by_role("button", name="BLACKOUT").click()
    wait_until(lambda: show.value("/master/blackout") is True)
    page.wait_for_selector(".badge.black")
    page.get_by_role("button", name="FREEZE").click()
    wait_until(lambda: show.value("/master/freeze") is True)
    page.get_by_role("button", name="PANIC").click()
    wait_until(lambda: not show.value("/master/blackout") and not show.value("/master/freeze"))
    page.wait_for_selector("#toasts:has-text('PANIC')")
    page.wait_for_selector(".badge.live")


def test_blackout_freeze_and_panic_are_learnt_by_touch_and_never_out_of_reach(
    browser: Any, show: Show, wait_until: Wait
) -> None:
    asked: list[tuple[Any, ...]] = []
    show.desk.deeds["/midi/learn"] = lambda event: asked.append(event.args)
    with surface(browser, show.address, unlocked=True) as page:
        black, panic = (page.get_by_role("button", name=name, exact=True) for name in ("BLACKOUT", "PANIC"))
        page.keyboard.press("l")
        page.wait_for_selector("html.learning")
        black.click()
        wait_until(lambda: asked == [("/master/blackout",)])
        page.wait_for_selector(".banner:has-text('touched again or held it acts')")
        assert show.value("/master/blackout") is False
        black.click()  # again: it acts
        wait_until(lambda: show.value("/master/blackout") is True)
        panics = show.value("/master/panic")
        box = panic.bounding_box()
        page.mouse.move(box["x"] + 9, box["y"] + 9)
        page.mouse.down()
        wait_until(lambda: show.value("/master/panic") == panics + 1)  # held
        page.mouse.up()
        wait_until(lambda: show.value("/master/blackout") is False and asked[-1] == ("/master/panic",))
        page.keyboard.press("b")  # keys act whatever is learnt
        wait_until(lambda: show.value("/master/blackout") is True)
        page.keyboard.press("Shift+P")
        wait_until(lambda: show.value("/master/panic") == panics + 2)
        page.get_by_role("button", name="Leave learning").click()
        page.get_by_role("button", name="FREEZE").click()
        wait_until(lambda: show.value("/master/freeze") is True)
        page.get_by_role("button", name="FREEZE").click()
        wait_until(lambda: show.value("/master/freeze") is False)
        assert [args[0] for args in asked] == ["/master/blackout", "/master/panic"]


def test_the_keys_of_the_window_work_here_too_but_not_while_one_types(
    browser: Any, show: Show, wait_until: Wait
) -> None:
    with surface(browser, show.address, unlocked=True) as page:
        page.locator("body").press("b")
        wait_until(lambda: show.value("/master/blackout") is True)
        page.keyboard.press("b")
        wait_until(lambda: show.value("/master/blackout") is False)
        page.keyboard.press("Shift+Digit2")
        wait_until(lambda: show.value("/look") == show.desk.looks[1])
        gain = show.value("/audio/gain")
        page.keyboard.press("i")
        page.keyboard.press("ArrowUp")
        wait_until(lambda: show.value("/audio/gain") == gain + 1.0)
        assert show.value("/window/pick") == "none"
        page.get_by_role("button", name="Backstage").click()
        page.get_by_label("Find a parameter").fill("bb")
        page.wait_for_timeout(300)
        assert show.value("/master/blackout") is False
        page.keyboard.press("Escape")


def test_the_page_knows_every_key_of_the_window(page: Any) -> None:
    names = {key for key, _ in keys.KEYS} | set("0123456789") | {"tab", "left", "right", "pageup", "pagedown", "x"}
    chords = [(mods, key) for mods in ((), ("shift",), ("ctrl",), ("ctrl", "shift")) for key in sorted(names)]
    asked = [
        ["+".join((*mods, key)), digits, cues] for mods, key in chords for digits in DIGITS for cues in (True, False)
    ]
    meant = page.evaluate(
        "asked => import('/-/core/keys.js').then((keys) => asked.map((each) => keys.meaning(...each)))", asked
    )
    for (chord, digits, cues), act in zip(asked, meant, strict=True):
        *mods, key = chord.split("+")
        (event,) = keys.key_events(key, mods, cues=cues, digits=digits) or (None,)
        assert act == (event and [event.address, list(event.args)]), (chord, digits, cues)


def test_every_parameter_is_on_the_page_and_a_new_one_appears_by_itself(
    browser: Any, show: Show, wait_until: Wait
) -> None:
    with surface(browser, show.address, unlocked=True) as page:
        page.get_by_role("button", name="Backstage").click()
        page.evaluate("document.querySelectorAll('details.group').forEach((group) => (group.open = true))")
        until(page, f"document.querySelectorAll('.params .param').length >= {len(show.desk.table) - 1}")
        drawn_here = set(
            page.evaluate("[...document.querySelectorAll('.params .param')].map((node) => node.dataset.address)")
        )
        assert set(show.desk.table) - drawn_here == {"/show/quit"}  # which is under Output, and asks twice
        page.get_by_label("Find a parameter").fill("bloom gain")
        node = fader(page, "/fx/bloom/gain")
        box = node.bounding_box()
        drawn(page, node, 0.3 * box["width"], 0)
        wait_until(lambda: show.value("/fx/bloom/gain") > 0.25)


def test_two_pages_and_the_last_touch_wins(browser: Any, show: Show, wait_until: Wait) -> None:
    with surface(browser, show.address) as one, surface(browser, show.address, TABLET) as two:
        first, second = fader(one, "/master/level"), fader(two, "/master/level")
        drawn(one, first, 0, 0.5 * first.bounding_box()["height"], start=0.2)
        until(two, f"{LEVEL} < 0.7")
        # The second hand goes on from what its page shows: that has to be where the first hand let go.
        wait_until(
            lambda: (
                float(first.get_attribute("aria-valuenow"))
                == float(second.get_attribute("aria-valuenow"))
                == round(show.value("/master/level"), 2)
            )
        )
        before = show.value("/master/level")
        drawn(two, second, 0, 0.25 * second.bounding_box()["height"], start=0.2)
        wait_until(lambda: show.value("/master/level") < before - 0.2)
        wait_until(lambda: first.get_attribute("aria-valuenow") == second.get_attribute("aria-valuenow"))


def test_a_page_is_back_with_everything_after_its_server_was_killed(page: Any, show: Show, wait_until: Wait) -> None:
    child = show.link._child
    assert child is not None
    page.evaluate("addEventListener('vj-link', () => (document.title = `${document.title}.`))")
    os.kill(child.pid, signal.SIGKILL)
    until(page, "document.title !== 'vj'")  # it saw
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:  # meanwhile another hand goes on
        udp.sendto(wire.message("/master/level", (0.25,)), ("127.0.0.1", show.osc.port))
    in_touch(page)
    until(page, f"{LEVEL} === '0.25'")
    page.locator('[data-look="dawn"]').click()
    wait_until(lambda: show.value("/look") == "dawn")


def test_a_finger_scrolls_a_phone_over_faders_and_draws_them_sideways(
    browser: Any, show: Show, wait_until: Wait
) -> None:
    with surface(browser, show.address, PHONE) as page:
        node = fader(page, "/macro/1")
        middle = "node => node.scrollIntoView({ block: 'center' })"
        node.evaluate(middle)
        page.wait_for_timeout(200)
        touch = page.context.new_cdp_session(page)
        box = node.bounding_box()
        x, y = box["x"] + 60, box["y"] + box["height"] / 2

        def finger(*path: tuple[float, float]) -> None:
            for i, (px, py) in enumerate(path):
                kind = "touchMove" if i else "touchStart"
                touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": px, "y": py}]})
            touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

        before = show.value("/macro/1")
        finger((x, y), *((x, y - 12.0 * i) for i in range(1, 15)))
        page.wait_for_timeout(400)
        assert show.value("/macro/1") == before
        assert "/macro/1" not in show.desk.held
        node.evaluate(middle)
        page.wait_for_timeout(200)
        box = node.bounding_box()
        y = box["y"] + box["height"] / 2
        finger((x, y), *((x + 8.0 * i, y) for i in range(1, 15)))
        wait_until(lambda: show.value("/macro/1") > before + 0.2)


def test_the_page_is_small_and_asks_nobody_else(browser: Any, show: Show) -> None:
    context = browser.new_context(viewport={"width": LAPTOP[0], "height": LAPTOP[1]})
    page = context.new_page()
    asked: list[tuple[str, int]] = []
    page.on("response", lambda answer: asked.append((answer.url, len(answer.body()) if answer.ok else 0)))
    page.goto(f"http://{show.address}/")
    in_touch(page)
    assert all(url.startswith(f"http://{show.address}/") for url, _ in asked)
    ours = [size for url, size in asked if "/thumb/" not in url and url != f"http://{show.address}/"]
    assert len(ours) > 20
    context.close()
    root = Path(__file__).resolve().parents[3] / "vj" / "apps" / "web" / "page"
    assert sum(file.stat().st_size for file in root.rglob("*") if file.is_file()) < 300_000


def test_a_name_is_on_the_wall_as_soon_as_it_is_typed_and_a_logo_as_it_is_picked(
    page: Any, show: Show, wait_until: Wait
) -> None:
    first = page.get_by_role("region", name="Layer 1")
    first.get_by_label("Words for layer 1").fill("Mira Okoye")
    page.keyboard.press("Enter")
    wait_until(lambda: (show.value("/layer/1/source"), show.value("/layer/1/text")) == ("text", "Mira Okoye"))
    assert first.get_by_role("status").inner_text() == "Mira Okoye"
    second = page.get_by_role("region", name="Layer 2")
    second.get_by_label("File for layer 2").select_option("vj.svg")
    wait_until(lambda: (show.value("/layer/2/source"), show.value("/layer/2/file")) == ("file", "vj.svg"))
    second.get_by_role("button", name="More of layer 2").click()
    page.locator('#sheet select[aria-label="anchor"]').select_option("bottom_right")
    wait_until(lambda: show.value("/layer/2/anchor") == "bottom_right")
    page.keyboard.press("Escape")
    for layer, region in ((1, first), (2, second)):
        region.get_by_role("button", name=f"Layer {layer} shows nothing").click()
    wait_until(lambda: [show.value(f"/layer/{n}/source") for n in (1, 2)] == ["none"] * 2)
