"""How large a live show has its pictures made: fitted to its window, and to the time there is."""

import itertools
import time

from vj.core.params import Snapshot
from vj.engine.console import Model
from vj.engine.detail import AUTO, Fitter, Size, last_step, sized
from vj.engine.governor import Governor
from vj.engine.show import Show
from vj.generators.bundle.feeds import middle

#: Pictures that are timed at the start.
TRIALS = 3
#: The part of a frame that is reckoned with for them then.
SHARE = 0.5


class Detailing:
    """Keeps pictures of one show as fine as there is time for. Used by the main thread only.

    Programs whose size may not change from picture to picture get theirs before the show; later ones have their own.
    """

    def __init__(self, show: Show) -> None:
        self._show = show
        self._kept: dict[str, Size] = {}
        self._shown: Size | None = None
        self.fitter = Fitter()
        #: (show time in seconds, width, height) of every change of what was asked for.
        self.history: list[tuple[float, int, int]] = []

    def begin(self, period: float, snapshot: Snapshot, shown: Size | None) -> None:
        """Time a few pictures before the show, whose frames last `period` seconds and are shown at `shown`."""
        if shown is None:
            return
        detail = snapshot[Governor.detail]
        if detail == AUTO:
            self._time(period, snapshot, shown)
        for name, program in self._show.programs.items():
            if not program.generator.free:
                self._kept[name] = sized(program.generator.usual, shown, detail, self.fitter.step)

    def _time(self, period: float, snapshot: Snapshot, shown: Size) -> None:
        generator = self._show.programs[snapshot[Model.select]].generator
        generator.resize(sized(generator.usual, shown, AUTO) if generator.free else generator.usual)
        marks = [time.perf_counter()]
        try:
            for _ in range(TRIALS):
                generator.generate([middle(generator.spec)])
                marks.append(time.perf_counter())
        except Exception:  # noqa: BLE001  it will be told when the show asks for pictures; until then they are drafts
            return
        quickest = min(b - a for a, b in itertools.pairwise(marks))
        self.fitter.begin(quickest, SHARE * period, last_step(generator.usual, shown))

    def size(self, snapshot: Snapshot, shown: Size | None) -> Size | None:
        """Of the next picture, which is shown at `shown`; None for the bundle's own."""
        self._shown = shown
        size = self._size(snapshot, shown) if shown is not None else None
        if size is not None and size != (self.history[-1][1:] if self.history else None):
            self.history.append((round(snapshot.t, 3), *size))
        return size

    def _size(self, snapshot: Snapshot, shown: Size) -> Size | None:
        name, detail = snapshot[Model.select], snapshot[Governor.detail]
        generator = self._show.programs[name].generator
        if generator.free:
            return sized(generator.usual, shown, detail, self.fitter.step)
        return self._kept.get(name)

    def step(self, now: float, seconds: float, room: float, snapshot: Snapshot) -> None:
        """A picture took `seconds`; there are `room` of them for one."""
        if self._shown is None or snapshot[Governor.detail] != AUTO:
            return
        generator = self._show.programs[snapshot[Model.select]].generator
        if generator.free:
            last, calm = last_step(generator.usual, self._shown), snapshot[Governor.rung] == 0
            self.fitter.dreamt(now, seconds, max(room, 1e-3), last, calm)

    def give(self, now: float, snapshot: Snapshot) -> bool:
        """Give up some of what is finer than draft, if there is any: the show is too slow."""
        return snapshot[Governor.detail] == AUTO and self.fitter.yield_to(now)
