"""One way at a time takes turns with torch eager, and is let go of before the next is opened.

So a network never lies in memory more than twice, and whatever else the machine does hits both alike.
"""

import gc
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from vj.core.errors import BundleError
from vj.core.types import F32
from vj.generators import providers
from vj.workshop.optimize.measure import worst_psnr_db
from vj.workshop.optimize.ways import Way, opened

Feeds = Mapping[str, F32]
Run = Callable[[Feeds], F32]
#: What a way raises that cannot be run here.
REFUSED: tuple[type[Exception], ...] = (*providers.ERRORS, BundleError)
#: Likeness that is asked for.
LEAST_DB = 45.0
#: Turns before those that count, turns that every way gets, and of the others which ones torch eager has as well.
WARM, _FIRST, _EVERY = 2, 3, 4
#: Seconds for a way, and times the quickest so far at which one gets no more than the first turns.
_SECONDS, _SLOW = 8.0, 1.6
#: Seconds before each picture: threads of the way before spin for a while, and would take a core from this one.
_REST = 0.02


class Turns:
    """Rows of one network's ways, against what `eager` draws of `feeds` and how long it takes."""

    def __init__(self, eager: Run, feeds: Sequence[Feeds], rounds: int) -> None:
        self._eager, self._feeds, self._rounds = eager, feeds, rounds
        self._truth = np.concatenate([eager(feed) for feed in feeds])
        self._quickest = float("inf")
        self._middles: dict[int, float] = {}

    def alone(self) -> list[dict[str, Any]]:
        """A row for torch eager on each number of threads: to be taken before those of ways."""
        rows = []
        for threads in (1, 2) if (os.cpu_count() or 1) > 1 else (1,):
            ms, _ = self._taken(threads, self._eager, paired=False, go_on=lambda ms: True)
            self._middles[threads] = float(np.median(ms))
            rows.append(_row(f"torch eager fp32, {threads} thread{'s' * (threads > 1)}", threads, ms))
        best = min(self._middles.values())
        for row in rows:
            row |= {"eager_same": 1.0, "eager_best": round(best / row["ms"]["p50"], 2)}
        return rows

    def row(self, way: Way) -> dict[str, Any]:
        """What there is to say of a way, which is open no longer than this takes."""
        try:
            run = opened(way)
            pictures = np.concatenate([run(feed) for feed in self._feeds])
        except REFUSED as error:
            return {"way": way.label, "reason": str(error).strip().splitlines()[0]}
        likeness = worst_psnr_db(pictures, self._truth)

        def go_on(ms: Sequence[float]) -> bool:
            return likeness >= LEAST_DB and float(np.median(ms)) <= _SLOW * self._quickest

        ms, usual = self._taken(way.threads, run, paired=True, go_on=go_on)
        del run
        gc.collect()
        row = _row(way.label, way.threads, ms)
        if likeness >= LEAST_DB:
            self._quickest = min(self._quickest, float(np.median(ms)))
        ratio, best = float(np.median(usual)) / float(np.median(ms)), min(self._middles.values())
        row["eager_same"] = round(ratio * self._middles.get(way.threads, best) / best, 2)
        row["eager_best"] = round(ratio, 2)
        row["psnr_db"] = round(likeness, 2)
        return row

    def _taken(
        self, threads: int, run: Run, paired: bool, go_on: Callable[[Sequence[float]], bool]
    ) -> tuple[list[float], list[float]]:
        """Milliseconds of each picture, and of torch eager's between them on as many threads as are best for it."""
        own, usual = list[float](), list[float]()
        end = time.perf_counter() + _SECONDS
        for number in range(WARM + self._rounds):
            counted = number - WARM
            if counted >= _FIRST and (time.perf_counter() > end or not go_on(own[WARM:])):
                break
            if paired and (number == 0 or (counted >= 0 and (counted < _FIRST or counted % _EVERY == 0))):
                usual.append(self._spent(min(self._middles, key=self._middles.__getitem__), self._eager, number))
            own.append(self._spent(threads, run, number))
        return own[WARM:], usual[1:]

    def _spent(self, threads: int, run: Run, number: int) -> float:
        import torch

        torch.set_num_threads(threads)
        time.sleep(_REST)
        start = time.perf_counter()
        run(self._feeds[number % len(self._feeds)])
        return 1e3 * (time.perf_counter() - start)


def _row(label: str, threads: int, ms: Sequence[float]) -> dict[str, Any]:
    p50, p99 = np.percentile(ms, (50, 99))
    told = {"p50": round(float(p50), 2), "p99": round(float(p99), 2), "least": round(min(ms), 2), "pictures": len(ms)}
    return {"way": label, "threads": threads, "ms": told}
