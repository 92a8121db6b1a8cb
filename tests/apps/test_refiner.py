"""The second stage in a show: rendered, on threads of its own, and absent."""

import threading
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests_songs import kicks

from vj.apps.assemble import Settings, assemble, parameters
from vj.apps.live import refiner
from vj.apps.live.refiner import NO_MODEL, Refiner, Refining, Sketch, open_refining
from vj.apps.render.film import render
from vj.core.errors import BundleError, SetlistError
from vj.core.params import Snapshot
from vj.core.types import F32, U8, Event
from vj.engine.cues.setlist import read_setlist
from vj.generators.diffusion.flow import warp
from vj.generators.diffusion.refine import Ask, Painted

TESTCARD = Settings(bundle="testcard", size=(64, 36), director="style_walk")
ON = (
    (0.0, Event("/fx/on", (False,))),
    (0.0, Event("/refine/on", (True,))),
    (0.0, Event("/refine/prompt", ("{class}!",))),
)


class Negative:
    """A painter of negatives, that fails or waits when it is told to; `asks` keeps what it was asked."""

    def __init__(self) -> None:
        self.asks: list[Ask] = []
        self.fails = False
        self.closed = False
        self.hold: Callable[[], object] = lambda: None

    def fit(self, width: int, height: int) -> tuple[int, int]:
        return width, height

    def paint(self, image: U8, ask: Ask) -> Painted:
        self.asks.append(ask)
        self.hold()
        if self.fails:
            raise RuntimeError("out of paint")
        return Painted(255 - image, np.zeros((1, 4, 2, 2), np.float32))

    def decode(self, latent: F32) -> U8:
        raise NotImplementedError

    def warp(self, pixels: F32, found: F32) -> F32:
        return warp(pixels, found)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def painter(monkeypatch: pytest.MonkeyPatch) -> Negative:
    """The painter that every --refine opens."""
    made = Negative()
    monkeypatch.setattr(refiner, "open_painter", lambda folder, vae: made)
    return made


def mean_of(path: Path) -> float:
    with av.open(str(path)) as film:
        return float(np.mean([frame.to_ndarray(format="rgb24").mean() for frame in film.decode(video=0)]))


def test_a_render_is_refined_every_nth_picture(tmp_path: Path, painter: Negative) -> None:
    wav, settings = kicks(tmp_path / "song.wav", 0.5), replace(TESTCARD, refine=tmp_path)
    plain = render(wav, tmp_path / "plain.mp4", TESTCARD, Fraction(24), (128, 72), script=ON[:1])
    done = render(wav, tmp_path / "refined.mp4", settings, Fraction(24), (128, 72), script=ON)
    assert done.frames == plain.frames == 12
    assert len(painter.asks) == 3
    assert painter.asks[0].prompts == (("rings!", 1.0),)
    assert abs(mean_of(tmp_path / "refined.mp4") + mean_of(tmp_path / "plain.mp4") - 255) < 12
    assert painter.closed
    assert done.warning == ""


def test_a_render_without_a_model_says_so_and_is_plain(tmp_path: Path) -> None:
    wav = kicks(tmp_path / "song.wav", 0.5)
    done = render(wav, tmp_path / "film.mp4", TESTCARD, Fraction(24), (128, 72), script=ON)
    assert done.warning == NO_MODEL
    assert done.frames == 12


def test_a_cue_and_a_class_have_words_of_their_own(tmp_path: Path, painter: Negative) -> None:
    setlist = tmp_path / "set.toml"
    setlist.write_text(
        'bundle = "testcard"\n[refine.prompts]\nbars = "iron bars"\n'
        '[[cue]]\nnumber = "1"\nclasses = "bars"\nfollow = "0.25 s"\n'
        'set = { "/refine/on" = true, "/refine/every" = 3 }\n'
        '[[cue]]\nnumber = "2"\nset = { "/refine/prompt" = "fog", "/refine/seed" = 7 }\n'
    )
    settings = Settings(bundle="testcard", size=(64, 36), setlist=setlist, refine=tmp_path)
    render(kicks(tmp_path / "song.wav", 0.5), tmp_path / "film.mp4", settings, Fraction(24), (128, 72))
    assert painter.asks[0].prompts[0][0].startswith("iron bars, ")
    assert painter.asks[-1].prompts == (("fog", 1.0),)
    assert (painter.asks[0].seed, painter.asks[-1].seed) == (42, 7)


def test_words_for_a_class_that_is_nowhere_are_refused(tmp_path: Path) -> None:
    setlist = tmp_path / "set.toml"
    for prompts, what in (("[refine.prompts]\nbrs = 'x'", "no class 'brs'"), ("[refine]\nprompt = 'x'", "prompt")):
        setlist.write_text(f'{prompts}\n[[cue]]\nnumber = "1"\n')
        with pytest.raises(SetlistError, match=what) as refused:
            read_setlist(setlist, parameters(), lambda name: ("bars", "rings"), "testcard")
        assert "bars" in str(refused.value) or "prompts" in str(refused.value)
    setlist.write_text('[refine.prompts]\nbars = "iron"\n[[cue]]\nnumber = "1"\n')
    assert read_setlist(setlist, parameters(), lambda name: ("bars",), "testcard").words == {"bars": "iron"}


def test_live_without_a_model_it_is_bypassed_with_a_sentence(tmp_path: Path) -> None:
    show, desk = assemble(TESTCARD, 48000)
    assert open_refining(TESTCARD, show.programs, desk) == (None, "")
    refining, notice = open_refining(replace(TESTCARD, refine=tmp_path), show.programs, desk)
    assert refining is None
    assert notice == "refine is bypassed: there is no model_index.json"
    with pytest.raises(BundleError):
        render(kicks(tmp_path / "s.wav", 0.2), tmp_path / "f.mp4", replace(TESTCARD, refine=tmp_path), script=ON)
    show.close()


def sketches(count: int) -> list[Sketch]:
    """Pictures of a show that is refined, with what there is to know of them."""
    show, desk = assemble(TESTCARD, 48000)
    snapshot, features = show.open(desk)
    for _, event in ON:
        assert desk.apply(event)
    made = []
    for n in range(count):
        snapshot = desk.tick(n / 60, features)
        latent = show.direct(n / 60, features, snapshot)
        image = show.imagine([latent], "testcard")[0]
        made.append(Sketch(show.picture(image, latent, n / 60, snapshot, features), latent, snapshot))
    show.close()
    return made


def test_live_pictures_go_on_while_one_is_painted(painter: Negative, wait_until: Callable[..., None]) -> None:
    gate = threading.Event()
    painter.hold = lambda: gate.wait(10)
    show, _ = assemble(TESTCARD, 48000)
    refining = Refining(Refiner(painter, show.programs, {}))
    out = refining.out
    refining.start()
    made = sketches(6)
    for sketch in made[:3]:  # the first is being painted: all three come out at once, as they are
        refining.take(sketch.picture, sketch.latent, sketch.snapshot)
        wait_until(lambda sketch=sketch: out.latest is not None and out.latest.index == sketch.picture.index)
        np.testing.assert_array_equal(out.latest.image, sketch.picture.image)  # type: ignore[union-attr]
    gate.set()
    wait_until(lambda: refining.painting.done.latest is not None)
    refining.take(made[3].picture, made[3].latent, made[3].snapshot)
    wait_until(lambda: out.latest is not None and out.latest.index == made[3].picture.index)
    assert out.latest is not None
    assert np.abs(out.latest.image.astype(int) + made[3].picture.image - 255).mean() < 10
    assert (out.latest.t, out.latest.program) == (made[3].picture.t, "testcard")
    off = Snapshot({**made[4].snapshot.values, "/refine/on": False})
    refining.take(made[4].picture, made[4].latent, off)
    assert out.latest is made[4].picture, "what is not to be refined goes straight through"
    refining.stop()
    assert refining.errors == refining.painting.errors == 0
    show.close()


def test_live_a_painter_that_fails_is_told_once_and_tried_again(
    painter: Negative, wait_until: Callable[..., None]
) -> None:
    painter.fails = True
    show, _ = assemble(TESTCARD, 48000)
    refining = Refining(Refiner(painter, show.programs, {}))
    out = refining.out
    refining.start()
    for sketch in sketches(4):
        asked = len(painter.asks)
        refining.take(sketch.picture, sketch.latent, sketch.snapshot)
        wait_until(lambda sketch=sketch: out.latest is not None and out.latest.index == sketch.picture.index)
        np.testing.assert_array_equal(out.latest.image, sketch.picture.image)  # type: ignore[union-attr]
        wait_until(lambda asked=asked: refining.painting.errors == len(painter.asks) > asked)
        wait_until(lambda: refining.painting.notice)
    assert "painting: out of paint" in refining.notice
    refining.stop()
    show.close()
