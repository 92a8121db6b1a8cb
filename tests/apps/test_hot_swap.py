"""Bundles are loaded beside a running show on its real threads, go on, and are let go of; a bad one changes nothing."""

import queue
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from vj.apps.assemble import Settings, assemble
from vj.apps.live import preloader
from vj.apps.live.loop import Live, Parts
from vj.core.handoff import SampleRing
from vj.core.shelf import share
from vj.core.types import Event
from vj.devices.audio.file import AudioFile
from vj.engine.performance import LOG, read_performance, replay, sound_in
from vj.outputs.null import Null
from vj.outputs.performance import PerformanceLog

RATE, SIZE = 48000, (352, 192)
SETLIST = """
format = 1
title = "Two"
loading = "ahead"

[[cue]]
number = "1"
bundle = "testcard"

[[cue]]
number = "2"
bundle = "dream"
classes = ["mandala", 1]
"""


class Quiet:
    """An input with nothing to hear."""

    name, rate, overruns, lost, silent, notes = "quiet", RATE, 0, False, False, ()


@dataclass
class Running:
    """A live show, frame by frame."""

    live: Live
    events: "queue.SimpleQueue[Event]"
    ring: SampleRing

    def until(self, condition: Callable[[], object], frames: int = 2000) -> int:
        """Show frames until `condition` is true; how many it took."""
        for n in range(frames):
            if condition():
                return n
            self.ring.write(np.zeros(RATE // 60, np.float32))
            self.live.frame()
        pytest.fail("it did not happen")

    def until_on(self, name: str) -> None:
        """Until the bundle `name` has been on for 20 frames."""
        self.until(lambda: self.on == name)
        start = self.live.snapshot.tick
        self.until(lambda: self.live.snapshot.tick > start + 20)

    @property
    def on(self) -> object:
        return self.live.snapshot["/model/select"]

    @property
    def loaded(self) -> set[str]:
        return set(self.live.parts.show.programs)


@contextmanager
def running(settings: Settings, log: PerformanceLog | None = None) -> Iterator[Running]:
    show, desk = assemble(settings, RATE)
    ring, events = SampleRing(RATE), queue.SimpleQueue[Event]()
    with Live(Parts(show, desk, Quiet(), ring, Null(), events, log=log), fps=60) as live:
        yield Running(live, events, ring)
    show.close()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's own folder of bundles."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    folder = tmp_path / "data" / "vj" / "models"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preloader, "LINGER", 0.1)


def test_a_swap_and_back(home: Path) -> None:
    shutil.copytree(share("models") / "dream", home / "mine")
    with running(Settings(bundle="testcard", size=SIZE)) as show:
        show.until(lambda: show.live.dreaming.pictures.latest)
        show.events.put(Event("/model/select", ("mine",)))
        waited = show.until(lambda: show.on == "mine")
        assert waited > 1, "it was not there at once, and frames were shown meanwhile"
        show.until(lambda: (p := show.live.dreaming.pictures.latest) and p.program == "mine")
        assert show.live.parts.show.programs["mine"].walker.weights.shape == (14,)
        generator = show.live.parts.show.programs["mine"].generator
        show.events.put(Event("/model/select", ("testcard",)))
        show.until(lambda: show.loaded == {"testcard"})
        show.until(lambda: "_synthesizer" not in vars(generator))  # closed, so its memory is given back
        assert show.live.errors + show.live.dreaming.errors == 0


@pytest.mark.parametrize("damage", ["cut", "flat", "gone"])
def test_a_bad_bundle_leaves_the_running_one_untouched(
    home: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(share("models") / "dream", home / "bad")
    graph = home / "bad" / "synthesizer.onnx"
    if damage == "cut":
        graph.write_bytes(graph.read_bytes()[:1000])
    elif damage == "gone":
        graph.unlink()
    with running(Settings(bundle="testcard", size=SIZE)) as show:
        show.until(lambda: show.live.dreaming.pictures.latest)
        with monkeypatch.context() as patch:
            if damage == "flat":
                patch.setattr("vj.generators.onnx.Onnx.generate", lambda self, latents: flat(len(latents)))
            show.events.put(Event("/model/select", ("bad",)))
            show.until(lambda: "bad cannot be loaded" in show.live.notice)
        assert show.on == "testcard"
        at = show.live.dreaming.pictures.latest
        assert at is not None
        show.until(lambda: (p := show.live.dreaming.pictures.latest) and p.index > at.index + 3)
        assert show.loaded == {"testcard"}
        assert show.live.errors + show.live.dreaming.errors == 0
        shutil.rmtree(home / "bad")
        shutil.copytree(share("models") / "dream", home / "bad")  # mended meanwhile: asked for again, it comes
        show.events.put(Event("/model/select", ("bad",)))
        show.until(lambda: show.on == "bad")


def flat(n: int) -> np.ndarray:
    return np.full((n, SIZE[1], SIZE[0], 3), 90, np.uint8)


def test_a_setlist_that_loads_ahead_has_two_bundles_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "two.toml"
    path.write_text(SETLIST, encoding="utf-8")
    with running(Settings(setlist=path, size=SIZE)) as show:
        assert show.loaded == {"testcard"}
        show.until(lambda: "dream" in show.live.parts.desk.availability.loaded)
        assert show.on == "testcard", "ready, and not on before its cue"
        show.events.put(Event("/cue/go"))
        assert show.until(lambda: show.on == "dream") <= 2
        show.until(lambda: show.loaded == {"dream"})


def test_a_swap_replays_bit_for_bit(tmp_path: Path) -> None:
    head = {"bundle": "testcard", "director": None, "seed": 1}
    with (
        PerformanceLog(tmp_path / "set", head, RATE) as log,
        running(Settings(bundle="testcard", size=SIZE), log) as show,
    ):
        show.until(lambda: show.live.dreaming.pictures.latest)
        for name in ("dream", "testcard"):
            show.events.put(Event("/model/select", (name,)))
            show.until_on(name)
        screen = show.live.parts.screen
        show.live.hearing.stop()
    assert isinstance(screen, Null)
    header, steps = read_performance(tmp_path / "set" / LOG)
    assert [s["name"] for s in steps if s["k"] == "bundle"][:2] == ["testcard", "dream"]
    again, (fresh, desk) = Null(), assemble(Settings(bundle="testcard", size=SIZE), RATE)
    sound = AudioFile(sound_in(tmp_path / "set"), header["rate"])
    for frame in replay(steps, sound.blocks(fresh.analyzer.hop_length), fresh, desk):
        again.write(frame)
    assert again.hashes == screen.hashes
    fresh.close()
