"""Files that travel by what is in them: no machine need know where another one keeps them."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

from vj.core.errors import VjError
from vj.generators.bundle.manifest import MANIFEST, find_bundle, read_bundle

#: Bytes of a file that are read at once.
PIECE = 1 << 20


@dataclass(frozen=True)
class Blob:
    """The content of a file: its SHA-256, and what whoever sent it gives to have it fetched."""

    sha: str
    where: Any = field(default=None, compare=False, repr=False)


class Store:
    """Blobs that came to this machine, in a folder of the user's cache. What is in it is checked at every use."""

    def __init__(self, fetch: Callable[[Any], bytes | Path], folder: Path | None = None) -> None:
        self._fetch = fetch
        self._folder = folder or platformdirs.user_cache_path("vj", appauthor=False) / "render"

    def path(self, blob: Blob) -> Path:
        """A file that has the content of `blob`, fetched if it is not here. Raises VjError if that is not what came."""
        kept = self._folder / "blobs" / blob.sha
        if kept.is_file() and sha_of(kept) == blob.sha:
            return kept
        came = self._fetch(blob.where)
        if isinstance(came, Path):  # it is on this machine
            return _checked(came, blob)
        whole(kept, came)
        return _checked(kept, blob)

    def read(self, blob: Blob) -> bytes:
        """The content of `blob`, which is not kept. Raises VjError if something else came."""
        came = self._fetch(blob.where)
        data = came.read_bytes() if isinstance(came, Path) else came
        if hashlib.sha256(data).hexdigest() != blob.sha:
            raise _other(blob)
        return data

    def bundle(self, files: Mapping[str, Blob]) -> Path:
        """A folder with `files` by their names, each with the content it is to have."""
        text = "\n".join(f"{name} {blob.sha}" for name, blob in sorted(files.items()))
        folder = self._folder / "bundles" / hashlib.sha256(text.encode()).hexdigest()
        for name, blob in files.items():
            if Path(name).name != name or name in ("", ".", ".."):
                raise VjError(f"no file of a bundle is called {name!r}", "the head of the render")
            if not ((here := folder / name).is_file() and sha_of(here) == blob.sha):
                whole(here, self.path(blob).read_bytes())
        return folder


def whole(path: Path, data: bytes) -> None:
    """Write `path`, so that it is there with all of `data` or as it was; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def sha_of(path: Path) -> str:
    """SHA-256 of a file."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            found.update(piece)
    return found.hexdigest()


def bundle_files(name: str) -> dict[str, Path] | None:
    """The files of the bundle that a performer calls `name`; None for a generator that is no bundle."""
    try:
        bundle = read_bundle(find_bundle(name), verify=False)
    except VjError:
        return None
    wanted: Iterable[str] = (MANIFEST, "classes.txt", "words.txt", *bundle.files)
    return {file: bundle.folder / file for file in dict.fromkeys(wanted) if (bundle.folder / file).is_file()}


def _checked(path: Path, blob: Blob) -> Path:
    if sha_of(path) != blob.sha:
        raise _other(blob)
    return path


def _other(blob: Blob) -> VjError:
    return VjError("what came is not what was sent", blob.sha[:16], "do not change a bundle while it is rendered with")
