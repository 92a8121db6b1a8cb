"""Files in memory for what two processes map, with room that is really there."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def reserved(size: int, prefix: str) -> Iterator[Path]:
    """New files of `size` bytes: in memory where the system has such a folder with room, then a temporary one.

    Take the first that can be mapped; where there is no room at all, none comes.
    """
    for folder in ("/dev/shm", tempfile.gettempdir()):
        if os.path.isdir(folder):
            with suppress(OSError):
                yield _reserve(folder, size, prefix)


def _reserve(folder: str, size: int, prefix: str) -> Path:
    """A new file whose bytes are really there: a mapped hole on a full disk would kill us with SIGBUS."""
    handle, name = tempfile.mkstemp(prefix=prefix, dir=folder)
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(handle, 0, size)
        else:
            os.truncate(handle, size)
    except OSError:
        os.unlink(name)
        raise
    finally:
        os.close(handle)
    return Path(name)
