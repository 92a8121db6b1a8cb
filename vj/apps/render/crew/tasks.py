"""What a head and its hands say to each other, and who hands are."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

from vj.apps.render.crew.blobs import Blob
from vj.core.packed import pack
from vj.engine.detail import Size
from vj.outputs.video.asked import Encoding
from vj.outputs.video.formats import Choice

#: (hand, word, what): "ready" about itself, "moved" frames, "made" a Made, "history" bytes or None, "failed" a VjError,
#: "lost" why.
Word = tuple[int, str, Any]


@dataclass(frozen=True)
class Job:
    """What is the same for every segment of a film.

    `programs` are the generators that may be asked for and, of bundles, their files; `picture` is the size that their
    pictures must have, None for what `detail` makes of that of the film as it was asked for, `drawn`. `batch` pictures
    are imagined at once, `samples` are drawn each way for a pixel, and `instead` are generators that draw for others.
    `media` are the files that layers may show, by where they lie on the head's machine.
    `code` tells this vj from any other.
    """

    programs: Mapping[str, Mapping[str, Blob] | None]
    size: Size
    fps: Fraction
    drawn: Size | None
    picture: Size | None
    detail: str
    threads: int | None
    choice: Choice
    encoding: Encoding
    batch: int
    code: str
    samples: int = 1
    instead: Mapping[str, str] = field(default_factory=dict)
    media: Mapping[str, Blob] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """Make segment `number`: `count` frames from frame `first` on.

    `blocks` are the shots from frame `at` on. From frame `begin` on, `first` or some before it, the hand lives through
    what was; or it goes on from `history`. `meter` is what the flash meter had counted before `first`, if it matters.
    """

    number: int
    first: int
    count: int
    begin: int
    at: int
    blocks: tuple[Blob, ...]
    history: bytes | None = None
    meter: bytes | None = None


@dataclass(frozen=True)
class Made:
    """A segment that is made. `start` and `end` sign the history before and after it, `meter` what the flash meter
    had counted before.

    seen     [n, 36, 64, 3] float32: what the flash meter saw of the frames that it looked at
    looked   [n] their numbers within the segment, and `times` [n] their show times; `warn` [n] where it only warns
    held     frames that it held back or, where it only warns, would have; `wary` is until when it is careful then
    cost     seconds: waking up, living through what was before, and the segment itself
    """

    number: int
    film: bytes = field(repr=False)
    start: str
    end: str
    meter: str
    seen: Any = field(repr=False)
    looked: Any = field(repr=False)
    times: Any = field(repr=False)
    held: int
    wary: float = -1.0
    cost: Mapping[str, float] = field(default_factory=dict)


class Crew(Protocol):
    """Hands with numbers. Each does one thing at a time, in the order in which it is given them.

    A hand that is lost is followed by a new one with another number, or by none. `where` says where they are.
    """

    where: str

    @property
    def hands(self) -> Sequence[int]:
        """Those that live."""

    def begin(self, job: Job) -> None:
        """Let every hand get ready for `job`."""

    def share(self, path: Path) -> Blob:
        """The content of a file, so that every hand can have it, until it is forgotten."""

    def forget(self, blob: Blob) -> None:
        """No hand will ask for that any more."""

    def make(self, hand: int, task: Task) -> None:
        """Let a hand make a segment."""

    def tell(self, hand: int, end: str) -> None:
        """Let a hand tell the history at the end of a run that ended so."""

    def next(self, timeout: float) -> Word | None:
        """What comes next from any of them, None if nothing does within `timeout` seconds."""

    def close(self) -> None:
        """Let all go, at once."""


def meter_sign(meter: Mapping[str, Any]) -> str:
    """What tells the `memory` of a flash meter from any other."""
    return hashlib.sha256(pack(meter, 0)).hexdigest()
