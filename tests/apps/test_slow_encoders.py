"""An encoder that is slow, or hangs, while a guarded show waits for it: at its beginning, and at its end."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from vj.apps.guard import pulse
from vj.apps.guard.block import Block
from vj.apps.live import recorder
from vj.apps.live.recorder import LATE, STILL, Recorder, Recording
from vj.core.errors import OutputError
from vj.core.threads.standstill import Standstill
from vj.core.types import U8, Frame
from vj.outputs.video import film

SIZE, RATE = (160, 90), 48000
posix = pytest.mark.skipif(os.name != "posix", reason="no process can be stopped here")


@pytest.fixture
def guarded() -> Iterator[Block]:
    """This process is a show under a guard."""
    block, before = Block.make(), pulse.block()
    pulse._block = block
    yield block
    pulse._block = before
    block.remove()


def beats(block: Block, name: str) -> int:
    return sum(each.beats for each in block.pulses() if each.name == name)


def frame(n: int) -> Frame:
    return Frame(np.full((90, 160, 3), 10 * n % 256, np.uint8), n / 20, n)


class Fake:
    """A recording whose end is `over` when somebody says so; it gets on while `working`."""

    begun, dropped = True, 0

    def __init__(self, path: Path, working: bool = True) -> None:
        self.asked = self.path = path
        self.over = threading.Event()
        self._working = working
        self._moved = 0
        path.touch()

    @property
    def moved(self) -> int:
        self._moved += self._working
        return self._moved

    def see(self, frame: Frame, picture: U8 | None) -> None:
        pass

    def close(self) -> None:
        self.over.wait()


def test_who_gets_on_is_waited_for_and_who_stands_still_is_not() -> None:
    patience = Standstill(30.0)
    assert not any(patience.waited(0.1, n // 250) for n in range(10_000)), "one step in 25 s for a quarter of an hour"
    assert [patience.waited(0.1, "still") for _ in range(400)].index(True) in (299, 300, 301)


def test_a_show_begins_without_an_encoder_that_takes_long_and_films_when_it_can(
    guarded: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "FIRST_S", 0.05)
    ready, made = threading.Event(), Fake(tmp_path / "film.mp4")

    def make() -> Recorder:
        ready.wait()
        return made  # type: ignore[return-value]

    recording = Recording(make)
    recording.begin()
    assert (recording.on, recording.news) == (False, LATE)
    assert [(each.name, each.patience) for each in guarded.pulses()] == [("main", pulse.OPENS_S)]
    recording.see(True, frame(0), None)
    assert not recording.on, "nothing waits for it in the show either"
    ready.set()
    assert recording._coming is not None
    recording._coming.result()
    recording.see(True, frame(1), None)
    assert recording.on
    made.over.set()
    recording.close()
    assert recording.news == f"recorded {made.path}"


def test_a_first_film_that_cannot_be_is_refused_before_the_show(tmp_path: Path) -> None:
    def make() -> Recorder:
        raise OutputError("the folder does not exist", str(tmp_path), "create it first")

    recording = Recording(make)
    with pytest.raises(OutputError, match="does not exist"):
        recording.begin()
    recording.close()


def test_the_guard_is_told_while_the_end_of_a_film_gets_on(
    guarded: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For longer than nobody would be waited for who stands still."""
    monkeypatch.setattr(recorder, "SLICE_S", 0.01)
    monkeypatch.setattr(recorder, "STANDSTILL_S", 0.05)
    made = Fake(tmp_path / "film.mp4")
    recording = Recording(lambda: made)  # type: ignore[arg-type, return-value]
    recording.begin()
    closing = threading.Thread(target=recording.close)
    closing.start()
    while beats(guarded, pulse.LEAVING) < 50 and closing.is_alive():
        pass
    assert closing.is_alive(), "it waits on"
    made.over.set()
    closing.join()
    assert recording.news == f"recorded {made.path}"
    assert not recording.notice


def test_what_gets_on_no_more_ends_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "SLICE_S", 0.01)
    monkeypatch.setattr(recorder, "STANDSTILL_S", 0.05)
    made = Fake(tmp_path / "film.mp4", working=False)
    recording = Recording(lambda: made)  # type: ignore[arg-type, return-value]
    recording.begin()
    recording.close()
    assert recording.notice == f"recording ended: {STILL}"
    made.over.set()  # for the thread that waits


@posix
def test_an_encoder_that_hangs_at_the_end_leaves_words_and_a_film(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is finished by the encoder, should that go on."""
    monkeypatch.setattr(film, "PATIENCE_S", 0.3)
    made = Recorder(tmp_path / "film.mp4", SIZE, Fraction(20), RATE)
    for n in range(5):
        made.see(frame(n), None)
    child = made._video._child
    child.send_signal(signal.SIGSTOP)
    with pytest.raises(OutputError, match="stands still") as told:
        made.close()
    assert told.value.hint
    child.send_signal(signal.SIGCONT)
    child.wait()
    with av.open(str(made.path)) as opened:
        assert len(list(opened.decode(video=0))) >= made._video.frames > 0


@posix
def test_an_encoder_that_hangs_at_the_beginning_is_ended_with_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spawned: list[subprocess.Popen[bytes]] = []
    spawn = film.spawn

    def stopped(background: bool) -> "subprocess.Popen[bytes]":
        child = spawn(background)
        child.send_signal(signal.SIGSTOP)
        spawned.append(child)
        return child

    monkeypatch.setattr(film, "spawn", stopped)
    monkeypatch.setattr(film, "OPENING_S", 0.2)
    with pytest.raises(OutputError, match="does not answer") as told:
        Recorder(tmp_path / "film.mp4", SIZE, Fraction(20), RATE)
    assert told.value.hint
    assert spawned[0].poll() is not None
