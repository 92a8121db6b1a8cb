"""Whether the surface's server hangs or is only slow, and how long to wait before the next one.

One that gets no processor is no better when it is killed: the next one has all its imports to do, on the same machine.
So time without a processor does not count, a server that never came so far as to speak has longer, and while one falls
after the other each has twice as long as the one before.
"""

from collections.abc import Callable

from vj.apps.guard import proc
from vj.apps.guard.block import Pulse
from vj.apps.guard.judge import Judge, Threads

#: How long a server that spoke may be silent.
SILENCE_S = 8.0
#: Until one speaks that was just begun.
START_S = 20.0
#: How often these are doubled at the most.
MAX_DOUBLINGS = 4
#: What one look stands for.
STRIDE_S = 1.0
#: What starved servers get on top.
STARVED_S = 60.0
#: Until the next server is started: the first, the second, and so on.
AGAIN_S = (0.0, 0.0, 0.3, 1.0, 3.0, 10.0)
#: After so long of speaking one has found its feet and all is as at first.
LONG_S = 20.0
_NAME = "surface"


class Watch:
    """Of one server after the other; times are seconds of a clock that goes on. `row` counts those that fell one after
    the other. `threads` and `traced` tell of a process what `guard.proc` does."""

    def __init__(
        self, threads: Callable[[int], Threads] = proc.threads, traced: Callable[[int], bool] = proc.traced
    ) -> None:
        self._system = threads, traced
        self.row = 0
        self._pid = self._words = 0
        self._first = 0.0
        self._judge = self._new()

    def begun(self, pid: int) -> None:
        """A server was started, as process `pid`."""
        self._pid, self._words = pid, 0
        self._judge = self._new()

    def heard(self, now: float) -> None:
        """It said something."""
        self._first = self._first if self._words else now
        self._words += 1
        if now - self._first > LONG_S:
            self.row = 0

    def hangs(self, now: float) -> bool:
        """Whether it is to be ended; asked a few times a second. Said once, and again if it lives on nevertheless."""
        patience = (SILENCE_S if self._words else START_S) * 2.0 ** min(self.row, MAX_DOUBLINGS)
        hangs = self._judge.look(now, self._pid, [Pulse(_NAME, self._words, patience, 0)]) is not None
        if hangs:
            self._judge = self._new()
        return hangs

    def fell(self) -> float:
        """It is no more; seconds until another one is started."""
        pause = AGAIN_S[min(self.row, len(AGAIN_S) - 1)]
        self.row += 1
        return pause

    def _new(self) -> Judge:
        return Judge(*self._system, STRIDE_S, STARVED_S)
