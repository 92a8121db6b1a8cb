"""A recording shows what the audience sees: finished, without the instruments, in a window of any size."""

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from servers.xvfb import xvfb

from vj.apps.assemble import Settings, assemble
from vj.apps.live.loop import Live, Parts
from vj.apps.live.recorder import Recorder, Recording
from vj.core.errors import OutputError
from vj.core.handoff import SampleRing
from vj.core.types import U8, Event, Frame, Latent
from vj.engine.show import Show
from vj.outputs.null import Null
from vj.outputs.window import SplashState, Window

pytestmark = pytest.mark.realtime
SIZE = (320, 180)


class Silence:
    """An input that never delivers a block."""

    name, rate, overruns, lost, silent, notes = "nothing", 48000, 0, False, False, ()


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


@pytest.mark.gl
def test_a_film_begins_with_the_first_picture(display: str, tmp_path: Path) -> None:
    """The generator takes a second to wake up: neither that nor the splash is in the film."""
    path, ring, events = tmp_path / "film.mp4", SampleRing(48000), queue.SimpleQueue[Event]()
    show, desk = assemble(Settings(bundle="testcard", director="manual", size=(64, 36), threads=1), 48000)
    generator, began = show.programs["testcard"].generator, time.perf_counter()
    real = generator.generate
    woken = threading.Timer(1.0, setattr, (generator, "generate", real))

    def asleep(latents: "list[Latent]") -> U8:
        raise RuntimeError("asleep")

    generator.generate = asleep  # type: ignore[method-assign]
    with Window(size=SIZE, splash=SplashState()) as screen, ExitStack() as stack:
        recording = Recording(lambda: Recorder(path, SIZE, Fraction(20), 48000))
        stack.callback(recording.close)
        recording.begin()
        events.put(Event("/output/record", (True,)))
        parts = Parts(show, desk, Silence(), ring, screen, events, recording=recording)
        woken.start()
        with Live(parts, 40.0, began) as live:
            live.run(3.0)
        first = live.report().first_frame_s
    frames = film(path)
    assert first is not None
    assert first > 1.0
    assert frames[0].std() > 20, "the test card, not black"
    assert np.abs(frames[0].astype(int) - frames[-1]).mean() < 20, "the test card, not the splash"
    seconds = 3.0 - (first - 1.0)
    assert len(frames) / 20 < seconds + 1.0


def test_sound_of_before_the_first_picture_is_left_out_and_the_rest_in_step(tmp_path: Path) -> None:
    """The show has run for a second when the first picture comes; a click 0.4 s later is 0.4 s into the film."""
    recorder, hop = Recorder(tmp_path / "film.mp4", SIZE, Fraction(20), 48000), 480
    for n in range(200):
        t = n / 100
        samples = np.zeros(hop, np.float32)
        samples[:48] = 0.9 * (n in (50, 140))
        recorder.hear(samples, t)
        if t >= 1.0 and n % 5 == 0:
            recorder.see(Frame(np.full((2, 2, 3), 200, np.uint8), t, n), None)
            time.sleep(0.05)
    recorder.close()
    with av.open(str(tmp_path / "film.mp4")) as opened:
        sound = np.concatenate([frame.to_ndarray()[0] for frame in opened.decode(audio=0)])
    loud = np.flatnonzero(np.abs(sound) > 0.2) / 48000
    assert len(loud)
    assert abs(loud[0] - 0.4) < 0.03, "AAC spreads a click, by less than this"
    assert loud[-1] - loud[0] < 0.05, "the click of before is not in it"


def test_a_recording_never_takes_the_place_of_a_film(tmp_path: Path) -> None:
    path = tmp_path / "set.mp4"
    path.write_bytes(b"an evening that is not to be lost")
    (tmp_path / "set-2.mp4").write_bytes(b"nor this one")
    recording = Recording(lambda: Recorder(path, SIZE, Fraction(20), 48000))
    recording.begin()
    assert f"recording to {tmp_path / 'set-3.mp4'}" in recording.news
    assert "set.mp4 is there already" in recording.news
    for n in range(5):
        recording.see(True, Frame(np.full((2, 2, 3), 200, np.uint8), n / 20, n), None)
    recording.close()
    assert recording.news == f"recorded {tmp_path / 'set-3.mp4'}"
    assert path.read_bytes() == b"an evening that is not to be lost"
    assert (tmp_path / "set-2.mp4").read_bytes() == b"nor this one"
    assert film(tmp_path / "set-3.mp4")[0].mean() > 150


def test_a_recording_without_a_picture_leaves_no_film(tmp_path: Path) -> None:
    recording = Recording(lambda: Recorder(tmp_path / "set.mp4", SIZE, Fraction(20), 48000))
    recording.begin()
    recording.see(True, None, None)
    recording.close()
    assert not list(tmp_path.iterdir())
    assert "nothing to record" in recording.news


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
