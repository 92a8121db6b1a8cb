"""What `mp4` and its encoder child say to each other."""

import json
import struct
from dataclasses import asdict, dataclass

#: Head of every message to the child: kind, slot or byte count, frame number, height, width.
HEADER = struct.Struct("<cIqII")


@dataclass(frozen=True)
class Job:
    """What to write: all an encoder needs to know before the first frame. Times and rates in Hz, sizes in pixels."""

    path: str
    width: int
    height: int
    fps: tuple[int, int]
    rate: int
    channels: int
    codec: str
    crf: int
    preset: str
    threads: int
    slots: str
    capacity: int
    count: int
    keys: int = 0

    def line(self) -> bytes:
        """The job as one line of JSON."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def parse(cls, line: bytes) -> "Job":
        """The inverse of `line`."""
        fields = json.loads(line)
        return cls(**{**fields, "fps": tuple(fields["fps"])})
