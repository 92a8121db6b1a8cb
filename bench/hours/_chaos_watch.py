"""What an audience would have seen meanwhile: gaps between frames, and for how long the wall was black."""

import os
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ImageGrab

from vj.apps.guard.block import Block

#: Seconds between two looks at the frames that are counted, and at the wall itself.
FRAMES_S, WALL_S = 0.005, 0.1
#: A mean of the wall under which it is black, of 255.
BLACK = 2.0


class Watch:
    """Looks until it is closed. `gaps` and `blacks` are [(when it ended, seconds)], of monotonic time."""

    def __init__(self, block: Path) -> None:
        self._block = Block(block)
        self.gaps: list[tuple[float, float]] = []
        self.blacks: list[tuple[float, float]] = []
        self.frames = 0
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=each, daemon=True) for each in (self._count, self._look)]
        for thread in self._threads:
            thread.start()

    def _count(self) -> None:
        last, seen = time.monotonic(), (0, 0)
        while not self._ending.wait(FRAMES_S):
            now, new = time.monotonic(), (self._block.start, self._block.frames)
            if new != seen and new[1]:
                self.frames += new[1] - seen[1] if new[0] == seen[0] else new[1]
                self.gaps.append((now, now - last))
                last, seen = now, new
                del self.gaps[:-200_000]
        self.gaps.append((time.monotonic(), time.monotonic() - last))

    def _look(self) -> None:
        since: float | None = None
        while not self._ending.wait(WALL_S):
            try:
                wall = np.asarray(ImageGrab.grab(xdisplay=os.environ["DISPLAY"]))[::8, ::8]
            except OSError:
                continue
            now = time.monotonic()
            if wall.mean() >= BLACK:
                if since is not None:
                    self.blacks.append((now, now - since))
                since = None
            elif since is None:
                since = now

    def within(self, begin: float, end: float) -> dict[str, float]:
        """The longest gap and the longest black that ended in that time."""
        found: dict[str, float] = {}
        for name, all_of in (("gap_s", self.gaps), ("black_s", self.blacks)):
            found[name] = round(max((took for at, took in list(all_of) if begin <= at <= end), default=0.0), 3)
        return found

    def summary(self) -> dict[str, Any]:
        """Of the whole run."""
        gaps = np.array([took for _, took in self.gaps] or [0.0])
        return {
            "frames": self.frames,
            "gap_ms_p50": round(float(np.percentile(gaps, 50)) * 1e3, 1),
            "gap_ms_p99": round(float(np.percentile(gaps, 99)) * 1e3, 1),
            "longest_gap_s": round(float(gaps.max()), 3),
            "longest_black_s": round(max((took for _, took in self.blacks), default=0.0), 3),
        }

    def close(self) -> None:
        """Look no more."""
        self._ending.set()
        for thread in self._threads:
            thread.join()
