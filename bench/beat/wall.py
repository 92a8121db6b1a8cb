"""From a sounding beat to its flash on the wall: real JACK, the real show, a real window (Xvfb).

python bench/beat/wall.py [--out bench/results/click.json] [--bpm 128] [--seconds 40] [--display-ms 0]
                           [--set ADDRESS=VALUE]...

Another program plays kicks at a steady tempo into the show. Two cues make the wall flash: one with the displayed beat,
brightest where its phase begins, so that a beat that is foreseen can be on time; one with each kick that is heard,
which can only be late. A flash is when the swap of its frame is done, plus what the display is stated to take: a
projector of 30 ms is measured with --display-ms 30 and with whatever the show is told about it by --set. Early is
negative.
"""

import queue
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "tests"))

import numpy as np
from servers.jack import Jack, jackd
from servers.xvfb import xvfb

from bench._machine import arguments, machine, write
from bench.show.live import player, wire
from vj.apps.assemble import Settings, assemble
from vj.apps.live.loop import Live
from vj.apps.live.parts import Parts
from vj.apps.track import pairs
from vj.core.handoff import SampleRing
from vj.core.types import F64, Event
from vj.devices.audio.input import AudioIn
from vj.features.tempo import Tempo
from vj.outputs.window import Window

#: What makes the wall flash: (value before, feature, part of the range that it adds).
FLASHES = {"beat": (1.0, "tempo.phase", -0.95), "kick": (0.05, "bands.bass.hits", 0.95)}
#: Seconds left to the tracker before anything counts, and round a beat in which its flash is looked for.
SETTLE, EARLY, LATE = 10.0, 0.2, 0.22
#: Part of full brightness that the wall must rise by from one frame to the next to flash.
RISE = 0.2
SIZE = (640, 360)


class Watched(Window):
    """A window that remembers when each swap was done and how bright it then was."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.seen: list[tuple[float, float]] = []

    def swap(self) -> None:
        """Swap, and remember."""
        bright = float(self.read()[::8, ::8].mean())
        super().swap()
        self.seen.append((time.perf_counter(), bright))


def setlist(path: Path, flash: str) -> Path:
    """A setlist of one cue in which the picture stands still and the wall flashes."""
    level, source, amount = FLASHES[flash]
    still = f'"/fx/on" = false, "/director/drift/speed" = 0.0, "/master/level" = {level}'
    modulate = f'[{{ from = "{source}", to = "/master/level", amount = {amount} }}]'
    cue = f'[[cue]]\nnumber = "1"\nname = "Flash"\nset = {{ {still} }}\nmodulate = {modulate}\n'
    path.write_text(f'format = 1\ntitle = "Flash"\nbundle = "worlds"\n\n{cue}', encoding="utf-8")
    return path


def perform(jack: Jack, flash: str, asked: Any) -> dict[str, Any]:
    """The errors of all flashes of one show, milliseconds."""
    ring, events = SampleRing(48000), queue.SimpleQueue[Event]()
    for address, value in pairs(asked.set or ()):
        events.put(Event(address, (value,), "start"))
    gap = 60.0 / asked.bpm
    with (
        tempfile.TemporaryDirectory() as folder,
        player(jack, gap) as kicks,
        AudioIn(ring, "JACK") as ears,
        Watched(size=SIZE) as window,
    ):
        wire(jack)
        path = setlist(Path(folder) / "flash.toml", flash)
        show, desk = assemble(Settings(director="drift", setlist=path), ears.rate)
        with Live(Parts(show, desk, ears, ring, window, events)) as live:
            live.run(asked.seconds)
            tempo = live.hearing.features.latest
        sounded = np.array(kicks)
    told = errors(np.array(window.seen), sounded, gap)
    heard = tempo[Tempo] if tempo is not None else None
    about = {"bpm": round(heard.bpm, 2), "confidence": round(heard.confidence, 2)} if heard else {}
    return {**summary(told + asked.display_ms, len(told)), "heard": about, "frames_per_s": rate(window.seen)}


def errors(seen: F64, sounded: F64, gap: float) -> F64:
    """[n] milliseconds from each beat to its flash, NaN where none came. `seen` [frames, 2] are moments and brightness.

    Beats sound by the sample clock: the moments that the player noticed are laid on a line first.
    """
    count = np.round((sounded - sounded[0]) / gap)
    beats = np.median(sounded - count * gap) + count * gap
    t, bright = seen.T
    rises = np.diff(bright, prepend=bright[0]) / max(float(np.quantile(bright, 0.98)), 1.0)
    found = []
    for beat in beats[(beats > t[0] + SETTLE) & (beats < t[-1] - LATE)]:
        near = np.flatnonzero((t > beat - EARLY) & (t < beat + LATE))
        best = near[np.argmax(rises[near])] if len(near) else 0
        found.append((t[best] - beat) * 1000.0 if len(near) and rises[best] > RISE else np.nan)
    return np.array(found)


def summary(told: F64, beats: int) -> dict[str, Any]:
    """Percentiles of signed and of absolute errors, milliseconds."""
    known = told[~np.isnan(told)]
    if not len(known):
        return {"beats": beats, "flashed": 0}
    signed = {f"ms_p{p}": round(float(np.percentile(known, p)), 1) for p in (5, 50, 95)}
    away = {f"abs_ms_p{p}": round(float(np.percentile(np.abs(known), p)), 1) for p in (50, 95)}
    return {"beats": beats, "flashed": len(known), **signed, **away}


def rate(seen: list[tuple[float, float]]) -> float:
    """Frames a second."""
    return round((len(seen) - 1) / (seen[-1][0] - seen[0][0]), 1)


def main() -> None:
    """Measure both flashes and write them down."""
    parser = arguments((__doc__ or "").splitlines()[0])
    parser.add_argument("--bpm", type=float, default=128.0)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--display-ms", type=float, default=0.0, help="what the display is stated to take")
    parser.add_argument("--set", action="append", help="a parameter of the show, ADDRESS=VALUE")
    asked = parser.parse_args()
    about = {"bpm": asked.bpm, "display_ms": asked.display_ms, "set": asked.set or [], "size": list(SIZE)}
    result: dict[str, Any] = {"what": "a sounding beat to its flash", **machine(), **about, "aim": {"abs_ms_p95": 15}}
    with xvfb(*SIZE), jackd() as jack:
        for flash in FLASHES:
            result[flash] = perform(jack, flash, asked)
    write(result, asked.out)


if __name__ == "__main__":
    main()
