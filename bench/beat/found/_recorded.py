"""Pieces from recordings that keep one tempo: loose in a package, or in its archives.

Two songs of Frets on Fire tell theirs in notes.mid; of all others it has to be found (`_comb.py`), or they are left.
Which beat of the bar is the first is not known of any: the place is 0.
"""

import io
import zipfile
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from math import gcd
from pathlib import Path

import mido
import numpy as np
import soundfile as sf
from numpy.typing import NDArray
from scipy.signal import resample_poly

from bench.beat.found._attacks import RATE
from bench.beat.found._comb import fit
from bench.beat.found._pieces import LONGEST, Found, Maker, Song, aligned, chance
from vj.core.types import F32

PACKAGES = (
    "fretsonfire-songs-sectoid", "fretsonfire-songs-muldjord", "nexuiz-music", "ufoai-music", "hedgewars-data",
    "supertux-data", "titanion-data", "gunroar-data", "mu-cade-data", "rrootage-data", "tumiki-fighters-data",
    "amoebax-data", "extremetuxracer-data", "trackballs-data", "davegnukem-data", "pinball-data",
    "wordwarvi-sound", "holotz-castle-data", "mazeofgalious-data", "hyperrogue-music",
)  # fmt: skip
GENRES = {
    "fretsonfire-songs-sectoid": "metal", "fretsonfire-songs-muldjord": "death metal", "nexuiz-music": "industrial",
    "ufoai-music": "electronic and rock", "trigger-rally-data": "electronic", "openarena-data": "metal",
}  # fmt: skip
SOUNDS, ARCHIVES = {".ogg", ".mp3", ".wav", ".flac", ".opus"}, {".pk3", ".zip", ".pk4"}
#: Bytes below which nothing is a song, seconds below which it is not tried, seconds looked at.
SMALL, SHORT, SECONDS = 300_000, 40.0, 240.0
#: Seconds by which a song's own tempo map may begin beside its sound.
BEGINS = 0.035
#: Beats a minute above which a map may well count twice as fast as a listener.
FASTEST = 185.0


def songs(package: str, folder: Path) -> Iterator[tuple[str, Maker]]:
    """(name, what makes its song) of each recording below the folder; a long one makes two."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink()):
        if path.name == "song.ogg" and (path.parent / "notes.mid").exists():
            name = f"recorded-{package}-{path.parent.name.lower().replace(' ', '-')}"
            yield from _parts(partial(_charted, path), name, package)
        elif path.suffix.lower() in SOUNDS and path.stat().st_size > SMALL and path.name != "guitar.ogg":
            yield from _parts(partial(_found, path.read_bytes), f"recorded-{package}-{path.stem.lower()}", package)
        elif path.suffix.lower() in ARCHIVES:
            with zipfile.ZipFile(path) as archive:
                inside = [i.filename for i in archive.infolist() if i.file_size > SMALL]
            for entry in (e for e in inside if Path(e).suffix.lower() in SOUNDS):
                name = f"recorded-{package}-{Path(entry).stem.lower()}"
                yield from _parts(partial(_found, partial(_entry, path, entry)), name, package)


Heard = tuple[NDArray[np.float32], NDArray[np.float64], str]


def _parts(hear: Callable[[], Heard | None], name: str, package: str) -> Iterator[tuple[str, Maker]]:
    """The two halves of a song, for which it is heard once."""
    name = "".join(c if c.isalnum() or c in "-_." else "-" for c in name)
    heard = lru_cache(1)(partial(_song, hear, name, package))
    for part in ("", "-late"):
        yield name + part, partial(_half, heard, part)


def _song(hear: Callable[[], Heard | None], name: str, package: str) -> Song | None:
    found = hear()
    if found is None:
        return None
    samples, beats, why = found
    places = np.zeros(len(beats), np.int64)
    song = Song(name, "recorded", GENRES.get(package, "game"), package, samples, beats, places, 4, why=why)
    return song if aligned(song, BEGINS) else None


def _half(heard: Callable[[], Song | None], part: str) -> Found | None:
    """The first or the second minute and a half of a song, somewhere within its half."""
    song = heard()
    if song is None:
        return None
    length = len(song.samples) / RATE
    if part and length < 2 * LONGEST:
        return None
    room = max(0.0, (length / 2 if length >= 2 * LONGEST else length) - LONGEST)
    start = (length / 2 if part else 0.0) + room * chance(song.name, "start" + part)
    song.part = part
    return song, start, min(length, start + LONGEST)


def _entry(path: Path, entry: str) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read(entry)


def _loaded(data: bytes) -> NDArray[np.float32] | None:
    """Samples [n, 1 or 2] at 44.1 kHz of a sound file, None of what is none or too short."""
    try:
        with sf.SoundFile(io.BytesIO(data)) as file:
            rate = file.samplerate
            samples = file.read(int(SECONDS * rate), dtype="float32", always_2d=True)[:, :2]
    except sf.LibsndfileError:
        return None
    if len(samples) < SHORT * rate:
        return None
    both = gcd(rate, RATE)
    return samples if rate == RATE else resample_poly(samples, RATE // both, rate // both, axis=0).astype(np.float32)


def _found(load: Callable[[], bytes]) -> Heard | None:
    """A recording of which nothing is known."""
    samples = _loaded(load())
    line = None if samples is None else fit(samples.mean(1))
    if samples is None or line is None:
        return None
    beats = np.arange(line.first, len(samples) / RATE - 0.05, line.period)
    return samples, beats, f"{line.why}, off by {1000 * np.nanmax(np.abs(line.drift)):.1f} ms at the most"


def _charted(path: Path) -> Heard | None:
    """A song of Frets on Fire, both of its tracks: its map has one tempo and begins with the sound."""
    tracks = [_loaded((path.parent / name).read_bytes()) for name in ("song.ogg", "guitar.ogg")]
    tempi = {m.tempo for t in mido.MidiFile(path.parent / "notes.mid").tracks for m in t if m.type == "set_tempo"}
    if len(tempi) != 1 or 6e7 / max(tempi) > FASTEST or any(track is None for track in tracks):
        return None
    length = min(len(track) for track in tracks if track is not None)
    samples: F32 = np.sum([track[:length] for track in tracks if track is not None], axis=0)
    return samples, np.arange(0.0, length / RATE - 0.05, tempi.pop() / 1e6), "the song's own tempo map"
