"""A show that is watched while others do what they like to it: its frames a second, and a process's memory."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from servers.web import Show

ROOT = Path(__file__).resolve().parents[2]


def megabytes(pid: int | str = "self") -> float:
    """What a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def most_megabytes() -> float:
    """The most that this process ever held; what the system says of its use begins with what its parent held."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 2**10


def run(*words: object, out: int = subprocess.DEVNULL) -> "subprocess.Popen[str]":
    """Python with those words, able to import what tests import."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests")))}
    return subprocess.Popen([sys.executable, *map(str, words)], env=env, stdout=out, text=True)


def fps(show: Show, during: Callable[[], bool]) -> float:
    """Frames a second for as long as `during` says."""
    began, frames = time.perf_counter(), show.live.meter.displayed
    while during():
        time.sleep(0.05)
    return (show.live.meter.displayed - frames) / (time.perf_counter() - began)


def quiet(show: Show, seconds: float) -> float:
    """Frames a second for so long."""
    end = time.perf_counter() + seconds
    return fps(show, lambda: time.perf_counter() < end)


def stormed(show: Show, kind: str, count: int, seed: int, addresses: list[str]) -> tuple[int, float]:
    """Throw so much of a kind (servers/fuzz.py); what came of it, and frames a second meanwhile."""
    sender = run("-m", "servers.fuzz", kind, show.osc.port if kind == "packets" else show.link.port, count, seed,
                 *addresses, out=subprocess.PIPE)  # fmt: skip
    rate = fps(show, lambda: sender.poll() is None)
    said, _ = sender.communicate()
    assert sender.returncode == 0
    return int(said), rate
