"""Songs with known sections, made to score and to teach what tells breaks, builds and drops: no two of a kind alike.

What makes sections hard is in here: breaks with a low end of their own, filtered, sung, or all drums but the kick;
single blows of the bass in them; builds with kicks and pauses; drops of the kick alone or at half time; and grooves
with fills, pauses of bass or kick, falls of level, or hardly any bass. Some songs never break, some have no low end.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from scipy.signal import butter, sosfilt

from bench.beat.sections._band import STYLES, Band
from bench.beat.sections._plan import Part, plan
from bench.hearing import patterns
from vj.core.types import F32
from vj.workshop.loop.voices import RATE

SPLITS = {"train": 0.6, "valid": 0.75, "test": 1.0}


@dataclass(frozen=True)
class Song:
    """Mono float32 `samples` [n] at RATE and what is true of them, as a material's JSON says it, with times in s.

    `truth["drops"]` are the moments at which the low end is back after 4 s without, an intro counted; at those in
    `truth["maybe"]` it was away for 2.5 to 4 s.
    """

    name: str
    samples: F32
    truth: dict[str, Any]


def split(name: str) -> str:
    """Which split a song of this name is in: by its hash, so that it never moves."""
    place = zlib.crc32(name.encode()) % 1000 / 1000
    return next(s for s, edge in SPLITS.items() if place < edge)


def called(seed: int) -> str:
    """The name of song number `seed`."""
    return f"sections-{list(STYLES)[seed % len(STYLES)].replace(' ', '-')}-{seed:03d}"


def make(seed: int) -> Song:
    """Song number `seed`: five in eight break, one in eight has no low end at all, and so no sections to tell."""
    rng, name = np.random.default_rng([seed, 11]), called(seed)
    style = list(STYLES)[seed % len(STYLES)]
    low = seed % 8 != 5
    parts, phrase = plan(rng, low and seed % 8 in (0, 1, 2, 3, 4), low)
    band = Band(rng, STYLES[style], sum(part.bars for part in parts))
    edges = np.cumsum([0, *(part.bars for part in parts)]).tolist()
    for part, first in zip(parts, edges, strict=False):
        band.play(part, first)
    total = mixed(rng, band, parts, edges)
    spans = zip(parts, edges[:-1], edges[1:], strict=True)
    sections = merged([(band.at(16 * a) / RATE, band.at(16 * b) / RATE, p.label) for p, a, b in spans if p.label])
    intro = parts[0].bars if parts[0].label is None else 0
    back = returns(band, parts, edges)
    truth: dict[str, Any] = {
        "name": name,
        "source": "made",
        "genre": style,
        "split": split(name),
        "bpm": band.bpm,
        "metre": 4,
        "beats": [[band.at(4 * beat) / RATE, beat % 4 + 1] for beat in range(4 * edges[-1])],
        "drums": band.hits,
        "sections": sections if low else None,
        "drops": [t for t, away in back if away >= 4.0],
        "maybe": [t for t, away in back if 2.5 <= away < 4.0],
        "phrase": [phrase, intro % phrase],
        "licence": "CC0",
    }
    return Song(name, total, truth)


def mixed(rng: Generator, band: Band, parts: Sequence[Part], edges: Sequence[int]) -> F32:
    """The song as it leaves the desk: side chain, filters, levels, a driven or a levelled master, and noise."""
    kicks = np.array(band.hits["kick"])
    music = band.music * patterns.ducking(kicks, band.n, float(rng.choice([0.0, 0.4, 0.8])), 2.5 * band.step / RATE)
    total = band.low + band.top + music
    gain, cut, opening = np.ones(band.n), np.zeros(band.n), np.zeros(band.n)
    hz = next((part.cut for part in parts if part.cut), 300.0)
    for part, a, b in zip(parts, edges[:-1], edges[1:], strict=True):
        here = slice(band.at(16 * a), band.at(16 * b))
        gain[here] = 10 ** (part.gain / 20)
        cut[here] = part.cut > 0
        if "opening" in part.layers:
            opening[here] = 1.0 - np.linspace(0.0, 1.0, here.stop - here.start)
        if "fade" in part.traits:
            gain[here] *= np.linspace(1.0, 0.0, here.stop - here.start)
            gain[here.stop :] = 0.0
        if "pause" in part.traits:
            rest = slice(band.at(16 * b - 4), band.at(16 * b))
            gain[rest] *= 0.02
    smooth = np.ones(480) / 480
    gain, cut = np.convolve(gain, smooth, "same"), np.convolve(cut, smooth, "same")
    thin = sosfilt(butter(4, hz, "highpass", fs=RATE, output="sos"), total)
    dull = sosfilt(butter(2, 1200.0, "lowpass", fs=RATE, output="sos"), total)
    total = gain * (total + cut * (thin - total) + opening * (dull - total))
    total = sosfilt(butter(2, 27.0, "highpass", fs=RATE, output="sos"), total)
    if rng.uniform() < 0.25:  # an automatic level somewhere upstream: breaks are brought up
        power = sosfilt(butter(1, 0.25, "lowpass", fs=RATE, output="sos"), total**2)
        total = total / np.sqrt(np.maximum(power, 1e-4)) * 0.3
    x = rng.uniform(0.8, 2.5) * total
    ceiling = rng.uniform(0.2, 0.96) * x / np.sqrt(np.sqrt(1.0 + x**4))
    if rng.uniform() < 0.5:  # a room, or a microphone, that does something to the low end
        shelf = sosfilt(butter(1, 150.0, "lowpass", fs=RATE, output="sos"), ceiling)
        ceiling = ceiling + (10 ** (rng.uniform(-10, 6) / 20) - 1.0) * shelf
    noise = 10 ** rng.uniform(-4.5, -3) * rng.standard_normal(band.n)
    hum = 10 ** rng.uniform(-5, -2.5) * np.sin(2 * np.pi * 50.0 * np.arange(band.n) / RATE)
    return np.asarray(ceiling + noise + hum, np.float32)


def returns(band: Band, parts: Sequence[Part], edges: Sequence[int]) -> list[tuple[float, float]]:
    """When kick or bass sound again in a part that has them, and after how many seconds of parts that have neither."""
    found, since = [], 0.0
    for part, a in zip(parts, edges[:-1], strict=True):
        start = band.at(16 * a) / RATE
        if not part.layers & {"kick", "bass"} or part.cut:
            continue
        first = min((t for t in (*band.hits["kick"], *band.deep) if t >= start - 1e-6), default=None)
        if first is not None:
            found.append((first, first - since))
        since = band.at(16 * (a + part.bars)) / RATE
    return found


def merged(sections: list[tuple[float, float, str]]) -> list[list[float | str]]:
    """Neighbours of one label made one."""
    out: list[list[float | str]] = []
    for start, end, label in sections:
        if out and out[-1][2] == label and abs(float(out[-1][1]) - start) < 1e-6:
            out[-1][1] = end
        else:
            out.append([start, end, label])
    return out
