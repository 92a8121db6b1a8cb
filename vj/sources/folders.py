"""The media folders: every picture, clip and font that may be named, and nothing else on this machine."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from vj.core.layers import FONTS, kind_of

#: Files that are listed.
MOST_FILES = 4000
#: Folders within folders.
MOST_DEPTH = 4


class Media:
    """What lies in `folders`, by name: the path within its folder, such as "logos/acme.png"; of each name the first.

    `files` is replaced by `scan` where there is another file; that may be called on any thread.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = tuple(dict.fromkeys(folders))
        self.files: Mapping[str, str] = {}
        self.scan()

    def scan(self) -> bool:
        """Look again what is there; whether it is something else than before."""
        found: dict[str, str] = {}
        for folder in self.folders:
            for path in _within(folder, MOST_DEPTH):
                if len(found) < MOST_FILES:
                    found.setdefault(path.relative_to(folder).as_posix(), str(path))
        found = dict(sorted(found.items()))
        changed = found != self.files
        if changed:
            self.files = found
        return changed


def _within(folder: Path, deep: int) -> Iterator[Path]:
    """The files of media in a folder, and in those within it."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            if deep:
                yield from _within(Path(entry.path), deep - 1)
        elif kind_of(Path(entry.name).suffix) or Path(entry.name).suffix.lower() in FONTS:
            yield Path(entry.path)
