"""What hands and surfaces cost, on loopback: from a fader to the swap that shows it, and a show that is watched or not.

python bench/show/surface.py [--out bench/results/surface.json] [--seconds 15] [--turns 3]

A fader is moved by a program of its own over MIDI (JACK), OSC (UDP) and the web (WebSocket); the delay ends with the
swap of the first frame that is brighter or darker for it. Of that, half a frame is the wait until hands are looked at,
and the rest is drawing; `within` begins where the message has arrived in the show. Then whole shows are run in turns:
without the surface, with its server but nobody there, and with a client that watches every value, all streams and the
program's picture. Takes five minutes.
"""

import itertools
import math
import queue
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import numpy as np

from bench._machine import arguments, machine, write
from bench.show.live import ROOT, perform, player

sys.path.insert(0, str(ROOT / "tests"))

from servers.jack import Jack, jackd
from servers.xvfb import xvfb

from vj.core.types import F64

TOUCHES = Path(__file__).with_name("_touches.py")
BUDGETS = {"hand_to_swap_ms_p50": 20, "watched_fps_ratio": 0.97, "watched_p99_ratio": 1.05}
#: How much brighter or darker a frame is that answers, of 255: the picture stands still but for the fader.
ANSWER = 1.0
MAP = """format = 1
[device]
match = "hand"
map = [{ from = "cc:1:7", to = "/master/level", takeover = "none" }]
"""


class Hand:
    """The program that moves the fader; `times` are those of its moves."""

    def __init__(self, kind: str, where: str, seconds: float) -> None:
        command = [sys.executable, str(TOUCHES), kind, where, str(seconds)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.times: list[float] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line != "ready\n":
                self.times.append(float(line))

    @property
    def moving(self) -> bool:
        return self._process.poll() is None


def delays(kind: str, seconds: float, folder: Path) -> dict[str, Any]:
    """Milliseconds from the fader's move to the swap of the first frame that shows it, at 1280x720."""
    from vj.apps.assemble import Settings, assemble
    from vj.apps.live.loop import Live, Parts
    from vj.apps.web.link import Link
    from vj.core.handoff import SampleRing
    from vj.core.types import Event
    from vj.devices.midi.input import MidiIn
    from vj.devices.midi.ports import open_ports
    from vj.devices.osc.input import OscIn
    from vj.outputs.window import Window

    seen: list[tuple[float, float]] = []

    class Watched(Window):
        """Keeps what it showed."""

        def swap(self) -> None:
            stripe = (0, self.size[1] // 2, self.size[0], 2)
            pixels = np.frombuffer(self._context.screen.read(viewport=stripe, components=3), np.uint8)
            _ = self._context.error  # see Window.read
            super().swap()
            seen.append((time.perf_counter(), float(pixels.mean())))

    class Silence:
        """Nothing is plugged in."""

        name, rate, overruns, lost, silent, notes = "nothing", 48000, 0, False, False, ()

    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    show, desk = assemble(Settings(bundle="testcard", director="manual", size=(256, 144)), 48000)
    events.put(Event("/fx/on", (False,)))
    events.put(Event("/safety/flash", ("warn",)))  # looked at as ever; a hand that goes to and fro is held back else
    (folder / "hand.toml").write_text(MAP, encoding="utf-8")
    with Watched(size=(1280, 720)) as window, OscIn(desk.table, events, 0) as osc:
        link = Link(events, 0)
        controls: list[Any] = [osc]
        midi = MidiIn(desk.table, events, maps=folder, ports=open_ports("jack")) if kind == "midi" else None
        if midi is not None:
            controls.append(midi.__enter__())
        parts = Parts(show, desk, Silence(), SampleRing(48000), window, events, tuple(controls), surface=link)
        with Live(parts) as live:
            link.features = lambda: live.hearing.features.latest
            link.open(desk.table, osc.port)
            live.run(2.0)
            hand = Hand(kind, {"osc": str(osc.port), "web": str(link.port), "midi": "hand"}[kind], seconds)
            while hand.moving:
                live.run(0.25)
            live.run(0.25)
        if midi is not None:
            midi.__exit__(None, None, None)
        link.close()
        report = live.report()
    return answers(np.array(seen), hand.times) | {
        "within_ms_p50": report.event_to_swap_ms_p50,
        "frame_ms_p50": report.frame_ms_p50,
    }


def answers(seen: F64, moves: list[float]) -> dict[str, Any]:
    """How long each of `moves`, down and up in turns, waited for its answer in `seen`, [frames] (time, brightness)."""
    times, light = seen.T
    found = []
    for n, (move, end) in enumerate(itertools.pairwise([*moves, math.inf])):
        before = light[max(int(np.searchsorted(times, move)) - 1, 0)]
        brighter = (light - before) * (1 if n % 2 else -1)
        answered = times[(times > move) & (times < end) & (brighter > ANSWER)]
        if len(answered):
            found.append((answered[0] - move) * 1000.0)
    return {
        "moves": len(moves),
        "answered": len(found),
        **{f"ms_p{p}": round(float(np.percentile(found, p)), 1) if found else None for p in (50, 90, 99)},
    }


def watched(jack: Jack, seconds: float, watch: bool, port: int, *options: str) -> dict[str, float]:
    """The figures of a show of so many seconds, with a client on `port` that watches all, or none."""
    hand: list[Hand] = []

    def come() -> None:
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1.0):
                break
            time.sleep(0.1)
        hand.append(Hand("web", str(port), max(seconds - 3.0, 1.0)))

    if watch:
        threading.Thread(target=come, daemon=True).start()
    report = perform(jack, seconds, "--size", "1280x720", "--osc-port", "0", *options)
    if watch and not (hand and hand[0].times):
        raise SystemExit("nobody watched")
    names = ("displayed_fps", "generated_fps", "frame_ms_p50", "frame_ms_p99", "dropped_frames")
    return {name: report[name] for name in names}


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--turns", type=int, default=3)
    args = parser.parse_args()
    result: dict[str, Any] = {"what": "hands and surfaces", **machine(), "budgets": BUDGETS, "hand_to_swap": {}}
    runs: dict[str, list[dict[str, float]]] = {"without": [], "nobody there": [], "watched": []}
    with xvfb(1920, 1080), tempfile.TemporaryDirectory() as folder:
        for kind in ("osc", "web", "midi"):
            with jackd() if kind == "midi" else nullcontext():
                result["hand_to_swap"][kind] = delays(kind, args.seconds, Path(folder))
            print(kind, result["hand_to_swap"][kind], flush=True)
        with jackd() as jack, player(jack):
            for turn in range(args.turns):
                port = str(17680 + turn)
                runs["without"].append(watched(jack, args.seconds, False, 0, "--no-web"))
                runs["nobody there"].append(watched(jack, args.seconds, False, 0, "--web-port", port))
                runs["watched"].append(watched(jack, args.seconds, True, int(port), "--web-port", port))
    result["runs"] = runs
    for name in ("nobody there", "watched"):
        for figure in ("displayed_fps", "frame_ms_p99"):
            pairs = zip(runs[name], runs["without"], strict=True)
            ratios = [on[figure] / off[figure] for on, off in pairs]
            result[f"{name}: {figure} ratio"] = round(statistics.median(ratios), 3)
    write(result, args.out)


if __name__ == "__main__":
    main()
