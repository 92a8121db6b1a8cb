"""A film that was cut off, by a full disk most of all, ends with its last whole fragment: half of one is a broken
picture to some players and the end of the file to others."""

from pathlib import Path
from typing import BinaryIO

#: A box's head: its size and its name, ...
_HEAD_BYTES = 8
#: ... and a size of twice the bytes where the first is 1.
_LARGE_HEAD_BYTES = 16


def tidied(path: Path) -> int:
    """Cut a fragmented MP4 or QuickTime film where its last whole fragment ends; how many bytes that took off.

    What has no fragment is left alone. Raises OSError.
    """
    with path.open("r+b") as file:
        size = file.seek(0, 2)
        end = _whole(file, size)
        if end is None:
            return 0
        file.truncate(end)
    return size - end


def _whole(file: BinaryIO, size: int) -> int | None:
    """Where the last fragment ends whose pictures are there, None where there is none."""
    at, found, before = 0, None, b""
    while at + _HEAD_BYTES <= size:
        file.seek(at)
        head = file.read(_LARGE_HEAD_BYTES)
        length, name = int.from_bytes(head[:4]), head[4:8]
        if length == 1 and len(head) == _LARGE_HEAD_BYTES:
            length = int.from_bytes(head[8:])
        if length < _HEAD_BYTES or at + length > size:
            break
        at += length
        if name == b"mdat" and before == b"moof":
            found = at
        before = name
    return found
