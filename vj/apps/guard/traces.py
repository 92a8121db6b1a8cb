"""Where every thread stood when a show crashed or hung: `crashes.log` beside the session, of the last few only."""

import faulthandler
import signal
import time
from pathlib import Path
from typing import IO

import platformdirs

from vj import __version__

#: Bytes after which the log begins anew; the one before stays beside it.
FULL = 1 << 20

_file: IO[str] | None = None


def crash_log() -> Path:
    """Where it lies."""
    return platformdirs.user_state_path("vj", appauthor=False) / "crashes.log"


def _small() -> None:
    """Let no image of the memory be written: that would hold up the next start for seconds."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    except (ImportError, OSError, ValueError):
        pass


def keep(start: int = 0) -> None:
    """Have this process, start `start` of a show, write there when it crashes or its guard finds that it hangs."""
    global _file
    path = crash_log()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > FULL:
            path.replace(path.with_suffix(".before.log"))
        _file = path.open("a", encoding="utf-8")
        _file.write(f"-- vj {__version__}, {time.strftime('%Y-%m-%d %H:%M:%S')}, start {start}\n")
        _file.flush()
    except OSError:
        return
    faulthandler.enable(_file)
    _small()
    if hasattr(faulthandler, "register"):
        faulthandler.register(signal.SIGUSR2, _file)
