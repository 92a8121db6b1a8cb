"""The governor in a live show with a real window: it goes down its ladder when drawing is slow, and says so."""

import itertools
import json
import queue
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from servers.xvfb import xvfb

from vj.apps.assemble import Settings, assemble
from vj.apps.live.loop import Live, Parts
from vj.apps.live.quality import Quality
from vj.apps.recorded import read_recorded
from vj.core.handoff import SampleRing
from vj.core.params import Snapshot
from vj.core.types import Event, Frame
from vj.engine.governor import LADDER, RUNG
from vj.outputs.performance import PerformanceLog
from vj.outputs.window import Window

pytestmark = [pytest.mark.gl, pytest.mark.realtime]
RATE = 48000


class Quiet:
    """An input with nothing to hear."""

    name, rate, overruns, lost, silent, notes = "quiet", RATE, 0, False, False, ()


class Slow(Window):
    """A window whose finish takes its time: longer on a larger canvas."""

    def write(self, frame: Frame) -> None:
        super().write(frame)
        assert frame.finish is not None
        time.sleep(0.08 * frame.finish.canvas**2 if frame.finish.on else 0.0)


@pytest.fixture
def screen() -> Iterator[None]:
    with xvfb(640, 480):
        yield


def shown(live: Live, frames: int) -> list[int]:
    """The rungs of the next frames."""
    rungs = []
    for _ in range(frames):
        live.frame()
        rungs.append(int(live.snapshot[RUNG]))  # type: ignore[arg-type]
    return rungs


@pytest.mark.parametrize(
    ("renderer", "asked", "kept"),
    [("A card", 144.0, 60.0), ("A card", 0.0, 60.0), ("llvmpipe", 0.0, 30.0), ("llvmpipe", 24.0, 24.0)],
)
def test_no_rate_is_kept_that_is_never_shown(renderer: str, asked: float, kept: float) -> None:
    show, _ = assemble(Settings(bundle="testcard", size=(64, 36)), RATE)
    quality = Quality(show, queue.SimpleQueue(), renderer, 60.0)
    assert quality.target(Snapshot({"/quality/target": asked})) == kept


@pytest.mark.usefixtures("screen")
def test_it_steps_down_is_seen_and_can_be_pinned(tmp_path: Path) -> None:
    show, desk = assemble(Settings(bundle="testcard", size=(64, 36)), RATE)
    ring, events = SampleRing(RATE), queue.SimpleQueue[Event]()
    head = {"bundle": "testcard", "director": None, "seed": 1}
    with (
        PerformanceLog(tmp_path / "set", head, RATE) as log,
        Slow(size=(320, 180)) as window,
        Live(Parts(show, desk, Quiet(), ring, window, events, log=log), fps=60) as live,
    ):
        events.put(Event("/window/hud", (True,)))
        events.put(Event("/quality/target", (24.0,)))
        rungs = shown(live, 60)
        while max(rungs) < 2 and len(rungs) < 400:  # on a machine that stands still now and then it takes its time
            rungs += shown(live, 20)
        assert max(rungs) >= 2, "8 ms, 45 ms and 20 ms a frame: only the half canvas makes 24 a second"
        assert all(b - a <= 2 for a, b in itertools.pairwise(rungs))
        assert window.state.quality == f"{LADDER[rungs[-1]].words} (-{rungs[-1]})"
        events.put(Event("/quality/auto", (False,)))
        events.put(Event(RUNG, (1,)))
        assert shown(live, 30)[3:] == [1] * 27, "pinned, however slow it is"
        assert live.quality.words == "finish at 3/4, pinned (-1)"
        assert live.errors == 0
        live.report().write(tmp_path / "report.json")
        ring.write(np.zeros(RATE // 2, np.float32))
        live.hearing.stop()
        taken = list(live.quality.history)
    report = json.loads((tmp_path / "report.json").read_text())
    assert [tuple(step) for step in report["quality"]] == taken
    _, _, script = read_recorded(tmp_path / "set")
    assert [e.address for _, e in script] == ["/window/hud", "/quality/target", "/quality/auto", RUNG], "done by hand"


@pytest.mark.usefixtures("screen")
def test_nothing_is_taken_from_a_show_that_keeps_its_rate() -> None:
    show, desk = assemble(Settings(bundle="testcard", size=(64, 36)), RATE)
    ring, events = SampleRing(RATE), queue.SimpleQueue[Event]()
    with (
        Window(size=(64, 36)) as window,
        Live(Parts(show, desk, Quiet(), ring, window, events), fps=60) as live,
    ):
        events.put(Event("/quality/target", (1.0,)))
        assert set(shown(live, 60)) == {0}
        assert live.quality.words == ""
