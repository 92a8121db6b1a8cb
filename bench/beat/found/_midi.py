"""Pieces from the MIDI files of a package, loose or inside its archives."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from bench.beat.found._pieces import LONGEST, Found, Maker, Song, aligned, chance
from bench.beat.found._score import DRUMS, Bar, Score, agrees, read
from bench.beat.found._synth import fonts, play

PACKAGES = (
    "openttd-openmsx", "freedoom", "mma",
)  # fmt: skip
GENRES = {"freedoom": "metal", "openttd-openmsx": "jazz and rock"}
NAMES = re.compile(r"\.(mid|midi|kar|wad|dat)$", re.IGNORECASE)
SECONDS = 110.0


def songs(package: str, folder: Path) -> Iterator[tuple[str, Maker]]:
    """(name, what makes its song) of each MIDI file below the folder."""
    if not fonts():
        print("no sound font is installed: no MIDI file can be played")
        return
    seen = set()
    for path in sorted(p for p in folder.rglob("*") if NAMES.search(p.name) and p.is_file() and not p.is_symlink()):
        data = path.read_bytes()
        for k, at in enumerate(m.start() for m in re.finditer(rb"MThd\0\0\0\x06", data)):
            midi = data[at:]
            if midi[:4000] not in seen:
                seen.add(midi[:4000])
                name = f"midi-{package}-{path.stem.lower()}" + (f"-{k}" if k else "")
                yield name, partial(song, midi, name, package)


def song(
    midi: bytes,
    name: str,
    package: str,
    bar: Bar | None = None,
    genre: str = "",
    believe: Callable[[Score], str] = agrees,
) -> Found | None:
    """A MIDI file played, with a minute and a half of it; None where its beats are in doubt."""
    try:
        score = read(midi, bar)
    except (OSError, ValueError, EOFError, KeyError, IndexError):
        return None
    why = score and believe(score)
    if score is None or not why:
        return None
    samples, font = play(midi, name, SECONDS)
    heard = score.beats < len(samples) / 44100 - 0.1
    made = Song(name, "midi", genre or GENRES.get(package, "game"), package, samples, score.beats[heard],
                score.places[heard], score.metre, _drums(score), f"{why}, {font}")  # fmt: skip
    if not aligned(made):
        return None
    late = made.measured["late_ms"] / 1000
    if made.drums:
        made.drums = {kind: [t + late for t in times] for kind, times in made.drums.items()}
    first, last = score.notes[0, 0], made.beats[-1] + 0.5
    at = max(0.0, first + (max(0.0, last - first - LONGEST)) * chance(name, "start") - chance(name, "lead"))
    return made, at, min(last, at + LONGEST)


def _drums(score: Score) -> dict[str, list[float]] | None:
    """Each drum's times, None where none plays."""
    drums = {kind: np.unique(score.hits(pitches)).tolist() for kind, pitches in DRUMS.items()}
    return drums if any(drums.values()) else None
