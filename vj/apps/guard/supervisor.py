"""Stands beside a show from its first moment to its end, and begins it again when it falls.

    code = guarded(arguments, headless)     # in the show itself: None

The process that was asked for stays as the guard; the show is a copy of it, and after a fall a spare that was ready.
"""

import os
import select
import signal
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from vj.apps.guard import display, journal, proc, pulse
from vj.apps.guard.block import ENDING, ON, OPENING, Block
from vj.apps.guard.company import Company
from vj.apps.guard.judge import Goodbye, Judge
from vj.apps.guard.processes import Forked, Spare, copied
from vj.apps.guard.state import StateFile

#: Between two looks at the show.
TICK_S = 0.1
#: Two falls within so long are one too many for the same look.
MINUTE_S = 60.0
#: After so many in a row that showed nothing it is given up.
HOPELESS_STARTS = 6
#: Before each of them.
PAUSES_S = (0.0, 0.0, 1.0, 2.0, 5.0, 10.0)
#: Codes of a program that was ended from outside, as shells count.
ASKED = {signal.SIGINT: 0, signal.SIGTERM: 128 + signal.SIGTERM, signal.SIGHUP: 128 + signal.SIGHUP}
#: What the show's own processes are called, by a word of their command; and seconds between two looks at them.
PARTS = {
    "surface": "vj.apps.web.server",
    "sound": "audio/_child.py",
    "song": "_decode_child.py",
    "film": "vj.outputs.video.encoder",
    "stills": "vj.apps.rehearsal",
    "generator": "guard.painter",
}
LOOK_S = 0.5
#: Falls that are told of, the newest.
TOLD = 100
_PHASES = ("opening", "on", "ending", "over")


def can_guard() -> bool:
    """Whether this system has what a guard needs, and the program is ours alone: others with threads, or who listen to
    what is printed, must not find themselves twice."""
    alone = threading.active_count() == 1 and sys.stdout is sys.__stdout__
    return alone and hasattr(os, "fork") and sys.platform != "darwin"


def guarded(arguments: list[str], headless: bool) -> int | None:
    """Begin the show as a copy of this process and stay beside it: its exit code. None in the show itself."""
    if pulse.attach() is not None or not can_guard():
        return None
    block = Block.make()
    guard = Guard(block, arguments, headless)
    show = guard.open()
    if show is None:
        pulse.attached(block)
        return None
    return guard.watch(show)


class Guard:
    """One guard, its show, its spare, and the window that keeps the last picture."""

    def __init__(self, block: Block, arguments: list[str], headless: bool) -> None:
        self._block, self._arguments = block, arguments
        self._company, self._headless = Company(block, headless), headless
        self._waits = False
        self._began = time.monotonic()
        self._state = StateFile(os.getpid())
        self._show: Forked | Spare | None = None
        self._judge = Judge()
        self._asked = 0
        self._goodbye = Goodbye()
        self._crashes: deque[float] = deque(maxlen=2)
        self._falls: list[dict[str, Any]] = []
        self._start = self._barren = 0
        self._parts_due = 0.0
        self._down = self._away = 0.0  # since when there is no show, and since when nobody has seen one
        self._parts: dict[str, int] = {}
        self._oom = proc.out_of_memory()

    def open(self) -> Forked | None:
        """The first show; None in itself."""
        self._ear, mouth = socket.socketpair()
        for end in (self._ear, mouth):
            end.setblocking(False)
        self._mouth = mouth
        self._before: dict[int, Any] = {number: signal.signal(number, self._heed) for number in ASKED}
        signal.set_wakeup_fd(mouth.fileno(), warn_on_full_buffer=False)
        self._show = copied()
        if self._show is None:
            self._ear.close()
            mouth.close()
        return self._show if isinstance(self._show, Forked) else None

    def watch(self, show: Forked) -> int:
        """Until the end; the exit code."""
        proc.spared("self", -100)
        try:
            with self._signals():
                while True:
                    self._wait()
                    code = self._show.poll() if self._show else None
                    now = time.monotonic()
                    if code is not None:
                        ended = self._ended(code, now)
                        if ended is not None:
                            return ended
                    elif self._down and self._show:
                        proc.kill(self._show.pid)  # it hangs, and is told once more
                    elif self._asked or self._block.phase >= ENDING:
                        self._hurry(now)
                    else:
                        self._look(now)
                    self._tend(now)
                    self._tell()
        finally:
            self._leave()

    def _wait(self) -> None:
        """Until something happens, but not for long."""
        with proc.ends([self._show.pid] if self._show else []) as watched:
            select.select([self._ear.fileno(), *watched], [], [], TICK_S)
        while True:
            try:
                if not self._ear.recv(64):
                    break
            except BlockingIOError:
                break

    def _heed(self, number: int, _: FrameType | None) -> None:
        """Somebody wants the show to end: it is told, and ends by itself."""
        first, self._asked = not self._asked, number
        if self._show is not None:
            proc.kill(self._show.pid, number if first else signal.SIGKILL)

    def _hurry(self, now: float) -> None:
        """It was told to end, and takes its time."""
        if self._goodbye.over(now, self._block.pulses()) and self._show is not None:
            proc.kill(self._show.pid)

    def _ended(self, code: int, now: float) -> int | None:
        """The show is over, with `code`: so is its guard, or it begins again and this is None."""
        if self._asked:
            return code if code >= 0 else 128 - code
        wanted = self._block.phase >= ENDING or (self._start == 0 and self._block.phase == OPENING and code >= 0)
        if wanted:
            return code if code >= 0 else 128 - code if self._block.frames else 1
        if not self._down:
            self._fell(self._why(code), now, code != journal.AFRESH)
        return self._again(code, now)

    def _why(self, code: int) -> str:
        """In words, what ended the show."""
        if code == journal.AFRESH:
            return journal.entry(self._block)[1].why or "it wants to be begun afresh"
        if code >= 0:
            return f"it ended by itself with code {code}"
        oom, self._oom = self._oom, proc.out_of_memory()
        if -code == signal.SIGKILL:
            return "the system ended it for want of memory" if self._oom > oom else "it was killed"
        try:
            return f"it crashed ({signal.Signals(-code).name})"
        except ValueError:
            return f"it crashed (signal {-code})"

    def _look(self, now: float) -> None:
        """See whether it lives."""
        assert self._show is not None
        hangs = self._judge.look(now, self._show.pid, self._block.pulses())
        if hangs is not None:
            proc.kill(self._show.pid, signal.SIGUSR2)  # where everybody stands goes to the log of crashes
            time.sleep(0.05)
            proc.kill(self._show.pid)
            self._fell(f"its thread {hangs!r} did not answer", now)

    def _fell(self, why: str, now: float, crashed: bool = True) -> None:
        """Note a fall."""
        self._down = now
        self._away = self._away or now
        self._barren = 0 if self._block.frames else self._barren + 1
        self._falls.append({"why": why, "at": now, "seconds": None, "safe": False, "crash": crashed})
        if crashed:
            self._crashes.append(now)
        print(f"vj: the show fell: {why}; it goes on", file=sys.stderr, flush=True)

    def _again(self, code: int, now: float) -> int | None:
        """Begin the show once more; the exit code where that is hopeless."""
        if self._nowhere():
            self._company.wait(self._shaky(now))
            return None
        if self._barren >= HOPELESS_STARTS:
            print("vj: it shows nothing however often it begins: given up", file=sys.stderr, flush=True)
            return code if code > 0 else 1
        if now < self._down + PAUSES_S[self._barren]:
            return None
        for name, pid in self._parts.items():  # these keep nothing; what makes films finishes them
            if name.startswith(("surface", "generator")):
                proc.kill(pid)
        self._start, self._down = self._start + 1, 0.0
        falls = self._falls[-1]
        twice = len(self._crashes) == 2 and self._crashes[1] - self._crashes[0] < MINUTE_S
        falls["safe"] = safe = falls["crash"] and twice
        self._block.begin(self._start)
        self._judge = Judge()
        show = self._show = self._company.take(safe)
        word = {"arguments": self._arguments, "start": self._start, "why": falls["why"], "safe": safe}
        show.go({**word, "began": self._began})
        return None

    def _nowhere(self) -> bool:
        """Whether there is no display server to show anything on; told once. A show waits for it, and that is no fault
        of its look."""
        if self._headless or display.answers():
            self._waits = False
            return False
        if not self._waits:
            self._waits = True
            self._barren = 0
            self._falls[-1] |= {"why": "the display server is gone", "crash": False}
            if self._crashes and self._crashes[-1] == self._down:
                self._crashes.pop()
            print("vj: the display server is gone; the show goes on when there is one", file=sys.stderr, flush=True)
        return True

    def _tend(self, now: float) -> None:
        """Have a spare and the window that keeps the picture, while the show is on."""
        block = self._block
        if block.phase != ON or self._down:
            return
        if self._away and block.frames:
            self._falls[-1]["seconds"] = round(block.shown - self._away, 3)
            self._falls[-1]["steps"] = {name: round(at - self._away, 3) for name, at in block.marks().items()}
            self._away, self._barren = 0.0, 0
        self._company.tend(now, self._shaky(now))

    def _shaky(self, now: float) -> bool:
        """Whether another crash now would be the second within a minute."""
        return bool(self._crashes) and now - self._crashes[-1] < MINUTE_S

    def _tell(self) -> None:
        if self._show is not None and time.monotonic() >= self._parts_due and not self._down:
            self._parts_due = time.monotonic() + LOOK_S
            self._parts = proc.named(self._show.pid, PARTS)
        self._state.tell(
            guard=os.getpid(),
            show=self._show.pid if self._show else 0,
            **self._company.facts,
            parts=self._parts,
            starts=self._start + 1,
            phase=_PHASES[self._block.phase],
            falls=self._falls[-TOLD:],
            block=str(self._block.path),
        )

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """What was done with signals before is done again afterwards."""
        try:
            yield
        finally:
            signal.set_wakeup_fd(-1)
            for number, handler in self._before.items():
                signal.signal(number, handler)

    def _leave(self) -> None:
        """Nothing of it stays."""
        if self._show is not None and self._show.poll() is None:
            proc.kill(self._show.pid)
        for leave in (self._state.remove, self._block.remove, self._company.end):
            leave()
        self._ear.close()
        self._mouth.close()
