"""A file that is only ever added to, and that is never worse than cut off."""

import os
from contextlib import suppress
from pathlib import Path


class Paper:
    """A new file at `path`. What is `put` waits in memory until `push`; OSError where the file cannot be made.

    `waiting` bytes are not in the file yet.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        self._path = path
        self._pending = bytearray()
        self._dirty = False

    @property
    def waiting(self) -> int:
        return len(self._pending)

    def put(self, data: bytes) -> None:
        """Add `data`, later."""
        self._pending += data

    def push(self) -> None:
        """Hand what waits to the system; OSError where it does not take all of it, and the rest goes on waiting."""
        while self._pending:
            done = os.write(self._file, self._pending)
            self._dirty = True
            del self._pending[:done]

    def sync(self) -> None:
        """Have what was pushed on the disk: this may take long. OSError where it cannot be."""
        if self._dirty:
            self._dirty = False  # before: what is written meanwhile waits for the next
            try:
                os.fsync(self._file)
            except OSError:
                self._dirty = True
                raise

    def patch(self, place: int, data: bytes) -> None:
        """Write over what is at `place`: it needs no space."""
        os.lseek(self._file, place, os.SEEK_SET)
        os.write(self._file, data)
        os.lseek(self._file, 0, os.SEEK_END)
        self._dirty = True

    def close(self) -> None:
        """Let go of the file; what waits is lost."""
        with suppress(OSError):
            os.close(self._file)


def sync_folder(folder: Path) -> None:
    """Have the names of the files in `folder` on the disk, where the system can be asked to."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
