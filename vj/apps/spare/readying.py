"""Getting ready to be the show: all that takes long is done beforehand, giving way to the show that is on. Modules are
imported, the generator and a window are open, and its shaders compiled.
"""

import json
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

#: Of who gets ready.
NICENESS = 10
#: Between two times that a window's events are let in.
EVENTS_S = 2.0
#: A window's size in pixels where nothing says which.
DEFAULT_SIZE = (1280, 720)
#: What a show imports, the door of each room.
NEEDED = (
    "vj.apps.cli",
    "vj.apps.figures",
    "vj.apps.guard.supervisor",
    "vj.apps.guard.leaving",
    "vj.apps.guard.traces",
    "vj.apps.live.perform",
    "vj.apps.live.begin",
    "vj.apps.live.inputs",
    "vj.apps.assemble",
    "vj.apps.ahead",
    "vj.apps.web.link",
    "vj.devices.midi.ports",
    "vj.outputs.window",
    "vj.apps.ahead.window",
)


def deaf() -> None:
    """Ctrl-C and a terminal that is closed are for the show, not for who may be the next."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def stand_by(tell: int, headless: bool, bundles: list[str]) -> None:
    """Get ready, wait for what is said on the standard input, and be the show. End of file means that the guard needs
    nobody. `tell` is the descriptor of the other direction."""
    ready = Readying(tell, bundles, headless)
    line = ready.wait()
    if not line:
        os._exit(0)
    told_at = time.perf_counter()
    word = json.loads(line)
    ready.end()
    from vj.apps.guard import leaving

    signal.signal(signal.SIGINT, leaving.interrupt)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    sys.stdin = open(os.devnull)  # noqa: SIM115  nothing more comes there, and shows read no input
    _be(word, told_at)


class Readying:
    """All that is done beforehand, one thing after the other, each begun by the thread that waits for its turn: what is
    begun by a thread that gives way would give way for ever. It is told to `tell` when a show could be begun ("r"), and
    when its window is ready too ("w")."""

    def __init__(self, tell: int, bundles: list[str], headless: bool) -> None:
        self._tell = tell
        self._done, self._mouth = os.pipe()
        self._wanted = threading.Event()
        self._window: Any = None
        steps = [lambda: self._begin(import_all, True), lambda: self._begin(partial(_open, bundles), False), self._warm]
        self._steps: list[Callable[[], None]] = steps if headless else [*steps, self._open_window, self._keep_window]
        self._thread: threading.Thread | None = None
        self._next()

    def wait(self) -> bytes:
        """What is said to the process; meanwhile it gets ready."""
        while True:
            came, _, _ = select.select([sys.stdin.fileno(), self._done], [], [], EVENTS_S)
            if sys.stdin.fileno() in came:
                return sys.stdin.buffer.readline()
            if self._done in came and os.read(self._done, 1):
                self._next()
            elif self._window is not None and self._thread is None:
                self._window.poll()

    def end(self) -> None:
        """The show is wanted now: what has not been begun is left out."""
        self._wanted.set()
        if self._thread is not None:
            self._thread.join()
        if self._window is not None:
            self._keep_window()

    def _next(self) -> None:
        """The next of all that is to be done."""
        self._thread = None
        if self._steps:
            self._steps.pop(0)()

    def _begin(self, step: Callable[[Callable[[], bool]], None], modest: bool) -> None:
        """Have a thread do it, one that gives way to others if it is `modest`."""

        def run() -> None:
            if modest:
                give_way()
            with suppress(Exception):  # whoever needs it will do it, and say what is wrong
                step(self._wanted.is_set)
            os.write(self._mouth, b".")

        self._thread = threading.Thread(target=run, name="getting ready")
        self._thread.start()

    def _warm(self) -> None:
        self._say(b"r")
        self._next()

    def _open_window(self) -> None:
        """Here, for the threads that draw are as urgent as who opens it."""
        from vj.apps.ahead.window import WindowAhead
        from vj.apps.guard import journal, pulse

        block = pulse.attach()
        session, evening = journal.entry(block) if block else (None, None)
        try:
            display, place = (session.display, evening.place) if session and evening else (None, None)
            self._window = WindowAhead(display, DEFAULT_SIZE, place, bool(evening and evening.fullscreen))
        except Exception:  # noqa: BLE001  the show will say what is wrong
            self._say(b"w")
            return
        self._begin(self._window.compile, True)

    def _keep_window(self) -> None:
        from vj.apps.ahead.window import keep

        if self._window is not None:
            keep(self._window)
        self._say(b"w")
        self._window = None

    def _say(self, what: bytes) -> None:
        with suppress(OSError):
            os.write(self._tell, what)


def give_way() -> None:
    """Have this thread alone, where the system has such, give way to the show, for good."""
    with suppress(AttributeError, OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


def import_all(wanted: Callable[[], bool]) -> None:
    """Import all that a show does, or as much as there is time for."""
    import importlib

    for name in NEEDED:
        if wanted():
            return
        with suppress(ImportError, OSError):  # the show will say what is missing
            importlib.import_module(name)
    if not wanted():  # what only those import that are asked for: the words of the command, and all on the shelves
        from typer.main import get_command

        from vj.apps import cli
        from vj.apps.assemble import parameters

        parameters()
        get_command(cli.app).commands["live"].make_context("live", [])  # type: ignore[attr-defined]


def _open(bundles: list[str], wanted: Callable[[], bool]) -> None:
    """Open the generators."""
    from vj.apps.ahead import keep_ready

    for bundle in bundles:
        if wanted():
            return
        with suppress(Exception):  # it will be opened by whoever needs it
            keep_ready(bundle)


def _be(word: "dict[str, object]", told_at: float) -> None:
    from vj.apps import cli
    from vj.apps.guard import journal, pulse

    pulse.attach()
    pulse.mark("told")
    journal.told(word)
    cli.STARTED = told_at
    sys.argv = [sys.argv[0], *map(str, word["arguments"])]  # type: ignore[call-overload]
    cli.main()
