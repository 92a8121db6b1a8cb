"""OSC by programs that were not written for us: Pure Data, and libraries of npm that `make foreign` installs."""

import json
import os
import queue
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).with_name("foreign")
#: Where `make foreign` puts what it installs.
INSTALLED = Path(os.environ.get("VJ_FOREIGN", Path(sys.prefix) / "foreign"))
LIBRARIES = ("osc", "node-osc", "osc-js")
#: What Pure Data is: control at one port by its own text protocol, OSC out to another, OSC in at a third.
PATCH = """#N canvas 0 0 600 400 10;
#X obj 10 10 netreceive {control} 127.0.0.1;
#X obj 10 40 oscformat;
#X obj 10 70 list prepend send;
#X obj 10 100 list trim;
#X obj 10 130 netsend -u -b;
#X obj 200 10 loadbang;
#X msg 200 40 connect 127.0.0.1 {send};
#X obj 300 10 netreceive -u -b {hear} 127.0.0.1;
#X obj 300 40 oscparse;
#X obj 300 70 list prepend heard;
#X obj 300 100 print;
#X connect 0 0 1 0;
#X connect 1 0 2 0;
#X connect 2 0 3 0;
#X connect 3 0 4 0;
#X connect 5 0 6 0;
#X connect 6 0 4 0;
#X connect 7 0 8 0;
#X connect 8 0 9 0;
#X connect 9 0 10 0;
"""


class Stranger:
    """A program that runs: `send` lets it send one packet, `heard` is the last that it heard of each address."""

    def __init__(self, process: "subprocess.Popen[str]", port: int) -> None:
        self.port = port
        self.heard: dict[str, list[Any]] = {}
        self.said: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._process = process
        threading.Thread(target=self._listen, daemon=True).start()

    def send(self, *messages: tuple[str, str | None, Sequence[Any]], after: float | None = None) -> None:
        """A message (address, types, values), or those of a bundle; types None: as the library likes."""
        assert self._process.stdin is not None
        told = {"messages": messages} if after is None else {"messages": messages, "after": after}
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._hear(line)

    def _hear(self, line: str) -> None:
        if line.startswith("["):
            address, args = json.loads(line)
            self.heard[address] = args
        else:
            self.said.put(line)


class PureData(Stranger):
    """Pure Data, which knows floats and symbols only, and no bundles that it sends."""

    def __init__(self, process: "subprocess.Popen[str]", port: int, control: int, known: Collection[str]) -> None:
        self._known = known
        super().__init__(process, port)
        self._line = _connected(control)

    def send(self, *messages: tuple[str, str | None, Sequence[Any]], after: float | None = None) -> None:
        assert after is None
        for address, types, values in messages:
            words = [f"set {address.strip('/').replace('/', ' ')}"]
            words += [f"format {types or ''}", f"list {' '.join(map(str, values))}"]
            self._line.sendall("".join(f"{each};\n" for each in words).encode())

    def close(self) -> None:
        self._line.close()

    def _hear(self, line: str) -> None:  # "print: heard master level 0.5"
        words = line.split()
        if "heard" not in words:
            self.said.put(line)
            return
        path = words[words.index("heard") + 1 :]
        for at in range(len(path), 0, -1):  # where the address ends it does not say
            if (address := "/" + "/".join(path[:at])) in self._known:
                self.heard[address] = [_number(each) for each in path[at:]]
                return


@contextmanager
def library(name: str, show_port: int) -> Iterator[Stranger]:
    """A library of npm in a node of its own; skips where it is not."""
    if shutil.which("node") is None or not (INSTALLED / "node_modules" / name).is_dir():
        pytest.skip(f"no {name} of npm: make foreign")
    port = free_port()
    command = ["node", str(FOLDER / "speak.cjs"), name, str(port), str(show_port)]
    with _running(command) as process:
        stranger = Stranger(process, port)
        _wait(lambda: "ready" in stranger.heard, stranger)
        yield stranger


@contextmanager
def pure_data(folder: Path, show_port: int, known: Collection[str]) -> Iterator[PureData]:
    """Pure Data without a window and without sound, to hear `known` addresses; skips where there is none."""
    if shutil.which("pd") is None:
        pytest.skip("no Pure Data: apt-get install puredata-core")
    port, control = free_port(), free_port()
    patch = folder / "stranger.pd"
    patch.write_text(PATCH.format(control=control, send=show_port, hear=port))
    command = ["pd", "-nogui", "-noaudio", "-nomidi", "-noprefs", "-stderr", "-open", str(patch)]
    with _running(command) as process:
        stranger = PureData(process, port, control, known)
        try:
            yield stranger
        finally:
            stranger.close()


def asked(port: int, *addresses: str) -> Any:
    """What npm's client of OSCQuery knows of the show at `port` and of `addresses`; skips where it is not."""
    if shutil.which("node") is None or not (INSTALLED / "node_modules" / "oscquery").is_dir():
        pytest.skip("no oscquery of npm: make foreign")
    command = ["node", str(FOLDER / "ask.cjs"), str(port), *addresses]
    done = subprocess.run(command, env=_surroundings(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextmanager
def _running(command: list[str]) -> Iterator["subprocess.Popen[str]"]:
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, env=_surroundings(), stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _surroundings() -> dict[str, str]:
    return {**os.environ, "VJ_FOREIGN": str(INSTALLED)}


def _wait(condition: Any, stranger: Stranger, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, [stranger.said.get() for _ in range(stranger.said.qsize())]
        time.sleep(0.02)


def _connected(port: int) -> socket.socket:
    """A connection to a program that has just been started."""
    end = time.monotonic() + 30.0
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=5.0)
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def _number(word: str) -> float | str:
    try:
        return float(word)
    except ValueError:
        return word
