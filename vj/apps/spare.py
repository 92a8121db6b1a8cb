"""The process held ready: `python -m vj.apps.spare`, told through its standard input when to be the show.

All that takes long is done beforehand, by a thread that gives way to the show that is on; the thread that waits for its
turn does not.
"""

import json
import os
import signal
import sys
import threading
import time
from contextlib import suppress

#: How nice to others who gets ready is.
MODEST = 10
#: What a show imports, the door of each room.
NEEDED = (
    "vj.apps.cli",
    "vj.apps.live.perform",
    "vj.apps.live.begin",
    "vj.apps.live.inputs",
    "vj.apps.assemble",
    "vj.apps.ahead",
    "vj.apps.web.link",
    "vj.devices.midi.ports",
    "vj.outputs.window",
)


def main() -> None:
    """Get ready, wait, and be the show. End of file means that the guard needs nobody."""
    tell, bundles = int(sys.argv[1]), list(filter(None, sys.argv[2].split(",")))
    for number in (signal.SIGINT, signal.SIGHUP):  # Ctrl-C is for the show
        signal.signal(number, signal.SIG_IGN)
    wanted = threading.Event()
    ready = threading.Thread(target=_prepare, args=(bundles, tell, wanted), name="getting ready")
    ready.start()
    line = sys.stdin.buffer.readline()
    if not line:
        os._exit(0)
    told_at = time.perf_counter()
    word = json.loads(line)
    wanted.set()
    ready.join()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    sys.stdin = open(os.devnull)  # noqa: SIM115  nothing more comes there, and shows read no input
    _be(word, told_at)


def _prepare(bundles: list[str], tell: int, wanted: threading.Event) -> None:
    """Thread: import and open, giving way to the show; what is left where it is `wanted` is left to who wants it."""
    with suppress(AttributeError, OSError):  # of this thread alone, where the system has such
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), MODEST)
    import importlib

    for name in NEEDED:
        if wanted.is_set():
            return
        with suppress(ImportError, OSError):  # the show will say what is missing
            importlib.import_module(name)
    for bundle in bundles:
        if wanted.is_set():
            return
        with suppress(Exception):  # it will be opened by whoever needs it
            from vj.apps.ahead import keep_ready

            keep_ready(bundle)
    with suppress(OSError):
        os.write(tell, b"r")
        os.close(tell)


def _be(word: "dict[str, object]", told_at: float) -> None:
    from vj.apps import cli
    from vj.apps.guard import journal, pulse

    pulse.attach()
    journal.told(word)
    cli.STARTED = told_at
    sys.argv = [sys.argv[0], *map(str, word["arguments"])]  # type: ignore[call-overload]
    cli.main()


if __name__ == "__main__":
    main()
