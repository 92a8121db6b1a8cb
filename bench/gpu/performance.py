"""The engine on a card from end to end, without a screen: sound from a file in real time, pictures into EGL.

python bench/gpu/performance.py [--small] [--minutes 10] [--out bench/results/gpu-performance.json]

Block-to-swap p50 and p99, displayed and unique frames a second at 1080p with SG2-512 and SG2-1024 and all effects; how
pictures reach GL; memory after a tenth of the time and at the end. Without a card: `worlds` on the processor, small.
"""

import os
import queue
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench._machine import arguments, machine, write
from bench.gpu._networks import chosen, device, networks
from vj.apps.assemble import Settings, assemble
from vj.apps.live.loop import Live, Parts
from vj.core.handoff import SampleRing
from vj.core.types import F32, U8, Event, Frame
from vj.devices.audio.file import FilePlayer
from vj.outputs.finish.viewport import Viewport
from vj.outputs.offscreen import Offscreen
from vj.outputs.overlay.panel import HudState
from vj.workshop.loop import cached

NAMES = ("SG2-f 512", "SG2-f 1024")


class Stage:
    """Stands in for the window: draws off screen, and waits until it is drawn where a window would swap."""

    size = None
    paced = False
    closing = False
    capture = False
    captured: U8 | None = None
    glance = False
    glanced: U8 | None = None
    gather = False
    gathered: F32 | None = None
    waited = 0.0
    on_display = ""
    displays = ()
    watch: Callable[..., None] | None = None

    def __init__(self, screen: Offscreen) -> None:
        self._screen = screen
        self.limiter = screen.limiter
        self.state = HudState()
        self.notices: list[str] = []

    @property
    def renderer(self) -> str:
        """What draws."""
        return self._screen.renderer

    @property
    def hand_over(self) -> str:
        """How pictures come to it."""
        return self._screen._picture.path if self._screen._context else "no OpenGL"

    def lift(self) -> None:
        """There is no splash."""

    def paint(self, size: tuple[int, int] | None) -> None:
        """It has one size."""

    def write(self, frame: Frame) -> None:
        """Draw, as a window does: nothing is read back."""
        if self._screen._context is None:
            self._screen.write(frame)
            return
        self._screen._picture.show(frame, self._screen._target, self._screen.size, self._screen._way)

    def swap(self) -> None:
        """Until the picture is there."""
        if self._screen._context is not None:
            self._screen._context.finish()

    def poll(self) -> None:
        """Nobody presses a key."""

    def read(self) -> U8:
        """Nobody asks."""
        raise NotImplementedError

    def follow(self, values: Viewport) -> None:
        """The wall's parameters."""
        self._screen.follow(values)

    def choose_display(self, name: str) -> None:
        """There is none."""

    def map(self, mapping: object, name: str, guides: object = None) -> None:
        """There is no wall."""


def memory() -> dict[str, float]:
    """MiB of this process, and of the device."""
    import torch

    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    card = torch.cuda.memory_allocated() / 2**20 if device() == "cuda" else 0.0
    return {"process_mib": round(pages / 2**20), "device_mib": round(card)}


def performed(bundle: str, size: tuple[int, int], seconds: float) -> dict[str, Any]:
    """The report of one show."""
    ring = SampleRing(48000)
    events = queue.SimpleQueue[Event]()
    show, desk = assemble(Settings(bundle=bundle), 48000)
    with FilePlayer(cached(), ring, audible=False) as player, Offscreen(size) as screen:
        stage = Stage(screen)
        with Live(Parts(show, desk, player, ring, stage, events)) as live:
            live.run(max(seconds / 10, 1.0))
            early = memory()
            live.run(seconds)
            report = live.report().as_dict()
        found = {**report, "hand_over": stage.hand_over, "early": early, "late": memory()}
        found["ended"] = time.strftime("%H:%M")
    show.close()
    return found


def main() -> None:
    """Perform, print and write."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--small", action="store_true", help="a few seconds of worlds, for machines without a card")
    parser.add_argument("--minutes", type=float, default=10.0)
    options = parser.parse_args()
    result: dict[str, Any] = {"what": "the engine on a card, end to end", **machine(), "runs": {}}
    if options.small or device() == "cpu":
        result["runs"]["worlds"] = performed("worlds", (320, 180), 4.0)
        write(result, options.out)
        return
    with tempfile.TemporaryDirectory() as place:
        for k, name in enumerate(NAMES):
            bundle, _ = networks(False)[name](Path(place) / str(k))
            chosen(bundle)
            seconds = 60.0 * options.minutes / len(NAMES)
            result["runs"][name] = performed(str(bundle.folder), (1920, 1080), seconds)
    write(result, options.out)


if __name__ == "__main__":
    main()
