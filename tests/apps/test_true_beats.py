"""True beats from a file, beside those that `vj analyze` hears."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests_songs import kicks
from typer.testing import CliRunner

from vj.apps.analyze._true_beats import read_beats
from vj.apps.cli import app
from vj.core.beats import crossings, hits, kinds, tempo_at
from vj.core.errors import VjError


@pytest.mark.parametrize(
    ("name", "text", "places"),
    [
        ("a.json", '{"name": "x", "beats": [[0.5, 1], [1.0, 2], [1.5, 3]]}', [1, 2, 3]),
        ("a.json", "[0.5, 1, 1.5]", [0, 0, 0]),
        ("a.beats", "0.5\t1\n1.0 \t 2\n1.5\t3\n", [1, 2, 3]),
        ("a.csv", "time,beat\n0.5,1\n1.0,2\n1.5,3\n", [1, 2, 3]),
        ("a.csv", "name;place;seconds\na;4;0.5\nb;1;1.0\nc;2;1.5\n", [4, 1, 2]),
        ("labels.txt", "0.5\t0.5\t1\n1.0\t1.0\t2\n1.5\t1.5\tfill\n", [1, 2, 0]),
        ("a.txt", "\ufeff# beats\n1.5\n0.5\n1.0\n1.0\n", [0, 0, 0]),
    ],
)
def test_beats_are_read_as_editors_and_data_sets_write_them(
    tmp_path: Path, name: str, text: str, places: list[int]
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    beats = read_beats(tmp_path / name)
    assert beats.times.tolist() == [0.5, 1.0, 1.5]
    assert beats.places.tolist() == places


@pytest.mark.parametrize(
    ("sections", "told"),
    [
        ([[0, 1.0, "groove"], [1.0, 2.5, "drop"]], ((0.0, "groove"), (1.0, "drop"))),
        ([{"start": 0.0, "label": "verse"}], ()),
        ([[0.0, "verse"], 3, None], ()),
        ("verse", ()),
        (None, ()),
    ],
)
def test_sections_are_read_where_they_are_told(tmp_path: Path, sections: object, told: object) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"beats": [0.5, 1, 1.5], "sections": sections}), encoding="utf-8")
    assert read_beats(tmp_path / "a.json").sections == told


@pytest.mark.parametrize(
    "text", [None, "", "no beats here\n", '{"bpm": 120}', '{"beats": 3}', "0.5\n", "[[1], [2,", "[null]"]
)
def test_a_file_without_beats_is_refused(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "a.json").write_text(text, encoding="utf-8")
    with pytest.raises(VjError, match="beats"):
        read_beats(tmp_path / "a.json")


def test_a_hit_counts_once_and_within_70_ms() -> None:
    was, good = hits(np.array([1.0, 2.0, 3.0]), np.array([0.95, 1.05, 2.08, 3.069]))
    assert was.tolist() == [True, False, True]
    assert good.tolist() == [True, False, False, True]


def test_a_beat_is_called_what_it_is() -> None:
    ratio = np.array([1.0, 1.0, 1.0, 2 / 3, 0.5, 2.0, 0.85, 1.0, 1.0])
    off = np.array([7.1, 0.5, 0.25, 0.0, 0.0, 0.0, 0.0, -0.2, -0.2])
    bpm = np.array([120.0] * 8 + [200.0])  # at 200 BPM 70 ms are 0.23 beats
    told = ["right", "off-beat", "off", "2/3", "half", "double", "lost", "off", "right"]
    assert kinds(ratio, off, bpm).tolist() == told
    left_out = np.delete(np.arange(0.0, 10.0, 0.5), slice(4, None, 5))
    np.testing.assert_allclose(tempo_at(left_out, np.arange(0.0, 8.0, 0.3)), 120.0)


def test_a_count_that_leaps_is_seen_once() -> None:
    beats, rows = crossings(np.arange(5.0), np.array([0.5, 0.9, 1.4, 4.0, 4.2]))
    assert beats == pytest.approx([1.2, 3.0])
    assert rows.tolist() == [2, 3]


def test_the_sheet_and_the_words_tell_right_beats_from_wrong_ones(tmp_path: Path) -> None:
    song = kicks(tmp_path / "kicks.wav", 10.0)
    shares = []
    for name, late in (("true", 0.0), ("late", 0.25)):
        beats = [[0.5 * k + late, k % 4 + 1] for k in range(19)]
        (tmp_path / f"{name}.json").write_text(json.dumps({"beats": beats}))
        told = ["--beats", str(tmp_path / f"{name}.json"), "--plot", str(tmp_path / f"{name}.png")]
        # a director that surveys is asked for a preview only, and must hear the song all the same
        run = CliRunner().invoke(app, ["analyze", str(song), "--director", "spectrum", *told])
        assert run.exit_code == 0, run.output
        words = next(line for line in run.output.splitlines() if line.startswith("beats:"))
        shares.append(int(words.split("right ")[1].split(" %")[0]))
    assert shares[0] > 60 > 20 > shares[1]
    with Image.open(tmp_path / "true.png") as image:
        right = np.asarray(image.convert("RGB"), int)
    with Image.open(tmp_path / "late.png") as image:
        wrong = np.asarray(image.convert("RGB"), int)
    missed = np.array([0xFF, 0x3B, 0x5C])
    reds = [(np.abs(picture - missed).max(axis=2) < 24).sum() for picture in (right, wrong)]
    assert reds[1] > 2 * reds[0] > 0
