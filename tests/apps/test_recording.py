"""A recording shows what the audience sees: finished, without the instruments, in a window of any size."""

import queue
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from servers.xvfb import xvfb

from vj.apps._assemble import Settings, assemble
from vj.apps._recorder import Recorder, Recording
from vj.apps.live import Live, Parts
from vj.core.errors import OutputError
from vj.core.handoff import SampleRing
from vj.core.types import U8, Event, Frame
from vj.engine.show import Show
from vj.outputs.null import Null
from vj.outputs.window import Window

SIZE = (320, 180)


class Silence:
    """An input that never delivers a block."""

    name, rate, overruns, lost, silent = "nothing", 48000, 0, False, False


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    with xvfb(640, 480) as name:
        yield name


def film(path: Path) -> list[U8]:
    with av.open(str(path)) as opened:
        return [frame.to_ndarray(format="rgb24") for frame in opened.decode(video=0)]


def chroma(image: U8) -> float:
    """Mean distance of a picture from grey."""
    return float(np.ptp(image.astype(int), axis=2).mean())


def record(path: Path, screen: Window | Null, stack: ExitStack, *done: Event) -> tuple[list[U8], Show]:
    """The film of a second of the test card, everything in `done` having been done before."""
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    show, desk = assemble(Settings(bundle="testcard", director="manual", size=(64, 36), threads=1), 48000)
    for event in done:
        assert desk.apply(event), desk.notice
    recording = Recording(lambda: Recorder(path, SIZE, Fraction(20), 48000))
    parts = Parts(show, desk, Silence(), SampleRing(48000), screen, events, recording=recording)
    with Live(parts, 40.0) as live:
        live.run(1.0)
        recording.begin()
        events.put(Event("/output/record", (True,)))
        live.run(2.0)
    recording.close()
    assert live.report().errors == 0
    assert not recording.notice
    return film(path), show


@pytest.mark.gl
def test_the_film_is_the_finished_picture_without_the_panel(display: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        screen = stack.enter_context(Window(size=SIZE))
        grey = [Event(f"/fx/grade/{name}", (value,)) for name, value in (("map", 1.0), ("dark_chroma", 0.0))]
        grey += [Event(f"/fx/grade/{name}_chroma", (0.0,)) for name in ("mid", "light")]
        hud = Event("/window/hud", (True,))
        frames, _ = record(tmp_path / "film.mp4", screen, stack, *grey, hud)
        shown = screen.read().copy()
    assert len(frames) >= 3
    assert frames[-1].shape == (SIZE[1], SIZE[0], 3)
    assert chroma(frames[-1]) < 8, "the finish takes the colour out of a colourful card"
    corner = np.abs(frames[-1][8:60, 8:60].astype(int) - shown[8:60, 8:60]).mean()
    assert corner > 4, "the panel covers the window's corner, and not the film's"


@pytest.mark.gl
def test_blackout_and_master_are_in_the_film(display: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        screen = stack.enter_context(Window(size=SIZE))
        trails = Event("/fx/history/mode", ("lighten",))
        lit, _ = record(tmp_path / "lit.mp4", screen, stack, trails)
        dark, _ = record(tmp_path / "dark.mp4", screen, stack, trails, Event("/master/blackout", (True,)))
    assert lit[-1].mean() > 20
    assert dark[-1].mean() < 3


def test_without_a_screen_the_film_is_the_mixers_picture(tmp_path: Path) -> None:
    with ExitStack() as stack:
        frames, _ = record(tmp_path / "film.mp4", Null(), stack, Event("/master/level", (0.5,)))
    assert len(frames) >= 3
    assert 5 < frames[-1].mean() < 100


def test_only_frames_that_the_film_has_a_place_for_are_read_back(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "film.mp4", SIZE, Fraction(20), 48000)
    wanted = 0
    for n in range(60):
        if recorder.wants(n / 60):
            wanted += 1
            recorder.see(Frame(np.zeros((2, 2, 3), np.uint8), n / 60, n), np.zeros((90, 160, 3), np.uint8))
    recorder.close()
    assert wanted == 21, "one every 50 ms, and the last is on the edge"


class Failing(Recorder):
    """A recording that cannot be written any more, as on a full disk."""

    def see(self, frame: Frame, picture: U8 | None) -> None:
        raise OutputError("cannot write the film: the disk is full")

    def close(self) -> None:
        super().close()
        raise OutputError("cannot write the film: the disk is still full")


def test_a_recording_that_fails_is_told_and_no_other_is_begun(tmp_path: Path) -> None:
    opened: list[Recorder] = []

    def make() -> Recorder:
        opened.append(Failing(tmp_path / f"{len(opened)}.mp4", SIZE, Fraction(20), 48000))
        return opened[-1]

    recording = Recording(make)
    recording.begin()
    frame = Frame(np.zeros((36, 64, 3), np.uint8), 0.0, 0)
    for _ in range(3):
        recording.see(True, frame, None)
    recording.close()  # and does not raise
    assert len(opened) == 1
    assert "the disk is still full" in recording.notice
