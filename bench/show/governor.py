"""The governor under an artificial load: what the display's rate is with it and without it, and which rungs it takes.

python bench/show/governor.py [--out bench/results/governor.json] [--seconds 20] [--load 2] [--song 240]

A real window (Xvfb) of 720p with the default look, a file played in real time, the whole engine. First calm, then while
other processes spin, then calm again; each part lasts `seconds`, and the first four of each are told apart. Then a song
of `song` seconds beside a neighbour that spins in bursts (alone with --seconds 0).
"""

import queue
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from bench._machine import arguments, machine, write

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from servers.xvfb import xvfb  # noqa: E402

from vj.apps.assemble import Settings, assemble  # noqa: E402
from vj.apps.live.loop import Live, Parts  # noqa: E402
from vj.core.handoff import SampleRing  # noqa: E402
from vj.core.types import Event  # noqa: E402
from vj.devices.audio.file import FilePlayer  # noqa: E402
from vj.engine.governor import LADDER  # noqa: E402
from vj.workshop import loop  # noqa: E402

SPIN = "while True: pass"
#: The noisy neighbour: seconds of every so many in which it spins.
BURST, EVERY = 5.0, 15.0
#: Seconds in which the governor may look for its rung.
SEARCH = 4.0


@contextmanager
def show(target: float, auto: bool) -> Iterator[tuple[Live, list[float]]]:
    """A show that runs, and the times of its swaps."""
    from vj.outputs.window import Window

    swaps: list[float] = []

    class Timed(Window):
        def swap(self) -> None:
            super().swap()
            swaps.append(time.perf_counter())

    ring, events = SampleRing(48000), queue.SimpleQueue[Event]()
    engine, desk = assemble(Settings(), 48000)
    events.put(Event("/quality/auto", (auto,), "start"))
    events.put(Event("/quality/target", (target,), "start"))
    with (
        Timed(size=(1280, 720)) as window,
        FilePlayer(loop.cached(), ring, loop=True) as player,
        Live(Parts(engine, desk, player, ring, window, events)) as live,
    ):
        live.run(3)
        yield live, swaps
    engine.close()


@contextmanager
def spinning(count: int) -> Iterator[None]:
    """So many processes that spin."""
    processes = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def performed(seconds: float, load: int, target: float, auto: bool) -> dict[str, Any]:
    """Rates of the three parts of one show."""
    parts: dict[str, Any] = {}
    with show(target, auto) as (live, swaps):
        for name, count in (("calm", 0), ("loaded", load), ("calm again", 0)):
            with spinning(count):
                began, stepped = time.perf_counter(), len(live.quality.history)
                live.run(seconds)
            parts[name] = {
                **rates(swaps, began, time.perf_counter()),
                "rungs": [LADDER[rung].words for _, rung in live.quality.history[stepped:]],
            }
        parts["steps"] = live.quality.history
        parts["unique_fps"] = round(live.report().generated_fps, 1)
    return parts


def sung(seconds: float, load: int, target: float) -> dict[str, Any]:
    """A song beside a neighbour in bursts: how often the level changed, and the rate."""
    with show(target, True) as (live, swaps):
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:
            with spinning(load):
                live.run(BURST)
            live.run(EVERY - BURST)
        return {
            "neighbour": f"{load} processes for {BURST:g} s of every {EVERY:g} s",
            "changes of level": len(live.quality.history),
            "steps": [(t, LADDER[rung].words) for t, rung in live.quality.history],
            **rates(swaps, began, time.perf_counter()),
        }


def rates(swaps: list[float], began: float, ended: float) -> dict[str, float]:
    """Displayed frames a second, while it may search and from then on, and the slowest second of the latter."""
    times = np.array(swaps)

    def rate(a: float, b: float) -> float:
        inside = times[(times >= a) & (times <= b)]
        return round(float((len(inside) - 1) / (inside[-1] - inside[0])), 2) if len(inside) > 1 else 0.0

    settled = began + SEARCH
    seconds = [rate(t, t + 1.0) for t in np.arange(settled, ended - 1.0, 0.5)]
    return {"at_first": rate(began, settled), "settled": rate(settled, ended), "slowest_second": min(seconds)}


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--load", type=int, default=2, help="processes that spin")
    parser.add_argument("--song", type=float, default=240.0, help="seconds beside a neighbour in bursts")
    args = parser.parse_args()
    result: dict[str, Any] = {"what": "the governor under load, 720p, default look", **machine()}
    result["ladder"] = [rung.words for rung in LADDER]
    result["budget"] = "settled rate within 5 % of the target; at most 8 changes of level in a song"
    with xvfb(1920, 1080):
        for target in (30.0, 60.0) if args.seconds > 0 else ():
            for auto in (False, True):
                name = f"target {target:g}, {'governed' if auto else 'left alone'}"
                result[name] = performed(args.seconds, args.load, target, auto)
        result["a song with a noisy neighbour, target 30"] = sung(args.song, args.load, 30.0)
    write(result, args.out)


if __name__ == "__main__":
    main()
