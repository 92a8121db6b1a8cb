"""The entries of a zip file as views of the file; `torch.save` stores them plainly, numpy may deflate them.

A zip bomb needs compression, entries that overlap or a directory that lies: the last two are refused before any entry
is read, compression wherever torch is thought to have written the file. Nothing is ever written to disk. Layout:
PKWARE's APPNOTE 6.3, sections 4.3 to 4.5.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vj.core.errors import CheckpointError
from vj.workshop.checkpoint.values import shown

_MOST_ENTRIES = 100_000
#: How records begin: the end of the directory, the same of Zip64 and where that lies, an entry of the directory, and
#: the header before an entry's bytes.
_END = b"PK\5\6"
_END64 = b"PK\6\6"
_LOCATOR64 = b"PK\6\7"
_ENTRY = b"PK\1\2"
_LOCAL = b"PK\3\4"
#: How long they are, without what follows: names, extra fields and remarks.
_END_BYTES = 22
_LOCATOR_BYTES = 20
_ENTRY_BYTES = 46
_LOCAL_BYTES = 30
_LONGEST_REMARK_BYTES = 1 << 16
#: What stands where a number has no room in 32 bits; it is among the extra fields then.
_FULL32 = 0xFFFFFFFF
#: How bytes are packed.
_STORED = 0
DEFLATED = 8


@dataclass(frozen=True)
class Entry:
    """The bytes of an entry as they lie in the file, how they are packed, and how many they are said to become."""

    data: memoryview
    method: int
    size: int

    @property
    def plain(self) -> bool:
        """Whether its bytes are stored as they are."""
        return self.method == _STORED and self.size == len(self.data)


def stored(entries: Mapping[str, Entry], beside: str) -> Mapping[str, memoryview]:
    """Name -> bytes of each entry; raises CheckpointError for a compressed one, unless it lies in the folder `beside`.

    Those are left out.
    """
    for name, entry in entries.items():
        if not (entry.plain or name.startswith(beside)):
            raise _packed(name)
    return {name: entry.data for name, entry in entries.items() if entry.plain}


def zip_entries(data: memoryview) -> Mapping[str, Entry]:
    """Name -> each entry; raises CheckpointError for a locked, doubled, overlapping or stray one."""
    count, size, start = _directory(data)
    if count > _MOST_ENTRIES:
        raise CheckpointError(f"the zip file claims {count:,} entries")
    entries: dict[str, Entry] = {}
    spans: list[tuple[int, int]] = []
    for name, where, packed, length, method in _listed(_part(data, start, size), count):
        if name in entries:
            raise CheckpointError(f"the zip file has two entries named {shown(name)}")
        if name.startswith("/") or "\\" in name or ".." in name.split("/"):
            raise CheckpointError(f"the zip file has an entry named {shown(name)}, which leads out of it")
        first = _first_byte(data, where)
        entries[name] = Entry(_part(data, first, packed), method, length)
        spans.append((where, first + packed))
    _apart(spans, start)
    return entries


def _directory(data: memoryview) -> tuple[int, int, int]:
    """Number of entries, size and place of the directory."""
    reach = min(len(data), _END_BYTES + _LONGEST_REMARK_BYTES)
    tail = bytes(data[len(data) - reach :])
    found = tail.rfind(_END)
    if found < 0 or found > reach - _END_BYTES:
        raise CheckpointError("the zip file has no directory at its end; it is cut off")
    end = len(data) - reach + found
    count, size, start = struct.unpack_from("<HII", data, end + 10)
    if end >= _LOCATOR_BYTES and bytes(data[end - _LOCATOR_BYTES : end - 16]) == _LOCATOR64:
        (where,) = struct.unpack_from("<Q", data, end - 12)
        record = _part(data, where, 56)
        if bytes(record[:4]) != _END64:
            raise CheckpointError("the zip file points to a directory that is not there")
        count, size, start = struct.unpack_from("<QQQ", record, 32)
    return count, size, start


def _packed(name: str) -> CheckpointError:
    return CheckpointError(
        f"the zip file compresses or locks its entry {shown(name)}; torch.save stores plainly",
        hint="save the checkpoint again with torch.save",
    )


def _listed(directory: memoryview, count: int) -> Iterator[tuple[str, int, int, int, int]]:
    """Name, place, length in the file, length unpacked and method of each entry of the directory."""
    at = 0
    for _ in range(count):
        head = _part(directory, at, _ENTRY_BYTES)
        if bytes(head[:4]) != _ENTRY:
            raise CheckpointError("the directory of the zip file is damaged")
        flags, method = struct.unpack_from("<HH", head, 8)
        packed, length, named, extra, remark = struct.unpack_from("<IIHHH", head, 20)
        (where,) = struct.unpack_from("<I", head, 42)
        raw = bytes(_part(directory, at + _ENTRY_BYTES, named))
        name = raw.decode("utf-8", "backslashreplace")
        wide = _wide(_part(directory, at + _ENTRY_BYTES + named, extra))
        length, packed, where = (next(wide, -1) if value == _FULL32 else value for value in (length, packed, where))
        if flags & 1 or min(length, packed, where) < 0:
            raise _packed(name)
        yield name, where, packed, length, method
        at += _ENTRY_BYTES + named + extra + remark


def _wide(extra: memoryview) -> Iterator[int]:
    """The 64-bit numbers in an entry's extra fields."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            for field in range(at + 4, min(at + 4 + size, len(extra)) - 7, 8):
                yield struct.unpack_from("<Q", extra, field)[0]
            return
        at += 4 + size


def _first_byte(data: memoryview, where: int) -> int:
    """Place of an entry's bytes, after its own header."""
    head = _part(data, where, _LOCAL_BYTES)
    if bytes(head[:4]) != _LOCAL:
        raise CheckpointError("the directory of the zip file points to an entry that is not there")
    named, extra = struct.unpack_from("<HH", head, 26)
    return where + _LOCAL_BYTES + int(named) + int(extra)


def _apart(spans: list[tuple[int, int]], directory: int) -> None:
    """No entry begins before the one ahead of it ends, and none reaches into the directory."""
    end = 0
    for start, stop in sorted(spans):
        if start < end or stop > directory:
            raise CheckpointError("the zip file has entries that overlap")
        end = stop


def _part(data: memoryview, start: int, size: int) -> memoryview:
    if start + size > len(data):
        raise CheckpointError(f"the zip file points to byte {start + size:,} of its {len(data):,}")
    return data[start : start + size]
