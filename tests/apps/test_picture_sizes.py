"""Films and windows of any shape: how large their pictures are, what that costs, and that nothing is cut off."""

import json
import queue
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import glfw
import numpy as np
import pytest
from servers.xvfb import xvfb
from test_parity import RATE, Clicks
from tests_songs import kicks

from vj.apps.assemble import Settings, assemble
from vj.apps.fps import frame_rate
from vj.apps.live.loop import Live, Parts
from vj.apps.render.cost import Cost
from vj.apps.render.film import render
from vj.core.errors import VjError
from vj.core.handoff import SampleRing
from vj.core.types import Event
from vj.devices.audio.file import AudioFile
from vj.engine.performance import LOG, read_performance, replay, sound_in
from vj.outputs.null import Null
from vj.outputs.performance import PerformanceLog
from vj.outputs.window import Window

#: No finish and no motion: what is in the film is the picture.
PLAIN = (
    (0.0, Event("/fx/on", (False,), "start")),
    (0.0, Event("/director/select", ("manual",), "start")),
    (0.0, Event("/window/sharpness", (0.0,), "start")),
)
STILL = Settings(bundle="testcard")


def last_frame(film: Path) -> np.ndarray:
    with av.open(str(film)) as opened:
        return [frame.to_ndarray(format="rgb24") for frame in opened.decode(video=0)][-1].astype(float)


def finest(picture: np.ndarray) -> float:
    """Energy of what is finer than a picture of 192 rows holds: above 96 waves to the height."""
    grey = picture.mean(axis=2)
    window = np.hanning(grey.shape[0])[:, None] * np.hanning(grey.shape[1])
    waves = np.abs(np.fft.rfft2((grey - grey.mean()) * window)) ** 2
    down, across = np.fft.fftfreq(grey.shape[0]) * 720, np.fft.rfftfreq(grey.shape[1]) * 720
    return float(waves[np.hypot(down[:, None], across) > 110].sum())


@pytest.mark.parametrize("size", [(270, 480), (640, 272), (320, 320)])
def test_a_film_of_any_shape_shows_all_of_its_picture(tmp_path: Path, size: tuple[int, int]) -> None:
    """The test card has colour bars along its upper rim and a staircase of greys along the lower, to the corners."""
    render(
        kicks(tmp_path / "song.wav", 0.1), tmp_path / "f.mp4", STILL, Fraction(30), size, script=PLAIN, detail="full"
    )
    picture = last_frame(tmp_path / "f.mp4")
    assert picture.shape == (size[1], size[0], 3)
    bars = [picture[3, round((k + 0.5) * size[0] / 7)] for k in range(7)]
    assert np.all(np.abs(np.array(bars)[[0, 6]] - [[235, 235, 235], [16, 16, 235]]) < 45)
    steps = [picture[-4, round((k + 0.5) * size[0] / 11)].mean() for k in range(11)]
    assert np.all(np.diff(steps) > 10)


def test_finer_is_finer_and_the_same_picture(tmp_path: Path) -> None:
    song, pictures = kicks(tmp_path / "song.wav", 0.04), []
    for detail in ("draft", "half", "full"):
        film = tmp_path / f"{detail}.mp4"
        worlds = Settings(seed=4)
        script = (*PLAIN, (0.0, Event("/model/class", ("feathers",), "start")))
        render(song, film, worlds, Fraction(30), (1280, 720), script=script, detail=detail)
        pictures.append(last_frame(film))
    draft, half, full = pictures
    assert 3 * finest(draft) < finest(half) < finest(full) / 1.5
    small = [picture[::8, ::8].ravel() for picture in pictures]
    assert min(np.corrcoef(small)[0]) > 0.9


@pytest.mark.realtime
def test_what_it_costs_is_told_before_it_begins(tmp_path: Path) -> None:
    told: list[str] = []
    film = tmp_path / "film.mp4"

    def tell(line: str) -> None:
        told.append(line)
        with av.open(str(film)) as opened:  # begun, and nothing in it
            assert not list(opened.decode(video=0))

    song = kicks(tmp_path / "song.wav", 0.2)
    render(song, film, Settings(), Fraction(30), (720, 1280), detail="draft", tell=lambda line: told.append(line))
    ours, others = told
    assert re.fullmatch(
        r"worlds at --detail draft: pictures of 192x344 for a film of 720x1280, about \d+ s \([\d.]+ x real time\)\.",
        ours,
    )
    found = re.fullmatch(
        r"Other choices: half \(360x640\) \d+ s \(([\d.]+) x real time\), full \(720x1280\) \d+ s \(([\d.]+) x .*\)\.",
        others,
    )
    assert found, others
    assert float(found[2]) < float(found[1])


def test_a_bundle_of_one_size_says_so(tmp_path: Path) -> None:
    told: list[str] = []
    song = kicks(tmp_path / "song.wav", 0.1)
    render(song, tmp_path / "f.mp4", Settings(bundle="dream"), Fraction(30), (640, 640), tell=told.append)
    assert len(told) == 1
    assert told[0].startswith("dream makes pictures of 352x192 and no others, for a film of 640x640, about ")


def test_a_cost_is_said_as_people_say_it() -> None:
    rate = Fraction(30)
    assert Cost("half", (8, 8), 0.1).words(rate, 240.0) == "12 min (0.33 x real time)"
    assert Cost("half", (8, 8), 0.01).words(rate, 240.0) == "72 s (3.3 x real time)"
    assert Cost("full", (8, 8), 2.0).words(rate, 240.0) == "4.0 h (0.017 x real time)"
    assert Cost("full", (8, 8), 0.05).words(rate, None) == "0.67 x real time"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("29.97", (30000, 1001)),
        ("29.970", (30000, 1001)),
        ("23.976", (24000, 1001)),
        ("23.98", (24000, 1001)),
        ("23.97", (24000, 1001)),
        ("23.976024", (24000, 1001)),
        ("47.952", (48000, 1001)),
        ("59.94", (60000, 1001)),
        ("59.9401", (60000, 1001)),
        ("119.88", (120000, 1001)),
        ("30000/1001", (30000, 1001)),
        ("30", (30, 1)),
        ("25", (25, 1)),
        ("29.5", (59, 2)),
        ("29.98", (1499, 50)),
        ("59.9", (599, 10)),
    ],
)
def test_rates_are_what_people_mean_by_them(text: str, meant: tuple[int, int]) -> None:
    assert frame_rate(text, "--fps", 24, 144) == Fraction(*meant)


@pytest.mark.parametrize("text", ["", "fast", "1/0", "nan", "inf", "23.4", "145", "-30"])
def test_what_is_no_rate_is_told(text: str) -> None:
    with pytest.raises(VjError, match=r"no frame rate|out of range"):
        frame_rate(text, "--fps", 24, 144)


def perform(folder: Path, sizes: list[tuple[int, int]]) -> list[str]:
    """Hashes of a live run in windows of these sizes, one after the other, each at another detail."""
    show, desk = assemble(Settings(bundle="testcard", seed=4, size=(64, 36)), RATE)
    screen, ring, events, source = Null(sizes[0]), SampleRing(RATE), queue.SimpleQueue[Event](), Clicks()
    with (
        PerformanceLog(folder, {"bundle": "testcard", "director": None, "seed": 4}, RATE) as log,
        Live(Parts(show, desk, source, ring, screen, events, log=log), fps=120) as live,
    ):
        for n in range(30 * len(sizes)):
            ring.write(source.sound[n * 400 : (n + 1) * 400])
            screen.size = sizes[n // 30]
            if n % 30 == 15:
                events.put(Event("/quality/detail", (("half", "full", "draft", "auto")[n // 30 % 4],)))
            live.frame()
        live.hearing.stop()
        live.dreaming.stop()
        assert live.report().errors == 0
    return screen.hashes


def test_what_was_played_at_varying_sizes_replays_bit_for_bit(tmp_path: Path) -> None:
    live = perform(tmp_path / "set", [(256, 144), (144, 256), (200, 200), (320, 100)])
    header, steps = read_performance(tmp_path / "set" / LOG)
    sizes = [tuple(step["size"]) for step in steps if step["k"] == "imagine"]
    assert {(128, 72), (144, 256), (36, 36)} < {*sizes} | {(40, 40)} | {(36, 36)}
    assert len(set(sizes)) >= 6
    show, desk = assemble(Settings(bundle="testcard", seed=header["seed"], size=(64, 36)), RATE)
    again = Null()
    sound = AudioFile(sound_in(tmp_path / "set"), header["rate"])
    for frame in replay(steps, sound.blocks(show.analyzer.hop_length), show, desk):
        again.write(frame)
    assert again.hashes == live


@pytest.fixture
def screen() -> Iterator[None]:
    with xvfb(640, 640):
        yield


@pytest.mark.gl
@pytest.mark.realtime
@pytest.mark.usefixtures("screen")
def test_a_window_that_is_turned_gets_pictures_of_its_new_shape(tmp_path: Path) -> None:
    show, desk = assemble(Settings(bundle="testcard", size=(64, 36)), RATE)
    events = queue.SimpleQueue[Event]()
    source = Clicks()
    with (
        Window(size=(480, 270)) as window,
        Live(Parts(show, desk, source, SampleRing(RATE), window, events), fps=30) as live,
    ):

        def shape() -> tuple[int, ...]:
            live.run(0.4)
            return live.dreaming.pictures.latest.image.shape[:2]  # type: ignore[union-attr]

        def turn() -> None:
            glfw.set_window_size(window._window, 270, 480)
            live.run(0.4)

        events.put(Event("/quality/auto", (False,)))
        events.put(Event("/quality/detail", ("half",)))
        assert shape() == (135, 240)
        turn()
        assert window.size == (270, 480)
        assert shape() == (240, 135)
        events.put(Event("/quality/detail", ("full",)))
        assert shape() == (480, 270)
        events.put(Event("/quality/detail", ("auto",)))
        high, wide = shape()
        assert abs(wide / high - 270 / 480) < 0.05
        assert 40 <= high <= 480
        assert live.errors == 0


def test_what_is_cut_off_by_an_error_leaves_no_full_bar(tmp_path: Path) -> None:
    from test_cli import vj

    done = vj("render", str(tmp_path / "missing.wav"), cwd=tmp_path)
    assert done.returncode == 1
    assert "━" not in done.stdout
    assert "100" not in done.stdout
    assert json.dumps(done.stdout).count("Rendering") == 0
