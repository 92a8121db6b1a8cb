"""Where looks and setlists lie: those that ship with vj, and the performer's own."""

from collections.abc import Iterable
from pathlib import Path

import platformdirs

from vj.core import shelf
from vj.core.written import is_file, path_of
from vj.engine.performance import LOOKS, MEDIA, PRESETS

SETLISTS = "setlists"
VENUES = "venues"
LIGHTS = "lights"
__all__ = [
    "LIGHTS", "LOOKS", "MEDIA", "PRESETS", "SETLISTS", "VENUES", "files", "look_file", "media_folders", "named_file",
    "own", "own_looks", "owned",
    "shipped",
]  # fmt: skip


def own(folder: str) -> tuple[Path, ...]:
    """The performer's folders called `folder`: that of settings, beside the maps of MIDI devices, is the one to name;
    that of data, where bundles lie, will do as well."""
    homes = (platformdirs.user_config_path("vj"), platformdirs.user_data_path("vj", appauthor=False))
    return tuple(dict.fromkeys(home / folder for home in homes))


def shipped(folder: str) -> Path:
    """The folder of looks, setlists or media that ships with vj."""
    return shelf.share(SETLISTS) / folder if folder in (LOOKS, MEDIA) else shelf.share(folder)


def media_folders(setlist: Path | None = None, looks: Path | None = None) -> tuple[Path, ...]:
    """Where pictures, clips and fonts for layers may lie: beside setlist or looks, at home, shipped."""
    beside = [path.resolve().parent / MEDIA for path in (setlist, looks) if path is not None]
    return (*beside, *own(MEDIA), shipped(MEDIA))


def files(folders: Iterable[Path]) -> dict[str, Path]:
    """Name -> TOML file in some folders, by name within each; an earlier folder comes before a later one."""
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.toml")):
            found.setdefault(path.stem, path)
    return found


def owned(folder: str) -> list[tuple[Path, bool]]:
    """The files of all looks or setlists, and whether each is the performer's own; those come first."""
    mine = own(folder)
    return [(path, path.parent in mine) for path in files((*mine, shipped(folder))).values()]


def look_file(look: str | None) -> Path | None:
    """The file that a look is asked for by, or None if it is asked for by name."""
    return path_of(look) if look and look.lower().endswith(".toml") else None


def named_file(folder: str, name: str) -> Path:
    """The TOML file that `name` means: a path, or a name in the performer's `folder`, whether it is there or not."""
    path = path_of(name)
    if path.suffix.lower() == ".toml" or len(path.parts) > 1 or is_file(path):
        return path
    return own(folder)[0] / f"{name}.toml"


def own_looks(look: str | None, setlist: Path | None, looks: Path | None = None) -> dict[str, Path]:
    """Name -> file of the looks that are not shipped: the one asked for by file, those in the folder `looks` or in the
    one of that name beside the setlist, those at home."""
    file, beside = look_file(look), looks or (setlist.resolve().parent / LOOKS if setlist else None)
    folders = [beside] if beside and beside.resolve() != shipped(LOOKS).resolve() else []
    return {**({file.stem: file} if file else {}), **files((*folders, *own(LOOKS)))}
