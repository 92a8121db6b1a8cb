"""What makes a film the film that it is, whoever makes it and however often it is begun."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vj.apps.assemble import Settings
from vj.apps.homes import LOOKS, PRESETS, own, own_looks
from vj.apps.recorded import Script
from vj.apps.render.crew.blobs import bundle_files, sha_of
from vj.apps.render.crew.code import code
from vj.core.errors import OutputError, VjError
from vj.core.types import F32
from vj.devices.audio.file import AudioFile, Pick
from vj.engine.desk import Desk

#: Samples of sound that are laid into the film at once.
BLOCK = 4096


def apart(out: Path, song: Path) -> None:
    """Raise VjError where a film at `out` would take the place of the `song` that it is made of."""
    if out.exists() and song.exists() and out.samefile(song):
        raise VjError("the film would take the place of what it is made of", str(out), "give it another name: -o FILE")


def writable(out: Path) -> None:
    """Raise OutputError where no film can be at `out`."""
    if not out.parent.is_dir():
        raise OutputError("the folder does not exist", str(out.parent), "create it first")
    if out.is_dir():
        raise OutputError("there is a folder of that name", str(out), "choose a file that can be written")


def laid(song: Path, rate: int, span: tuple[float, float | None], pick: Pick | None) -> Iterator[F32]:
    """The sound of the film, [n, 2] at `rate` Hz."""
    return AudioFile(song, rate, start=span[0], end=span[1], pick=pick).blocks(BLOCK, channels=2)


def needed(settings: Settings, desk: Desk, script: Script) -> list[str]:
    """The generators that may come on, as a performer calls them."""
    where = "/model/select"
    asked = [str(event.args[0]) for _, event in script if event.address == where and event.args and not event.scaled]
    lineup = desk.setlist.bundles or (settings.bundle,)
    return list(dict.fromkeys([*lineup, str(desk.current(where)), *asked]))


def key(song: Path, settings: Settings, script: Script, columns: Path | None, names: list[str], *asked: Any) -> str:
    """What tells this film from any other."""
    told = {
        **asdict(settings),
        "script": [(t, asdict(event)) for t, event in script],
        "asked": [repr(a) for a in asked],
    }
    folders = [own(LOOKS)[0], own(PRESETS)[0], settings.looks, settings.presets]
    written = [path for folder in folders if folder for path in sorted(folder.glob("*.toml"))]
    written += [*own_looks(settings.look, settings.setlist, settings.looks).values()]
    written += [path for path in (settings.setlist, columns, song) if path]
    bundles = [path for name in names for path in (bundle_files(name) or {}).values() if path.suffix == ".toml"]
    told["files"] = [sha_of(path) for path in (*written, *bundles) if path.is_file()]
    told["code"] = code()
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()
