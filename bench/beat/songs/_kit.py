"""The drums of made songs: recorded kits of Hydrogen (Debian: hydrogen-drumkits) and synthesized ones.

A kit's drumkit.xml names its instruments and their samples. Every sound is cut to begin at its attack.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.random import Generator

from bench.beat.songs._synth import RATE
from bench.hearing import patterns
from vj.core.types import F32
from vj.workshop.loop import voices as voice

KITS = Path("/usr/share/hydrogen/data/drumkits")
LONGEST = 1.5
#: Lane of the grooves -> what its instruments are called, the first that fits; None are not for us.
NAMES = (
    (None, r"roll|swish|choke|sample:|whistle|fx"),
    ("k", r"kick|bass ?drum|^bd|thump|djembe\d bass"),
    ("i", r"rim ?click|side ?stick|stick|click"),
    ("s", r"snare|slap"),
    ("c", r"clap|snap"),
    ("o", r"(open|ohh).*(hat|hh)|(hat|hh).*op|ohh"),
    ("h", r"hat|hh"),
    ("r", r"ride|bell$|cup"),
    ("x", r"crash|china|splash"),
    ("b", r"maraca|tambourine|shaker"),
    ("t", r"tom|floor|head hit|drum \d|tone"),
    ("p", r"cow ?bell|agogo|clave|wood|bongo|water|conga|bell|head mute"),
)
#: The same in General MIDI.
KEYS = {
    "k": (35, 36), "s": (38, 40), "c": (39,), "i": (37,), "h": (42, 44), "o": (46,), "r": (51, 53, 59), "x": (49, 57),
    "b": (70, 54, 69, 82), "t": (41, 43, 45, 47, 48), "p": (56, 60, 61, 62, 63, 64, 65, 67, 75, 76),
}  # fmt: skip
#: Programs that are kits in the General MIDI sound fonts.
PROGRAMS = (0, 0, 8, 16, 24, 25, 32, 40)


@cache
def kits(folder: Path = KITS) -> dict[str, dict[str, list[list[Path]]]]:
    """Kit -> lane -> instruments, each its samples from soft to loud."""
    found: dict[str, dict[str, list[list[Path]]]] = {}
    for xml in sorted(folder.glob("*/drumkit.xml")):
        for element in (tree := ET.parse(xml).getroot()).iter():
            element.tag = element.tag.split("}")[-1]
        for instrument in tree.iter("instrument"):
            name = (instrument.findtext("name") or "").lower()
            lane = next((lane for lane, pattern in NAMES if re.search(pattern, name)), None)
            files = {
                layer.findtext("filename"): float(layer.findtext("min") or 0) for layer in instrument.iter("layer")
            }
            files = files or {instrument.findtext("filename"): 0.0}
            paths = [
                xml.parent / f for f in sorted(filter(None, files), key=lambda f: files[f]) if (xml.parent / f).exists()
            ]
            if lane and paths:
                found.setdefault(xml.parent.name, {}).setdefault(lane, []).append(paths)
    return found


@lru_cache(maxsize=600)
def sample(path: Path) -> F32 | None:
    """[n] a mono sample from its attack on, peak 1; None if it is silent."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler("fltp", "mono", RATE)
        parts = [p for frame in container.decode(audio=0) for p in resampler.resample(frame)] + resampler.resample(None)
    sound = np.concatenate([p.to_ndarray()[0] for p in parts]).astype(np.float32)
    return cut(sound)


def cut(sound: F32) -> F32 | None:
    """`sound` from a tenth of its peak on, a millisecond before it, no longer than LONGEST."""
    peak = float(np.abs(sound).max()) if len(sound) else 0.0
    if len(sound) < 300 or peak < 1e-3:
        return None
    start = max(0, int(np.argmax(np.abs(sound) > 0.1 * peak)) - RATE // 1000)
    sound = sound[start : start + int(LONGEST * RATE)] / peak
    fade = min(len(sound) // 3, RATE // 10)
    sound[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    sound[:24] *= np.linspace(0, 1, 24, dtype=np.float32)
    return sound


def recorded(rng: Generator, lane: str, kit: str | None) -> list[F32]:
    """The strokes of one instrument from soft to loud, of this kit or of any; [] if no kit has one."""
    having = [k for k in kits() if lane in kits()[k] and (kit is None or k == kit)]
    having = having or [k for k in kits() if lane in kits()[k]]
    if not having:
        return []
    instruments = kits()[having[int(rng.integers(len(having)))]][lane]
    strokes = [sample(p) for p in instruments[int(rng.integers(len(instruments)))]]
    return varied(rng, [s for s in strokes if s is not None])


def varied(rng: Generator, strokes: list[F32]) -> list[F32]:
    """Retuned by up to three semitones, some damped."""
    ratio = 2 ** (rng.uniform(-3.0, 3.0) / 12)
    decay = rng.uniform(0.05, 0.6) if rng.uniform() < 0.3 else 9.0
    made = []
    for s in strokes:
        n = int(len(s) / ratio)
        retuned = np.interp(np.arange(n) * ratio, np.arange(len(s)), s)
        made.append(np.asarray(retuned * np.exp(-np.arange(n) / (decay * RATE)), np.float32))
    return made


def _ringing(rng: Generator, low: float, high: float, decay: float) -> F32:
    """A skin, a block, a bell: two partials and a tick."""
    t, hz = np.arange(int(0.5 * RATE)) / RATE, np.exp(rng.uniform(np.log(low), np.log(high)))
    bend = 2 * np.pi * np.cumsum(hz * (1 + rng.uniform(0, 0.4) * np.exp(-t / 0.03))) / RATE
    body = np.sin(bend) + 0.5 * np.sin(bend * rng.uniform(1.4, 2.8))
    tick = 0.3 * rng.standard_normal(len(t)) * np.exp(-t / 0.004)
    return np.asarray(body * np.exp(-t / decay) + tick, np.float32)


def made(rng: Generator, lane: str) -> list[F32]:
    """One stroke, synthesized."""
    u = rng.uniform
    makers: dict[str, Callable[[], Any]] = {
        "k": lambda: patterns.kick(rng) if u() < 0.85 else patterns.long_kick(rng, 0),
        "s": lambda: patterns.snare(rng),
        "c": lambda: patterns.clap(rng),
        "i": lambda: _ringing(rng, 800, 2500, u(0.01, 0.04)),
        "h": lambda: voice.hat(rng, u(0.012, 0.07)),
        "o": lambda: voice.hat(rng, u(0.08, 0.22)),
        "r": lambda: voice.hat(rng, u(0.15, 0.3)),
        "b": lambda: voice.hat(rng, u(0.015, 0.05)),
        "x": lambda: voice.crash(rng),
        "t": lambda: _ringing(rng, 80, 260, u(0.08, 0.25)),
        "p": lambda: _ringing(rng, 200, 1500, u(0.03, 0.15)),
    }
    sound = cut(np.asarray(makers[lane](), np.float32))
    return [sound] if sound is not None else []
