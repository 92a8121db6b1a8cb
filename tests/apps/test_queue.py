"""A queue of films: told before it begins what is wrong with it, gone through whatever fails, and gone on with."""

from pathlib import Path

import av
import pytest
import typer
from tests_songs import kicks
from typer.core import TyperCommand
from typer.testing import CliRunner

from vj.apps.cli import app
from vj.apps.listed import read_list
from vj.apps.render.planning import Job, planned
from vj.apps.render.queue import Log
from vj.core.errors import VjError

COMMAND: TyperCommand = typer.main.get_command(app).commands["render"]  # type: ignore[attr-defined]


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    """A folder with two songs, one with blanks in its name, and one that is none."""
    for name in ("one.wav", "Track #2 - live.wav"):
        kicks(tmp_path / name, 0.3)
    (tmp_path / "broken.wav").write_bytes(b"no sound at all")
    return tmp_path


def plan(folder: Path, name: str, text: str, *given: str) -> list[Job]:
    (folder / name).write_text(text, encoding="utf-8")
    return planned(folder / name, folder / "films", COMMAND, given)


def test_three_ways_to_write_a_queue_say_the_same(songs: Path) -> None:
    lines = '# a set\n\none.wav --look dawn --set /latent/psi=0.9\nTrack #2 - live.wav -o two.mp4\n"one.wav" --fps 24\n'
    table = "song,look,set,output,fps\none.wav,dawn,/latent/psi=0.9,,\nTrack #2 - live.wav,,,two.mp4,\none.wav,,,,24\n"
    toml = (
        '[[render]]\nsong = "one.wav"\nlook = "dawn"\nset = ["/latent/psi=0.9"]\n'
        '[[render]]\nsong = "Track #2 - live.wav"\noutput = "two.mp4"\n[[render]]\nsong = "one.wav"\nfps = 24\n'
    )
    plans = [plan(songs, name, text) for name, text in (("q.txt", lines), ("q.csv", table), ("q.toml", toml))]
    for jobs in plans:
        assert [job.song.name for job in jobs] == ["one.wav", "Track #2 - live.wav", "one.wav"]
        assert [job.output.name for job in jobs] == ["one.mp4", "two.mp4", "one-2.mp4"]
        assert jobs[0].arguments[1:5] == ("--look", "dawn", "--set", "/latent/psi=0.9")
        assert jobs[2].arguments[1:3] == ("--fps", "24")
    assert [job.key for job in plans[0]] == [job.key for job in plans[1]] == [job.key for job in plans[2]]
    assert [entry.line for entry in read_list(songs / "q.toml")[0]] == [1, 5, 8]


def test_what_is_given_for_all_gives_way_to_what_one_says(songs: Path) -> None:
    text = '[defaults]\nlook = "dawn"\n[[render]]\nsong = "one.wav"\n[[render]]\nsong = "one.wav"\nlook = "lanterns"\n'
    first, second = plan(songs, "q.toml", text, "--size", "64x36")
    made = [COMMAND.make_context("render", list(job.arguments)).params for job in (first, second)]
    assert [said["look"] for said in made] == ["dawn", "lanterns"]
    assert {said["size"] for said in made} == {"64x36"}


@pytest.mark.parametrize(
    ("name", "text", "line", "what", "hint"),
    [
        ("q.txt", "one.wav\nonne.wav\n", 2, "there is no", "one.wav"),
        ("q.txt", "one.wav --lok dawn\n", 1, "no option --lok", "look"),
        ("q.txt", "\none.wav --look dwan\n", 2, "no look 'dwan'", "dawn"),
        ("q.txt", "one.wav --size big\n", 1, "no picture size", "1280x720"),
        ("q.txt", "one.wav --fps 1000\n", 1, "out of range", "24"),
        ("q.txt", "one.wav --set latent=1\n", 1, "sets nothing", "write it like"),
        ("q.txt", "one.wav --seed x\n", 1, "seed", "vj render --help"),
        ("q.txt", "one.wav --look 'dawn\n", 1, "quote", "close it"),
        ("q.txt", "one.wav --bundle wrlds\nnone.wav", 1, "and 1 more broken line", "worlds"),
        ("q.csv", "song,look\none.wav,dawn,24\n", 2, "3 cells", "quote"),
        ("q.csv", "look,song\ndawn,\n", 2, "no song", "column"),
        ("q.toml", '[[render]]\nsong = "one.wav"\n\n[[render]]\nlook = "dawn"\n', 4, "no song", "song ="),
        ("q.toml", '[[rendr]]\nsong = "one.wav"\n', 1, "'rendr'", "render"),
        ("q.toml", '[[render]]\nsong = "one.wav\n', 2, "no TOML", "write it like"),
    ],
)
def test_a_broken_line_is_told_before_anything_begins(
    songs: Path, name: str, text: str, line: int, what: str, hint: str
) -> None:
    with pytest.raises(VjError) as told:
        plan(songs, name, text)
    assert what in told.value.what
    assert told.value.where.endswith(f"{name}, line {line}")
    assert hint in told.value.hint


def test_one_failure_stops_nothing_and_what_is_done_is_not_done_again(
    songs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each film is made by a process of its own."""
    (songs / "set.txt").write_text("broken.wav\nTrack #2 - live.wav --seed 2\n", encoding="utf-8")
    command = ["render", "--queue", str(songs / "set.txt"), "-o", "films"]
    command += ["--bundle", "testcard", "--size", "64x36", "--fps", "24", "--detail", "draft"]
    monkeypatch.chdir(songs)
    first = CliRunner().invoke(app, command)
    assert first.exit_code == 1, first.output
    assert "[1/2] broken.wav" in first.stdout
    failure = first.stdout[first.stdout.index("Queue: 1 made, 1 failed") :]
    assert "broken.wav (line 1)" in failure
    assert "where:" in failure
    film = songs / "films" / "Track #2 - live.mp4"
    with av.open(str(film)) as opened:
        assert sum(1 for _ in opened.decode(video=0)) == 8
    (songs / "broken.wav").unlink()
    kicks(songs / "broken.wav", 0.3)
    stamp = film.stat().st_mtime_ns
    second = CliRunner().invoke(app, command)
    assert second.exit_code == 0, second.output
    assert "Queue: 1 made, 1 were there, 0 failed" in second.stdout
    assert film.stat().st_mtime_ns == stamp


def test_what_is_not_as_it_was_is_not_done(songs: Path) -> None:
    (job,) = plan(songs, "q.txt", "one.wav\n")
    job.output.parent.mkdir()
    job.output.write_bytes(b"a film")
    log = Log(songs / "q.txt")
    assert not log.has(job)  # what an interrupted render left
    log.add(job)
    assert Log(songs / "q.txt").has(job)
    (other,) = plan(songs, "q.txt", "one.wav --seed 2\n")
    assert not Log(songs / "q.txt").has(other)
    job.output.write_bytes(b"a f")
    assert not Log(songs / "q.txt").has(job)
