"""Loops of pictures: whole, seamless in every look, named, listed, and made once."""

import csv
import itertools
import wave
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from typer.testing import CliRunner

from vj.apps.assemble import Settings, load
from vj.apps.cli import app
from vj.apps.homes import LOOKS, files, shipped
from vj.apps.loops import round as rounds
from vj.apps.loops.batch import Kept, Wanted, loops
from vj.apps.loops.film import make
from vj.apps.loops.round import played
from vj.apps.loops.song import cut
from vj.apps.loops.wish import Wish
from vj.apps.render.delivery import Delivery
from vj.core.errors import VjError
from vj.core.flash.light import grid, places
from vj.core.flash.meter import FlashMeter
from vj.engine.looping import hearing
from vj.engine.looping.seam import difference
from vj.engine.looping.span import Span
from vj.workshop.loop.beat import Beat

SPAN, SMALL = Span(8, Fraction(240), Fraction(24)), (96, 54)
SHIPPED = list(files([shipped(LOOKS)]))
#: One with feedback, one with long trails, one of another director, and two classes of the first.
SOME = ["neon_loom", "undertow", "dawn", "ember_drum"]


def frames_of(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as film:
        return [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]


def wanted(bundle: str, span: Span = SPAN) -> Wanted:
    sound = Beat(span.beats, span.bpm).sound()
    return Wanted(bundle, span, SMALL, 1, lambda state: sound)


def hasten(patch: pytest.MonkeyPatch) -> None:
    """A round is heard and played after seconds less of it: for tests of what becomes of a round."""
    patch.setattr(hearing, "SETTLE_S", 2.0)
    patch.setattr(rounds, "RUN_UP", 1.0)


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    hasten(monkeypatch)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A loop of the look that feeds back the most, with its own classes and with another."""
    with pytest.MonkeyPatch.context() as patch:
        hasten(patch)
        return looped(tmp_path_factory.mktemp("loops"), ["neon_loom"], ["ink"])


def looped(path: Path, looks: list[str], classes: Sequence[str] = ("ink", "crystal")) -> Path:
    which = [*((None, look) for look in looks), *((one, "neon_loom") for one in classes)]
    outcome = loops(wanted("worlds"), which, path)
    assert not outcome.failed
    assert not outcome.notes
    return path


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "loops.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_no_loop_has_a_seam(tmp_path: Path) -> None:
    seamless(looped(tmp_path, SOME), SOME)


@pytest.mark.slow
def test_no_look_has_a_seam(tmp_path: Path) -> None:
    seamless(looped(tmp_path, SHIPPED), SHIPPED)


def seamless(folder: Path, looks: list[str]) -> None:
    """By the measure: the last frame and the first differ no more than neighbours do; and something moves."""
    found = rows(folder)
    assert len(found) == len(looks) + 2
    for row in found:
        assert float(row["seam"]) <= 1.0, row
        film = frames_of(folder / row["file"])
        assert len(film) == SPAN.frames == int(row["frames"])
        changes = [difference(a, b) for a, b in itertools.pairwise(film)]
        assert difference(film[-1], film[0]) <= 1.02 * max(changes), row  # as decoded, coding noise and all
        apart = max(difference(film[0], frame) for frame in film)
        assert apart > 4.0, f"{row['file']} stands still"


def test_files_say_what_they_are_and_are_listed(folder: Path) -> None:
    names = {row["file"] for row in rows(folder)}
    assert "worlds-neon+city-neon_loom-240bpm-2bars.mp4" in names
    assert "worlds-ink-neon_loom-240bpm-2bars.mp4" in names
    assert {path.name for path in folder.iterdir()} == {*names, "loops.csv", "loops.png"}
    row = next(row for row in rows(folder) if row["class"] == "ink")
    assert (row["bpm"], row["beats"], row["bars"], row["fps"], row["seed"]) == ("240", "8", "2", "24", "1")


def test_a_round_ends_where_the_next_begins(tmp_path: Path) -> None:
    """The control itself closes: the step over the seam is like any other, for latents and for the finish."""
    kept = Kept()
    loaded = load(Settings(look="undertow"), ahead=kept)
    loop = played(loaded.show(48000), loaded.desk, Beat(8, SPAN.bpm).sound(), SPAN, "groove")
    z = np.array([latent.z for latent in loop.latents])
    steps = np.linalg.norm(np.diff(z, axis=0, append=z[:1]), axis=2)
    assert (steps[-1] <= steps[:-1].max(axis=0)).all()
    keys = [(e, k) for e, v in loop.finishes[0].values.items() for k, x in v.items() if isinstance(x, float)]
    for effect, key in keys:
        values = np.array([finish.values[effect][key] for finish in loop.finishes])
        jumps = np.abs(np.diff(values, append=values[:1]))
        # what drifts goes as fast there as it would have, and slower within
        assert jumps[-1] <= 1.1 * jumps[:-1].max() + 1e-6, (effect, key)
    kept.close()


@pytest.mark.usefixtures("soon")
def test_what_is_there_stays_and_what_fails_stops_nothing(tmp_path: Path) -> None:
    short = replace(wanted("testcard", Span(2, Fraction(120), Fraction(24), 2)), size=(64, 36))
    which = [(None, "dawn"), ("no such class", None), (None, None)]
    first = loops(short, which, tmp_path)
    assert len(first.made) == 2
    assert [said for said, _ in first.failed] == ["no look no such class"]
    stamps = {name: (tmp_path / name).stat().st_mtime_ns for name in first.made}
    again = loops(short, [(None, "dawn"), (None, None)], tmp_path)
    assert (again.made, sorted(again.there)) == ([], sorted(first.made))
    assert stamps == {name: (tmp_path / name).stat().st_mtime_ns for name in first.made}
    other = loops(replace(short, seed=2), [(None, None)], tmp_path)
    assert len(other.made) == 1


@pytest.mark.usefixtures("soon")
def test_the_same_command_makes_the_same_film(tmp_path: Path) -> None:
    films = []
    for name in ("a", "b"):
        kept = Kept()
        loaded = load(Settings("testcard"), ahead=kept)
        show = loaded.show(48000)
        span = Span(2, Fraction(120), Fraction(24), 2)
        loop = played(show, loaded.desk, Beat(2, span.bpm, 2).sound(), span, "drop")
        made = make(loop, show, tmp_path / f"{name}.mp4", Wish((64, 36)))
        assert made.settled
        films.append(np.array(frames_of(tmp_path / f"{name}.mp4")))
        kept.close()
    np.testing.assert_array_equal(films[0], films[1])


@pytest.mark.usefixtures("soon")
def test_what_would_flash_is_held_back_in_every_round_alike(tmp_path: Path) -> None:
    kept = Kept()
    loaded = load(Settings("testcard"), ahead=kept)
    show = loaded.show(48000)
    span = Span(4, Fraction(120), Fraction(24))
    loop = played(show, loaded.desk, Beat(4, span.bpm).sound(), span, "groove")
    strobe = itertools.cycle((255, 255, 0, 0, 0))  # of no length that goes into the loop
    show.imagine = lambda latents, program, **_: np.array(  # type: ignore[method-assign]
        [np.full((36, 64, 3), level, np.uint8) for _, level in zip(latents, strobe, strict=False)]
    )
    made = make(loop, show, tmp_path / "loop.mp4", Wish((64, 36)))
    assert made.limited > 10
    assert made.settled
    assert made.seam.ratio <= 1.0
    meter = FlashMeter()
    film = frames_of(tmp_path / "loop.mp4")
    assert all(meter.step(n / 24, grid(places(picture))).flashes <= 3 for n, picture in enumerate(film * 3))
    kept.close()


@pytest.mark.usefixtures("soon")
def test_a_loop_is_what_kind_of_film_one_wants(tmp_path: Path) -> None:
    short = replace(wanted("testcard", Span(2, Fraction(150), Fraction(25), 2)), size=(64, 36))
    for delivery in (Delivery("png"), Delivery(codec="prores")):
        assert not loops(replace(short, delivery=delivery), [(None, None)], tmp_path).failed
    pictures, film = sorted(path for path in tmp_path.iterdir() if path.name.startswith("testcard"))
    assert (pictures.is_dir(), film.suffix) == (True, ".mov")
    assert len(list(pictures.glob("*.png"))) == 20
    with av.open(str(film)) as opened:
        assert opened.streams.video[0].codec_context.name == "prores"
        assert "bpm=150" in opened.metadata["comment"]
    assert len(rows(tmp_path)) == 2
    again = loops(replace(short, delivery=Delivery("png")), [(None, None)], tmp_path)
    assert (again.made, again.there) == ([], [pictures.name])


def test_bars_of_a_song_are_cut_at_their_lines(tmp_path: Path) -> None:
    beat = Beat(16, Fraction(125))
    sound = np.tile(beat.sound(), 3)

    def write(path: Path, sound: np.ndarray) -> Path:
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 48000, 0, "NONE", ""))
            file.writeframes((sound * 20000).astype(np.int16).tobytes())
        return path

    part = cut(write(tmp_path / "song.wav", sound), 7, 2, None, None)
    assert float(part.bpm) == pytest.approx(125, rel=0.005)
    length = round(8 * 60 * 48000 / 125)
    once = part.round(length)
    assert len(once) == length
    # it begins on a beat of the song: kicks are where they are in it
    spectra = [np.abs(np.fft.rfft(heard[: length // 8])) for heard in (once, beat.sound())]
    kick = slice(round(40 * 0.48), round(80 * 0.48))
    assert np.corrcoef(spectra[0][kick], spectra[1][kick])[0, 1] > 0.6
    early = np.abs(once[: round(0.1 * 48000)]).mean(), np.abs(once[round(0.3 * 48000) : round(0.4 * 48000)]).mean()
    assert early[0] > 1.5 * early[1]
    with pytest.raises(VjError, match="no 8 beats from bar 99"):
        cut(write(tmp_path / "short.wav", sound[: len(sound) // 6]), 99, 2, None, None)


@pytest.mark.usefixtures("soon")
def test_the_command_line_tells_what_does_not_fit(tmp_path: Path) -> None:
    def said(*arguments: str) -> VjError:
        result = CliRunner().invoke(app, ["loops", "--bundle", "testcard", "-o", str(tmp_path), *arguments])
        assert isinstance(result.exception, VjError)
        return result.exception

    assert "--fit bpm makes it" in said("--bpm", "133").hint
    assert "did you mean 'neon_loom'" in said("--look", "neonloom").hint
    assert "give one" in said("--bars", "2", "--beats", "3").hint
    assert not list(tmp_path.iterdir())
    arguments = ["--bpm", "133", "--beats", "2", "--fit", "bpm", "--size", "64x36", "--look", "dawn"]
    result = CliRunner().invoke(app, ["loops", "--bundle", "testcard", "-o", str(tmp_path), *arguments])
    assert result.exit_code == 0, result.output
    (film,) = tmp_path.glob("*.mp4")
    assert film.name == "testcard-free-dawn-133.33bpm-1bars.mp4"
    assert len(frames_of(film)) == 27
