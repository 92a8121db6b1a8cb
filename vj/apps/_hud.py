"""Fills the instrument panel with the figures of a running show."""

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from vj.core.params import Snapshot
from vj.core.types import Features
from vj.devices.keys import HELP
from vj.engine.looks import NONE
from vj.engine.rack import Program
from vj.features.bands import Band, Bands
from vj.features.level import Level
from vj.features.tempo import Tempo
from vj.outputs._panel import HudState

if TYPE_CHECKING:
    from vj.apps.live import Live

#: The level of a band, relative to its own mean, that fills its meter.
FULL_LEVEL = 2.5


def words(live: "Live") -> HudState:
    """What is read, not watched: to be made a few times a second."""
    snapshot, meter = live.snapshot, live.meter
    program = live.parts.show.programs[str(snapshot["/model/select"])]
    loading = f"loading {live.wings.loading}" if live.wings.loading else ""
    cue, standby = live.parts.desk.cue, live.parts.desk.standby
    return HudState(
        input_name=live.parts.source.name,
        generated_fps=meter.generated_fps,
        displayed_fps=meter.displayed_fps,
        frame_ms_p95=meter.frame_ms_p95,
        latency_ms=meter.latency_ms,
        provider=" · ".join(
            filter(None, (_runtime(program.generator.provider), live.parts.screen.hand_over, _sides(program)))
        ),
        bundle=program.name,
        director=_directing(snapshot),
        classes=_classes(program.generator.spec.classes, program.walker.weights),
        cue=f"{cue.number} {cue.name}" if cue else "",
        next_cue=f"{standby.number} {standby.name}" if standby else "",
        dropped=meter.dropped,
        overruns=live.parts.source.overruns,
        quality=live.quality.words,
        badges=_badges(live, snapshot),
        notices=tuple(filter(None, (loading, live.notice))),
        keys=HELP if snapshot["/window/help"] else (),
    )


def lamps(state: HudState, features: Features) -> HudState:
    """`state` with what is watched, as it is heard now: to be made every frame."""
    level, tempo, b = features[Level], features[Tempo], features[Bands]
    return replace(
        state,
        bands=(_meter(b.bass), _meter(b.snare), _meter(b.mids), _meter(b.highs)),
        hits=(b.bass.hits, b.snare.hits, b.mids.hits, b.highs.hits),
        input_db=20.0 * math.log10(max(level.peak, 1e-6)),
        gain_db=level.gain_db,
        clip=level.clipped,
        bpm=tempo.bpm if tempo.confidence > 0.05 else 0.0,
        confidence=tempo.confidence,
        beat=math.exp(-4.0 * tempo.phase),
    )


def _runtime(provider: str) -> str:
    """Who runs the generator, as short as can be told apart."""
    return provider.replace("ExecutionProvider", "")


def _sides(program: Program) -> str:
    """Size of its pictures."""
    return "{}x{}".format(*program.generator.size)


def _directing(snapshot: Snapshot) -> str:
    """The director, and the look it plays in."""
    names = (str(snapshot["/director/select"]), str(snapshot["/look"]))
    return " · ".join(name for name in names if name != NONE)


def _meter(band: Band) -> float:
    return min(band.level / FULL_LEVEL, 1.0)


def _classes(
    names: tuple[str, ...], mix: "np.ndarray[tuple[int], np.dtype[np.float32]]"
) -> tuple[tuple[str, float], ...]:
    """Up to three classes with a visible weight, the heaviest first."""
    order = np.argsort(-np.abs(mix))[:3]
    return tuple((names[c], float(mix[c])) for c in order if abs(mix[c]) > 0.005)


def _badges(live: "Live", snapshot: Snapshot) -> tuple[str, ...]:
    states = {
        "BLACKOUT": snapshot["/master/blackout"],
        "FROZEN": snapshot["/master/freeze"],
        "REC": live.parts.recording is not None and live.parts.recording.on,
        "INPUT LOST": live.parts.source.lost,
    }
    return tuple(name for name, on in states.items() if on)
