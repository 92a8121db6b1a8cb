"""Fills the instrument panel with the figures of a running show, and gathers what the operator should know."""

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from vj.apps.guard.sides import Sides
from vj.apps.live.meter import Meter
from vj.apps.live.parts import Parts
from vj.apps.live.preloader import Preloader
from vj.apps.live.quality import Quality
from vj.apps.live.refiner import NO_MODEL
from vj.apps.live.threads import Dreaming, Hearing
from vj.apps.panel.done import named
from vj.apps.replay.lanes import ALL
from vj.apps.replay.playing import Standing
from vj.core.params import Snapshot
from vj.core.types import Event, Features
from vj.devices.keys import DIGITS, REPLAYED, told
from vj.engine import console, pads
from vj.engine.cues.looks import NONE
from vj.engine.desk import Desk
from vj.engine.finish.mixer import Mixer
from vj.engine.rack import Program
from vj.features.bands import Band, Bands
from vj.features.level import Level
from vj.features.tempo import TAP_GAP_S, HearTempo, Tempo
from vj.outputs.finish.viewport import Viewport
from vj.outputs.overlay.panel import HudState
from vj.outputs.overlay.tape import Tape

#: Who leads the tempo, as the performer would say it; where nobody does, how sure the tracker is.
TEMPO_FROM = {
    "link": "Link",
    "clock": "MIDI clock",
    "lost": "external lost",
    "held": "held",
    "tap": "tapped",
    "fixed": "fixed",
}
#: The level of a band, relative to its own mean, that fills its meter.
FULL_LEVEL = 2.5
#: Seconds for which the count of taps stays on the panel.
TAPS_SHOWN = 4.0


class Running(Protocol):
    """What is seen of a show that runs; `heard` and `displayed` count the notices that were passed on."""

    parts: Parts
    snapshot: Snapshot
    meter: Meter
    preloader: Preloader
    quality: Quality
    hearing: Hearing
    dreaming: Dreaming
    heard: int
    displayed: int

    @property
    def taps(self) -> "Taps": ...
    @property
    def sides(self) -> Sides: ...

    @property
    def notices(self) -> tuple[str, ...]: ...


class Taps:
    """Counts how often the tempo was tapped in one go."""

    def __init__(self) -> None:
        self._fired = 0
        self._last = -math.inf
        self._count = 0

    def step(self, now: float, snapshot: Snapshot) -> None:
        """Look at the newest values, `now` in seconds of any clock."""
        fired = snapshot[HearTempo.tap]
        if fired != self._fired:
            self._count = fired - self._fired + (self._count if now - self._last < TAP_GAP_S else 0)
            self._fired, self._last = fired, now

    def words(self, now: float) -> str:
        """What the panel says of them; nothing when they are long ago."""
        if now - self._last > TAPS_SHOWN:
            return ""
        return f"tap {self._count}" if self._count > 1 else "tap again"


def gather(live: Running) -> None:
    """Have everything that is to be told noticed; to be done a few times a second."""
    parts, notices = live.parts, live.parts.notices
    source = parts.source
    if source.lost:
        notices.hold(f"input {source.name} is gone; waiting for it")
    elif source.silent:
        notices.hold(f"input {source.name} is silent: check cable, level, device")
    for note in (getattr(source, "problem", ""), *getattr(source, "notes", ())):
        notices.hold(note)
    notices.heed("source", getattr(source, "notice", ""))
    if live.snapshot["/refine/on"] and not parts.refining:
        notices.hold(NO_MODEL)
    for worker in filter(
        None,
        (
            live.dreaming,
            live.hearing,
            live.preloader,
            parts.refining,
            parts.rehearsal,
            parts.keeper,
            parts.awake,
            parts.replay and parts.replay.takes,
        ),
    ):
        notices.heed(type(worker).__name__, getattr(worker, "notice", ""), getattr(worker, "errors", 0))
    if live.snapshot[console.Running.renew] and not parts.journal:
        notices.heed("renew", "there is no guard to begin the show anew", live.snapshot[console.Running.renew])
    for line in live.sides.step(time.perf_counter()):
        notices.say(line)
    notices.hold(parts.keeper.waits if parts.keeper else "")
    for line in parts.desk.notices(live.heard):
        notices.say(line)
    live.heard = parts.desk.told
    if parts.recording:
        notices.heed("recording", parts.recording.news, len(parts.recording.told))
        notices.heed("recording failed", parts.recording.notice)
        if parts.recording.film != live.snapshot[console.Output.film]:  # so that whoever steers by OSC can see it
            parts.events.put(Event("/output/film", (parts.recording.film,), "recording"))
    for name, program in parts.show.programs.items():
        notices.heed(f"generator {name}", getattr(program.generator, "notice", ""))
    if parts.log:
        parts.log.note(live.snapshot.t, **standing(live))
        notices.heed("performance", parts.log.trouble)
    for line in parts.screen.notices[live.displayed :]:
        notices.say(line)
        live.displayed += 1
    if parts.midi and parts.midi.editing.said:
        notices.hold(parts.midi.editing.said)
    if parts.faders and parts.faders.said:
        notices.hold(parts.faders.said)
    for name, part in (("mapping", parts.mapping), ("light", parts.lights)):
        notices.heed(name, part.notice if part else "")
    for control in parts.controls:
        notices.heed(type(control).__name__, getattr(control, "notice", "") or getattr(control, "remark", ""))
    if parts.surface:
        notices.heed("surface", parts.surface.notice)
    for line in parts.elsewhere.news() if parts.elsewhere else ():
        notices.say(line)
    for name in parts.elsewhere.missing if parts.elsewhere else ():
        notices.hold(f"{name} is not sent")


def standing(live: Running) -> dict[str, object]:
    """What a performance is to keep of what the show runs on."""
    parts, program = live.parts, live.parts.show.programs[live.snapshot[console.Model.select]]
    return {
        "input": parts.source.name, "input_lost": parts.source.lost, "provider": program.generator.provider,
        "renderer": parts.screen.renderer, "window": parts.screen.size, "overruns": parts.source.overruns,
    }  # fmt: skip


def words(live: Running) -> HudState:
    """What is read, not watched: to be made a few times a second."""
    snapshot, meter = live.snapshot, live.meter
    program = live.parts.show.programs[snapshot[console.Model.select]]
    loading = f"loading {live.preloader.loading}" if live.preloader.loading else ""
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
        reach=_reach(live.parts),
        tap=live.taps.words(time.perf_counter()),
        preferred=_preferred(snapshot),
        waiting=tuple(
            (address.strip("/").replace("/", " "), x, value) for address, x, value in live.parts.desk.waiting
        ),
        badges=_badges(live, snapshot),
        notices=tuple(filter(None, (*live.notices, loading))),
        tape=_tape(live.parts.replay.standing) if live.parts.replay else None,
        done=live.parts.done.line(time.perf_counter()) if live.parts.done else "",
        bank=_bank(snapshot, live.parts.desk, program.generator.spec.classes),
        keys=_keys(live, snapshot, program.generator.spec.classes) if snapshot[Viewport.help] else (),
    )


def _tape(at: Standing) -> Tape:
    """Where a replay stands, as the panel has it."""
    making = f"take {at.take} > {at.making}" if at.making else f"take {at.take}"
    lanes = "all of it" if at.lanes == (ALL,) else ", ".join(map(named, at.lanes))
    return Tape(at.t, at.length, at.span, at.playing, "winding" if at.winding else f"{making} · {at.mode}", lanes)


def _reach(parts: Parts) -> str:
    """Where the show listens."""
    ports = [f"Link {where.partition(',')[0]}" for _, where in (parts.link.ports if parts.link else ())]
    ports += [f"{what.rpartition(' ')[2]} {where}" for what, where in (parts.faders.listens if parts.faders else ())]
    return " · ".join(filter(None, (parts.reach, *ports)))


def _preferred(snapshot: Snapshot) -> str:
    """The range of tempi that the tracker prefers."""
    ends = sorted(float(snapshot[f"/tempo/range/{end}"]) for end in ("low", "high"))  # type: ignore[arg-type]
    return "-".join(f"{end:.0f}" for end in ends)


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
        tempo=_leader(tempo),
        beat=math.exp(-4.0 * tempo.phase),
    )


def _leader(tempo: Tempo) -> str:
    """Who leads the tempo: "Link 2 peers"."""
    peers = f" {tempo.peers} peer{'s' if tempo.peers > 1 else ''}" if tempo.peers else ""
    return TEMPO_FROM.get(tempo.source, "") + peers


def _runtime(provider: str) -> str:
    """Who runs the generator, as short as can be told apart."""
    return provider.replace("ExecutionProvider", "")


def _sides(program: Program) -> str:
    """Size of its pictures."""
    return "{}x{}".format(*program.generator.size)


def _directing(snapshot: Snapshot) -> str:
    """The director, and the look it plays in."""
    names = (snapshot[console.Directing.select], snapshot[console.Looking.select])
    return " · ".join(name for name in names if name != NONE)


def _bank(snapshot: Snapshot, desk: Desk, classes: Sequence[str]) -> str:
    """What lies on the digits, where they are not simply the classes that there are."""
    kind = snapshot[Viewport.digits]
    if kind == "preset":
        return f"keys: presets of bank {snapshot['/preset/bank']}"
    row, names, word = ("/look", desk.looks, "keys: looks") if kind == "look" else ("/model", classes, "keys")
    first, count = int(snapshot[f"{row}/first"]), len(names)  # type: ignore[arg-type]
    return f"{word} {first + 1}-{min(first + DIGITS, count)} of {count}" if count > DIGITS or kind == "look" else ""


def _keys(live: Running, snapshot: Snapshot, classes: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The keys, and what lies on the digits now."""
    desk = live.parts.desk
    rows = (("/model/first", classes), ("/look/first", desk.looks))
    ours, looks = (pads.page(int(snapshot[first]), names, DIGITS) for first, names in rows)  # type: ignore[arg-type]
    presets = [str(snapshot[f"/preset/{number}/name"]) for number in range(1, DIGITS + 1)]
    stored = {slot[1] for slot in desk.presets.presets if slot[0] == desk.presets.bank}
    presets = [name or f"preset {n}" if n in stored else "" for n, name in enumerate(presets, 1)]
    again = REPLAYED if live.parts.replay else ()
    return (*again, *told(ours, looks, bool(desk.setlist.cues), presets, snapshot[Viewport.digits]))


def _meter(band: Band) -> float:
    return min(band.level / FULL_LEVEL, 1.0)


def _classes(
    names: tuple[str, ...], mix: "np.ndarray[tuple[int], np.dtype[np.float32]]"
) -> tuple[tuple[str, float], ...]:
    """Up to three classes with a visible weight, the heaviest first."""
    order = np.argsort(-np.abs(mix))[:3]
    return tuple((names[c], float(mix[c])) for c in order if abs(mix[c]) > 0.005)


def _badges(live: Running, snapshot: Snapshot) -> tuple[str, ...]:
    states = {
        "BLACKOUT": snapshot[Mixer.blackout],
        "FROZEN": snapshot[Mixer.freeze],
        "REC": live.parts.recording is not None and live.parts.recording.on,
        "ON AIR": live.parts.elsewhere is not None and live.parts.elsewhere.on,
        "LEARN": snapshot[Viewport.learn],
        "INPUT LOST": live.parts.source.lost,
    }
    return tuple(name for name, on in states.items() if on)
