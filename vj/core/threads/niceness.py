"""Giving way to others, for processes that have a session of their own.

Linux shares its processors among sessions first, and among the processes of a session by their niceness (autogroups,
sched(7)): `nice -n 19` alone makes a process in a session of its own give way to nobody.
"""

import os
import threading
from pathlib import Path

#: Of this process, where there are autogroups.
_GROUP = Path("/proc/self/autogroup")
#: Who is not root may write there ten times a second, all together.
_PAUSE_S = 0.13
_TRIES = 4


def give_way(niceness: int = 0) -> bool:
    """Be as nice as `niceness`, 0 to 19, or as nice as this process is already, to other sessions too.

    Whether the session gives way; False where this process shares its session, or there is nothing of the kind.
    """
    if not hasattr(os, "nice"):
        return False
    nice = os.nice(max(niceness - os.nice(0), 0))
    if nice <= 0 or os.getsid(0) != os.getpid() or not _GROUP.exists():
        return False
    for _ in range(_TRIES):
        try:
            _GROUP.write_text(f"{min(nice, 19)}\n", encoding="ascii")
            return True
        except BlockingIOError:
            threading.Event().wait(_PAUSE_S)
        except OSError:
            return False
    return False
