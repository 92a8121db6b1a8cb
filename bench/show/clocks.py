"""A real show beside another peer of Ableton Link, and MIDI clock in and out: how far beats and ticks are from even.

python bench/show/clocks.py [--out bench/results/clocks.json] [--seconds 20] [--latency 0.03]

The peer is a process of its own. The show captures from JACK, has no window, and tells for each frame which beat it
shows at the moment the frame is seen; the peer is asked which beat that moment was. Early is negative. `told` is what
comes from the session itself. On a busy machine JACK loses sound, and show time, which is counted from it, its pace.
"""

import os
import queue
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

import link
import numpy as np
from servers.jack import jackd
from servers.link_peer import Peer

from bench._machine import arguments, machine, write
from bench.show._midi_clocks import locked, sent
from vj.apps.assemble import Settings, assemble
from vj.apps.live.loop import Live, Parts
from vj.core.handoff import SampleRing
from vj.core.types import F64, Event
from vj.devices.audio.input import AudioIn
from vj.devices.link.session import LinkIn
from vj.devices.midi.clock_out import ClockOut, Pace
from vj.features.tempo import Tempo
from vj.outputs.null import Null

TEMPI = (60.0, 128.0, 174.0)
AIM_MS = 3.0
#: Seconds after joining in which a difference may still be made good.
SETTLE = 2.0


class Watched(ClockOut):
    """Keeps the beat of each frame, and the moment that it is seen."""

    def __init__(self) -> None:
        super().__init__(lambda: "")
        self.seen: list[Pace] = []

    def follow(self, pace: Pace) -> None:
        """Keep it."""
        self.seen.append(pace)


class Told(queue.SimpleQueue[Event]):
    """Keeps which beat the session told, and when."""

    def __init__(self) -> None:
        self.beats: list[Pace] = []

    def put(self, item: Event, block: bool = True, timeout: float | None = None) -> None:
        """Keep what a clock says."""
        if item.address == "/tempo/link/clock" and len(item.args) > 1:
            bpm, beat = (float(arg) for arg in item.args[:2])
            self.beats.append(Pace(beat, item.stamp, bpm))
        super().put(item)


def micros() -> float:
    """What Link's clock reads when ours reads 0, microseconds: it is another one, and drifts against ours."""
    clock = link.Link(120.0).clock()
    before, there, after = time.perf_counter(), clock.micros(), time.perf_counter()
    return float(there) - 0.5e6 * (before + after)


def off(seen: list[Pace], peer: Peer, bpm: float) -> F64:
    """[frames] milliseconds that our beat is after theirs; whole bars do not count."""
    times = np.array([pace.at for pace in seen]) * 1e6 + micros()
    theirs = np.array(peer.ask(times=[int(t) for t in times])[2])
    ours = np.array([pace.beat for pace in seen])
    early: F64 = -((ours - theirs + 2.0) % 4.0 - 2.0) * 60000.0 / bpm
    return early


def until(live: Live, found: Callable[[Tempo], bool], limit: float = 20.0) -> float | None:
    """Seconds until the tempo is so; None where it did not become so."""
    began = time.perf_counter()
    while time.perf_counter() - began < limit:
        live.frame()
        features = live.hearing.features.latest
        if features is not None and found(features[Tempo]):
            return round(time.perf_counter() - began, 2)
    return None


def evening(bpm: float, seconds: float, latency: float, dies: bool) -> dict[str, Any]:
    """One peer comes, plays and goes, beside a show that stood ready."""
    ring, events, watch = SampleRing(48000), Told(), Watched()
    show, desk = assemble(Settings(bundle="testcard", director="manual", size=(64, 36), threads=1), 48000)
    for address, value in (("/tempo/link", True), ("/window/latency", latency)):
        events.put(Event(address, (value,), "start"))
    with AudioIn(ring, "JACK") as ears, LinkIn(events) as session, Null((64, 36)) as screen:
        parts = Parts(show, desk, ears, ring, screen, events, (session,), link=session, clock_out=watch)
        with Live(parts) as live:
            live.run(1.0)
            peer = Peer(bpm)
            joined = until(live, lambda tempo: tempo.source == "link")
            live.run(SETTLE)
            kept = peer.ask()[1]
            watch.seen.clear()
            events.beats.clear()
            live.run(seconds)
            told, session_told = off(watch.seen, peer, bpm), np.abs(off(events.beats, peer, bpm))
            heard = (live.hearing.features.latest or live._silence)[Tempo]
            peer.end(dies)
            left = until(live, lambda tempo: tempo.source == "lost")
            after = (live.hearing.features.latest or live._silence)[Tempo]
    show.close()
    away = np.abs(told)
    return {
        "joined_s": joined,
        "tempo_of_the_session_after": round(kept, 4),
        "our_bpm": round(heard.bpm, 4),
        "frames": len(told),
        "ms_p50": round(float(np.median(told)), 2),
        **{f"abs_ms_p{p}": round(float(np.percentile(away, p)), 2) for p in (50, 95, 99)},
        "abs_ms_max": round(float(away.max()), 2),
        "told_abs_ms_max": round(float(session_told.max()), 3),
        "the_peer": "dies" if dies else "leaves",
        "lost_after_s": left,
        "bpm_held": round(after.bpm, 4),
    }


def main() -> None:
    """Measure at each tempo and write it down."""
    parser = arguments((__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--latency", type=float, default=0.03, help="what the display is stated to take, seconds")
    asked = parser.parse_args()
    about = {"aim": {"abs_ms_p99": AIM_MS}, "seconds": asked.seconds, "display_latency_s": asked.latency}
    result: dict[str, Any] = {
        "what": "the beat of a frame against that of another Link peer; MIDI clock",
        **machine(),
        **about,
    }
    result["nice"] = os.nice(0)
    with jackd():
        for bpm in TEMPI:
            result[f"link at {bpm:g} BPM"] = evening(bpm, asked.seconds, asked.latency, bpm == TEMPI[-1])
    with jackd(period=64) as jack:
        for bpm in TEMPI:
            result[f"MIDI clock out at {bpm:g} BPM"] = sent(jack, bpm, asked.seconds)
    for bpm in TEMPI:
        result[f"MIDI clock in at {bpm:g} BPM, off by up to 5 ms"] = locked(bpm)
    write(result, asked.out)


if __name__ == "__main__":
    main()
