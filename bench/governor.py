"""The governor under an artificial load: what the display's rate is with it and without it, and which rungs it takes.

python bench/governor.py [--out bench/results/governor.json] [--seconds 20] [--load 2]

A real window (Xvfb) of 720p with the default look, a file played in real time, the whole engine. First calm, then while
other processes spin, then calm again; each part lasts `seconds`, and the first four of each are told apart.
"""

import queue
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from _machine import arguments, machine, write

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from servers.xvfb import xvfb  # noqa: E402

from vj.apps._assemble import Settings, assemble  # noqa: E402
from vj.apps.live import Live, Parts  # noqa: E402
from vj.core.handoff import SampleRing  # noqa: E402
from vj.core.types import Event  # noqa: E402
from vj.devices.audio_file import FilePlayer  # noqa: E402
from vj.engine.governor import LADDER  # noqa: E402
from vj.workshop import loop  # noqa: E402

SPIN = "while True: pass"
#: Seconds in which the governor may look for its rung.
SEARCH = 4.0


def performed(seconds: float, load: int, target: float, auto: bool) -> dict[str, Any]:
    """Rates of the three parts of one show."""
    from vj.outputs.window import Window

    swaps: list[float] = []

    class Timed(Window):
        def swap(self) -> None:
            super().swap()
            swaps.append(time.perf_counter())

    ring, events = SampleRing(48000), queue.SimpleQueue[Event]()
    show, desk = assemble(Settings(), 48000)
    events.put(Event("/quality/auto", (auto,), "start"))
    events.put(Event("/quality/target", (target,), "start"))
    parts: dict[str, Any] = {}
    with (
        Timed(size=(1280, 720)) as window,
        FilePlayer(loop.cached(), ring, loop=True) as player,
        Live(Parts(show, desk, player, ring, window, events)) as live,
    ):
        live.run(3)
        for name, count in (("calm", 0), ("loaded", load), ("calm again", 0)):
            spinning = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(count)]
            began, stepped = time.perf_counter(), len(live.quality.history)
            live.run(seconds)
            for process in spinning:
                process.kill()
                process.wait()
            parts[name] = {
                **rates(swaps, began, time.perf_counter()),
                "rungs": [LADDER[rung].words for _, rung in live.quality.history[stepped:]],
            }
        parts["steps"] = live.quality.history
        parts["unique_fps"] = round(live.report().generated_fps, 1)
    show.close()
    return parts


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
    args = parser.parse_args()
    result: dict[str, Any] = {"what": "the governor under load, 720p, default look", **machine()}
    result["ladder"] = [rung.words for rung in LADDER]
    result["budget"] = "settled rate within 5 % of the target"
    with xvfb(1920, 1080):
        for target in (30.0, 60.0):
            for auto in (False, True):
                name = f"target {target:g}, {'governed' if auto else 'left alone'}"
                result[name] = performed(args.seconds, args.load, target, auto)
    write(result, args.out)


if __name__ == "__main__":
    main()
