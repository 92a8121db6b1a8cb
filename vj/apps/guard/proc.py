"""What the system tells of processes, and can be told: who traces one, whether a thread waits for a processor, who was
out of memory, whose child one is."""

import ctypes
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_PROC = Path("/proc")
#: prctl(2): whether who has lost his father becomes ours.
_SUBREAPER = 36


def traced(pid: int) -> bool:
    """Whether a debugger holds it."""
    return _field(pid, "TracerPid") not in ("", "0")


@dataclass(frozen=True)
class Standing:
    """One thread: whether it runs or is ready to, seconds on a processor, and seconds spent waiting for one, which the
    system adds up only when it gets one."""

    ready: bool
    ran: float
    waited: float


def threads(pid: int) -> dict[int, Standing]:
    """All threads of a process; none where nobody can say."""
    found: dict[int, Standing] = {}
    with suppress(OSError):
        for task in (_PROC / str(pid) / "task").iterdir():
            with suppress(OSError, ValueError, IndexError):
                ran, waited, *_ = (task / "schedstat").read_text().split()
                state = (task / "stat").read_text().rpartition(")")[2].split()[0]
                found[int(task.name)] = Standing(state == "R", int(ran) / 1e9, int(waited) / 1e9)
    return found


def out_of_memory() -> int:
    """How often the system has ended a process of ours or of anybody for want of memory."""
    return sum(map(_kills, (_own_group() / "memory.events", _PROC / "vmstat")))


def _kills(file: Path) -> int:
    with suppress(OSError, ValueError):
        for line in file.read_text().splitlines():
            name, _, count = line.partition(" ")
            if name == "oom_kill":
                return int(count)
    return 0


def _own_group() -> Path:
    """The control group that this process is in."""
    with suppress(OSError):
        for line in (_PROC / "self" / "cgroup").read_text().splitlines():
            number, _, path = line.split(":", 2)
            if number == "0":
                return Path("/sys/fs/cgroup" + path)
    return Path("/sys/fs/cgroup")


def children(pid: int) -> list[int]:
    """The processes that it started and that are still its own."""
    found: list[int] = []
    with suppress(OSError):
        for file in (_PROC / str(pid) / "task").glob("*/children"):
            with suppress(OSError):
                found += map(int, file.read_text().split())
    return found


def named(pid: int, names: Mapping[str, str]) -> dict[str, int]:
    """Those of its children whose command, or name, says one of the values of `names`, by its key."""
    found: dict[str, int] = {}
    for child in children(pid):
        with suppress(OSError):
            told = ((_PROC / str(child) / file).read_bytes() for file in ("cmdline", "comm"))
            command = b"\0".join(told).decode(errors="replace")
            for name in (name for name, word in names.items() if word in command):
                number = sum(known.rstrip("0123456789 ") == name for known in found)
                found[f"{name} {number + 1}" if number else name] = child
    return found


def spared(pid: int | str, score: int) -> None:
    """Have the system, where memory ends, look for others before (`score` to -1000) or after it (to 1000)."""
    with suppress(OSError):  # below 0 it wants a privilege
        (_PROC / str(pid) / "oom_score_adj").write_text(str(score))


def kill(pid: int, how: int = signal.SIGKILL) -> None:
    """Send a signal to a process, which may be gone."""
    with suppress(OSError):
        os.kill(pid, how)


@contextmanager
def ends(pids: list[int]) -> Iterator[list[int]]:
    """What can be waited on for the end of each process, where the system has such."""
    found: list[int] = []
    try:
        for pid in pids:
            try:
                found.append(os.pidfd_open(pid))
            except (OSError, AttributeError):
                continue
        yield found
    finally:
        for each in found:
            os.close(each)


def can_adopt() -> bool:
    """Whether this system has `adopting`, and no sandbox refuses it."""
    return sys.platform == "linux" and adopts()


@cache
def adopts() -> bool:
    """Whether `adopting` was let, the first time that this was asked."""
    try:
        with adopting():
            return True
    except OSError:
        return False


@contextmanager
def adopting() -> Iterator[None]:
    """Whoever below us loses his father meanwhile is our child, whose end we can wait for. Raises OSError where the
    system does not let us."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    try:
        yield
    finally:
        libc.prctl(_SUBREAPER, 0, 0, 0, 0)


def buried(children: set[int]) -> set[int]:
    """Of children of ours, those that have ended: they are taken leave of."""
    found = set()
    for pid in children:
        try:
            ended = os.waitpid(pid, os.WNOHANG)[0] != 0
        except ChildProcessError:
            ended = True
        if ended:
            found.add(pid)
    return found


def _field(pid: int, name: str) -> str:
    with suppress(OSError):
        for line in (_PROC / str(pid) / "status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return line.split()[1]
    return ""
