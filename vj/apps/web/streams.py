"""What is heard, and how the show runs, as read-only addresses: for the surface, OSCQuery and OSC clients that ask.

Bands are called as VJs know them: bass is the kick's, mid the snare's, midhigh the mids and high the highs of `Bands`.
"""

import math
import os
from contextlib import suppress
from typing import Any

from vj.core.params import Snapshot
from vj.core.types import Features
from vj.engine.modulation.slots import COUNT as SLOTS
from vj.features.bands import Bands
from vj.features.level import Level
from vj.features.onset import Onset
from vj.features.spectrum import BANDS, Spectrum
from vj.features.state import State
from vj.features.tempo import Tempo
from vj.outputs.overlay.panel import HudState

_NAMES = {"bass": "bass", "mid": "snare", "midhigh": "mids", "high": "highs"}
_PARTS = {
    "level": "amplitude, hovers round 1 in music",
    "hits": "0..1, jumps at a hit and decays",
    "presence": "0..1, how much of it there is lately",
    "time": "seconds, faster where it is loud",
}
#: Address -> (OSC type tags, what it says).
STREAMS: dict[str, tuple[str, str]] = {
    **{
        f"/audio/out/{band}/{part}": ("f", f"Of the {band}: {what}.")
        for band in _NAMES
        for part, what in _PARTS.items()
    },
    "/audio/out/level/level": ("f", "Loudness, 0..1 within the music's own range."),
    "/audio/out/level/hits": ("f", "How much newly sounds, 0..1."),
    "/audio/out/level/presence": ("f", "Energy of the passage, 0..1."),
    "/audio/out/level/time": ("f", "Seconds of all bands together, faster where it is loud."),
    "/audio/out/onset": ("N", "Something begins to sound."),
    "/audio/out/beat": ("N", "A beat."),
    "/audio/out/bpm": ("f", "Beats a minute."),
    "/audio/out/db": ("f", "Peak of the input after gain, dBFS."),
    "/audio/out/clip": ("T", "The input is cut off."),
    "/audio/out/spectrum": ("f" * BANDS, "32 bands from 40 Hz to 16 kHz, evenly spaced in pitch, 0..1."),
    "/tempo/out/bpm": ("f", "Beats a minute."),
    "/tempo/out/phase": ("f", "Part of the beat that has passed, 0..1."),
    "/tempo/out/beat": ("f", "Beats since the bar began, with the part of the one that runs."),
    "/tempo/out/bar": ("i", "Bars so far."),
    "/tempo/out/metre": ("i", "Beats in a bar."),
    "/tempo/out/confidence": ("f", "How sure the tempo is, 0..1."),
    "/tempo/out/source": ("s", "Who leads: link, clock, tap, fixed, music, auto, held or lost."),
    **{f"/mod/out/{n}": ("f", f"Strength of the source of modulation {n}, 0..1.") for n in range(1, SLOTS + 1)},
    "/status/fps": ("f", "Frames a second that are shown."),
    "/status/frame_ms": ("f", "Milliseconds from frame to frame, on average."),
    "/status/p95": ("f", "Milliseconds that 95 of 100 frames do not exceed."),
    "/status/dropped": ("i", "Frames that were not shown in time."),
    "/status/gen_ms": ("f", "Milliseconds between two new pictures."),
    "/status/audio_ms": ("f", "Milliseconds from sound to picture."),
    "/status/memory": ("f", "Megabytes of memory that the show takes."),
}


def described() -> dict[str, dict[str, Any]]:
    """Address -> fields of a Node of every stream."""
    return {address: {"kind": "stream", "doc": doc, "args": tags} for address, (tags, doc) in STREAMS.items()}


def heard(features: Features | None) -> dict[str, tuple[Any, ...]]:
    """Address -> arguments of what is heard; of onset and beat their count. Before anything was, nothing."""
    if features is None:
        return {}
    level, tempo, bands = features[Level], features[Tempo], features[Bands]
    out: dict[str, tuple[Any, ...]] = {}
    for name, attribute in _NAMES.items():
        band = getattr(bands, attribute)
        out |= {f"/audio/out/{name}/{part}": (round(getattr(band, part), 4),) for part in _PARTS}
    onset, bpm = features[Onset], round(tempo.bpm, 3) if tempo.confidence > 0.05 else 0.0
    together = 0.25 * (bands.bass.time + bands.snare.time + bands.mids.time + bands.highs.time)
    out |= {
        "/audio/out/level/level": (round(level.loud, 4),),
        "/audio/out/level/hits": (round(onset.strength, 4),),
        "/audio/out/level/presence": (round(features[State].energy, 4),),
        "/audio/out/level/time": (round(together, 4),),
        "/audio/out/onset": (onset.count,),
        "/audio/out/beat": (tempo.beat,),
        "/audio/out/bpm": (bpm,),
        "/audio/out/db": (round(20.0 * math.log10(max(level.peak, 1e-6)), 1),),
        "/audio/out/clip": (bool(level.clipped),),
        "/audio/out/spectrum": tuple(features[Spectrum].bands.round(3).tolist()),
        "/tempo/out/bpm": (bpm,),
        "/tempo/out/phase": (round(tempo.phase, 3),),
        "/tempo/out/beat": (round(tempo.place + tempo.phase, 3),),
        "/tempo/out/bar": ((tempo.beat - tempo.place) // max(tempo.metre, 1),),
        "/tempo/out/metre": (tempo.metre,),
        "/tempo/out/confidence": (round(tempo.confidence, 3),),
        "/tempo/out/source": (tempo.source,),
    }
    return out


def moving(snapshot: Snapshot) -> dict[str, tuple[Any, ...]]:
    """Address -> arguments of how strong each slot of modulation is; 0 where it holds nothing."""
    return {f"/mod/out/{n}": (round(snapshot.strengths.get(n, 0.0), 3),) for n in range(1, SLOTS + 1)}


def status(words: HudState) -> dict[str, tuple[Any, ...]]:
    """Address -> arguments of how the show runs."""
    fps, fresh = words.displayed_fps, words.generated_fps
    return {
        "/status/fps": (round(fps, 2),),
        "/status/frame_ms": (round(1000.0 / fps, 2) if fps else 0.0,),
        "/status/p95": (round(words.frame_ms_p95, 2),),
        "/status/dropped": (int(words.dropped),),
        "/status/gen_ms": (round(1000.0 / fresh, 2) if fresh else 0.0,),
        "/status/audio_ms": (round(words.latency_ms, 1),),
        "/status/memory": (round(_memory(), 1),),
    }


def _memory() -> float:
    """Megabytes that this process holds; 0 where the system does not say."""
    with suppress(OSError, ValueError, AttributeError), open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    return 0.0
