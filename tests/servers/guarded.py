"""`vj live` under its guard, as a process of its own: who is who in it, what it stands at, and its ends."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pythonosc.udp_client import SimpleUDPClient

from vj.apps.guard import journal
from vj.apps.guard.block import Block
from vj.apps.guard.proc import children

#: A machine that others use may need long to open what a show needs.
LONG = 120.0


def free_port(kind: int = socket.SOCK_DGRAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Guarded:
    """Begun at once. `home` is where its own files go; `more` are further words for the command."""

    def __init__(self, home: Path, *more: object, web: bool = False) -> None:
        kinds = {f"XDG_{kind.upper()}_HOME": str(home / kind) for kind in ("config", "state", "data", "cache")}
        self.osc, self.web = free_port(), free_port(socket.SOCK_STREAM)
        command = [sys.executable, "-m", "vj.apps.cli", "live", "--osc-port", str(self.osc)]
        command += [] if "--midi-backend" in more else ["--no-midi"]
        command += ["--web-port", str(self.web)] if web else ["--no-web"]
        self._out = (home / "out.txt").open("w+")
        self.process = subprocess.Popen(
            [*command, *map(str, more)],
            env={**os.environ, **kinds, "COLUMNS": "200"},
            cwd=home,
            stdout=self._out,
            stderr=subprocess.STDOUT,
        )
        self._file = home / "state" / "vj" / "guard" / f"{self.process.pid}.json"
        self.crashes = home / "state" / "vj" / "crashes.log"
        self._hands = SimpleUDPClient("127.0.0.1", self.osc)

    @property
    def said(self) -> str:
        return Path(self._out.name).read_text()

    @property
    def state(self) -> dict[str, Any]:
        """What the guard tells; nothing while it does not."""
        try:
            return json.loads(self._file.read_text())  # type: ignore[no-any-return]
        except (OSError, ValueError):
            return {}

    def until(self, condition: Callable[[dict[str, Any]], object], seconds: float = LONG) -> dict[str, Any]:
        """The state once it is so."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            state = self.state
            if state and condition(state):
                return state
            assert self.process.poll() is None, self.said
            time.sleep(0.02)
        raise AssertionError(f"did not happen within {seconds} s: {self.state}\n{self.said}")

    def on(self) -> dict[str, Any]:
        """The state once the show is on and the spare ready."""
        return self.until(lambda state: state["phase"] == "on" and state["warm"])

    def fall(self, how: int = signal.SIGKILL) -> dict[str, Any]:
        """Send the show that signal; the state once it is seen again."""
        before = self.state
        os.kill(before["show"], how)
        return self.back(before)

    def back(self, before: dict[str, Any]) -> dict[str, Any]:
        """The state once there was one fall more than `before`, and it is over."""
        count = len(before["falls"])
        return self.until(
            lambda s: len(s["falls"]) > count and s["falls"][-1]["seconds"] and s["show"] != before["show"]
        )

    def send(self, address: str, *args: float | str | bool) -> None:
        self._hands.send_message(address, list(args))

    def journal(self) -> tuple[Any, journal.Evening]:
        """Where it stands: its session and evening."""
        return journal.entry(Block(Path(self.state["block"])))

    def values(self) -> dict[str, Any]:
        """What is held by hand and what cues and looks say, by address."""
        values = self.journal()[0].memory["values"]
        return {**values["base"], **values["held"]}

    def get(self, address: str) -> Any:
        """What the show has there, asked over HTTP."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.web}{address}?VALUE", timeout=20) as answer:
            return json.load(answer)["VALUE"][0]

    def family(self) -> list[int]:
        """All processes below the guard."""
        found, ask = [], [self.process.pid]
        while ask:
            more = children(ask.pop())
            found += more
            ask += more
        return found

    def end(self, how: int = signal.SIGTERM) -> int:
        """Ask it to end; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(60)
        finally:
            if self.process.poll() is None:
                for pid in [*self.family(), self.process.pid]:
                    os.kill(pid, signal.SIGKILL)
            self._hands._sock.close()
            self._out.close()


def gone(pids: list[int]) -> bool:
    """Whether none of them lives."""
    return not any(_alive(pid) for pid in pids)


def _alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
