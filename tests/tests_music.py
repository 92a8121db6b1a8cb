"""Music that was never played: features of any moment, as if they had been heard."""

import math
from typing import Any

import numpy as np

from vj.core.types import Features
from vj.features.bands import Band, Bands
from vj.features.chroma import Chroma
from vj.features.level import Level
from vj.features.onset import Onset
from vj.features.phrase import Phrase
from vj.features.spectrum import Spectrum
from vj.features.state import State
from vj.features.tempo import Tempo

CLASSES = {"worlds": ("mandala", "ink", "nebula"), "testcard": ("bars", "rings")}
MAJOR, MINOR = (0, 4, 7), (0, 3, 7)


def music(
    t: float,
    bpm: float = 120.0,
    sure: float = 1.0,
    bar_sure: float = 1.0,
    metre: int = 4,
    downbeat: int = 0,
    phrase: int = 0,
    state: str = "groove",
    since: float = 0.0,
    count: int = 1,
    drops: int = 0,
    loud: float = 0.5,
    energy: float = 0.5,
    bass: float = 0.0,
    rate: float = 4.0,
    hz: float = 1500.0,
    chord: tuple[int, ...] = MAJOR,
    beats: float | None = None,
) -> Features:
    """What is heard at show time `t` of a song at `bpm` whose bars begin at `downbeat` beats, and whose phrases have
    `phrase` bars (0: nobody knows). `beats` is the running beat, if it is not that of the time."""
    at = t * bpm / 60.0 if beats is None else beats
    beat = math.floor(at)
    seconds = 60.0 / bpm
    soon = t + (beat + 1 - at) * seconds
    tempo = Tempo(
        bpm=bpm,
        phase=at - beat,
        beat=beat,
        confidence=sure,
        source="auto",
        metre=metre,
        place=(beat - downbeat) % metre,
        bar_confidence=bar_sure,
        next=(soon, soon + seconds),
    )
    bar = math.floor((at - downbeat) / metre)
    span = max(phrase, 1) * metre
    left = span - (at - downbeat) % span
    band = Band(1.0, bass, 0.5, t, round(2 * t), t, bass)
    values = np.zeros(12, np.float32)
    values[list(chord)] = 1.0 / len(chord)
    records: list[Any] = [
        tempo,
        State(state, since, count, 0.0, energy, drops, downbeat, metre),  # type: ignore[arg-type]
        Phrase(max(phrase, 4), bar % max(phrase, 1), left, 1.0 - left / span, 1.0 if phrase else 0.0),
        Level(0.1, 0.2, -20.0, 0.0, True, False, loud),
        Bands(band, band, band, band),
        Onset(0.0, round(4 * t), t, rate),
        Spectrum(np.zeros(8, np.float32), np.zeros(32, np.float32), hz, 0.1),
        Chroma(values, 0.1),
    ]
    return Features(t, 0.01, round(t * 100), {type(record): record for record in records})
