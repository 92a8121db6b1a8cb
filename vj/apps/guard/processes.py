"""The processes of a guarded show, and how each is started and told to go."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from vj.apps.guard import leaving, proc, pulse

#: Exit code of one whose own could not be had.
UNKNOWN = 1
#: A fork server that does not answer for so many seconds is asked no more: nothing else is watched meanwhile.
ANSWER_S = 0.5
#: ... where there is nothing to watch, for the show fell.
PATIENT_S = 3.0


def can_copy() -> bool:
    """Whether a fork server can be had: where copies can be ours, and no library has a thread that a copy would lack,
    as ONNX Runtime has where it may tell its maker of each session."""
    return proc.can_adopt() and os.environ.get("ORT_DISABLE_TELEMETRY") == "1"


class Process(Protocol):
    """One of ours, however it was begun."""

    pid: int

    def poll(self) -> int | None:
        """Its exit code, that of a signal negative; None while it runs."""

    def kill(self) -> None:
        """End it."""

    def wait(self) -> int:
        """Until it is over; its exit code."""


class Forked:
    """One that began as a copy of this process or of one below it: nothing has to be imported twice."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None

    def poll(self) -> int | None:
        """Its exit code, that of a signal negative; None while it runs."""
        return self._look(os.WNOHANG)

    def kill(self) -> None:
        """End it."""
        if self._code is None:  # a number that was given back may be somebody else's
            proc.kill(self.pid)

    def wait(self) -> int:
        """Until it is over; its exit code."""
        code = self._look(0)
        return UNKNOWN if code is None else code

    def _look(self, how: int) -> int | None:
        if self._code is None:
            try:
                pid, status = os.waitpid(self.pid, how)
                self._code = os.waitstatus_to_exitcode(status) if pid else None
            except ChildProcessError:
                self._code = UNKNOWN
        return self._code


class ForkServer:
    """A process that has imported all that a show needs; what is copied from it is there at once. Only where
    `can_copy()`. Who came to us from it and is none of ours is added to `strays`, to be buried."""

    def __init__(self, block: Path, strays: set[int]) -> None:
        self._ear, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._ready = False
        self._strays = strays
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "vj.apps.spare.forking", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                env=_environment(block),
            )
        self.pid = self._process.pid
        proc.spared(self.pid, 900)  # rather this one than the show

    @property
    def ready(self) -> bool:
        """Whether it has imported everything."""
        if not self._ready:
            with suppress(OSError):  # asked every tick, and not to be waited for
                self._ready = bool(select.select([self._ear], [], [], 0)[0]) and self._ear.recv(1) == b"r"
        return self._ready

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._process.poll()

    def copy(self, said: int, tell: int, bundles: list[str], headless: bool, patience: float) -> Forked:
        """A spare that reads from `said` and tells on `tell`; raises OSError where none comes in `patience` seconds."""
        asked = json.dumps({"bundles": bundles, "headless": headless}).encode()
        before, pid = set(proc.children(os.getpid())), 0
        self._ear.settimeout(patience)
        try:
            with proc.adopting():
                socket.send_fds(self._ear, [asked], [said, tell])
                pid = int(self._ear.recv(64) or 0)
        finally:
            self._strays |= set(proc.children(os.getpid())) - before - {pid}
        if not pid:
            raise BrokenPipeError
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)  # raises where it is no child of ours
        return Forked(pid)

    def end(self) -> None:
        """It is not needed. Its copies stay."""
        _end(self._process)
        self._ear.close()


class Spare:
    """A process that has imported what a show needs and opened its generator, and waits to be the show.

    `bundles` are those that it opens; one that is not `headless` opens a window as well. It is a copy of what `server`
    is, where there is one that answers.
    """

    def __init__(
        self,
        block: Path,
        bundles: list[str],
        headless: bool,
        server: ForkServer | None = None,
        patience: float = ANSWER_S,
    ) -> None:
        self.bundles, self.headless = bundles, headless
        self._word = self._told = -1
        self._process: Process
        self.copied = False
        if server is not None:
            with suppress(OSError, ValueError):
                self._process = self._between(lambda said, tell: server.copy(said, tell, bundles, headless, patience))
                self.copied = True
        if not self.copied:
            self._process = self._between(partial(_begun, block, bundles, headless))
        self.pid = self._process.pid
        self._said = b""
        proc.spared(self.pid, 900)  # rather this one than the show

    def _between(self, begin: Callable[[int, int], Process]) -> Process:
        """Begin it with a pipe either way; where that fails they are closed, and who comes late is not needed."""
        said, self._word = os.pipe()
        self._told, tell = os.pipe()
        os.set_blocking(self._told, False)
        try:
            return begin(said, tell)
        except BaseException:
            self._part()
            raise
        finally:
            os.close(said)
            os.close(tell)

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
        with suppress(OSError):
            os.write(self._word, json.dumps(word).encode() + b"\n")
        self._part()
        proc.spared(self.pid, 0)

    def end(self) -> None:
        """It is not needed."""
        self._process.kill()
        self._process.wait()
        self._part()

    def _part(self) -> None:
        """Nothing more is said, and nothing heard."""
        for end in (self._word, self._told):
            if end >= 0:
                os.close(end)
        self._word = self._told = -1


def _begun(block: Path, bundles: list[str], headless: bool, said: int, tell: int) -> "subprocess.Popen[bytes]":
    """A spare that has everything before it."""
    return subprocess.Popen(
        [sys.executable, "-m", "vj.apps.spare", str(tell), "headless" if headless else "window", ",".join(bundles)],
        stdin=said,
        pass_fds=(tell,),
        env=_environment(block),
    )


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
