"""What the stills of what comes next cost the wall: displayed rate and frame times with them and without, in turns.

python bench/show/rehearsal.py [--out bench/results/rehearsal.json] [--turns 14] [--seconds 6]

One live show in a real window (Xvfb), played to the demo loop: somebody looks in every other turn, at another look each
time and at all thumbnails, none of which is there at first. The governor is pinned at its top, so that every turn has
the same to do. The first two turns are not counted.
"""

import queue
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from bench._machine import arguments, machine, write

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from servers.xvfb import xvfb  # noqa: E402

from vj.apps.assemble import Settings, assemble  # noqa: E402
from vj.apps.live.loop import Live, Parts  # noqa: E402
from vj.apps.rehearsal.backstage import Rehearsal  # noqa: E402
from vj.core.handoff import SampleRing  # noqa: E402
from vj.core.types import Event  # noqa: E402
from vj.devices.audio.file import FilePlayer  # noqa: E402
from vj.outputs.window import Window  # noqa: E402
from vj.workshop import loop  # noqa: E402

#: With stills the displayed rate may be so much lower, and the frames' p99 so much longer.
BUDGETS = {"displayed_fps_ratio": 0.97, "frame_ms_p99_ratio": 1.05}
#: Turns that are not counted, and seconds at the beginning of the others.
WARM, BEGUN = 2, 0.5


class Timed(Window):
    """A window that knows when it swapped."""

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__(size=size)
        self.swaps: list[float] = []

    def swap(self) -> None:
        """As ever."""
        super().swap()
        self.swaps.append(time.perf_counter())


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--turns", type=int, default=14)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--fps", type=float, default=30.0)
    parser.add_argument("--look", default="ember_drum")
    args = parser.parse_args()
    result: dict[str, Any] = {"what": "stills beside a live show", **machine(), "budgets": BUDGETS}
    result |= {"width": args.width, "fps": args.fps, "look": args.look, "seconds": args.seconds}
    ring, events = SampleRing(48000), queue.SimpleQueue[Event]()
    with ExitStack() as stack:
        stack.enter_context(xvfb(1920, 1080))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        player = FilePlayer(loop.cached(), ring, loop=True)
        screen = stack.enter_context(Timed((args.width, args.width * 9 // 16)))
        show, desk = assemble(Settings(look=args.look), player.rate)
        events.put(Event("/quality/auto", (False,)))
        rehearsal = Rehearsal(desk, folder=folder)
        parts = Parts(show, desk, player, ring, screen, events, rehearsal=rehearsal)
        live = stack.enter_context(Live(parts, args.fps))
        stack.enter_context(player)
        frames: dict[str, list[float]] = {"on": [], "off": []}
        made, before = [], 0
        for turn in range(args.turns):
            kind = "off" if turn % 2 else "on"
            rehearsal.watched = kind == "on"
            looks = [name for name in desk.looks if name != args.look]
            events.put(Event("/preview/next", (f"look {looks[turn % len(looks)]}",)))
            screen.swaps.clear()
            live.run(args.seconds)
            if turn >= WARM:
                times = np.array(screen.swaps)
                frames[kind] += (1000.0 * np.diff(times[times > times[0] + BEGUN])).tolist()
            if kind == "on":
                made.append(rehearsal.made - before)
                before = rehearsal.made
        result["renderer"] = screen.renderer
    for kind, ms in frames.items():
        result[f"displayed_fps_{kind}"] = round(1000.0 / float(np.mean(ms)), 2)
        result[f"frame_ms_p99_{kind}"] = round(float(np.percentile(ms, 99)), 2)
    for key in ("displayed_fps", "frame_ms_p99"):
        result[f"{key}_ratio"] = round(result[f"{key}_on"] / result[f"{key}_off"], 3)
    result["stills_made_in_each_turn"] = made
    write(result, args.out)


if __name__ == "__main__":
    main()
