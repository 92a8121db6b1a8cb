"""An earlier commit of the repository beside this one, and programs that run in either.

Other work on a machine moves what is measured by half, and a figure of last week is no neighbour of one of today: what
is compared is measured in turns, in one run.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


@contextmanager
def checkout(commit: str) -> Iterator[Path]:
    """The repository as it was at `commit`: a worktree, taken away again afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "base"
        subprocess.run(["git", "worktree", "add", "--detach", path, commit], cwd=REPOSITORY, check=True)
        try:
            yield path
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", path], cwd=REPOSITORY, check=False)


class Child:
    """A program of ours that runs in `build` on one thread, reads a line and answers with one."""

    def __init__(self, build: Path, program: str, *arguments: str) -> None:
        environment = {**os.environ, "PYTHONPATH": str(build), "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-c", program, *arguments],
            cwd=build,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, line: str) -> str:
        """Its answer."""
        print(line, file=self._process.stdin, flush=True)
        answer = next(iter(self._process.stdout or ()), "")
        if not answer:
            raise RuntimeError(f"the program ended with {self._process.wait()}")
        return answer

    def end(self) -> None:
        """No more questions."""
        self._process.communicate()
