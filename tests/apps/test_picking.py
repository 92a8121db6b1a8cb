"""Inputs and displays picked by name: two sources of a real PulseAudio, two monitors of a real Xorg, real keys."""

import queue
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import glfw
import pytest
from servers.monitors import monitors
from servers.pulse import Sink, layout, pulseaudio, tones

from vj.apps.assemble import Settings, assemble
from vj.apps.live.foyer import Foyer
from vj.apps.live.inputs import Inputs
from vj.apps.live.loop import Live, Parts
from vj.apps.live.perform import _Keys
from vj.apps.panel.picker import Picker
from vj.apps.panel.places import DEVICE, DISPLAY, Places
from vj.core.handoff import SampleRing
from vj.core.types import Event
from vj.outputs.overlay.panel import HudState
from vj.outputs.window import Window

pytestmark = pytest.mark.gl
TITLE = "vj picking"
LAYOUT = layout("front-left", "front-right")
DESK, QUAD = "Monitor of Desk, PulseAudio", "Monitor of Quad, PulseAudio"


class Stage:
    """A live show with everything that can be picked."""

    def __init__(self, stack: Callable[..., Any]) -> None:
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.pressed = keys = _Keys(Foyer(), self.events)
        self.window = stack(Window("DUMMY0", (320, 240), title=TITLE, on_key=keys))
        ring = SampleRing(48000)
        self.inputs = stack(Inputs(ring, DESK, None))
        show, self.desk = assemble(Settings(bundle="testcard", director="manual", size=(64, 36), threads=1), 48000)
        self.places = Places(self.desk, self.inputs, self.window)
        self.picker = Picker(self.places, self.events)
        keys.desk = self.desk
        keys.give(self.picker.key)
        heard = (self.inputs, self.places)
        parts = Parts(show, self.desk, self.inputs, ring, self.window, self.events, heard, picker=self.picker)
        self.live = stack(Live(parts, 30.0))

    def keys(self, *names: str) -> None:
        """Press some keys; the show goes on meanwhile."""
        script = ["search", "--name", TITLE, "windowfocus", "--sync", "key", "--delay", "60", *names]
        with subprocess.Popen(["xdotool", *script]) as tool:
            self.until(lambda: tool.poll() is not None)
        self.live.run(0.3)

    def until(self, condition: Callable[[], object], seconds: float = 30.0) -> None:
        """Show frames until something is so."""
        for _ in range(round(30 * seconds)):
            if condition():
                return
            self.live.frame()
        pytest.fail("did not happen")

    def value(self, address: str) -> object:
        return self.live.snapshot[address]

    def becomes(self, address: str, value: object) -> None:
        """Show frames until a parameter has a value: a key may be on its way."""
        self.until(lambda: self.value(address) == value)


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Two monitors and two sources of sound."""
    if shutil.which("xdotool") is None:
        pytest.skip("xdotool is not installed: apt-get install xdotool")
    folder = tmp_path_factory.mktemp("venue")
    with monitors(folder), pulseaudio():
        Sink("quad", "Quad", LAYOUT).plug()
        with tones(folder, "quad", LAYOUT, 440.0, 550.0):
            yield


@pytest.fixture
def stage(venue: None) -> Iterator[Stage]:
    with ExitStack() as stack:
        made = Stage(stack.enter_context)
        stack.callback(made.picker.close)
        made.until(lambda: len(made.places.inputs) == 2)
        yield made


def test_input_and_display_are_picked_from_a_list_and_by_name_from_anywhere(stage: Stage) -> None:
    stage.until(lambda: (stage.value(DEVICE), stage.value(DISPLAY)) == (DESK, "DUMMY0"))
    stage.until(lambda: set(stage.desk.table[DEVICE].choices) == {DESK, QUAD})
    assert stage.desk.table[DISPLAY].choices == ("DUMMY0", "DUMMY1")

    stage.keys("i", "Down")
    seen = stage.picker.over(HudState())
    assert seen.picks is not None
    assert (seen.picks.kind, seen.picks.on, seen.picks.at) == ("input", DESK, QUAD)
    stage.until(lambda: (stage.picker.over(HudState()).pick_db or -120.0) > -40.0)  # heard before it is taken
    assert stage.inputs.name == DESK
    stage.keys("Return")
    assert not stage.picker.open
    stage.until(lambda: stage.inputs.name == QUAD and stage.value(DEVICE) == QUAD)

    stage.keys("m", "Down", "Return")
    stage.until(lambda: glfw.get_window_pos(stage.window._window)[0] >= 800)
    assert stage.value(DISPLAY) == "DUMMY1"
    stage.keys("m", "b", "Escape")  # other keys are the show's; leaving changes nothing
    assert stage.value("/master/blackout") is True
    assert stage.value("/window/pick") == "none"
    assert stage.value(DISPLAY) == "DUMMY1"

    for address, name in ((DEVICE, DESK), (DISPLAY, "DUMMY0"), (DEVICE, "/etc/passwd")):
        stage.events.put(Event(address, (name,), "osc:127.0.0.1:9"))
    stage.until(lambda: stage.inputs.name == DESK and glfw.get_window_pos(stage.window._window)[0] < 800)
    assert (stage.value(DEVICE), stage.value(DISPLAY)) == (DESK, "DUMMY0")
    assert not {DEVICE, DISPLAY} & stage.live.snapshot.held
    stage.desk.apply(Event("/master/panic"))
    stage.live.run(0.5)
    assert (stage.value(DEVICE), stage.inputs.name) == (DESK, DESK)


def test_keys_that_are_quicker_than_a_frame_reach_the_list_that_they_open(stage: Stage) -> None:
    stage.until(lambda: set(stage.desk.table[DEVICE].choices) == {DESK, QUAD})
    for key in ("i", "down"):
        stage.pressed(key, frozenset())
    stage.live.run(0.3)
    seen = stage.picker.over(HudState())
    assert seen.picks is not None
    assert (seen.picks.on, seen.picks.at) == (DESK, QUAD)
    for key in ("escape", "m", "down", "enter"):
        stage.pressed(key, frozenset())
    stage.until(lambda: stage.value(DISPLAY) == "DUMMY1")
    assert not stage.picker.open


def test_digits_choose_what_tab_says_and_store_presets(stage: Stage) -> None:
    stage.keys("3")
    stage.becomes("/model/pad", 2)
    stage.keys("shift+2")
    stage.becomes("/look", stage.desk.looks[1])
    stage.keys("ctrl+4")
    stage.until(lambda: (1, 4) in stage.desk.presets.presets)
    stage.keys("Tab", "5")
    stage.becomes("/look", stage.desk.looks[4])
    assert stage.value("/window/digits") == "look"
    stage.keys("shift+4")  # with Shift the presets
    stage.becomes("/look", stage.desk.looks[1])
    stage.keys("Tab", "Right")
    stage.becomes("/preset/bank", 2)
    stage.keys("Tab", "1")
    stage.becomes("/model/pad", 0)
    assert stage.value("/window/digits") == "class"
