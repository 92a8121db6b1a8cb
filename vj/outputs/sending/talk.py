"""What an output and its child process say to each other.

To the child: a line of JSON (the `Task`), then messages headed by `HEADER`: `F` a picture (slot, microsecond of the
show, height, width), `A` sound (bytes that follow, microsecond of its first sample), `E` the end. End of file without
`E` means that the parent is gone. No message is longer than a pipe takes at once or not at all, so that whoever writes
never waits. From the child, a line each: `ready TEXT`, `note TEXT`, `error JSON` (what, where, hint, and
whether to try again is of no use).
"""

import json
import struct
from dataclasses import asdict, dataclass
from typing import Any, Self

from vj.core.errors import OutputError
from vj.core.mapping.output import Slice
from vj.outputs.sending.asked import Asked


class ImpossibleError(OutputError):
    """An output that there will not be on this machine, however often it is tried."""


#: Head of every message: kind, slot or number of bytes, microsecond, height, width.
HEADER = struct.Struct("<cIqII")
#: Bytes that a pipe of Linux takes at once or not at all; others take 512 so, and are empty whenever this matters.
ATOMIC = 4096
#: Samples of sound in one message.
SAMPLES = (ATOMIC - HEADER.size) // 4


@dataclass(frozen=True)
class Task:
    """What the child is to do: the output, the size of what is sent unless it follows the pictures, the rate of the
    sound (0 for none), and where the slots lie."""

    asked: Asked
    size: tuple[int, int]
    sound: int
    slots: str
    capacity: int

    def line(self) -> bytes:
        """The task as one line of JSON."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def parse(cls, line: bytes) -> Self:
        """The inverse of `line`."""
        said: dict[str, Any] = json.loads(line)
        asked = said.pop("asked")
        size = asked.pop("size")
        part = Slice(**asked.pop("part"))
        known = Asked(**asked, size=tuple(size) if size else None, part=part)
        return cls(**{**said, "asked": known, "size": tuple(said["size"])})
