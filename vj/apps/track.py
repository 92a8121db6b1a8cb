"""A sound file as a Track: what directors survey before a render, and what `vj analyze` looks at."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from vj.apps.recorded import Script
from vj.core import shelf
from vj.core.errors import VjError
from vj.core.params import Snapshot
from vj.core.sound.mono import Mono
from vj.core.track import Channel, Track
from vj.core.types import F32, F64
from vj.devices.audio.file import AudioFile
from vj.engine.cues.setlist import Setlist

#: Decoded at once.
BLOCK_FRAMES = 1 << 15
#: The column that says when a row is, in seconds.
TIME_COLUMN = "t"
#: So many rows there are without it.
ROWS_HZ = 30.0


def track_of(file: AudioFile, fps: Fraction, columns: Path | None = None) -> Track:
    """`file` as a Track for `fps` frames a second, with the numbers in a CSV beside it. Raises VjError."""

    def sound(rate: int, channel: Channel = "mid") -> Iterator[F32]:
        at_rate = file.at(rate)
        if channel == "mid":
            mono = Mono(rate)
            return (mono.step(block) for block in at_rate.blocks(BLOCK_FRAMES, channels=2))
        side = ("left", "right").index(channel)
        return (np.ascontiguousarray(block[:, side]) for block in at_rate.blocks(BLOCK_FRAMES, channels=2))

    if columns is None:
        return Track(sound, file.native, fps)
    numbers, rate = read_columns(columns)
    return Track(sound, file.native, fps, numbers, rate)


def kept(track: Track) -> Track:
    """`track`, which remembers what was decoded of its middle: quicker where the same rate is read again and again."""
    known: dict[int, list[F32]] = {}

    def sound(rate: int, channel: Channel = "mid") -> Iterator[F32]:
        if channel != "mid":
            return track.sound(rate, channel)
        if rate not in known:
            known[rate] = list(track.sound(rate))
        return iter(known[rate])

    return replace(track, sound=sound)


def named(snapshot: Snapshot, setlist: Setlist, script: Script) -> list[str]:
    """Directors that will be on: the one chosen now, and those that cues and script name."""
    where = "/director/select"
    names = [str(snapshot[where]), *(str(cue.values[where]) for cue in setlist.cues if where in cue.values)]
    names += [str(event.args[0]) for _, event in script if event.address == where and event.args]
    known = shelf.names("directors")
    return [name for name in dict.fromkeys(names) if name in known]


def read_columns(path: Path) -> tuple[dict[str, F64], float]:
    """Columns of numbers by the names in a CSV's first line, and rows a second. Raises VjError.

    A file of one column of numbers without a name is a column "Amplitude", as the film VAE of 2023 kept it.
    """
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError) as error:
        raise VjError("the table cannot be read", str(path), str(error)) from error
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if rows and all(_is_number(cell) for cell in rows[0]):
        rows.insert(0, ["Amplitude", *(f"column {n}" for n in range(2, len(rows[0]) + 1))])
    if len(rows) < 2:
        raise VjError("there are no numbers in this table", str(path), "write it with: vj analyze SONG --csv FILE")
    columns: dict[str, F64] = {}
    for index, name in enumerate(rows[0]):
        cells = [row[index] if index < len(row) else "" for row in rows[1:]]
        if cells and all(_is_number(cell) for cell in cells):
            columns[name.strip()] = np.array([float(cell) for cell in cells])
    if not columns:
        raise VjError("no column of this table is all numbers", str(path), "write it with: vj analyze SONG --csv FILE")
    times = columns.get(TIME_COLUMN)
    rate = (len(times) - 1) / float(times[-1] - times[0]) if times is not None and len(times) > 1 else ROWS_HZ
    return columns, rate


def write_columns(path: Path, columns: dict[str, F64]) -> None:
    """Write columns of equal length as a CSV with their names in the first line."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for row in zip(*columns.values(), strict=True):
            writer.writerow([f"{number:.6g}" for number in row])


def pairs(settings: Sequence[str]) -> list[tuple[str, str]]:
    """ADDRESS=VALUE as pairs; raises VjError."""
    split = [(part.partition("=")[0].strip(), part.partition("=")[2].strip()) for part in settings]
    for (address, value), part in zip(split, settings, strict=True):
        if not address.startswith("/") or not value:
            raise VjError(f"{part!r} sets nothing", "--set", "write it like /director/spectrum/exact=on")
    return split


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
