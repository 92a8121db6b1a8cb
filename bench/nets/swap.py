"""Bundles swapped in and out of a live show: the longest time without a new frame on the display, and memory.

python bench/nets/swap.py [--out bench/results/swap.json] [--swaps 20] [--seconds 3]

A real window (Xvfb), a file played in real time, the whole engine. Two StyleGAN2 of 256 px with random weights are made
first; the show goes from one to the other and to `dream`, each loaded beside the one that is on. `none` is the time
before, without any swap. Without the finish, which takes a processor that draws too longer than a frame by itself.
"""

import itertools
import os
import queue
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from bench._machine import arguments, machine, write

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from layouts import stylegan2  # noqa: E402
from servers.xvfb import xvfb  # noqa: E402

from vj.apps.assemble import Settings, assemble  # noqa: E402
from vj.apps.live.loop import Live, Parts  # noqa: E402
from vj.core.handoff import SampleRing  # noqa: E402
from vj.core.types import Event  # noqa: E402
from vj.devices.audio.file import FilePlayer  # noqa: E402
from vj.workshop import loop  # noqa: E402

PAGE = os.sysconf("SC_PAGE_SIZE") / 2**20


def resident_mib() -> float:
    """Resident memory of this process."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE


def make(folder: Path, seed: int, size: int = 256) -> None:
    """A StyleGAN2 with random weights, 32 to 256 channels, as a user's own bundle."""
    from vj.workshop.checkpoint.reader import Checkpoint
    from vj.workshop.importers.stylegan2 import bundle

    channels = {2**k: min(256, 8192 // 2**k) for k in range(2, size.bit_length())}
    tensors = stylegan2.official(size, channels, sides=(512, 512), depth=2, seed=seed)
    arguments = {"z_dim": 512, "c_dim": 0, "w_dim": 512, "img_resolution": size, "img_channels": 3}
    bundle(Checkpoint("stylegan2", arguments, tensors, folder), folder, folder.name, samples=0)


class Show:
    """A live show in a window, whose swaps are timed."""

    def __init__(self, live: Live, swaps: list[float], events: "queue.SimpleQueue[Event]") -> None:
        self.live, self.swaps, self.events = live, swaps, events

    def until(self, end: float, on: str = "") -> None:
        """Show frames until that second, or until the bundle `on` makes the pictures."""
        while time.perf_counter() < end:
            self.live.frame()
            picture = self.live.dreaming.pictures.latest
            if on and picture is not None and picture.program == on:
                return

    def gaps(self, began: float, ended: float) -> dict[str, float]:
        """Milliseconds from frame to frame between two moments."""
        times = np.array([t for t in self.swaps if began <= t <= ended])
        ms = np.diff(times) * 1000.0
        figures = {"longest": ms.max(), "p99": np.percentile(ms, 99), "p50": np.median(ms)}
        late = {"late": float((ms > 1500 / 60).sum()), "frames": float(len(ms))}
        return {name: round(float(value), 2) for name, value in (figures | late).items()}


def swapped(show: Show, names: list[str], count: int, seconds: float) -> dict[str, Any]:
    """Go through `names`, `count` swaps in all."""
    rows: list[dict[str, Any]] = []
    for name in itertools.islice(itertools.cycle(names), count):
        began = time.perf_counter()
        show.events.put(Event("/model/select", (name,)))
        show.until(began + 60, name)
        on = time.perf_counter()
        show.until(on + seconds)
        row = {"to": name, "loading_s": round(on - began, 2), "during": show.gaps(began, on)}
        rows.append({**row, "after": show.gaps(on, on + seconds), "resident_mib": round(resident_mib(), 1)})
    return {
        "swaps": rows,
        "longest_during_ms": max(row["during"]["longest"] for row in rows),
        "longest_after_ms": max(row["after"]["longest"] for row in rows),
        "late_during": sum(row["during"]["late"] for row in rows),
        "late_after": sum(row["after"]["late"] for row in rows),
        "frames": sum(row["during"]["frames"] + row["after"]["frames"] for row in rows),
        "errors": show.live.report().errors,
    }


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--swaps", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=3.0)
    args = parser.parse_args()
    result: dict[str, Any] = {"what": "bundles swapped in a live show, 720p window, no finish", **machine()}
    with tempfile.TemporaryDirectory() as place, xvfb(1920, 1080):
        os.environ["XDG_DATA_HOME"] = place
        for seed, name in enumerate(("moss", "rust")):
            make(Path(place) / "vj" / "models" / name, seed)
        from vj.outputs.window import Window

        swaps: list[float] = []

        class Timed(Window):
            def swap(self) -> None:
                super().swap()
                swaps.append(time.perf_counter())

        ring, events = SampleRing(48000), queue.SimpleQueue[Event]()
        show, desk = assemble(Settings(), 48000)
        with Timed(size=(1280, 720)) as window, FilePlayer(loop.cached(), ring, loop=True) as player:
            events.put(Event("/fx/on", (False,), "start"))
            with Live(Parts(show, desk, player, ring, window, events)) as live:
                running = Show(live, swaps, events)
                running.until(time.perf_counter() + 3)
                began = time.perf_counter()
                running.until(began + args.seconds * 4)
                result["none"] = running.gaps(began, time.perf_counter())
                result["resident_before_mib"] = round(resident_mib(), 1)
                result |= swapped(running, ["moss", "rust", "dream"], args.swaps, args.seconds)
        show.close()
    write(result, args.out)


if __name__ == "__main__":
    main()
