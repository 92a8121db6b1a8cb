"""A film made in segments: by one or by several, interrupted or not, a worker killed or not, it is the same."""

import os
import signal
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from tests_songs import kicks

from vj.apps.assemble import Settings
from vj.apps.render import film as films
from vj.apps.render.crew import segments
from vj.apps.render.crew.tasks import Crew, Word
from vj.apps.render.film import render
from vj.apps.render.together import render_together
from vj.apps.render.workers import Processes
from vj.core.types import Event

SMALL, FPS, SECONDS = (128, 72), Fraction(24), 7.0
#: Trails that last, flashes that are held back, another bundle that fades in, and a picture that is held.
LONG_TRAILS = ((0.0, Event("/fx/history/mode", ("lighten",))), (0.0, Event("/fx/history/half_life", (0.4,))))
EVENTFUL = (
    *LONG_TRAILS,
    (1.4, Event("/master/fade", (2.0,))),
    (1.5, Event("/model/select", ("dream",))),
    (4.2, Event("/master/freeze", (True,))),
    (5.2, Event("/master/freeze", (False,))),
)


def pictures(path: Path) -> list[bytes]:
    with av.open(str(path)) as film:
        return [frame.to_ndarray(format="rgb24").tobytes() for frame in film.decode(video=0)]


class Deadly:
    """A crew like another, but one of it is killed when it has made so many frames."""

    def __init__(self, crew: Crew, frames: int) -> None:
        self._crew = crew
        self.frames = frames
        self.killed = 0
        self._pids: dict[int, int] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._crew, name)

    def next(self, timeout: float) -> Word | None:
        word = self._crew.next(timeout)
        if word is not None and word[1] == "ready":
            self._pids[word[0]] = int(word[2]["process"].rpartition(":")[2])
        if word is not None and word[1] == "moved" and not self.killed:
            self.frames -= word[2]
            if self.frames <= 0:
                self.killed = self._pids[word[0]]
                os.kill(self.killed, signal.SIGKILL)
        return word


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kicks(tmp_path_factory.mktemp("songs") / "song.wav", SECONDS)


@pytest.fixture(scope="module")
def alone(song: Path) -> Path:
    """The film as one process makes it."""
    out = song.with_name("alone.mp4")
    outcome, _ = render_together(song, out, Settings(), Processes(1), FPS, SMALL, script=EVENTFUL, seconds=1.0)
    assert outcome.frames == SECONDS * FPS
    assert outcome.again == 0
    return out


def test_two_make_the_same_film_though_one_is_killed(song: Path, alone: Path, tmp_path: Path) -> None:
    out, crew = tmp_path / "film.mp4", Deadly(Processes(2), 30)
    outcome, _ = render_together(song, out, Settings(), crew, FPS, SMALL, script=EVENTFUL, seconds=1.0)
    assert crew.killed
    assert outcome.lost == 1
    assert out.read_bytes() == alone.read_bytes()
    assert not out.with_name("film.mp4.parts").exists()


@pytest.mark.realtime
@pytest.mark.filterwarnings("ignore")
def test_a_ray_cluster_makes_the_same_film_though_one_is_killed(song: Path, alone: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'vj[cluster]'")
    from vj.apps.render.cluster import LOCAL, Cluster

    out, crew = tmp_path / "film.mp4", Deadly(Cluster(LOCAL, 2), 30)
    outcome, _ = render_together(song, out, Settings(), crew, FPS, SMALL, script=EVENTFUL, seconds=1.0)
    assert crew.killed
    assert outcome.lost == 1
    assert len(outcome.about) == 3
    assert out.read_bytes() == alone.read_bytes()


def test_segments_that_do_not_fit_are_made_again(
    song: Path, alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hands that live through too little of what was before are found out, and the film is the same in the end."""
    monkeypatch.setattr(segments, "HALF_LIVES", 1.0)
    out = tmp_path / "film.mp4"
    outcome, _ = render_together(song, out, Settings(), Processes(2), FPS, SMALL, script=EVENTFUL, seconds=1.0)
    assert outcome.again > 0
    assert out.read_bytes() == alone.read_bytes()


def test_one_process_makes_it_and_goes_on_after_an_interruption(
    song: Path, alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ordinary render, interrupted twice, once within a segment and once before the first is whole."""
    out = tmp_path / "film.mp4"
    monkeypatch.setattr(films, "LONG", 0.0)
    monkeypatch.setattr(films, "frames_of", lambda fps, batch: 24)
    made = []
    for stop in (0.5, 3.4, 99.0):
        seen: list[float] = []

        def told(done: float, total: float | None, stop: float = stop, seen: list[float] = seen) -> None:
            seen.append(done)
            if stop <= done < SECONDS:
                raise KeyboardInterrupt

        try:
            assert render(song, out, Settings(), FPS, SMALL, progress=told, script=EVENTFUL).frames == SECONDS * FPS
        except KeyboardInterrupt:
            made.append(len(pictures(out)) if out.exists() else 0)
            assert out.with_name("film.mp4.parts").is_dir()
        if stop == 99.0:
            assert seen[0] > 3.0  # what was there was not made again
    assert made == [0, 72]
    assert out.read_bytes() == alone.read_bytes()
    assert not out.with_name("film.mp4.parts").exists()
