"""A piece made to ask questions: kicks and bass alone, then hats alone, then silence."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import default_rng

from bench.look._dance import Together, dance
from bench.look._picture import Film
from bench.look._sound import RATE, impulses, saved
from vj.core.types import F64
from vj.workshop.loop import voices as voice

BPM = 118.0
#: Seconds of each part, and how much of its beginning is not measured: the picture still remembers what was before.
BASS, HATS, SILENCE = 8.0, 6.5, 6.5
SETTLE, CALM = 2.0, 3.5
TOTAL = BASS + HATS + SILENCE


def kick_times() -> F64:
    """Seconds of the kicks: every beat of the first part."""
    return np.arange(0.25, BASS - 0.3, 60.0 / BPM)


def hat_times() -> F64:
    """Seconds of the hats: every half beat of the second part."""
    return np.arange(BASS + 0.1, BASS + HATS - 0.2, 30.0 / BPM)


def make(path: Path) -> Path:
    """Write the probe as a WAV file."""
    rng = default_rng(11)
    sound = 1e-5 * rng.standard_normal(round(TOTAL * RATE))
    kick = voice.kick(rng)
    for k, at in enumerate(kick_times()):
        _place(sound, 0.6 * kick, at)
        _place(sound, 0.3 * voice.plucked(33.0 + (0, 0, 3, -2)[k // 4 % 4], 0.2, 3.0, 2.0), at + 30.0 / BPM)
    ticks = [voice.hat(rng, 0.03) for _ in range(3)]
    for k, at in enumerate(hat_times()):
        _place(sound, (0.55 if k % 2 else 0.4) * ticks[k % 3], at)
    sound[round((BASS + HATS) * RATE) :] = 0.0
    return saved(path, sound)


def _place(sound: F64, what: F64, at: float) -> None:
    first = round(at * RATE)
    what = what[: len(sound) - first]
    sound[first : first + len(what)] += what


@dataclass(frozen=True)
class Answers:
    """kick is the correlation with the kicks and its lag within -80..+200 ms; `stems` how much coarser bass moves than
    hats do; `rest` the change in silence over that with kicks and bass."""

    kick: Together
    stems: float
    rest: float


def answers(film: Film, fps: float = 60.0) -> Answers:
    """What a film of the probe says."""
    bass = film.cut(round(SETTLE * fps), round(BASS * fps))
    hats = film.cut(round((BASS + SETTLE) * fps), round((BASS + HATS) * fps))
    kicks = impulses(kick_times() - SETTLE, len(bass))
    ratio = [float(part.scales[:, 3:].sum() / max(part.scales[:, :2].sum(), 1e-9)) for part in (bass, hats)]
    still = film.cut(round((BASS + HATS + CALM) * fps))
    return Answers(
        dance(kicks, bass.d, fps, (-0.08, 0.2)),
        ratio[0] / max(ratio[1], 1e-9),
        float(still.d.mean() / max(bass.d.mean(), 1e-9)),
    )
