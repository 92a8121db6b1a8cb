"""Writing a file so that it is there whole, or as it was."""

import os
import re
import threading
from collections.abc import Iterable
from pathlib import Path


def save(path: Path, text: str, private: bool = False) -> None:
    """Put `text` in the file `path`, whatever happens meanwhile, be it another thread that saves the same; what is
    `private` nobody else may read. Waits for the disk; raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.new")
    try:
        with open(beside, "w", encoding="utf-8", opener=_for_us if private else None) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def _for_us(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def free(folder: Path, title: str, known: Iterable[Path] = ()) -> Path:
    """A TOML file in `folder` named after `title` that is not there yet, nor `known`."""
    name = re.sub(r"\W+", "_", title.casefold()).strip("_") or "set"
    path, number = folder / f"{name}.toml", 1
    while path.exists() or path in known:
        number += 1
        path = folder / f"{name}_{number}.toml"
    return path
