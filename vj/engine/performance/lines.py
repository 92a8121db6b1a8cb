"""The lines of a log, each with a checksum over itself and all before it: what is changed or left out shows.

    {"k": "hop", "n": 7, "tick": 3, "crc": "5f0c41d2"}

The checksum is CRC-32 of the line without its last member, begun with the checksum of the line before.
"""

import json
import re
import zlib
from dataclasses import dataclass
from typing import Any

_TAIL = re.compile(r', "crc": "([0-9a-f]{8})"\}$')


def sealed(entry: dict[str, Any], before: int) -> tuple[str, int]:
    """The line of `entry`, without an end of line, and its checksum; `before` is that of the line before, first 0."""
    text = json.dumps(entry)
    seal = zlib.crc32(text.encode(), before)
    return f'{text[:-1]}, "crc": "{seal:08x}"}}', seal


@dataclass(frozen=True)
class Line:
    """What a line says, None if nothing can be made of it; its checksum, None if it has none; whether that fits."""

    entry: dict[str, Any] | None
    seal: int | None
    whole: bool


def opened(line: str, before: int) -> Line:
    """Read `line`, which follows one with the checksum `before`."""
    tail = _TAIL.search(line)
    body = line if tail is None else line[: tail.start()] + "}"
    try:
        entry = json.loads(body)
    except ValueError:
        entry = None
    if not isinstance(entry, dict) or "k" not in entry:
        return Line(None, None, False)
    if tail is None:
        return Line(entry, None, False)
    seal = int(tail[1], 16)
    return Line(entry, seal, zlib.crc32(body.encode(), before) == seal)
