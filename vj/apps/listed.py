"""A queue file as it is written: TOML, CSV, or a plain list of paths; each with options of `vj render` of its own.

song.flac --look slow_tide               a line: a path, and options after it; # begins a remark

song,look,size                           CSV: options by name, empty where there is nothing to say
song.flac,slow_tide,1920x1080

[[render]]                               TOML: options by name; [defaults] are those of all
song = "song.flac"
look = "slow_tide"
set = ["/latent/psi=0.9"]
"""

import csv
import re
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vj.core.errors import VjError, nearest
from vj.core.written import parse_toml, path_of

#: Of TOML and CSV: the key of a song, the table of a render, and the table of what holds for all.
SONG = "song"
TABLE = "render"
DEFAULTS = "defaults"
#: What remarks begin with, those of M3U too.
REMARK = "#"
_EXAMPLE = 'write it like: song.flac --look slow_tide, or [[render]] with song = "song.flac"'


@dataclass(frozen=True)
class Entry:
    """One thing to render: the song as it is written, options as arguments of the command line, and the line."""

    song: str
    arguments: tuple[str, ...]
    line: int


class LineError(Exception):
    """What is wrong with one line of a queue file, and what to do about it."""

    def __init__(self, line: int, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.line, self.what, self.hint = line, what, hint


def read_list(path: Path) -> tuple[list[Entry], list[LineError]]:
    """The entries of the queue file at `path`, and the lines that make no sense. Raises VjError for no such file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise VjError("the queue cannot be read", str(path), f"{error}. {_EXAMPLE}") from error
    kinds = {".toml": _toml, ".csv": _csv}
    entries, broken = kinds.get(path.suffix.lower(), _lines)(text)
    if not entries and not broken:
        raise VjError("there is nothing in this queue", str(path), _EXAMPLE)
    return entries, broken


def _lines(text: str) -> tuple[list[Entry], list[LineError]]:
    """A path a line: all up to the first option, so that blanks in it need no quotes."""
    entries: list[Entry] = []
    broken: list[LineError] = []
    for number, line in enumerate(text.splitlines(), 1):
        said = line.strip()
        if not said or said.startswith(REMARK):
            continue
        name, *options = re.split(r"\s+(?=--[a-z]|-o\s)", said, maxsplit=1)
        try:
            arguments = tuple(shlex.split(options[0], comments=True)) if options else ()
            song = " ".join(shlex.split(name)) if name[:1] in "\"'" else name
        except ValueError as error:
            broken.append(LineError(number, f"a quote is open: {error}", "close it, or leave it out"))
            continue
        entries.append(Entry(song, arguments, number))
    return entries, broken


def _csv(text: str) -> tuple[list[Entry], list[LineError]]:
    reader = csv.reader(text.splitlines(), skipinitialspace=True)
    entries: list[Entry] = []
    broken: list[LineError] = []
    header: list[str] = []
    for row in reader:
        cells = [cell.strip() for cell in row]
        if not any(cells) or cells[0].startswith(REMARK):
            continue
        if not header:
            header = [cell.lower() for cell in cells]
            if SONG not in header:
                raise VjError("the first line names no column song", f"line {reader.line_num}", "song,look,output")
            continue
        if len(cells) > len(header):
            broken.append(
                LineError(reader.line_num, f"{len(cells)} cells where there are {len(header)} columns", "quote commas")
            )
            continue
        values = dict(zip(header, cells, strict=False))
        song = values.pop(SONG, "")
        if not song:
            broken.append(LineError(reader.line_num, "there is no song", f'its column is "{SONG}"'))
            continue
        entries.append(Entry(song, _arguments({k: v for k, v in values.items() if v}), reader.line_num))
    return entries, broken


def _toml(text: str) -> tuple[list[Entry], list[LineError]]:
    try:
        document = parse_toml(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        return [], [LineError(int(found[1]) if found else 1, f"this is no TOML: {error}", _EXAMPLE)]
    lines = [n for n, line in enumerate(text.splitlines(), 1) if re.match(rf"\s*\[\[\s*{TABLE}\s*\]\]", line)]
    entries: list[Entry] = []
    broken = [
        LineError(_line_of(text, key), f"{key!r} says nothing here", nearest(key, (f"[[{TABLE}]]", f"[{DEFAULTS}]")))
        for key in document
        if key not in (TABLE, DEFAULTS)
    ]
    defaults, listed = document.get(DEFAULTS, {}), document.get(TABLE, [])
    if not isinstance(listed, list) or not isinstance(defaults, dict):
        return [], [*broken, LineError(_line_of(text, TABLE), f"each is a table of its own: [[{TABLE}]]", _EXAMPLE)]
    for n, values in enumerate(listed):
        line = lines[n] if n < len(lines) else 1
        song = values.get(SONG) if isinstance(values, dict) else None
        if not isinstance(song, str) or not song:
            broken.append(LineError(line, "there is no song", 'song = "song.flac"'))
            continue
        rest = {**defaults, **{key: value for key, value in values.items() if key != SONG}}
        odd = [key for key, value in rest.items() if not isinstance(value, str | int | float | list)]
        if odd:
            broken.append(LineError(line, f"{odd[0]} is no word and no number", "options are those of vj render"))
            continue
        entries.append(Entry(song, _arguments(rest), line))
    return entries, broken


def _line_of(text: str, key: str) -> int:
    """The first line that begins with `key`, in brackets or not; 1 if there is none."""
    return next((n for n, line in enumerate(text.splitlines(), 1) if line.strip().lstrip("[ \"'").startswith(key)), 1)


def _arguments(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Options by name as the command line has them: true is an option alone, a list comes several times."""
    arguments: list[str] = []
    for key, value in values.items():
        option = "--" + key.lstrip("-").replace("_", "-")
        for one in value if isinstance(value, list) else [value]:
            if one is True or (isinstance(one, str) and one.lower() == "true"):
                arguments.append(option)
            elif one is not False and not (isinstance(one, str) and one.lower() == "false"):
                arguments += [option, str(one)]
    return tuple(arguments)


def song_of(entry: Entry, folder: Path) -> Path:
    """The song's path; one that is not whole begins at the queue's `folder`. Raises LineError if there is nothing."""
    path = path_of(entry.song)
    path = path if path.is_absolute() else folder / path
    if not path.exists():
        beside = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        raise LineError(entry.line, f"there is no {path}", nearest(path.name, beside) if beside else "check the folder")
    return path
