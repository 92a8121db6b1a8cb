"""Temporary folders: they go with their program, or with the next one."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from vj.apps.passing import FRESH_S, LOCK, Passing, sweep

_HOLDS = """
import sys, time
from pathlib import Path
from vj.apps.passing import Passing
passing = Passing("vj-test-", Path(sys.argv[1]))
(passing.path / "still.jpg").write_bytes(b"x")
print(passing.path, flush=True)
time.sleep(600)
"""


def aged(folder: Path) -> None:
    """As if it had been made a while ago."""
    at = (folder / LOCK).stat().st_mtime - 2.0 * FRESH_S
    os.utime(folder / LOCK, (at, at))


def test_it_goes_when_it_is_told_to_and_with_whoever_had_it(tmp_path: Path) -> None:
    one, other = Passing("vj-test-", tmp_path), Passing("vj-test-", tmp_path)
    (one.path / "deep").mkdir()
    (one.path / "deep" / "still.jpg").write_bytes(b"x")
    one.close()
    one.close()
    assert [*tmp_path.iterdir()] == [other.path]
    del other
    assert not [*tmp_path.iterdir()]


def test_what_a_killed_program_left_the_next_one_removes(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", _HOLDS, str(tmp_path)], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        left = Path(owner.stdout.readline().strip())
        aged(left)
        sweep("vj-test-", tmp_path)
        assert (left / "still.jpg").exists(), "its owner lives"
        owner.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        owner.wait()
    assert left.exists()
    mine = Passing("vj-test-", tmp_path)
    assert [*tmp_path.iterdir()] == [mine.path]


def test_what_is_ours_fresh_or_not_known_to_be_anybodys_stays(tmp_path: Path) -> None:
    """One without a lock may be of an older version, and one that was just made is about to be held."""
    mine, unknown, fresh, other = (
        Passing("vj-test-", tmp_path),
        *(tmp_path / f"vj-{n}" for n in ("test-1", "test-2", "x")),
    )
    aged(mine.path)
    for folder in (unknown, fresh, other):
        folder.mkdir()
    (fresh / LOCK).touch()
    (other / LOCK).touch()
    aged(other)
    sweep("vj-test-", tmp_path)
    assert {*tmp_path.iterdir()} == {mine.path, unknown, fresh, other}
    aged(fresh)
    sweep("vj-test-", tmp_path)
    assert not fresh.exists()
