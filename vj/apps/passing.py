"""Temporary folders that go with the program that made them: what one that was killed left, the next one removes.

Whether it lives is told by a lock that it holds on a file in its folder, which the system takes back however it ends.
"""

import os
import shutil
import tempfile
import time
import weakref
from contextlib import suppress
from pathlib import Path
from typing import IO

from vj.apps.keeping.sharing import locked

#: The file that is held.
LOCK = ".lock"
#: For so long one that nobody holds may be of somebody who is about to.
FRESH_S = 60.0


class Passing:
    """A new folder at `path` whose name begins with `prefix`, in the folder `within`, or where temporary ones lie.

    It goes with `close`, with this object, or with the program. Raises OSError where none can be made.
    """

    def __init__(self, prefix: str, within: Path | None = None) -> None:
        home = Path(tempfile.gettempdir()) if within is None else within
        sweep(prefix, home)
        self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=home))
        held = (self.path / LOCK).open("ab")
        locked(held)
        self._remove = weakref.finalize(self, _remove, self.path, held, os.getpid())

    def close(self) -> None:
        """Take it away with all that is in it. May be called twice."""
        self._remove()


def sweep(prefix: str, home: Path) -> None:
    """Remove the folders in `home` whose names begin with `prefix` and whose programs are no more."""
    with suppress(OSError):
        for folder in home.glob(f"{prefix}*/"):
            with suppress(OSError):  # another user's, or another program is at it
                lock = folder / LOCK
                if time.time() - lock.stat().st_mtime < FRESH_S:
                    continue
                with lock.open("r+b") as file:
                    dead = locked(file)
                if dead:
                    shutil.rmtree(folder, ignore_errors=True)


def _remove(folder: Path, held: IO[bytes], owner: int) -> None:
    held.close()
    if os.getpid() == owner:  # a copy of the program has it from there
        shutil.rmtree(folder, ignore_errors=True)
