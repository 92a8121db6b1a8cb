"""ISF files of anybody: filters, which take the picture and give it back, and transitions from one picture to the next.

A file with an image input `inputImage` is a filter, one with `startImage`, `endImage` and a float `progress` a
transition; it is known by the name of its file. They are looked for in `shaders/filters` and `shaders/transitions` of
the installation, in the performer's folders of those names, and where the variable VJ_SHADERS points: folders and
files, these with `@PLACE` behind them, if they are to be there from the start.
"""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import platformdirs

from vj.core.errors import OutputError, VjError, nearest
from vj.core.isf.source import Source
from vj.core.shelf import share

FILTERS = "filters"
TRANSITIONS = "transitions"
#: Where in the chain a filter may stand: nowhere, before all, after the grade, and at the end of all but upper layers.
PLACES = ("off", "before", "graded", "end")
#: What a process and those it starts are lent besides.
LENT = "VJ_SHADERS"


@dataclass(frozen=True)
class Found:
    """A file, by the name that addresses know it by. `place` is where it stands at the start, for a filter."""

    name: str
    source: Source
    place: str = PLACES[0]


@dataclass(frozen=True)
class Shelf:
    """All filters and transitions that there are, by name, and in words what is none though it lies there."""

    filters: tuple[Found, ...]
    transitions: tuple[Found, ...]
    broken: tuple[str, ...]


def shelf() -> Shelf:
    """What there is now."""
    return _read(tuple(_files()))


def lend(asked: Iterable[str] = (), folders: Iterable[Path] = ()) -> None:
    """From now on this process and all that it starts have the filters "PATH" or "PATH@PLACE", and what lies in
    `folders`. Raises VjError."""
    known = [entry for entry in os.environ.get(LENT, "").split(os.pathsep) if entry]
    fresh = [*map(_lent, asked), *(str(folder.resolve()) for folder in folders if folder.is_dir())]
    os.environ[LENT] = os.pathsep.join(dict.fromkeys([*known, *fresh]))


def _lent(asked: str) -> str:
    path, place = _parted(asked)
    if place not in PLACES:
        raise VjError(f"there is no place {place!r} in the chain", "--filter", nearest(place, PLACES))
    if not _is_filter(Source.read(path)):
        raise VjError(
            f"{path.name} has no image input `inputImage`, so it is no filter", str(path), "an ISF filter has"
        )
    return f"{path.resolve()}@{place}"


def _parted(asked: str) -> tuple[Path, str]:
    """A file, and its place: the end, if none is named."""
    path, at, place = asked.rpartition("@")
    return (Path(path), place) if at and "." not in place else (Path(asked), PLACES[-1])


def _files() -> Iterator[tuple[Path, str, int]]:
    """Each file, its place, and when it was last written; an earlier one is preferred to a later one of its name."""
    folders: list[Path] = []
    for entry in filter(None, os.environ.get(LENT, "").split(os.pathsep)):
        if Path(entry).is_dir():
            folders.append(Path(entry))
        else:
            yield from _dated(*_parted(entry))
    homes = (platformdirs.user_config_path("vj"), platformdirs.user_data_path("vj", appauthor=False), share("shaders"))
    folders += [home / kind for kind in (FILTERS, TRANSITIONS) for home in dict.fromkeys(homes)]
    for folder in folders:
        for path in sorted(folder.glob("*.fs")):
            yield from _dated(path, PLACES[0])


def _dated(path: Path, place: str) -> Iterator[tuple[Path, str, int]]:
    try:
        yield path, place, path.stat().st_mtime_ns
    except OSError:
        return  # it went while we looked


@cache
def _read(files: tuple[tuple[Path, str, int], ...]) -> Shelf:
    filters: dict[str, Found] = {}
    transitions: dict[str, Found] = {}
    broken = []
    for path, place, _ in files:
        name = re.sub(r"[^A-Za-z0-9_-]+", "_", path.stem).strip("_") or "shader"
        try:
            source = Source.read(path)
        except OutputError as error:
            broken.append(f"{error.where}: {error.what}")
            continue
        if _is_transition(source):
            transitions.setdefault(name, Found(name, source))
        elif _is_filter(source):
            filters.setdefault(name, Found(name, source, place))
        else:
            broken.append(f"{path}: neither inputImage nor startImage, endImage and progress")
    return Shelf(_sorted(filters), _sorted(transitions), tuple(broken))


def _sorted(found: dict[str, Found]) -> tuple[Found, ...]:
    return tuple(found[name] for name in sorted(found))


def _is_filter(source: Source) -> bool:
    return any(entry["NAME"] == "inputImage" and entry["TYPE"] == "image" for entry in source.inputs)


def _is_transition(source: Source) -> bool:
    kinds = {entry["NAME"]: entry["TYPE"] for entry in source.inputs}
    wanted = {"startImage": "image", "endImage": "image", "progress": "float"}
    return wanted.items() <= kinds.items()
