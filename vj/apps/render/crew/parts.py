"""The segments of a film that are whole, in the folder FILM.parts beside it until all are: a render that was
interrupted goes on from them."""

import json
import shutil
from pathlib import Path
from typing import Any

from vj.apps.render.crew.blobs import sha_of, whole
from vj.core.errors import OutputError, VjError
from vj.core.packed import pack, unpack

_MANIFEST = "manifest.json"
_SURE = "sure.told"
_SAYS = "segments of a film that vj was rendering; the same command goes on from them"


class Parts:
    """The parts of `film`, of `frames` frames each. `key` tells all that makes it what it is: parts of another film
    by that name are thrown away.

    `found` says whether there was something to go on from. Raises OutputError.
    """

    def __init__(self, film: Path, key: str, frames: int) -> None:
        self.folder = film.with_name(f"{film.name}.parts")
        manifest = {"what": _SAYS, "key": key, "frames": frames}
        known = self._manifest()
        if self.folder.exists() and known is None and any(self.folder.iterdir()):
            raise OutputError("this is not ours to write to", str(self.folder), "move it away")
        self.found = known == manifest
        if not self.found:
            self.remove()
            try:
                whole(self.folder / _MANIFEST, json.dumps(manifest).encode())
            except OSError as error:
                raise OutputError(f"cannot keep segments: {error.strerror}", str(self.folder)) from error
        self._suffix = film.suffix or ".mp4"

    def film(self, k: int) -> Path:
        """The file of segment `k`."""
        return self.folder / f"{k:05d}{self._suffix}"

    def track(self, k: int) -> Path:
        """The file of the shots of segment `k`."""
        return self.folder / f"{k:05d}.track"

    def keep(self, k: int, film: bytes, told: dict[str, Any]) -> None:
        """Segment `k` is whole, and this is `told` of it."""
        try:
            whole(self.film(k), film)
            whole(self._told(k), pack({**told, "sha": sha_of(self.film(k))}))
        except OSError as error:
            raise OutputError(f"cannot keep a segment: {error.strerror}", str(self.folder), "free some room") from error

    def told(self, k: int) -> dict[str, Any] | None:
        """What was told of segment `k`, None unless it is whole."""
        try:
            told: dict[str, Any] = unpack(self._told(k).read_bytes())
            return told if told["sha"] == sha_of(self.film(k)) else None
        except (OSError, VjError, KeyError):
            return None

    def tell(self, k: int, told: dict[str, Any]) -> None:
        """Something else is to be told of segment `k`."""
        whole(self._told(k), pack(told))

    def drop(self, k: int) -> None:
        """Segment `k` is not what it should be."""
        self._told(k).unlink(missing_ok=True)
        self.film(k).unlink(missing_ok=True)

    def numbers(self) -> list[int]:
        """The segments that may be whole, in order."""
        names = (path.stem for path in self.folder.glob("*.told") if path.name != _SURE)
        return sorted(int(name) for name in names if name.isdigit())

    @property
    def sure(self) -> dict[str, Any] | None:
        """What is known at the end of the first segments that are right for certain: `upto` how many those are."""
        try:
            sure: dict[str, Any] = unpack((self.folder / _SURE).read_bytes())
        except (OSError, VjError):
            return None
        return sure

    @sure.setter
    def sure(self, sure: dict[str, Any]) -> None:
        whole(self.folder / _SURE, pack(sure))

    def remove(self) -> None:
        """The film is whole: they are not needed any more."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _told(self, k: int) -> Path:
        return self.folder / f"{k:05d}.told"

    def _manifest(self) -> Any:
        try:
            return json.loads((self.folder / _MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
