"""Spares are copies of a process that has imported everything: there at once, children of ours, and none the worse for
its end."""

import ctypes
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from servers.guarded import LONG, gone

from vj.apps.guard import proc
from vj.apps.guard.block import Block
from vj.apps.guard.company import Company
from vj.apps.guard.processes import ForkServer, Spare

pytestmark = pytest.mark.skipif(not proc.can_adopt(), reason="only Linux lets one adopt")
Wait = Callable[..., None]
#: prctl(2)
GET_CHILD_SUBREAPER = 37


@pytest.fixture
def block() -> Iterator[Path]:
    made = Block.make()
    yield made.path
    made.remove()


@pytest.fixture
def server(block: Path) -> Iterator[ForkServer]:
    server = ForkServer(block, set())
    end = time.monotonic() + LONG
    while not server.ready:
        assert server.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)
    yield server
    server.end()


class Silent:
    """An end of which nothing has come, and at which nobody may wait."""

    def __init__(self) -> None:
        self._ends = socket.socketpair()

    def fileno(self) -> int:
        return self._ends[0].fileno()

    def recv(self, *_: int) -> bytes:
        raise AssertionError("the guard would stand still meanwhile")

    def close(self) -> None:
        for end in self._ends:
            end.close()


def test_one_that_still_imports_is_not_waited_for(block: Path) -> None:
    begun = ForkServer(block, set())
    begun._ear.close()
    begun._ear = Silent()  # type: ignore[assignment]
    try:
        assert not begun.ready
    finally:
        begun.end()


def adopts() -> bool:
    answer = ctypes.c_int(-1)
    ctypes.CDLL(None).prctl(GET_CHILD_SUBREAPER, ctypes.byref(answer), 0, 0, 0)
    return bool(answer.value)


def test_a_copy_is_a_child_of_ours_that_gets_ready_and_ends_when_nobody_needs_it(
    server: ForkServer, block: Path, wait_until: Wait
) -> None:
    spare = Spare(block, ["testcard"], True, server)
    assert spare.copied
    assert f"PPid:\t{os.getpid()}\n" in Path(f"/proc/{spare.pid}/status").read_text()
    assert not proc.children(server.pid), "who lay between is buried"
    assert not adopts(), "nobody else's orphans are taken in"
    wait_until(lambda: spare.warm)
    assert spare.poll() is None
    painter = proc.named(spare.pid, {"generator": "guard.painter"})["generator"]
    assert Path(f"/proc/{painter}/comm").read_text() == "guard.painter\n", "its generator's process is a copy too"
    spare._part()  # the end of what is said
    wait_until(lambda: spare.poll() is not None)
    assert spare.poll() == 0
    wait_until(lambda: gone([painter]))


#: Has no thread but its first, as a copy has to.
PAINTED = """
import os, signal, sys
from vj.apps.guard import apart
from vj.core.errors import BundleError
from vj.generators.bundle.verify import sample
apart.copy_painter()
copy = apart._painter.pid
one, two = apart.Apart("testcard"), apart.Apart("testcard")
assert one.pid == copy != two.pid
latent = sample(one.spec, 3)
assert (one.generate([latent]) == two.generate([latent])).all()
os.kill(copy, signal.SIGKILL)
try:
    one.generate([latent])
except BundleError as error:
    assert "begun again" in str(error)
assert (one.generate([latent]) == two.generate([latent])).all()
assert one.deaths == 1 and one.pid not in (0, copy)
one.close(), two.close()
print("all so")
"""


def test_a_painter_that_is_a_copy_paints_the_same_and_dies_as_any_other() -> None:
    done = subprocess.run([sys.executable, "-c", PAINTED], capture_output=True, text=True, timeout=LONG, check=False)
    assert done.stdout == "all so\n", done.stderr


def test_it_is_as_urgent_as_any_other_though_its_imports_gave_way(server: ForkServer, block: Path) -> None:
    spare = Spare(block, [], True, server)
    try:
        assert os.getpriority(os.PRIO_PROCESS, spare.pid) == os.getpriority(os.PRIO_PROCESS, 0)
        for number in (signal.SIGINT, signal.SIGHUP):
            os.kill(spare.pid, number)
        time.sleep(0.2)
        assert spare.poll() is None, "Ctrl-C is for the show"
    finally:
        spare.end()
    assert spare.poll() == -signal.SIGKILL


def test_the_end_of_the_server_is_not_that_of_its_copies(server: ForkServer, block: Path, wait_until: Wait) -> None:
    first, second = (Spare(block, [], True, server) for _ in range(2))
    try:
        os.kill(server.pid, signal.SIGKILL)
        wait_until(lambda: server.poll() is not None)
        time.sleep(0.2)
        assert (first.poll(), second.poll()) == (None, None)
        third = Spare(block, [], True, server)
        assert not third.copied, "one that has everything before it, where nobody can be copied"
        third.end()
        first._part()
        wait_until(lambda: first.poll() == 0)
        assert second.poll() is None, "each is spoken to alone"
    finally:
        first.end()
        second.end()


def test_one_that_does_not_answer_is_waited_for_no_longer_than_that(
    server: ForkServer, block: Path, wait_until: Wait
) -> None:
    os.kill(server.pid, signal.SIGSTOP)
    spare = Spare(block, [], True, server)
    try:
        assert not spare.copied
        assert not adopts()
        assert spare.poll() is None
        os.kill(server.pid, signal.SIGCONT)  # and does what it was told, after all
        wait_until(lambda: select.select([server._ear], [], [], 0)[0])
        late = int(server._ear.recv(64))
        wait_until(lambda: gone([late]))
    finally:
        spare.end()


def test_the_guard_has_another_one_when_it_dies_and_its_spares_are_copies(block: Path, wait_until: Wait) -> None:
    company = Company(Block(block), headless=True)
    stray = os.posix_spawnp("sleep", ["sleep", "60"], os.environ)

    def ready() -> bool:
        company.tend(time.monotonic(), False)
        return bool(company.facts["warm"])

    try:
        wait_until(ready)
        server, spare = company.facts["forkserver"], company.facts["spare"]
        assert b"forking" in Path(f"/proc/{spare}/cmdline").read_bytes()
        os.kill(server, signal.SIGKILL)
        company._strays.add(stray)
        os.kill(stray, signal.SIGKILL)
        wait_until(lambda: ready() and company.facts["forkserver"] not in (0, server))
        assert company.facts["spare"] == spare
        assert not company._strays, "who came from a server that is no more is buried too"
        assert not Path(f"/proc/{stray}").exists()
        os.kill(spare, signal.SIGKILL)
        wait_until(lambda: ready() and company.facts["spare"] not in (0, spare))
        family = [company.facts["forkserver"], company.facts["spare"]]
        assert b"forking" in Path(f"/proc/{family[1]}/cmdline").read_bytes()
    finally:
        company.end()
    assert gone(family)


@pytest.mark.parametrize("how", ["another system", "a sandbox", "a thread that reports"])
def test_where_nobody_can_be_copied_every_spare_has_everything_before_it(
    block: Path, how: str, wait_until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    if how == "another system":
        monkeypatch.setattr(sys, "platform", "freebsd14")
    elif how == "a sandbox":
        monkeypatch.setattr(proc, "_SUBREAPER", 999)  # prctl refuses what it does not know
    else:
        monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "0")
    proc.adopts.cache_clear()
    company = Company(Block(block), headless=True)

    def ready() -> bool:
        company.tend(time.monotonic(), False)
        return bool(company.facts["warm"])

    try:
        wait_until(ready)
        assert company.facts["forkserver"] == 0
        assert b"vj.apps.spare\0" in Path(f"/proc/{company.facts['spare']}/cmdline").read_bytes()
    finally:
        company.end()
        proc.adopts.cache_clear()
