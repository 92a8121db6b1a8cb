"""The parent's end of the process that makes stills."""

import queue
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from vj.apps.rehearsal import child as half
from vj.apps.rehearsal.wish import Wish


class Child:
    """One such process; it rests until it is told to `go`."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-P", "-m", half.__name__, str(folder)]
        flags = getattr(subprocess, "IDLE_PRIORITY_CLASS", 0)
        pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
        self._process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=nowhere, env=half.environment(), creationflags=flags
        )
        self._heard: queue.SimpleQueue[tuple[Any, ...] | None] = queue.SimpleQueue()
        self._pace = 0.0
        threading.Thread(target=self._read, name="rehearsal's words", daemon=True).start()

    @property
    def pid(self) -> int:
        """Its number in the system."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def ask(self, name: str, wish: Wish, path: Path | None) -> None:
        """Have a still made, written to `path` or sent back."""
        self._say("still", name, wish.plain(), path and str(path))

    def go(self, pace: float) -> None:
        """Let it work, resting so many times as long; with 0 it only rests."""
        if pace != self._pace:
            self._pace = pace
            self._say("go", pace)

    def hear(self, timeout: float) -> tuple[Any, ...] | None:
        """What it says next, None if it says nothing for so long."""
        with suppress(queue.Empty):
            return self._heard.get(timeout=timeout)
        return None

    def end(self) -> None:
        """Now."""
        self._process.kill()
        self._process.wait()
        for end in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                assert end is not None
                end.close()

    def _say(self, *message: Any) -> None:
        assert self._process.stdin is not None
        with suppress(OSError, ValueError):  # it is dead, which is noticed elsewhere
            half.sent(self._process.stdin, *message)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with suppress(OSError, ValueError):
            while (message := half.received(self._process.stdout)) is not None:
                self._heard.put(message)
