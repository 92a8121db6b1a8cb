"""The processes of a guarded show, and how each is started and told to go."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from vj.apps.guard import leaving, proc, pulse

#: Exit code of one whose own could not be had.
UNKNOWN = 1


class Forked:
    """A show that began as a copy of this process: nothing has to be imported twice."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None

    def poll(self) -> int | None:
        """Its exit code, that of a signal negative; None while it runs."""
        if self._code is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                self._code = os.waitstatus_to_exitcode(status) if pid else None
            except ChildProcessError:
                self._code = UNKNOWN
        return self._code


class Spare:
    """A process that has imported what a show needs and opened its generator, and waits to be the show.

    `bundles` are those that it opens; one that is not `headless` opens a window as well.
    """

    def __init__(self, block: Path, bundles: list[str], headless: bool) -> None:
        told, tell = os.pipe()
        how = "headless" if headless else "window"
        self.bundles, self.headless = bundles, headless
        self._told = told
        os.set_blocking(told, False)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "vj.apps.spare", str(tell), how, ",".join(bundles)],
            stdin=subprocess.PIPE,
            pass_fds=(tell,),
            env=_environment(block),
        )
        os.close(tell)
        self.pid = self._process.pid
        self._said = b""
        proc.spared(self.pid, 900)  # rather this one than the show

    @property
    def warm(self) -> bool:
        """Whether it can be the show at once, but for its window."""
        return b"r" in self._heard()

    @property
    def seen(self) -> bool:
        """Whether its window is ready too."""
        return b"w" in self._heard()

    def _heard(self) -> bytes:
        with suppress(OSError):
            self._said += os.read(self._told, 8)
        return self._said

    def poll(self) -> int | None:
        """Its exit code, that of a signal negative; None while it runs."""
        return self._process.poll()

    def go(self, word: Mapping[str, Any]) -> None:
        """Be the show, as `word` says."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.write(json.dumps(word).encode() + b"\n")
            self._process.stdin.close()
        proc.spared(self.pid, 0)

    def end(self) -> None:
        """It is not needed."""
        _end(self._process)
        with suppress(OSError):
            os.close(self._told)


class Wall:
    """The process whose window lies under the show's and keeps its last picture; see wall.py."""

    def __init__(self, block: Path) -> None:
        command = [sys.executable, "-m", "vj.apps.guard.wall", str(block)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(block),
            start_new_session=True,  # Ctrl-C is for the show
        )
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._process.poll()

    def end(self) -> None:
        """Take its window away."""
        _end(self._process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()


def copied() -> Forked | None:
    """A copy of this process, which is None in its own eyes. Signals are there as in a fresh program."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return Forked(pid)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, leaving.interrupt)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    return None


def _environment(block: Path) -> dict[str, str]:
    """Ours, in which a process of ours finds this package and the block."""
    package = Path(__file__).resolve().parents[3]
    paths = [str(package), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), pulse.VARIABLE: str(block)}
