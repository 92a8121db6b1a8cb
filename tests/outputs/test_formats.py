"""What may be asked of a film, what is said to the rest, and what is left when a disk or a program gives up."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from vj.core.errors import OutputError
from vj.core.types import Finish, Frame
from vj.outputs.offscreen import Offscreen
from vj.outputs.video.asked import Encoding, Sound
from vj.outputs.video.colours import associated, linear, unmatted
from vj.outputs.video.film import Film, open_film
from vj.outputs.video.formats import CODECS, FORMATS, chosen, fitting, pattern, suffix_for
from vj.outputs.video.movie import chapters

NOISE = np.random.default_rng(0).integers(0, 255, (96, 160, 3), np.uint8)


@pytest.mark.parametrize(
    ("name", "asked", "codec", "depth"),
    [
        ("a.mp4", {}, "h264", 8),
        ("a.MOV", {}, "prores", 10),
        ("a.mov", {"alpha": "luma"}, "prores4444", 10),
        ("a.mkv", {"codec": "libx265", "depth": 10}, "hevc", 10),
        ("a.mov", {"codec": "hap-alpha"}, "hap-alpha", 8),
        ("a.exr", {}, "exr", 16),
        ("f/%06d.png", {"depth": 16}, "png", 16),
        ("noname", {"name": "mkv", "codec": "av1"}, "av1", 8),
    ],
)
def test_a_name_and_options_say_what_is_written(name: str, asked: dict, codec: str, depth: int) -> None:
    choice = chosen(Path(name), **asked)
    assert (choice.codec, choice.depth) == (codec, depth)


@pytest.mark.parametrize(
    ("name", "asked", "what", "hint"),
    [
        ("a.xyz", {}, "no kind of film ends in .xyz", ".mp4"),
        ("film", {}, "does not say", "--format"),
        ("a.mp4", {"name": "mp5"}, "no format 'mp5'", "mp4"),
        ("a.mp4", {"codec": "prores"}, "mp4 does not hold prores", ".mov"),
        ("a.mp4", {"codec": "h266"}, "no codec 'h266'", "h264"),
        ("a.mp4", {"depth": 12}, "no 12 bits", "8 or 10"),
        ("a.mov", {"codec": "prores", "depth": 8}, "no 8 bits", "10"),
        ("a.mp4", {"alpha": "luma"}, "h264 has no alpha", "prores4444"),
        ("a.mov", {"alpha": "key"}, "no alpha 'key'", "luma"),
    ],
)
def test_what_cannot_be_is_told_with_what_can(name: str, asked: dict, what: str, hint: str) -> None:
    with pytest.raises(OutputError) as caught:
        chosen(Path(name), **asked)
    assert what in caught.value.what
    assert caught.value.where
    assert hint in caught.value.hint


def test_every_codec_has_a_home_and_every_format_codecs() -> None:
    held = {codec for form in FORMATS.values() for codec in form.codecs}
    assert held == set(CODECS)
    for name in CODECS:
        assert chosen(Path("film" + suffix_for(name)), codec=name).codec == name


@pytest.mark.parametrize(
    ("name", "size", "cut"),
    [
        ("a.mp4", (1081, 1919), (1080, 1918)),
        ("a.mov", (1081, 1919), (1081, 1919)),
        ("a.mp4", (7680, 1080), (7680, 1080)),
        ("%d.png", (513, 7), (513, 7)),
    ],
)
def test_odd_screens_are_cut_only_where_they_must_be(name: str, size: tuple, cut: tuple) -> None:
    assert fitting(chosen(Path(name)), size, Path(name)) == cut


def test_hap_counts_in_fours_and_sides_have_limits() -> None:
    assert fitting(chosen(Path("a.mov"), codec="hap"), (7681, 1083), Path("a.mov")) == (7680, 1080)
    for asked, size in (({"name": "webp"}, (16384, 9)), ({"name": "mp4", "codec": "hevc"}, (1920, 8))):
        with pytest.raises(OutputError, match="pixels a side"):
            fitting(chosen(Path("a"), **asked), size, Path("a"))


@pytest.mark.parametrize(("name", "codec"), [("a.mov", "prores"), ("b.mov", "prores4444"), ("c.apng", "apng")])
def test_an_odd_screen_comes_back_whole(name: str, codec: str, tmp_path: Path) -> None:
    picture = NOISE[:37, :65]
    with open_film(tmp_path / name, (65, 37), 25, None, Encoding()) as film:
        for _ in range(3):
            film.write(np.zeros_like(picture))
    assert film.size == (65, 37)
    assert not film.notes
    with av.open(str(tmp_path / name)) as opened:
        frame = next(opened.decode(video=0))
    assert (frame.width, frame.height) == (65, 37)


def test_a_cut_is_told(tmp_path: Path) -> None:
    with open_film(tmp_path / "a.mkv", (65, 37), 25, None, Encoding(preset="ultrafast")) as film:
        film.write(NOISE[:36, :64])
    assert film.notes == ["65x37 becomes 64x36: H.264 has sides in steps of 2"]


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_over_black_alpha_changes_nothing_and_black_is_clear(depth: type) -> None:
    full = np.iinfo(depth).max
    picture = np.random.default_rng(1).integers(0, full, (40, 40, 3), dtype=depth, endpoint=True)
    picture[0] = 0
    rgba = unmatted(picture).astype(float)
    assert not rgba[0, :, 3].any()
    np.testing.assert_allclose(rgba[..., :3] * rgba[..., 3:] / full, picture, atol=0.51)
    light = associated(picture)
    np.testing.assert_array_equal(light[..., :3], linear(picture))  # multiplied in, as OpenEXR has it
    assert (light[..., 3] == light[..., :3].max(2)).all()


def test_light_is_linear() -> None:
    codes = np.array([[[0, 10, 255]], [[128, 55, 200]]], np.uint8)
    said = [0.0, 10 / 255 / 12.92, 1.0, ((128 / 255 + 0.055) / 1.055) ** 2.4]
    assert linear(codes).ravel()[:4] == pytest.approx(said)
    np.testing.assert_allclose(linear(codes.astype(np.uint16) * 257), linear(codes), rtol=1e-6)


def test_chapters_follow_one_another_from_the_very_beginning() -> None:
    made = chapters([(4.0, "drop"), (1.0, "build"), (4.0002, "drop, really"), (9.0, "after the end")], 8.0)
    assert [(c["start"], c["end"], c["metadata"]["title"]) for c in made] == [
        (0, 1000, "start"), (1000, 4000, "build"), (4000, 8000, "drop, really")
    ]  # fmt: skip
    assert chapters([], 8.0) == []


@pytest.mark.parametrize("name", ["%d-%d.png", "%s.png", "100%.png", "%05i.png", "%20d.png", "%%06d.png"])
def test_a_name_of_pictures_has_one_number(name: str) -> None:
    assert (pattern(Path("a.png")), pattern(Path("f/%03d.exr"))) == ("a-%06d.png", "%03d.exr")
    with pytest.raises(OutputError, match="one number"):
        pattern(Path(name))


def test_pictures_of_an_older_film_are_told_of(tmp_path: Path) -> None:
    for count in (5, 3):
        with open_film(tmp_path / "new" / "%02d.png", (8, 8), 25, None) as film:
            for _ in range(count):
                film.write(NOISE[:8, :8])
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [f"{n:02d}.png" for n in range(1, 6)]
    assert "2 pictures of an older film" in film.notes[0]
    assert "04.png" in film.notes[0]


@pytest.mark.gl
@pytest.mark.parametrize("finish", [None, Finish({}, 1)], ids=["plain", "finished"])
def test_a_deep_finish_has_more_than_eight_bits(finish: Finish | None) -> None:
    ramp = np.linspace(60, 90, 64).round().astype(np.uint8)[None, :, None].repeat(36, 0).repeat(3, 2)
    frame = Frame(np.ascontiguousarray(ramp), 0.0, 0, finish=finish)
    with Offscreen((1280, 64)) as plain:
        eight = plain.fine(frame).copy()
    with Offscreen((1280, 64), deep=True) as deep:  # after the other: there is one context on a thread
        if not deep.deep:
            pytest.skip("no OpenGL without a screen")
        fine = deep.fine(frame)
    assert (fine.dtype, eight.dtype) == (np.uint16, np.uint8)
    row = fine[32, :, 1]
    assert len(np.unique(row >> 6)) > 3 * len(np.unique(eight[32, :, 1]))
    np.testing.assert_allclose(fine / 257.0, eight, atol=2.0)


def fill(film: Film, count: int, at: int = -1, then: Callable[[Film], None] = lambda film: None) -> None:
    """Write so many pictures, and before picture `at` do something to the film; then close it."""
    with film:
        for n in range(count):
            if n == at:
                then(film)
            film.write(np.roll(NOISE[: film.size[1], : film.size[0]], 7 * n, 0))
            if film.sound:
                film.write_audio(np.zeros((film.sound.rate // 10, film.sound.channels), np.float32))


def killed(film: Film) -> None:
    os.kill(film._child.pid, signal.SIGKILL)


FAILING = ["a.mp4", "a.mov", "a.mkv", "a.gif", "a.webp", "a.apng"]


def frames_of(path: Path) -> int:
    if path.suffix == ".webp":
        with Image.open(path) as image:
            for n in range(image.n_frames):  # type: ignore[attr-defined]
                image.seek(n)
                image.load()
            return n + 1
    count = 0
    with av.open(str(path)) as opened:
        for packet in opened.demux(video=0):
            with suppress(av.FFmpegError):  # the last one may be half there: players leave it out
                count += len(packet.decode())
    return count


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="limits of other processes are Linux's")
@pytest.mark.parametrize("name", FAILING)
def test_a_disk_that_is_full_on_the_way_leaves_what_plays(name: str, tmp_path: Path) -> None:
    """A limit on the size of files is for the writer what a full disk is."""
    import resource

    path = tmp_path / name
    film = open_film(path, (160, 96), 10, None, Encoding(preset="ultrafast", slots=2))
    resource.prlimit(film._child.pid, resource.RLIMIT_FSIZE, (400_000, 400_000))
    with pytest.raises(OutputError) as caught:
        fill(film, 200)
    assert "cannot write the film" in caught.value.what
    assert caught.value.where
    assert "disk" in caught.value.hint
    assert frames_of(path) >= 5


def test_a_full_disk_leaves_whole_pictures_only(tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "004.png").symlink_to("/dev/full")
    film = open_film(tmp_path / "f" / "%03d.png", (160, 96), 10, None)
    with pytest.raises(OutputError, match="No space") as caught:
        fill(film, 30)
    assert "disk" in caught.value.hint
    kept = sorted(path for path in (tmp_path / "f").iterdir())
    assert [path.name for path in kept[:3]] == ["001.png", "002.png", "003.png"]
    for path in kept:
        with Image.open(path) as image:
            image.load()


@pytest.mark.parametrize("name", ["a.mov", "a.mkv", "a.webp"])
def test_a_writer_that_is_killed_leaves_what_plays(name: str, tmp_path: Path) -> None:
    film = open_film(tmp_path / name, (160, 96), 10, Sound(8000, 1), Encoding(slots=2))
    with pytest.raises(OutputError, match="died"):
        fill(film, 200, 90, killed)
    assert frames_of(tmp_path / name) >= 40


def fake(folder: Path, script: str) -> None:
    """A command ffmpeg of our own."""
    (folder / "ffmpeg").write_text(f"#!{sys.executable}\n{script}")
    (folder / "ffmpeg").chmod(0o755)


def hap(folder: Path) -> Film:
    return open_film(folder / "a.mov", (64, 64), Fraction(30), None, Encoding(codec="hap"))


@pytest.mark.parametrize(
    ("script", "what"),
    [
        (None, "there is none"),
        ("import sys; sys.exit(\"Unknown encoder 'hap'\")", "ffmpeg makes no HAP: Unknown encoder"),
        ("import sys; sys.stdout.write('no film at all')", "ffmpeg makes no HAP"),
    ],
)
def test_an_ffmpeg_that_makes_no_hap_is_told_before_there_is_a_file(
    script: str | None, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    if script:
        fake(tmp_path / "bin", script)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(OutputError) as caught:
        hap(tmp_path)
    assert what in caught.value.what
    assert "--codec prores" in caught.value.hint
    assert not (tmp_path / "a.mov").exists()


def test_an_ffmpeg_that_dies_on_the_way_leaves_what_plays(tmp_path: Path) -> None:
    if subprocess.run(["sh", "-c", "command -v ffmpeg"], capture_output=True, check=False).returncode:
        pytest.skip("no command ffmpeg to make HAP: apt-get install ffmpeg")
    film = hap(tmp_path)
    family = ["ps", "-o", "pid=", "--ppid", str(film._child.pid)]
    ffmpeg = int(subprocess.run(family, capture_output=True, text=True, check=True).stdout)
    with pytest.raises(OutputError, match="ffmpeg gave up") as caught:
        fill(film, 300, 100, lambda film: os.kill(ffmpeg, signal.SIGKILL))
    assert "can be played" in caught.value.hint
    probe = ["ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=nb_read_packets", "-of", "csv=p=0"]
    told = subprocess.run([*probe, str(tmp_path / "a.mov")], capture_output=True, text=True, check=True).stdout
    assert int(told.strip().strip(",")) >= 60
