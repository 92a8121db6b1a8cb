"""What hands ask for, taken so that no flood of it stops the picture: a share of each frame, and turn by turn."""

import queue
import time
from collections import deque
from collections.abc import Iterator

from vj.core.types import Event

#: Wishes of one source that may wait; of more the oldest are lost.
WAITING = 512
#: Sources whose wishes wait apart; those of more wait together.
SOURCES = 64
#: So many times its share may be owed after a wish that took long.
OWED = 8


class Intake:
    """Takes wishes out of `events`. Where more come than there is time for, sources take turns, so that a flood from
    one holds up its own only. `lost` counts wishes that waited too long. For one thread."""

    def __init__(self, events: "queue.SimpleQueue[Event]") -> None:
        self._events = events
        self._waiting: dict[str, deque[Event]] = {}
        self._owed = 0.0
        self.lost = 0

    def __bool__(self) -> bool:
        """Whether there is anything to take."""
        return bool(self._waiting) or not self._events.empty()

    def take(self, seconds: float) -> Iterator[Event]:
        """The wishes for which there is time in so many `seconds`: in the order they came, unless some were left over.
        At least one, but none while what the last ones took too long is made up for: OWED shares at most."""
        until = time.perf_counter() + seconds
        come: deque[Event] = deque()
        for _ in range(self._events.qsize()):
            come.append(self._events.get())
        if self._waiting and self._owed > 0.0:
            self._owed -= seconds
            self._keep(come)
            return
        while come and not self._waiting:
            yield come.popleft()
            if (now := time.perf_counter()) >= until:
                self._owed = min(now - until, OWED * seconds)
                self._keep(come)
                return
        self._keep(come)
        while self._waiting:
            source = next(iter(self._waiting))
            own = self._waiting.pop(source)
            event = own.popleft()
            if own:
                self._waiting[source] = own  # behind all others
            yield event
            if (now := time.perf_counter()) >= until:
                self._owed = min(now - until, OWED * seconds)
                return

    def forget(self) -> None:
        """Nobody wants any more what has waited so far."""
        self._waiting.clear()

    def _keep(self, come: "deque[Event]") -> None:
        for event in come:
            source = event.source
            if source not in self._waiting and len(self._waiting) >= SOURCES:
                source = ""
            own = self._waiting.setdefault(source, deque())
            own.append(event)
            if len(own) > WAITING:
                own.popleft()
                self.lost += 1
