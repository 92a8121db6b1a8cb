"""`vj safety` on films of known flashes, read back from real files."""

import json
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from vj.apps.cli import app
from vj.apps.safety.film import FLASHES, HELD, RED, STRIPES, look_through
from vj.core.errors import VjError
from vj.core.types import U8

FPS, SIZE = 30, (180, 320, 3)
Clip = Callable[[int], U8]


def film(path: Path, clip: Clip, seconds: float) -> Path:
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=FPS)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = SIZE[1], SIZE[0], "yuv420p"
        for n in range(round(seconds * FPS)):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(clip(n), format="rgb24")))
        file.mux(stream.encode(None))
    return path


def strobe(rate: float, colour: tuple[int, int, int] = (255, 255, 255)) -> Clip:
    return lambda n: np.full(SIZE, colour if (n / FPS * rate) % 1.0 < 0.5 else 0, np.uint8)


def stripes(width: int) -> Clip:
    bars = np.where((np.arange(SIZE[1]) // width) % 2, 230, 20).astype(np.uint8)
    return lambda n: np.broadcast_to(bars[None, :, None], SIZE).copy()


def noise(n: int) -> U8:
    return np.random.default_rng(n).integers(90, 120, SIZE).astype(np.uint8)


@pytest.mark.parametrize(
    ("clip", "seconds", "wrong"),
    [
        (strobe(1.0), 3.0, set()),
        (strobe(5.0), 2.0, {FLASHES}),
        (strobe(2.0), 6.5, {HELD}),
        (strobe(5.0, (110, 0, 0)), 2.0, {RED}),
        (stripes(8), 1.0, {STRIPES}),
        (stripes(8), 0.4, set()),
        (stripes(60), 1.0, set()),
        (noise, 1.0, set()),
    ],
)
def test_a_film_fails_for_what_is_wrong_with_it(tmp_path: Path, clip: Clip, seconds: float, wrong: set[str]) -> None:
    looked = look_through(film(tmp_path / "film.mp4", clip, seconds))
    assert {fault.what for fault in looked.faults()} == wrong
    assert len(looked.times) == round(seconds * FPS)


def test_it_is_told_when_and_how_much_and_drawn(tmp_path: Path) -> None:
    def clip(n: int) -> U8:
        return strobe(5.0)(n) if 45 <= n < 90 else np.full(SIZE, 90, np.uint8)

    path = film(tmp_path / "film.mp4", clip, 4.0)
    told = CliRunner().invoke(
        app, ["safety", str(path), "--json", str(tmp_path / "r.json"), "--plot", str(tmp_path / "r.png")]
    )
    assert told.exit_code == 1
    assert "5 a second, 100 % of the picture" in told.output
    report = json.loads((tmp_path / "r.json").read_text())
    (fault,) = report["faults"]
    assert fault["what"] == FLASHES
    assert 2.0 < fault["from"] < 2.7
    assert fault["to"] < 4.0
    assert report["every_second"][0]["flashes"] == 0
    assert np.asarray(Image.open(tmp_path / "r.png")).std() > 10


def test_what_passes_ends_well(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["safety", str(film(tmp_path / "film.mp4", noise, 0.5))]).exit_code == 0


def test_what_is_no_film_is_told_in_three_parts(tmp_path: Path) -> None:
    text, nothing = tmp_path / "notes.txt", tmp_path / "nothing.mp4"
    text.write_text("no film")
    for path in (text, nothing):
        with pytest.raises(VjError) as caught:
            look_through(path)
        assert caught.value.what
        assert caught.value.where == str(path)
        assert caught.value.hint
