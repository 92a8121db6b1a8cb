"""Stills of what comes next: made by a real child process beside a desk, in a real OpenGL context."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests_music import music

from vj.apps.assemble import Settings, assemble
from vj.apps.rehearsal import child
from vj.apps.rehearsal.backstage import Rehearsal
from vj.apps.rehearsal.coming import Coming
from vj.apps.rehearsal.still import SIZE, Stills, jpeg
from vj.apps.rehearsal.wish import of_plain, wished
from vj.core.params import Snapshot
from vj.core.types import U8, Cue, Event, Modulation
from vj.engine.desk import Desk
from vj.engine.layers.asking import offered

pytestmark = pytest.mark.realtime  # a process of the lowest priority gets on only where nothing else is at work

SETTINGS = Settings(bundle="testcard", director="manual", size=(64, 36), threads=1)


#: Looks that are compared; each is made by the child and here.
FEW = 3
#: Something that moves.
SWAY = (Modulation("lfo.1", "/fx/grade/contrast", 0.01, 0.1),)


def picture_of(jpeg: bytes) -> U8:
    return np.asarray(Image.open(io.BytesIO(jpeg)))


@pytest.fixture
def desk() -> Iterator[Desk]:
    show, desk = assemble(SETTINGS, 48000)
    yield desk
    show.close()


class House:
    """A show that only shows: frame after frame in time, or late."""

    def __init__(self, desk: Desk, rehearsal: Rehearsal) -> None:
        self.desk, self.rehearsal = desk, rehearsal
        self.now = time.perf_counter()
        self.rehearsal.watched = True

    def frames(self, seconds: float, period: float = 1 / 60) -> Snapshot:
        """So many seconds of show, as quickly as can be."""
        for _ in range(round(seconds / period)):
            self.now += period
            snapshot = self.desk.tick(self.now)
            self.rehearsal.swapped(self.now, 1 / 60, snapshot)
        return snapshot

    def goes_on(self, condition: Callable[[], object]) -> Callable[[], object]:
        """`condition`, looked at after a frame."""

        def look() -> object:
            self.now = max(self.now, time.perf_counter())  # looks at what comes next are counted in real seconds
            self.frames(1.0)
            return condition()

        return look


@pytest.fixture
def house(desk: Desk, tmp_path: Path) -> Iterator[House]:
    rehearsal = Rehearsal(desk, folder=tmp_path / "stills")
    rehearsal.start()
    yield House(desk, rehearsal)
    rehearsal.stop()


@pytest.mark.slow
@pytest.mark.gl
def test_all_looks_and_classes_are_made_once_and_what_comes_next_is_what_it_will_be(
    house: House, wait_until: Callable[..., None]
) -> None:
    rehearsal, desk = house.rehearsal, house.desk
    assert desk.apply(Event("/preview/next", ("class bars",)))
    wait_until(house.goes_on(lambda: rehearsal.next_picture is not None), 60)
    assert rehearsal.next_name == "class bars"
    coming = Coming(desk).next(house.frames(0.1))
    assert coming is not None
    stills, wanted = Stills(), dict(islice(Coming(desk).all(house.frames(0.1)), FEW))
    made = {name: jpeg(stills.picture(wish)) for name, wish in wanted.items()}
    np.testing.assert_array_equal(rehearsal.next_picture, stills.picture(coming[1]))
    stills.close()
    assert rehearsal.next_picture.shape == (SIZE[1], SIZE[0], 3)
    wait_until(house.goes_on(lambda: len(rehearsal.thumbs) >= FEW), 120)
    for name in wanted:
        assert (rehearsal.folder / rehearsal.thumbs[name]).read_bytes() == made[name], name
        assert (rehearsal.shown / f"{name}.jpg").read_bytes() == made[name], name
    pictures = [picture_of(made[name]).astype(int) for name in wanted]
    assert min(np.abs(a - b).mean() for k, a in enumerate(pictures) for b in pictures[:k]) > 1.0

    rehearsal.stop()
    before = {path: path.stat().st_ino for path in rehearsal.folder.iterdir()}
    again = Rehearsal(desk, folder=rehearsal.folder)
    again.start()
    wait_until(House(desk, again).goes_on(lambda: len(again.thumbs) >= len(rehearsal.thumbs)), 30)
    again.stop()
    assert all(again.thumbs[name] == rehearsal.thumbs[name] for name in wanted)
    assert all(path.stat().st_ino == number for path, number in before.items())


@pytest.mark.slow
@pytest.mark.gl
def test_it_rests_while_frames_are_late_and_the_governor_has_stepped_down(
    house: House, wait_until: Callable[..., None]
) -> None:
    rehearsal = house.rehearsal
    house.frames(6.0)
    easy = rehearsal.pace
    assert easy
    house.frames(0.2, 1 / 20)
    assert not rehearsal.pace
    house.frames(6.0)
    assert rehearsal.pace == easy
    house.desk.apply(Event("/quality/rung", (1,)))
    house.frames(6.0)
    assert not rehearsal.pace
    wait_until(house.goes_on(lambda: rehearsal.child_pid), 10)
    pid = rehearsal.child_pid
    wait_until(lambda: os.getpriority(os.PRIO_PROCESS, pid) == 19)
    if sys.platform == "linux":
        wait_until(lambda: os.sched_getscheduler(pid) == os.SCHED_IDLE)
    made = len(rehearsal.thumbs)
    time.sleep(2.0)
    assert len(rehearsal.thumbs) == made
    house.frames(60.0)
    assert rehearsal.pace > easy
    house.desk.apply(Event("/quality/rung", (0,)))
    wait_until(house.goes_on(lambda: len(rehearsal.thumbs) > made), 60)


@pytest.mark.gl
def test_a_still_has_its_layers_and_its_wish_goes_over_a_pipe(desk: Desk, tmp_path: Path) -> None:
    Image.new("RGB", (16, 16), (255, 0, 0)).save(tmp_path / "logo.png")
    media = {"logo.png": str(tmp_path / "logo.png"), "other.png": "/nowhere.png"}
    desk.table.update(offered(desk.table, media))
    values = {"/layer/1/source": "file", "/layer/1/file": "logo.png"}
    words = {"/layer/2/source": "text", "/layer/2/text": "VJ", "/layer/2/y": 0.5}
    bare = wished(desk.table, Cue("", "still", {}), "testcard")
    told = wished(desk.table, Cue("", "still", {**values, **words}, modulations=SWAY), "testcard", media=media)
    assert told.media == {"logo.png": media["logo.png"]}
    sink = io.BytesIO()
    child.sent(sink, "still", "look/x", told.plain(), None)
    sink.seek(0)
    message = child.received(sink)
    assert message is not None
    assert of_plain(message[2]) == told
    stills = Stills()
    plain, laid = stills.picture(bare).astype(int), stills.picture(of_plain(message[2])).astype(int)
    stills.close()
    assert plain[..., 1].mean() > 20
    middle = laid[20:160, 90:230]
    assert middle[..., 0].min() > 240, "the logo is as high as the picture"
    assert middle[:20, :, 1].max() < 12
    assert middle[..., 1].max() > 200, "the words are white"


@pytest.mark.gl
def test_a_child_that_dies_is_replaced_and_after_three_deaths_it_is_told(
    house: House, wait_until: Callable[..., None]
) -> None:
    rehearsal, seen = house.rehearsal, set[int]()
    while rehearsal.deaths < 3:
        wait_until(house.goes_on(lambda: rehearsal.child_pid not in (0, *seen)), 20)
        seen.add(rehearsal.child_pid)
        os.kill(rehearsal.child_pid, signal.SIGKILL)
        died = len(seen)
        wait_until(house.goes_on(lambda died=died: rehearsal.deaths == died), 20)
    assert "died three times" in rehearsal.notice
    house.frames(10.0)
    assert rehearsal.child_pid == 0


def test_the_child_goes_when_its_parent_does(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-m", child.__name__, str(tmp_path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.communicate(timeout=60)  # its input ends, as it does with the one who held the other end
    assert process.returncode == 0


def test_the_oldest_stills_go(tmp_path: Path) -> None:
    for n in range(5):
        path = tmp_path / f"{n}.jpg"
        path.write_bytes(b"")
        os.utime(path, (n, n))
    child.tidy(tmp_path, kept=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["3.jpg", "4.jpg"]


def test_what_cannot_be_found_is_told(desk: Desk) -> None:
    coming = Coming(desk)
    for words, what in (("look nonsense", "no look"), ("class 1x", "1x"), ("cue 9", "9"), ("film noir", "nothing to")):
        desk.apply(Event("/preview/next", (words,)))
        assert coming.next(desk.tick(1.0)) is None
        assert what in coming.notice


def test_what_waits_for_its_bar_is_looked_at_unless_something_else_is_named(desk: Desk) -> None:
    coming = Coming(desk)
    desk.apply(Event("/master/quantise", ("bar",)))
    desk.tick(4.7, music(4.7))
    desk.apply(Event("/look", ("dawn",), "web:1"))
    found = coming.next(desk.tick(4.8, music(4.8)))
    assert found is not None
    assert found[0] == "look dawn"
    desk.apply(Event("/preview/next", ("look undertow",)))
    found = coming.next(desk.tick(4.9, music(4.9)))
    assert found is not None
    assert found[0] == "look undertow"
