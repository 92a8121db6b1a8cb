"""A whole song as numbers: what is heard and walked, 30 times a second, and what it looks like from afar."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.fft import rfft

from vj.core.frames import overlapping
from vj.core.params import Snapshot
from vj.core.sphere import angles, unit
from vj.core.track import Track
from vj.core.types import F32, F64, Features, LatentSpec
from vj.directors.contract import Director
from vj.engine.analyzer import Analyzer
from vj.engine.show import bpm
from vj.engine.walker import Walker
from vj.features.bands import Bands
from vj.features.level import Level
from vj.features.novelty import Novelty
from vj.features.onset import Onset
from vj.features.sections.phrases import PHRASE_SURE, Phrase
from vj.features.state import State
from vj.features.tempo import Tempo

#: Of the sound that is listened to.
RATE_HZ = 48000
#: How often what is heard and walked is noted.
FPS = 30
#: Of the sound that the overview is of.
VIEW_RATE_HZ = 24000
#: A column of the overview, and what its spectrum is of.
COLUMN_SAMPLES = 256
SPECTRUM_SAMPLES = 1024
#: Where its three colours meet.
COLOUR_EDGES_HZ = (200.0, 2000.0)
BANDS = ("bass", "snare", "mids", "highs")


@dataclass(frozen=True)
class Overview:
    """`low`, `high` [n] the extremes of every column of `seconds`, `colours` [n, 3] amplitude of lows, mids, highs."""

    low: F32
    high: F32
    colours: F64
    seconds: float


@dataclass(frozen=True)
class Heard:
    """Columns of numbers by name, FPS rows a second, and when each state of the music began."""

    columns: dict[str, F64]
    states: tuple[tuple[float, str], ...]


def overview(track: Track) -> Overview:
    """What the sound looks like from afar."""
    edges = [0, *(round(hz * SPECTRUM_SAMPLES / VIEW_RATE_HZ) for hz in COLOUR_EDGES_HZ), SPECTRUM_SAMPLES // 2 + 1]
    window = np.hanning(SPECTRUM_SAMPLES).astype(np.float32)
    lows, highs, colours = [], [], []
    for views in overlapping(track.sound(VIEW_RATE_HZ), SPECTRUM_SAMPLES, COLUMN_SAMPLES):
        newest = views[:, -COLUMN_SAMPLES:]
        lows.append(newest.min(axis=1))
        highs.append(newest.max(axis=1))
        power = np.abs(rfft(views * window)) ** 2
        colours.append(np.stack([power[:, a:b].sum(axis=1) for a, b in pairwise(edges)], axis=1))
    if not lows:
        return Overview(
            np.zeros(1, np.float32), np.zeros(1, np.float32), np.zeros((1, 3)), COLUMN_SAMPLES / VIEW_RATE_HZ
        )
    return Overview(
        np.concatenate(lows), np.concatenate(highs), np.sqrt(np.concatenate(colours)), COLUMN_SAMPLES / VIEW_RATE_HZ
    )


def listen(track: Track, director: Director, spec: LatentSpec, snapshot: Snapshot) -> Heard:
    """Everything that features, `director` and walker make of the track."""
    rows: list[dict[str, float]] = []
    states: list[tuple[float, str]] = []
    walker, before = Walker(spec), None
    for t, f in frames(track, snapshot):
        controls = director.step(f, 1.0 / FPS if rows else 0.0, snapshot.of(type(director)), 1.0)
        z = unit(walker.step(1.0 / FPS, controls, snapshot, bpm(f)).z.astype(np.float64))
        turns = np.zeros(len(z)) if before is None else angles(before, z) / spec.turn_radians * FPS
        before = z
        rows.append(_row(t, f, dict(zip(spec.groups, turns.tolist(), strict=True))))
        if not states or states[-1][1] != f[State].name:
            states.append((t, f[State].name))
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]} if rows else {}
    energy = columns.pop("energy", np.zeros(0))
    if rows:
        power = np.diff(energy, append=energy[-1:]) * FPS  # of the frame that begins then
        columns = {"t": columns.pop("t"), "Amplitude": np.sqrt(np.maximum(power, 0.0)), **columns}
    return Heard(columns, tuple(states))


def frames(track: Track, snapshot: Snapshot) -> Iterator[tuple[float, Features]]:
    """(show time, what had been heard until then) of every frame, as a render has it."""
    analyzer = Analyzer(RATE_HZ)
    hop, heard, n = analyzer.hop_length, 0, 0
    features = analyzer.step(np.zeros(hop, np.float32), snapshot)
    analyzer.reset()
    for views in overlapping(track.sound(RATE_HZ), hop, hop):
        for samples in views:
            while n * RATE_HZ < (heard + hop) * FPS:
                yield n / FPS, features
                n += 1
            features = analyzer.step(samples, snapshot)
            heard += hop


def _row(t: float, f: Features, turns: dict[str, float]) -> dict[str, float]:
    bands, tempo = f[Bands], f[Tempo]
    row = {"t": t, "energy": f[Novelty].energy, "db": f[Level].db}
    for name in BANDS:
        band = getattr(bands, name)
        row |= {name: band.level, f"{name}_hits": band.hits, f"{name}_count": float(band.count)}
    row |= {"onsets": float(f[Onset].count), "onset": f[Onset].last, "bpm": tempo.bpm, "confidence": tempo.confidence}
    row |= {"beat": tempo.beat + tempo.phase, "downbeat": float(f[State].downbeat), "novelty": f[Novelty].change}
    phrase = f[Phrase] if f[Phrase].confidence >= PHRASE_SURE else Phrase(0, 0)
    row |= {"metre": float(f[State].metre), "phrase": float(phrase.bars), "phrase_bar": float(phrase.bar)}
    row |= {"section": float(f[State].count), "drops": float(f[State].drops)}
    return row | {f"speed_{group}": speed for group, speed in turns.items()}
