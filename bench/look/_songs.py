"""Songs of bench/beat that looks are shown to besides: one slow, one of the middle, one fast. Anyone has the same.

They are made without sound fonts and recorded drums, which not every machine has, and kept in the user's cache folder.
Each was chosen by what plays in it: drums all through, one tempo, no half time. Beats and drums are known, not heard.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import platformdirs

from bench.beat.songs.make import one
from bench.hearing.listening import load, resampled
from bench.look._sound import RATE, Piece, as_piece

#: In the names of the files: to be raised when the same numbers make other songs.
VERSION = 1
#: Seconds that are made, and length of an excerpt.
MADE, EXCERPT = 40.0, 22.0
#: Drum of the annotation -> band it is meant to move; `vague` strokes are too soft to be insisted on.
DRUMS = {"kick": "kick", "snare": "snare", "hat": "highs"}


@dataclass(frozen=True)
class Song:
    """Series and number of a song, and where its excerpt begins, in seconds."""

    seed: int
    index: int
    start: float


SONGS = {
    "hip-hop 90": Song(962, 196, 0.6),
    "house 128": Song(925, 130, 0.0),
    "dnb 174": Song(963, 50, 9.6),  # a bar before its drop
}


def cached(name: str) -> Path:
    """The song in the user's cache folder, made there the first time (some seconds)."""
    song = SONGS[name]
    folder = platformdirs.user_cache_path("vj") / f"bench-songs-{VERSION}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{one(song.index, folder, song.seed, MADE, [], recorded=False)}.flac"


def made(name: str, seconds: float | None = None) -> Piece:
    """The excerpt of a song of SONGS, no longer than `seconds`."""
    path, start = cached(name), SONGS[name].start
    truth = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    stop = start + min(EXCERPT, seconds or np.inf)
    x = resampled(load(path), RATE).samples[round(start * RATE) : round(stop * RATE)]
    events = {band: np.array(truth["drums"][drum]) for drum, band in DRUMS.items()}
    events["vague"] = np.array(truth["vague"])
    events = {band: times[(times >= start) & (times < stop)] - start for band, times in events.items()}
    beats = np.array([at for at, _ in truth["beats"]]) - start
    return as_piece(name, path, (start, stop), x, float(truth["bpm"]), beats, events)
