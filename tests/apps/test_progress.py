"""Progress in a pipe: lines now and then, with what is left."""

import io

import pytest
from rich.console import Console

from vj.apps.progress import Lines, bar, duration


def test_a_pipe_is_told_each_thing_once_and_the_end() -> None:
    out = io.StringIO()
    lines = Lines("holiday", Console(file=out), every=3600.0)
    lines("reading the film")
    for step in range(1, 101):
        lines("training", step / 100, "loss 0.5")
    told = out.getvalue().splitlines()
    assert told[0] == "holiday: reading the film"
    assert told[1].startswith("holiday: training  1 %")
    assert told[2] == "holiday: training  100 %  loss 0.5"
    assert len(told) == 3


def test_a_bar_in_a_pipe_is_lines_beside_the_output(capsys: pytest.CaptureFixture[str]) -> None:
    with bar("learning", Console(file=io.StringIO())) as say:
        say("looking [0]", 0.5)
    told = capsys.readouterr()
    assert told.err.startswith("learning: looking [0]  50 %")
    assert not told.out


def test_durations_read_as_one_says_them() -> None:
    assert [duration(s) for s in (0.2, 40, 420, 4800, 7260)] == ["1 s", "40 s", "7 min", "80 min", "2 h 01 min"]
