"""Writes one piece of the material: NAME.flac and NAME.json, as README.md here says. The only place that knows how."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from bench.beat.found._attacks import RATE, offsets, rises

#: Seconds of a song that are taken at the most, and the least worth taking.
LONGEST, SHORTEST = 90.0, 12.0
#: Seconds by which the attacks may be off as a whole, and half of them from each other, at the most.
OFF, SPREAD = 0.015, 0.005


@dataclass
class Song:
    """A whole song: samples [n, 1 or 2] at 44.1 kHz, beats [m] in seconds with places in the bar (0: unknown)."""

    name: str
    source: str
    genre: str
    origin: str
    samples: NDArray[np.float32]
    beats: NDArray[np.float64]
    places: NDArray[np.int64]
    metre: int
    drums: dict[str, list[float]] | None = None
    why: str = ""
    part: str = ""
    measured: dict[str, float] = field(default_factory=dict)


#: A song and the seconds of it to write, from and until; and what makes one, or None where it is doubtful.
Found = tuple[Song, float, float]
Maker = Callable[[], Found | None]


def chance(name: str, salt: str) -> float:
    """A number in 0..1 that only the name decides."""
    return int.from_bytes(hashlib.sha256(f"{salt}:{name}".encode()).digest()[:4], "big") / 2**32


def split(name: str) -> str:
    """The set that a song belongs to: all of its excerpts and versions (`theme`, `theme2`) to the same."""
    at = chance(re.sub(r"(?<=[a-z])\d$", "", name), "split")
    return "train" if at < 0.8 else "valid" if at < 0.9 else "test"


def aligned(song: Song, most: float = OFF) -> bool:
    """Moves the beats onto the attacks that are heard there; false where these do not agree, or not to the end."""
    found, late = offsets(rises(song.samples.mean(1)), song.beats)
    if len(found) < max(12, 0.3 * len(song.beats)):
        return False
    off = float(np.median(late))
    spread = float(np.median(np.abs(late - off)))
    drift = float(np.median(late[-len(late) // 3 :]) - np.median(late[: len(late) // 3]))
    song.measured = {"late_ms": off, "spread_ms": spread, "drift_ms": drift}
    song.measured = {what: round(1000 * value, 2) for what, value in song.measured.items()} | {"heard": len(found)}
    if abs(off) > most or spread > SPREAD or abs(drift) > SPREAD or np.mean(np.abs(late - off) < 0.006) < 0.5:
        return False
    song.beats = song.beats + off
    return True


def write(song: Song, out: Path, start: float, until: float) -> dict[str, object] | None:
    """Writes the seconds start..until of a song; what was written of it, None where too little is left."""
    start, until = max(0.0, start), min(until, len(song.samples) / RATE, start + LONGEST)
    inside = (song.beats >= start) & (song.beats < until - 0.05)
    beats, places = song.beats[inside] - start, song.places[inside]
    if until - start < SHORTEST or len(beats) < 16:
        return None
    samples = song.samples[int(start * RATE) : int(until * RATE)]
    top = float(np.abs(samples).max())
    if top < 1e-3:
        return None
    name = song.name + song.part
    sf.write(out / f"{name}.flac", samples * min(1.0, 0.97 / top), RATE, subtype="PCM_16")
    drums = song.drums and {
        kind: [round(t - start, 4) for t in times if start <= t < until] for kind, times in song.drums.items()
    }
    piece = {
        "name": name,
        "source": song.source,
        "genre": song.genre,
        "split": split(song.name),
        "bpm": round(60 / float(np.median(np.diff(beats))), 3),
        "metre": song.metre,
        "beats": [[round(float(t), 4), int(p)] for t, p in zip(beats, places, strict=True)],
        "drums": drums,
        "sections": None,
        "origin": song.origin,
        "why": song.why,
        "measured": song.measured,
    }
    (out / f"{name}.json").write_text(json.dumps(piece) + "\n")
    return piece
