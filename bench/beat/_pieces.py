"""Pieces with true beats: what lies in a folder of sounds with a JSON beside each, and which of them are asked for."""

import hashlib
import itertools
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from vj.apps.track import track_of
from vj.core.types import F32, F64
from vj.devices.audio.file import AudioFile

SUFFIXES = (".flac", ".wav", ".ogg", ".mp3")
#: BPM at which one band of the results ends and the next begins.
BANDS = (60, 80, 100, 120, 140, 160, 180, 210)


@dataclass(frozen=True)
class Piece:
    """One piece: `beats` in seconds, `places` in the bar from 1, `bpm` the median, and what it is told apart by."""

    path: Path
    name: str
    source: str
    genre: str
    metre: int
    beats: F64
    places: np.ndarray

    @property
    def bpm(self) -> float:
        return 60.0 / float(np.median(np.diff(self.beats)))

    @property
    def band(self) -> str:
        """Its tempo, as a row of a table."""
        return band_of(self.bpm)

    def sound(self, rate: int, seconds: float) -> F32:
        """Its first `seconds`, mono [n] at `rate` Hz, mixed down as a show hears it."""
        wanted, parts, got = round(seconds * rate), [], 0
        for block in track_of(AudioFile(self.path), Fraction(30)).sound(rate):
            parts.append(block)
            got += len(block)
            if got >= wanted:
                break
        return np.concatenate(parts)[:wanted].astype(np.float32)

    def mark(self, seconds: float) -> str:
        """What tells its first `seconds` from every other sound."""
        return hashlib.sha256(self.path.read_bytes() + f"{seconds:g}".encode()).hexdigest()[:24]

    def until(self, seconds: float) -> "Piece":
        """The beats of its first `seconds` alone."""
        kept = self.beats < seconds
        return Piece(self.path, self.name, self.source, self.genre, self.metre, self.beats[kept], self.places[kept])


def band_of(bpm: float) -> str:
    """The band of BANDS that `bpm` is in: "120-140"; at an edge the one above."""
    if bpm < BANDS[0]:
        return f"under {BANDS[0]}"
    if bpm >= BANDS[-1]:
        return f"over {BANDS[-1]}"
    return next(f"{a}-{b}" for a, b in itertools.pairwise(BANDS) if a <= round(bpm, 2) < b)


def read(path: Path) -> tuple[Piece, str] | None:
    """The piece that a JSON tells of and its split, or None if it tells of none."""
    told = json.loads(path.read_text(encoding="utf-8"))
    sound = next((path.with_suffix(s) for s in SUFFIXES if path.with_suffix(s).exists()), None)
    if sound is None or not isinstance(told, dict) or len(told.get("beats") or ()) < 8:
        return None
    beats = np.array([row[0] for row in told["beats"]], float)
    places = np.array([row[1] for row in told["beats"]], int)
    piece = Piece(sound, told["name"], told["source"], told["genre"], int(told["metre"]), beats, places)
    return piece, told["split"]


def chosen(folders: Sequence[Path], split: str, limit: int | None = None) -> list[Piece]:
    """The pieces of `split` ("all": any), at most `limit`: by turns from each source and band of tempo."""
    found = [p for folder in folders for path in sorted(folder.rglob("*.json")) if (p := read(path)) is not None]
    groups: dict[tuple[str, str], list[Piece]] = defaultdict(list)
    for piece, its in sorted(found, key=lambda p: hashlib.sha256(p[0].name.encode()).digest()):
        if split in (its, "all"):
            groups[piece.source, piece.band].append(piece)
    turns = itertools.zip_longest(*(groups[key] for key in sorted(groups)))
    return [piece for turn in turns for piece in turn if piece is not None][:limit]
