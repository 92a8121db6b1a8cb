"""A new user's evening, with nothing but the surface and a MIDI controller: `vj demo`, a set of ten cues, the power cut
off, taken up again and played. `make evening` lets one watch it.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from servers.browser import TABLET, chromium, in_touch, surface, until
from servers.jack import jackd
from servers.xvfb import xvfb

from vj.core.written import parse_toml

pytestmark = [pytest.mark.slow, pytest.mark.realtime, pytest.mark.timeout(300)]
Wait = Callable[..., None]
SPEED, PRESET = "/master/speed", 2
#: Seconds in which anything must have come, also where the machine draws, hears and browses all at once.
PATIENCE = 60
#: Look, class or None for the look's own, name and notes of each cue.
EVENING = (
    ("slow_tide", None, "Doors", "nobody dances yet"),
    ("lanterns", None, "First glass", "warm"),
    ("night_reef", 1, "Somebody dances", ""),
    ("undertow", None, "Half time", "wait for the bass"),
    ("ink_press", 3, "Words", ""),
    ("neon_loom", None, "City", "keys up"),
    ("ember_drum", None, "Peak", "hold it back one more phrase"),
    ("event_horizon", 5, "Fall", ""),
    ("glass_choir", None, "Voices", "lights go down"),
    ("dawn", None, "Home", "last record"),
)
SPEEDS = {"Half time": 0.12, "Peak": 0.25}  # how far speed is drawn up, of the fader's height


class Show:
    """A `vj` of its own, with the settings, the state and the cache of a new user."""

    def __init__(self, home: Path, *words: str) -> None:
        kinds = {f"XDG_{kind.upper()}_HOME": str(home / kind) for kind in ("config", "state", "data", "cache")}
        self._out = (home / f"{words[0]}.txt").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "vj.apps.cli", *words],
            env={**os.environ, **kinds, "BROWSER": "true", "COLUMNS": "200"},
            cwd=home,
            stdout=self._out,
            stderr=subprocess.STDOUT,
        )
        self.address = ""

    @property
    def said(self) -> str:
        return Path(self._out.name).read_text()

    def up(self) -> bool:
        assert self.process.poll() is None, self.said
        found = re.search(r"surface +http://([0-9.:]+)", self.said)
        self.address = found[1] if found else ""
        return bool(found)

    def value(self, address: str) -> Any:
        """What the show has there now, asked as any program in the room may ask."""
        asked = urllib.request.Request(f"http://{self.address}{address}?VALUE", headers={"Accept": "application/json"})
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return json.load(answer)["VALUE"][0]

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(20)
        self._out.close()


class Controller:
    """A box with a knob and a button."""

    def __init__(self) -> None:
        rtmidi = pytest.importorskip("rtmidi", reason="python-rtmidi is not installed")
        self._port = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="Knobs")
        self._port.open_virtual_port("out")

    def turn(self, *to: int) -> None:
        for value in to:
            self._port.send_message([0xB0, 24, value])
            time.sleep(0.02)  # a hand

    def press(self) -> None:
        self._port.send_message([0x90, 60, 100])
        time.sleep(0.05)
        self._port.send_message([0x80, 60, 0])

    def close(self) -> None:
        self._port.close_port()


class Hands:
    """The performer: what a finger does on the tablet, and what is read there."""

    def __init__(self, page: Any, show: Show, wait: Wait) -> None:
        self.page, self.show, self._wait = page, show, wait
        page.set_default_timeout(PATIENCE * 1000)
        self._touch = page.context.new_cdp_session(page)

    def tap(self, selector: str) -> None:
        node = self.page.locator(selector).locator("visible=true").first
        node.scroll_into_view_if_needed()
        node.tap()

    def button(self, name: str, exact: bool = False) -> None:
        node = self.page.get_by_role("button", name=name, exact=exact).locator("visible=true").first
        node.scroll_into_view_if_needed()
        node.tap()

    def draw(self, address: str, part: float) -> None:
        """Lay a finger on a fader and draw it up by a part of its height."""
        node = self.page.locator(f'.fader[data-address="{address}"]').first
        node.scroll_into_view_if_needed()
        box = node.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + 0.7 * box["height"]
        path = [(x, y - part * box["height"] * i / 10) for i in range(11)]
        for i, (px, py) in enumerate(path):
            kind = "touchMove" if i else "touchStart"
            self._touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": px, "y": py}]})
        self._touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def hold(self, selector: str) -> None:
        node = self.page.locator(selector).first
        node.scroll_into_view_if_needed()
        box = node.bounding_box()
        at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        self._touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [at]})
        self.page.wait_for_timeout(700)
        self._touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def learn(self, selector: str, move: Callable[[], None], said: str) -> None:
        """Point at something while learning, and move what is to play it."""
        self.tap(selector)
        self.reads(".banner", "move")
        self.again(move, lambda: self.page.locator(".banner", has_text=said).count() > 0)

    def again(self, move: Callable[[], None], there: Callable[[], bool]) -> None:
        """Do it, and once more where nothing comes of it: a JACK cycle that is late loses what it carried."""
        for _ in range(4):
            move()
            end = time.monotonic() + PATIENCE / 4
            while time.monotonic() < end:
                if there():
                    return
                self.page.wait_for_timeout(50)
        pytest.fail("the show did not hear the controller")

    def cue(self, number: str, name: str, notes: str) -> None:
        """Say what a cue is called, and what to think of."""
        self.button(f"Edit cue {number}", exact=True)
        for label, words in (("name", name), ("notes", notes)):
            self.page.locator("#sheet").get_by_label(label).fill(words)
            self.page.keyboard.press("Tab")
        self.button("Close", exact=True)
        self.reads(f'#cues li:has(.number:text-is("{number}"))', name)

    def reads(self, selector: str, words: str) -> None:
        self.page.locator(selector, has_text=words).first.wait_for()

    def on(self, name: str, look: str) -> None:
        """This cue is on, on the tablet and in the show."""
        self.reads("#cues li.on", name)
        self._wait(lambda: self.show.value("/look") == look)


@pytest.fixture
def house() -> Iterator[None]:
    """Sound, MIDI and a screen; for who wants to watch their own."""
    with ExitStack() as stack:
        stack.enter_context(jackd(period=1024))
        if not os.environ.get("VJ_WATCH"):
            stack.enter_context(xvfb(1280, 720))
        yield


def test_an_evening_from_the_demo_to_ten_cues_and_back_after_a_power_cut(
    house: None, tmp_path: Path, wait_until: Wait
) -> None:
    wait_until = partial(wait_until, seconds=PATIENCE)
    with ExitStack() as stack:
        controller = Controller()
        stack.callback(controller.close)
        show = Show(tmp_path, "demo")
        stack.callback(show.end)
        browser = stack.enter_context(chromium())
        wait_until(show.up)
        page = stack.enter_context(surface(browser, show.address, TABLET, unlocked=True))
        hands = Hands(page, show, wait_until)
        prepare(hands, controller, wait_until)
        compose(hands, wait_until)
        kept = saved(tmp_path, wait_until)
        before = {address: show.value(address) for address in (SPEED, "/look", "/cue/goto", "/model/class")}

        show.process.send_signal(signal.SIGKILL)
        show.process.wait(20)
        again = Show(tmp_path, "live", "--resume", "--web-port", show.address.rpartition(":")[2])
        stack.callback(again.end)
        wait_until(again.up)
        assert again.address == show.address
        in_touch(page)  # the tablet that lies there is back by itself
        hands.show = again
        hands.on("Home", "dawn")
        wait_until(lambda: {address: again.value(address) for address in before} == pytest.approx(before))
        hands.reads("#sound", "demo-loop")
        until(page, f"!document.querySelector('[data-slot=\"{PRESET}\"]').classList.contains('free')")

        play(hands, controller)
        hands.tap(f'[data-slot="{PRESET}"]')
        wait_until(lambda: again.value("/look") == EVENING[3][0])
        controller.turn(*range(0, 128, 2), 127)  # meets its value on the way, and is picked up
        wait_until(lambda: again.value(SPEED) == pytest.approx(4.0, abs=0.01))
        assert parse_toml(kept.read_text())["cue"][-1]["name"] == "Home"  # playing writes nothing
        again.process.send_signal(signal.SIGINT)
        assert again.process.wait(30) == 0, again.said


def prepare(hands: Hands, controller: Controller, wait_until: Wait) -> None:
    """A set of one's own in place of the demo's, and a knob and a button to play it with."""
    hands.button("Edit the cues")
    hands.button("Begin a new set")
    hands.button("Begin a new set")  # once more: it is meant
    hands.reads("#cues h2", "Evening")
    hands.page.keyboard.press("l")
    hands.reads(".banner", "touch a parameter")
    hands.learn(f'.fader[data-address="{SPEED}"]', lambda: controller.turn(30, 31, 33, 36, 40), f"→ {SPEED}")
    hands.page.wait_for_timeout(1000)  # the hand rests: what it still sends when bound means nothing else
    hands.learn('[data-address="/cue/go"]', controller.press, "→ /cue/go")
    hands.button("Leave learning")
    controller.turn(*range(0, 60, 2), *range(60, 30, -2))
    wait_until(lambda: 0.9 < hands.show.value(SPEED) < 1.1)


def compose(hands: Hands, wait_until: Wait) -> None:
    """Ten cues, each made of what is on; one of them a preset too. The first takes the place of what the set began
    with."""
    for i, (look, kind, name, notes) in enumerate(EVENING):
        hands.tap(f'[data-look="{look}"]')
        wait_until(lambda look=look: hands.show.value("/look") == look)
        if kind is not None:
            hands.tap(f"#classes [data-class] >> nth={kind}")
            wait_until(lambda kind=kind: hands.show.value("/model/class") == kind)
        if part := SPEEDS.get(name):
            before = hands.show.value(SPEED)
            hands.draw(SPEED, part)
            wait_until(lambda before=before: hands.show.value(SPEED) > before + 0.2)
        if i == 3:
            hands.hold(f'[data-slot="{PRESET}"]')
            hands.reads("#toasts", "Stored")
        title = look.replace("_", " ")
        if i:  # a page may take a tap for the end of what was drawn before
            add = partial(hands.button, "Add what is on as a cue")
            hands.again(add, lambda title=title: hands.page.locator("#cues li.on", has_text=title).count() > 0)
        else:
            hands.button("Edit cue 1", exact=True)
            hands.button("Update with what is on")
        hands.reads("#cues li.on", title)
        hands.cue(str(i + 1), name, notes)
    hands.button("Edit the cues")


def saved(home: Path, wait_until: Wait) -> Path:
    """All of it is on disk; the file of the set."""
    config = home / "config/vj"
    (path,) = (config / "setlists").glob("*.toml")
    meant = [(name, look, notes) for look, _, name, notes in EVENING]

    def there() -> bool:
        cues = parse_toml(path.read_text())["cue"]
        return [(cue.get("name"), cue.get("look"), cue.get("notes", "")) for cue in cues] == meant

    wait_until(there)
    wait_until((config / f"presets/bank1/{PRESET:02}.toml").exists)
    bound = "".join(file.read_text() for file in config.rglob("*.toml") if "Knobs" in file.read_text())
    assert '"cc:1:24", to = "/master/speed"' in bound
    assert '"note:1:60", to = "/cue/go"' in bound
    session = home / "state/vj/session.json"
    now = time.time()
    wait_until(lambda: session.stat().st_mtime > now + 2.0)  # written every 2 s: this one knows the last cue
    return path


def play(hands: Hands, controller: Controller) -> None:
    """All ten: the first by a tap on it, the others by GO, on the tablet and on the controller by turns."""
    hands.tap('#cues li:has(.number:text-is("1")) button.cue')
    for i, (look, _, name, _) in enumerate(EVENING):
        if i % 2:
            hands.tap("button.go")
        elif i:
            hands.again(controller.press, lambda look=look: hands.show.value("/look") == look)
        hands.on(name, look)
        after = EVENING[i + 1][3] if i + 1 < len(EVENING) else ""
        if after:
            hands.reads("#cues .notes", after)
