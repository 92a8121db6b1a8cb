"""`vj render` writes what its name and options ask for, and the film says where it comes from."""

from pathlib import Path

import av
import numpy as np
import pytest
from apps.test_cli import vj
from PIL import Image
from tests_songs import kicks

from vj import __version__
from vj.generators.bundle.manifest import find_bundle, read_bundle

SETLIST = """
bundle = "testcard"
[[cue]]
number = "1"
name = "Doors"
classes = "bars"
follow = "1 s"
set = { "/fx/on" = false }
[[cue]]
number = "2"
name = "Drop"
classes = "bars"
follow = "0.5 s"
[[cue]]
number = "3"
classes = "bars"
"""


@pytest.fixture
def song(tmp_path: Path) -> Path:
    (tmp_path / "set.toml").write_text(SETLIST)
    return kicks(tmp_path / "song.wav", 2.0)


def test_a_film_for_editing_has_chapters_its_sound_and_says_where_it_comes_from(song: Path, tmp_path: Path) -> None:
    out = tmp_path / "film.mov"
    arguments = ("--setlist", str(tmp_path / "set.toml"), "--size", "128x72", "--seed", "7", "--fps", "24")
    done = vj("render", str(song), "-o", str(out), *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "ProRes 422 HQ of 10 bits" in done.stdout
    assert "as it is in the file" in done.stdout
    with av.open(str(out)) as film:
        said = film.metadata
        chapters = [(float(c["start"] * c["time_base"]), c["metadata"]["title"]) for c in film.chapters()]
        assert film.streams.video[0].codec_context.codec_tag == "apch"
        assert film.streams.audio[0].codec_context.name == "pcm_s16le"
        assert sum(1 for _ in film.decode(video=0)) == 48
    assert [name for _, name in chapters] == ["Doors", "Drop", "cue 3"]
    assert [start for start, _ in chapters] == pytest.approx([0.0, 1.0, 1.5], abs=1 / 23)
    assert said["title"] == "song"
    facts = dict(fact.split("=", 1) for fact in said["comment"].split("; "))
    assert (facts["vj"], facts["seed"], facts["setlist"]) == (__version__, "7", "set")
    assert facts["bundle"] == "testcard"
    assert "onnxruntime" in facts["with"]
    assert str(tmp_path) not in said["comment"]


def test_a_bundle_is_told_by_its_hash(song: Path, tmp_path: Path) -> None:
    """And a sequence of deep pictures with alpha has no sound to speak of."""
    name = ("--size", "64x36", "--to", "0.1", "--depth", "16", "--alpha", "luma")
    done = vj("render", str(song), "-o", "frames/%03d.png", "--bundle", "dream", *name, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "PNG of 16 bits with alpha" in done.stdout
    assert "no sound" in done.stdout
    with Image.open(tmp_path / "frames" / "003.png") as picture:
        comment = picture.text["Comment"]  # type: ignore[attr-defined]
    assert f"bundle=dream {read_bundle(find_bundle('dream'), verify=False).fingerprint}" in comment
    with av.open(str(tmp_path / "frames" / "003.png")) as opened:
        (frame,) = opened.decode(video=0)
        assert frame.format.name == "rgba64be"
        alpha = frame.to_ndarray(format="rgba64le")[..., 3]
    assert len(np.unique(alpha)) > 256


def test_no_sound_and_an_odd_screen(song: Path, tmp_path: Path) -> None:
    look = ("--bundle", "testcard", "--size", "65x121", "--sound", "none", "--to", "0.2")
    done = vj("render", str(song), "-o", "film.mkv", *look, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "65x121 becomes 64x120" in done.stdout
    with av.open(str(tmp_path / "film.mkv")) as film:
        assert [stream.type for stream in film.streams] == ["video"]
        assert (film.streams.video[0].width, film.streams.video[0].height) == (64, 120)


@pytest.mark.parametrize(
    ("arguments", "what", "hint"),
    [
        (("-o", "film.avi"), "no kind of film ends in .avi", ".mp4"),
        (("--codec", "prores", "-o", "film.mp4"), "mp4 does not hold prores", ".mov"),
        (("--depth", "12"), "no 12 bits", "8 or 10"),
        (("--alpha", "luma", "-o", "film.gif"), "gif has no alpha", "prores4444"),
        (("--sound", "loud"), "no way of sound 'loud'", "none"),
        (("-o", "%d-%d.png"), "one number", "%06d"),
    ],
)
def test_what_cannot_be_is_told_in_three_parts(
    arguments: tuple[str, ...], what: str, hint: str, song: Path, tmp_path: Path
) -> None:
    before = set(tmp_path.iterdir())
    done = vj("render", str(song), "--bundle", "testcard", "--size", "64x36", *arguments, cwd=tmp_path)
    assert done.returncode == 1
    first, where, tried = done.stderr.strip().splitlines()
    assert what in first
    assert "where:" in where
    assert hint in tried
    assert set(tmp_path.iterdir()) == before


def test_without_a_name_the_codec_says_what_it_is_called(song: Path, tmp_path: Path) -> None:
    look = ("--bundle", "testcard", "--size", "64x36", "--to", "0.1")
    assert vj("render", str(song), *look, "--alpha", "luma", cwd=tmp_path).returncode == 0
    with av.open(str(tmp_path / "song.mov")) as film:
        assert film.streams.video[0].codec_context.codec_tag == "ap4h"


def test_what_can_be_written_here_is_listed() -> None:
    done = vj("render", "--list-formats")
    assert done.returncode == 0, done.stderr
    for word in ("h264", "libx264", "prores4444", "luma", ".exr", "hap-q"):
        assert word in done.stdout
