"""Recorded drum kits to teach with: the Debian packages hydrogen-drumkits, hydrogen-data and sonic-pi-samples.

    apt-get download hydrogen-drumkits hydrogen-data sonic-pi-samples
    for deb in *.deb; do dpkg-deb -x $deb kits; done

They are free (GPL, CC0 and CC BY); only weights learnt from them are kept, none of their sound.
"""

import re
from pathlib import Path

import av
import numpy as np
from numpy.random import Generator

from vj.core.types import F64
from vj.workshop.loop.voices import RATE

#: What a file is, by its name; the first that fits.
KINDS = {
    "kick": r"kick|(^|[^a-z])bd|bassdrum|drum_bass|heavy_kick",
    "snare": r"rimshot|snare|snr|(^|[^a-z])sn[_-]|(^|[^a-z])sd",
    "rim": r"rim|stick|cross",
    "clap": r"clap",
    "tom": r"tom|floor",
    "hat": r"hat|hh|pedal|cymbal_closed",
    "cymbal": r"crash|ride|cymb|china|splash|bell",
    "percussion": r"cow|conga|bongo|shaker|tamb|maraca|clave|perc|tabla|elec_",
}
#: Of single samples, these are drums; long drops are not kicks.
SINGLE, NOT = r"(bd|sn|drum|elec|tabla|perc)_", r"roll|zum|boom"
ACOUSTIC = ("Colombo", "Forzee", "GMRock", "Millo", "Black Pearl", "drum", "ElectricEmpire", "VariBreaks")
Kits = dict[str, dict[str, list[tuple[str, F64]]]]


def load(folder: Path) -> Kits:
    """Kit -> kind -> (name, samples [n] from their attack on, peak 1) of every drum below `folder`."""
    kits: Kits = {}
    for path in sorted([*folder.rglob("*.flac"), *folder.rglob("*.wav")]):
        name, kit = path.name.lower(), path.parent.name
        if kit == "samples":
            if not re.match(SINGLE, name) or re.search(NOT, name):
                continue
            kit = name.split("_")[0]
        kind = next((k for k, pattern in KINDS.items() if re.search(pattern, name)), None)
        sound = _read(path) if kind else None
        if kind and sound is not None:
            kits.setdefault(kit, {}).setdefault(kind, []).append((name, sound))
    return kits


def _read(path: Path) -> F64 | None:
    with av.open(str(path)) as container:
        resampler = av.AudioResampler("fltp", "mono", RATE)
        parts = [p for frame in container.decode(audio=0) for p in resampler.resample(frame)] + resampler.resample(None)
    sound = np.concatenate([p.to_ndarray()[0] for p in parts]).astype(np.float64)[: 3 * RATE // 2]
    peak = float(np.abs(sound).max())
    if len(sound) < 500 or peak < 1e-3:
        return None
    sound = sound[max(0, int(np.flatnonzero(np.abs(sound) > 0.05 * peak)[0]) - 24) :] / peak
    fade = min(len(sound) // 3, RATE // 20)
    sound[-fade:] *= np.linspace(1.0, 0.0, fade)
    sound[:12] *= np.linspace(0.0, 1.0, 12)
    return sound


def choose(rng: Generator, kits: Kits, kind: str, acoustic: bool) -> list[F64]:
    """The strokes of one drum of one kit, up to six, retuned by up to three semitones and sometimes damped."""
    having = [k for k in kits if kits[k].get(kind) and (not acoustic or any(a in k for a in ACOUSTIC))]
    drums = kits[having[int(rng.integers(len(having)))]][kind]
    stem = drums[int(rng.integers(len(drums)))][0][:6]
    ratio = 2 ** (rng.uniform(-3.0, 3.0) / 12)
    decay = rng.uniform(0.06, 1.5) if rng.uniform() < 0.4 else 9.0
    strokes = []
    for sound in [s for name, s in drums if name.startswith(stem)][:6]:
        n = int(len(sound) / ratio)
        retuned = np.interp(np.arange(n) * ratio, np.arange(len(sound)), sound)
        strokes.append(np.asarray(retuned * np.exp(-np.arange(n) / (decay * RATE)), np.float64))
    return strokes
