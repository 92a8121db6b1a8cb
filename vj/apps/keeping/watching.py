"""Files as they were last read or written, and which of them another hand has changed since."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

#: Of a file that is not there.
_GONE = (0, -1)


class Watched:
    """Remembers files by path. For one thread."""

    def __init__(self) -> None:
        self._texts: dict[Path, str] = {}
        self._seen: dict[Path, tuple[int, int]] = {}
        self._settled: dict[Path, tuple[int, int]] = {}

    def begin(self, paths: Iterable[Path]) -> None:
        """These are as they are now."""
        for path in paths:
            self._settled[path] = self._seen[path] = _signature(path)
            with suppress(OSError, UnicodeDecodeError):
                self._texts[path] = path.read_text(encoding="utf-8")

    def text(self, path: Path) -> str | None:
        """What was last read or written there; None if nothing was."""
        return self._texts.get(path)

    def read(self, path: Path, text: str) -> None:
        """`text` was found at `path`."""
        self._texts[path] = text

    def wrote(self, path: Path, text: str) -> None:
        """`text` was put there."""
        self._texts[path] = text
        self._settled[path] = self._seen[path] = _signature(path)

    def forget(self, path: Path) -> None:
        """There is nothing any more."""
        for known in (self._texts, self._seen, self._settled):
            known.pop(path, None)

    def unread(self, path: Path) -> str | None:
        """What another hand has put at `path` since it was last read or written, if anything; raises OSError."""
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return None
        return None if text == self._texts.get(path) else text

    def changes(self, watched: set[Path]) -> Iterator[Path]:
        """Those of `watched` that are not as they were, once they have stayed so from one look to the next."""
        for path in watched | set(self._settled):
            signature = _signature(path)
            if signature == self._seen.get(path) != self._settled.get(path):
                self._settled[path] = signature
                yield path
            self._seen[path] = signature
        for path in set(self._settled) - watched:
            if self._settled[path] == _GONE:
                self._settled.pop(path), self._seen.pop(path, None)


def _signature(path: Path) -> tuple[int, int]:
    """What changes when a file does."""
    try:
        found = path.stat()
    except OSError:
        return _GONE
    return found.st_mtime_ns, found.st_size
