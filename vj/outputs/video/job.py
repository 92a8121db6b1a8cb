"""What a film and its encoder child say to each other."""

import json
import struct
from dataclasses import asdict, dataclass, fields
from typing import Any

#: Head of every message to the child: kind, slot or byte count, frame number, height, width.
HEADER = struct.Struct("<cIqII")


@dataclass(frozen=True)
class Job:
    """What to write: all an encoder needs to know before the first frame. Times and rates in Hz, sizes in pixels.

    `encoder` is the only one to try, "" for the best; `depth` bits a channel, `deep` where pictures come as uint16.
    `source` are the fields of a `Source` whose sound is taken over if it can be, `title` and `comment` what the film
    says of itself. `live`: pictures are large as they come, and the show comes first.
    """

    path: str
    width: int
    height: int
    fps: tuple[int, int]
    rate: int
    channels: int
    format: str
    codec: str
    encoder: str
    depth: int
    deep: bool
    alpha: str
    crf: int
    preset: str
    threads: int
    slots: str
    capacity: int
    count: int
    source: dict[str, Any] | None = None
    title: str = ""
    comment: str = ""
    live: bool = False
    keys: int = 0

    def line(self) -> bytes:
        """The job as one line of JSON."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def parse(cls, line: bytes) -> "Job":
        """The inverse of `line`."""
        said = json.loads(line)
        return cls(**{**{f.name: said[f.name] for f in fields(cls)}, "fps": tuple(said["fps"])})
