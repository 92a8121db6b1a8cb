"""Folders that several shows on one machine write to: one at a time, and what another has written is never lost."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from vj.apps.keeping.saving import free
from vj.engine.cues.presets import BANKS, SLOTS, path_in, slot_of

#: Seconds for which another show's turn is waited for; it takes milliseconds.
PATIENCE_S = 2.0


@contextmanager
def turn(folder: Path) -> Iterator[None]:
    """Nobody else writes in `folder` meanwhile, as far as the system can say so. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("ab") as lock:
        end = time.monotonic() + PATIENCE_S
        while not locked(lock) and time.monotonic() < end:
            time.sleep(0.01)
        yield  # closing gives it back


def beside(path: Path) -> Path:
    """Where what lies at `path` can go: for a preset the next slot that is free, else another name."""
    slot = slot_of(f"{path.parent.name}/{path.stem}")
    if slot is None or not slot[0]:
        return free(path.parent, path.stem)
    banks = [slot[0], *(bank for bank in range(1, BANKS + 1) if bank != slot[0])]
    home = path.parent.parent
    places = (home / path_in((bank, number)) for bank in banks for number in range(1, SLOTS + 1))
    return next((place for place in places if not place.exists()), path.with_name(f"{path.stem}_theirs.toml"))


def locked(file: IO[bytes]) -> bool:
    """Whether `file` is ours alone from now on, until it is closed or the program ends."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
