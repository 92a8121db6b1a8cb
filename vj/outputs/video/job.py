"""What a film and its encoder child say to each other."""

import json
import struct
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from vj.outputs.video.asked import Encoding, Labels, Sound, Source
from vj.outputs.video.formats import Choice

#: Head of every message to the child: kind, slot or byte count, frame number, height, width.
HEADER = struct.Struct("<cIqII")


@dataclass(frozen=True)
class Job:
    """What to write: all an encoder needs to know before the first frame. Times and rates in Hz, sizes in pixels.

    `encoder` is the only one to try, "" for the best; `depth` bits a channel, `deep` where pictures come as uint16.
    `source` are the fields of a `Source` whose sound is taken over if it can be, `title` and `comment` what the film
    says of itself. Pictures lie in `count` slots of `capacity` bytes in the file `slots`.
    """

    format: str
    codec: str
    encoder: str
    depth: int
    deep: bool
    alpha: str
    crf: int
    preset: str
    threads: int
    count: int
    rate: int = 0
    channels: int = 0
    source: dict[str, Any] | None = None
    title: str = ""
    comment: str = ""
    keys: int = 0
    path: str = ""
    width: int = 0
    height: int = 0
    fps: tuple[int, int] = (0, 1)
    slots: str = ""
    capacity: int = 0

    @classmethod
    def of(cls, choice: Choice, encoding: Encoding, sound: Sound | None, source: Source | None, labels: Labels) -> Self:
        """What is asked of a film, of which nobody said yet where it is to be, how large and how fast."""
        kept = sound is not None and sound.kept
        return cls(
            format=choice.format,
            codec=choice.codec,
            encoder=choice.encoder,
            depth=choice.depth,
            deep=choice.deep,
            alpha=choice.alpha,
            crf=encoding.crf,
            preset=encoding.preset,
            threads=encoding.threads,
            count=encoding.slots,
            keys=encoding.keys,
            rate=sound.rate if sound and kept else 0,
            channels=sound.channels if sound and kept else 0,
            source={**asdict(source), "path": str(source.path)} if source else None,
            title=labels.title,
            comment=labels.comment,
        )

    def line(self) -> bytes:
        """The job as one line of JSON."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def parse(cls, line: bytes) -> Self:
        """The inverse of `line`."""
        said = json.loads(line)
        return cls(**{**{f.name: said[f.name] for f in fields(cls)}, "fps": tuple(said["fps"])})
