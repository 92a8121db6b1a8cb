"""A film made in segments: by one or by several, interrupted or not, a worker killed or not, it is the same."""

import contextlib
import os
import shutil
import signal
import zlib
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests_songs import kicks

from vj.apps.assemble import Settings
from vj.apps.render import film as films
from vj.apps.render import together
from vj.apps.render.asked import Asked
from vj.apps.render.cluster import room
from vj.apps.render.crew import segments
from vj.apps.render.crew.blobs import Blob, Store, bundle_files, sha_of
from vj.apps.render.crew.parts import Parts
from vj.apps.render.crew.segments import HALF_LIVES, Past, Plan
from vj.apps.render.crew.tasks import Crew, Word
from vj.apps.render.film import film, render
from vj.apps.render.together import render_together
from vj.apps.render.workers import Processes
from vj.core.errors import VjError
from vj.core.packed import pack, unpack
from vj.core.shelf import share
from vj.core.types import Event
from vj.generators.bundle.manifest import read_bundle

SMALL, FPS, SECONDS = (128, 72), Fraction(12), 7.0
#: Trails that last, flashes that are held back, another bundle that fades in, and a picture that is held.
LONG_TRAILS = ((0.0, Event("/fx/history/mode", ("lighten",))), (0.0, Event("/fx/history/half_life", (0.4,))))
EVENTFUL = (
    *LONG_TRAILS,
    (0.5, Event("/layer/1/show", ("vj",))),
    (0.5, Event("/layer/1/plane", ("over",))),
    (2.5, Event("/layer/1/scale", (0.3,))),
    (3.0, Event("/layer/2/show", ("a name",))),
    (1.4, Event("/master/fade", (2.0,))),
    (1.5, Event("/model/select", ("dream",))),
    (4.2, Event("/master/freeze", (True,))),
    (5.2, Event("/master/freeze", (False,))),
)
#: A bundle that costs nothing, until the script brings in a network.
SHOW = Settings(bundle="testcard")
ASKED = Asked(FPS, SMALL, script=EVENTFUL)


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
    outcome, _ = render_together(song, out, SHOW, Processes(1), ASKED, seconds=1.0)
    assert outcome.frames == SECONDS * FPS
    assert outcome.again == 0
    return out


def test_two_make_the_same_film_though_one_is_killed(song: Path, alone: Path, tmp_path: Path) -> None:
    out, crew = tmp_path / "film.mp4", Deadly(Processes(2), 20)
    outcome, _ = render_together(song, out, SHOW, crew, ASKED, seconds=1.0)
    assert crew.killed
    assert outcome.lost == 1
    assert out.read_bytes() == alone.read_bytes()
    assert not out.with_name("film.mp4.parts").exists()


@pytest.mark.slow
@pytest.mark.realtime
@pytest.mark.filterwarnings("ignore")
def test_a_ray_cluster_makes_the_same_film_though_one_is_killed(song: Path, alone: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'vj[cluster]'")
    from vj.apps.render.cluster import LOCAL, Cluster

    out, crew = tmp_path / "film.mp4", Deadly(Cluster(LOCAL, 2), 20)
    outcome, _ = render_together(song, out, SHOW, crew, ASKED, seconds=1.0)
    assert crew.killed
    assert outcome.lost == 1
    assert len(outcome.about) == 3
    assert out.read_bytes() == alone.read_bytes()


@pytest.mark.slow
def test_segments_that_do_not_fit_are_made_again(
    song: Path, alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hands that live through too little of what was before are found out, and the film is the same in the end."""
    monkeypatch.setattr(segments, "HALF_LIVES", 1.0)
    out = tmp_path / "film.mp4"
    outcome, _ = render_together(song, out, SHOW, Processes(2), ASKED, seconds=1.0)
    assert outcome.again > 0
    assert out.read_bytes() == alone.read_bytes()


def test_one_process_makes_it_and_goes_on_after_an_interruption(
    song: Path, alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ordinary render, interrupted twice, once within a segment and once before the first is whole."""
    out = tmp_path / "film.mp4"
    monkeypatch.setattr(films, "LONG", 0.0)
    monkeypatch.setattr(films, "frames_of", lambda fps, batch: 16)
    made = []
    for stop in (0.5, 3.0, 99.0):
        seen: list[float] = []

        def told(done: float, total: float | None, stop: float = stop, seen: list[float] = seen) -> None:
            seen.append(done)
            if stop <= done < SECONDS:
                raise KeyboardInterrupt

        try:
            assert render(song, out, SHOW, FPS, SMALL, progress=told, script=EVENTFUL).frames == SECONDS * FPS
        except KeyboardInterrupt:
            made.append(len(pictures(out)) if out.exists() else 0)
            assert out.with_name("film.mp4.parts").is_dir()
        if stop == 99.0:
            assert seen[0] > 2.5  # what was there was not made again
    assert made == [0, 32]
    assert out.read_bytes() == alone.read_bytes()
    assert not out.with_name("film.mp4.parts").exists()


@pytest.mark.slow
def test_whoever_goes_on_makes_the_same_film(
    song: Path, alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Begun by one process, gone on with by two, ended by one again; each takes what is whole as it is."""
    out = tmp_path / "film.mp4"
    monkeypatch.setattr(films, "LONG", 0.0)
    for module in (films, together):
        monkeypatch.setattr(module, "frames_of", lambda fps, batch: 16)
    sure = []
    for stop, crew in ((3.0, None), (5.5, Processes(2)), (99.0, None)):
        seen: list[float] = []

        def told(done: float, total: float | None, stop: float = stop, seen: list[float] = seen) -> None:
            seen.append(done)
            if stop <= done < SECONDS:
                raise KeyboardInterrupt

        with contextlib.suppress(KeyboardInterrupt):
            assert film(song, out, SHOW, ASKED, told, crew=crew).frames == SECONDS * FPS
        kept = tmp_path / "film.mp4.parts" / "sure.told"
        sure.append(unpack(kept.read_bytes())["upto"] if kept.exists() else None)
        if crew is not None:
            assert max(seen[:3]) >= 2.5  # what was there was not made again
    assert sure[0] == 2
    assert sure[1] >= 2
    assert sure[2] is None
    assert out.read_bytes() == alone.read_bytes()


def test_a_hand_needs_no_path_of_another_machine(tmp_path: Path) -> None:
    """A bundle comes by its content, is checked at every use, and what was changed on the way is refused."""
    there = tmp_path / "there" / "mine"
    shutil.copytree(share("models") / "dream", there)
    files = bundle_files(str(there))
    assert files is not None
    content = {sha_of(path): path.read_bytes() for path in files.values()}
    blobs = {name: Blob(sha_of(path), sha_of(path)) for name, path in files.items()}
    shutil.rmtree(there)
    store = Store(content.__getitem__, tmp_path / "cache")
    folder = store.bundle(blobs)
    assert read_bundle(folder).name == "dream"
    content.clear()  # it is here now
    assert store.bundle(blobs) == folder
    damaged = folder / "mapper.onnx"
    damaged.write_bytes(b"something else")
    kept = tmp_path / "cache" / "blobs" / blobs["mapper.onnx"].sha
    kept.write_bytes(b"something else")
    content[blobs["mapper.onnx"].sha] = b"something else again"
    with pytest.raises(VjError, match="not what was sent"):
        store.bundle(blobs)
    with pytest.raises(VjError, match="no file of a bundle"):
        store.bundle({"../mapper.onnx": blobs["mapper.onnx"]})


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(min_codepoint=1)), inner),
        max_leaves=12,
    )
)
@settings(max_examples=50, deadline=None)
def test_what_is_packed_comes_back(value: Any) -> None:
    assert unpack(pack(value)) == value
    assert pack(value) == pack(value)


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_what_was_never_packed_is_refused(data: bytes) -> None:
    for raw in (data, zlib.compress(data)):
        with contextlib.suppress(VjError):
            unpack(raw)


def test_arrays_are_packed_to_the_bit() -> None:
    arrays = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array(3.5, np.float32), "c": np.eye(2) > 0}
    back = unpack(pack(arrays))
    assert all(back[key].dtype == one.dtype and np.array_equal(back[key], one) for key, one in arrays.items())


@given(st.integers(1, 12), st.integers(1, 40), st.lists(st.integers(0, 11), max_size=60), st.floats(0.05, 1.2))
@settings(max_examples=60, deadline=None)
def test_every_segment_is_made_once_whoever_dies(hands: int, total: int, deaths: list[int], half_life: float) -> None:
    """Whatever the order in which hands come back or die, the plan ends, and nobody makes what another one makes."""
    plan, waiting = Plan(48, 8), iter(deaths)
    on: dict[int, int] = {}
    made: list[int] = []
    while not plan.over:
        if plan.ready < total:
            for _ in range(plan.size):
                plan.past.add(1 / 24 / half_life, False)
            plan.ready += 1
            plan.complete = plan.ready == total
        for hand in range(hands):
            if hand not in on and (found := plan.next(hand)) is not None:
                assert plan.free(found[0])
                assert found[1] % plan.batch == 0
                assert found[1] <= found[0] * plan.size
                plan.take(hand, found[0])
                on[hand] = found[0]
        if not on:
            assert not plan.complete
            continue
        dead = next(waiting, None)
        if dead in on:
            plan.lost(dead)
            del on[dead]
        elif on:
            hand = next(iter(on))
            made.append(on.pop(hand))
            plan.done(hand, made[-1])
    assert sorted(made) == list(range(total))


def test_as_much_is_lived_through_as_trails_last() -> None:
    past = Past()
    for n in range(400):
        past.add(0.1, 150 <= n < 290)  # a fade from frame 150 to 290
    assert 400 - past.begin(400, 8) >= HALF_LIVES / 0.1
    assert past.begin(16, 8) == 0
    still = Past()
    for n in range(400):
        still.add(float("inf"), 150 <= n < 290)
    assert still.begin(396, 8) == 392  # no trails: two pictures, and the batch that they are in
    assert still.begin(280, 8) < 150
    off = Past()
    for n in range(400):
        off.add(0.1 if n < 40 else 0.0 if n < 80 else float("inf") if n < 90 else 0.0, False)
    assert off.begin(80, 8) == 0  # the finish is off, and trails are kept for when it is on again
    assert off.begin(400, 8) == 392  # there were none when it went off


def test_parts_of_another_film_are_thrown_away_and_damaged_ones_made_again(tmp_path: Path) -> None:
    out = tmp_path / "film.mp4"
    parts = Parts(out, "one", 24)
    for k in range(3):
        parts.keep(k, b"film %d" % k, {"end": str(k)})
    again = Parts(out, "one", 24)
    assert again.found
    assert again.numbers() == [0, 1, 2]
    again.film(1).write_bytes(b"damaged")
    assert [again.told(k) is None for k in range(3)] == [False, True, False]
    assert not Parts(out, "another", 24).found
    assert Parts(out, "another", 24).numbers() == []
    foreign = tmp_path / "other.mp4.parts"
    foreign.mkdir()
    (foreign / "letters.txt").write_text("mine")
    with pytest.raises(VjError, match="not ours"):
        Parts(tmp_path / "other.mp4", "one", 24)
    assert (foreign / "letters.txt").exists()


def test_a_hand_gets_a_card_of_its_own_where_there_are_any() -> None:
    assert room({"CPU": 64.0, "GPU": 8.0}) == {"hands": 8, "num_gpus": 1, "num_cpus": 4}
    assert room({"CPU": 2.0}) == {"hands": 2, "num_gpus": 0, "num_cpus": 1}
