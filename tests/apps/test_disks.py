"""A disk that is full, read-only, gone or stands still costs what is written there, with words; the show goes on."""

import os
import queue
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from vj.apps.assemble import Settings, assemble
from vj.apps.live.loop import Live, Parts
from vj.apps.live.recorder import Recorder, Recording
from vj.core.errors import OutputError
from vj.core.handoff import SampleRing
from vj.core.types import Event, Frame
from vj.outputs.null import Null
from vj.outputs.performance import PerformanceLog
from vj.outputs.video import film

pytestmark = pytest.mark.realtime
Wait = Callable[..., None]
SIZE, RATE = (160, 90), 48000
NOISE = np.random.default_rng(1).integers(0, 256, (8, 90, 160, 3), dtype=np.uint8)


def mount(where: Path, *options: str) -> None:
    done = subprocess.run(["mount", *options, "vj-test", str(where)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB."""
    where = tmp_path / "disk"
    where.mkdir()
    mount(where, "-t", "tmpfs", "-o", "size=3m")
    yield where
    subprocess.run(["umount", "-l", str(where)], check=True)


class Silence:
    """An input that never delivers a block."""

    name, rate, overruns, lost, silent, notes = "nothing", RATE, 0, False, False, ()


def recording(folder: Path) -> Recording:
    return Recording(lambda: Recorder(folder / "film.mp4", SIZE, Fraction(20), RATE))


def frame(n: int) -> Frame:
    return Frame(NOISE[n % 8], n / 20, n)


def feed(made: Recording, count: int, first: int = 0) -> None:
    sound = np.zeros(RATE // 20, np.float32)
    for n in range(first, first + count):
        made.see(True, frame(n), None)
        made.hear(sound, n / 20)


def test_an_encoder_whose_disk_stands_still_holds_up_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wait_until: Wait
) -> None:
    made = recording(tmp_path)
    made.begin()
    feed(made, 10)
    recorder = made._now
    assert recorder is not None
    child = recorder._video._child.pid
    os.kill(child, signal.SIGSTOP)  # as it is while the system waits for a disk
    feed(made, 500, 10)  # 25 s; it would be the show's own thread that waits
    assert recorder.dropped > 100
    os.kill(child, signal.SIGCONT)
    wait_until(lambda: recorder._video._free.qsize() > 1, 20.0)
    feed(made, 10, 510)
    made.close()
    assert not made.notice
    with av.open(str(tmp_path / "film.mp4")) as opened:
        assert opened.duration is not None
        assert opened.duration / 1e6 == pytest.approx(26.0, abs=0.5), "the picture stood still, and time went on"
    monkeypatch.setattr(film, "PATIENCE_S", 0.3)
    made = recording(tmp_path)
    made.begin()
    feed(made, 5)
    assert made._now is not None
    process = made._now._video._child
    process.send_signal(signal.SIGSTOP)
    made.close()
    process.kill()
    process.wait()
    assert "stands still" in made.notice


def test_a_film_that_is_taken_away_while_it_is_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "stick").mkdir()
    made = recording(tmp_path / "stick")
    made.begin()
    feed(made, 10)
    shutil.rmtree(tmp_path / "stick")
    feed(made, 10, 10)
    made.close()
    assert "taken away" in made.notice or "cannot write" in made.notice


@pytest.mark.parametrize("what", ["full", "gone"])
def test_the_show_goes_on(what: str, disk: Path, wait_until: Wait) -> None:
    show, desk = assemble(Settings(bundle="testcard", director="manual", size=(64, 36), threads=1), RATE)
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    log = PerformanceLog(disk / "set", {"bundle": "testcard", "director": None, "seed": 1}, RATE)
    made = Recording(lambda: Recorder(disk / "film.mp4", SIZE, Fraction(20), RATE))
    parts = Parts(show, desk, Silence(), SampleRing(RATE), Null(), events, log=log, recording=made)
    noisy(show)
    with Live(parts, 40.0) as live:
        events.put(Event("/output/record", (True,), "test"))
        until(live, lambda: made.on)
        until(live, lambda: made._now is None or made._now._video.frames > 5)
        harm(what, disk)
        until(live, lambda: made.notice and log.trouble)
        frames = live.meter.displayed
        live.run(0.5)
        assert live.meter.displayed > frames + 5
        told = " ".join(live.notices)
        assert "recording ended" in told
        assert "performance cannot be written" in told
        assert live.report().errors == 0
    made.close()
    log.close()


def noisy(show: object) -> None:
    """Let pictures be noise, of which no encoder makes little."""
    count = iter(range(1 << 30))
    show.imagine = lambda latents, *_, **__: NOISE[[next(count) % 8 for _ in latents]]  # type: ignore[attr-defined]


def harm(what: str, disk: Path) -> None:
    """Do that to the disk."""
    if what == "full":
        with suppress(OSError):
            other = os.open(disk / "other", os.O_WRONLY | os.O_CREAT)
            while os.write(other, bytes(4096)):
                pass
    else:
        for path in sorted(disk.rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()


def until(live: Live, condition: Callable[[], object]) -> None:
    for _ in range(1600):
        if condition():
            return
        live.frame()
    raise AssertionError("did not happen")


def test_one_that_cannot_be_written_to_from_the_first_is_told_in_words(disk: Path, wait_until: Wait) -> None:
    subprocess.run(["mount", "-o", "remount,ro", "vj-test", str(disk)], check=True)
    made = recording(disk)
    wait_until(lambda: (made.see(True, frame(0), None), made.notice)[1], 20.0)
    made.close()
    assert "Read-only" in made.notice


def test_pictures_on_their_way_that_find_no_room_end_a_recording_and_no_show(tmp_path: Path, wait_until: Wait) -> None:
    def make() -> Recorder:
        raise OSError(28, "No space left on device")

    made = Recording(make)
    wait_until(lambda: (made.see(True, frame(0), None), made.notice)[1], 20.0)
    made.see(True, frame(1), None)
    assert "No space left" in made.notice
    made.close()


def test_a_film_that_fills_its_disk_ends_with_a_whole_picture(disk: Path) -> None:
    """Not with half of one, which some players show and others stop at."""

    def fill() -> None:
        with film.Film(disk / "film.mp4", SIZE, 20) as made:
            for n in range(2000):
                made.write(NOISE[n % 8])

    with pytest.raises(OutputError, match="No space"):
        fill()
    with av.open(str(disk / "film.mp4"), options={"err_detect": "explode"}) as opened:
        assert sum(1 for _ in opened.decode(video=0)) > 100
