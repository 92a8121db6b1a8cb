"""Shows nothing and keeps a hash of every frame, so that two runs can be compared."""

import hashlib
from types import TracebackType
from typing import Self

from vj.core.types import Frame


def frame_hash(frame: Frame) -> str:
    """32 hex digits of the picture's size and pixels; the same on every machine."""
    digest = hashlib.blake2b(repr(frame.image.shape).encode(), digest_size=16)
    digest.update(frame.image.tobytes())
    return digest.hexdigest()


class Null:
    """Keeps, frame by frame, `hashes` and show times `times` (seconds); counts `unique` pictures."""

    def __init__(self) -> None:
        self.hashes: list[str] = []
        self.times: list[float] = []
        self.unique = 0
        self.last: Frame | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def write(self, frame: Frame) -> None:
        """Hash one frame of any size."""
        self.hashes.append(frame_hash(frame))
        self.times.append(frame.t)
        self.unique += frame.unique
        self.last = frame

    def close(self) -> None:
        """Nothing was opened; may be called any number of times."""
