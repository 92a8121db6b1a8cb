"""What every output is: a context manager that accepts Frames."""

from types import TracebackType
from typing import Protocol, Self

from vj.core.types import Frame


class Output(Protocol):
    """Shows or keeps frames. Accepts any picture size, also odd ones, and may be closed twice."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None: ...

    def write(self, frame: Frame) -> None:
        """Take one frame."""

    def close(self) -> None:
        """Finish what was begun, so that what was written so far can be used."""
