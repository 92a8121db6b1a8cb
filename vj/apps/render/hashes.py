"""The hashes of composited frames, a line each: two renders of a performance are compared with `diff`."""

from pathlib import Path
from types import TracebackType
from typing import Self

from vj.core.errors import OutputError
from vj.core.types import Frame
from vj.outputs.null import frame_hash


class Hashes:
    """Writes "HASH SHOW-TIME" for each frame to the file `path`. Raises OutputError if it cannot be."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("w", encoding="utf-8")
        except OSError as error:
            raise OutputError("the hashes cannot be written", str(path), str(error)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._file.close()

    def see(self, frame: Frame) -> None:
        """Write down one frame, before it is drawn."""
        self._file.write(f"{frame_hash(frame)} {frame.t:.6f}\n")
