"""A real JACK server on its dummy driver: audio and MIDI without a sound card.

    with jackd() as jack:
        jack.connect("player:out_0", "recorder:in_0")

While it runs, `JACK_DEFAULT_SERVER` names it in `os.environ`, so children and newly initialised libraries find it.
Use PortAudio in a child process only (as `vj.devices` does): a PortAudio that has seen a JACK server aborts, hangs or
crashes the process once that server is gone.
"""

import fcntl
import itertools
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

_TOOLS = ("jackd", "jack_wait", "jack_lsp", "jack_connect", "jack_disconnect")


@contextmanager
def environment(**values: str) -> Iterator[None]:
    """`os.environ` with some values for a time; what was there before comes back."""
    before = {key: os.environ.get(key) for key in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End a child politely, then surely."""
    process.terminate()
    try:
        process.wait(2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@dataclass
class Jack:
    """One server: `name`, `rate` in Hz, `period` in frames. Can be stopped and started again (an unplugged device)."""

    name: str
    rate: int = 48000
    period: int = 256
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        command = [
            "jackd",
            "--no-realtime",
            "-n",
            self.name,
            "-d",
            "dummy",
            "-r",
            str(self.rate),
            "-p",
            str(self.period),
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            answer = subprocess.run(["jack_wait", "-s", self.name, "-w", "-t", "10"], capture_output=True, timeout=20)
            problem = f"{answer.stdout.decode()}{answer.stderr.decode()}" if answer.returncode else ""
        except subprocess.TimeoutExpired:
            problem = "it does not answer"
        if problem:
            self.stop()
            pytest.fail(f"jackd did not start: {problem}")

    def stop(self) -> None:
        """End the server; its clients are cut off."""
        if self._process is not None:
            stop(self._process)
            self._process = None
            for left in Path("/dev/shm").glob(f"jack*_{self.name}_*"):  # a server that had to be killed leaves these
                left.unlink(missing_ok=True)

    def ports(self) -> list[str]:
        """Names of all ports, such as "system:capture_1"."""
        listed = subprocess.run(["jack_lsp", "-s", self.name], capture_output=True, text=True, timeout=10, check=True)
        return [line for line in listed.stdout.splitlines() if ":" in line]

    def connections(self, port: str) -> list[str]:
        """Names of the ports wired to `port`."""
        command = ["jack_lsp", "-s", self.name, "-c", port]
        listed = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.splitlines()
        start = listed.index(port) + 1
        return [line.strip() for line in itertools.takewhile(lambda line: line.startswith(" "), listed[start:])]

    def wait_for(self, *ports: str, timeout: float = 10.0) -> None:
        """Return once every port in `ports` exists."""
        pause = threading.Event()
        for _ in range(int(timeout / 0.05)):
            if set(ports) <= set(self.ports()):
                return
            pause.wait(0.05)  # JACK's tools have no way to wait for a port
        pytest.fail(f"JACK ports {ports} did not appear; there are {self.ports()}")

    def connect(self, source: str, target: str, timeout: float = 10.0) -> None:
        """Wire an output port to an input port, as soon as both their clients run (a port is there before)."""
        pause = threading.Event()
        for _ in range(int(timeout / 0.1)):
            command = ["jack_connect", "-s", self.name, source, target]
            if target in self.connections(source) or not subprocess.run(command, capture_output=True).returncode:
                return
            pause.wait(0.1)
        pytest.fail(f"JACK does not connect {source} to {target}; there are {self.ports()}")

    def disconnect(self, source: str, target: str) -> None:
        """Cut the wire between two ports."""
        subprocess.run(
            ["jack_disconnect", "-s", self.name, source, target], check=True, capture_output=True, timeout=10
        )

    def wire(self, source: str, target: str) -> None:
        """Wire `source` to `target` and cut whatever else is wired to `target`."""
        self.wait_for(source, target)
        for other in self.connections(target):
            self.disconnect(other, target)
        self.connect(source, target)


@contextmanager
def _free_name() -> Iterator[str]:
    """One of six server names, the first that no other test run on this machine uses now.

    JACK remembers eight servers at most and forgets a dead one only when its name comes back, so names must repeat.
    """
    for number in range(6):
        path = Path(tempfile.gettempdir()) / f"vj-test-jackd-{os.getuid()}-{number}.lock"
        with path.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield f"vjtest{number}"
            return
    pytest.fail("six JACK servers of other tests are running")


@contextmanager
def jackd(rate: int = 48000, period: int = 256) -> Iterator[Jack]:
    """A running dummy server of its own name; skips the test where JACK is not installed."""
    missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"JACK is not installed ({', '.join(missing)} missing): apt-get install jackd2 jack-example-tools")
    with _free_name() as name, environment(JACK_DEFAULT_SERVER=name, JACK_NO_START_SERVER="1"):
        jack = Jack(name, rate, period)
        jack.start()
        try:
            yield jack
        finally:
            jack.stop()
