"""What waits to be written: never more than there is room for, so that a slow disk costs steps and not memory."""

import queue
import threading
from dataclasses import dataclass, field
from typing import Any

from vj.core.types import F32

#: Bytes, about, that wait at most: a minute and a half of stereo at 48 kHz. Twice as much of what was done.
ROOM = 64 << 20
#: What an entry weighs, about, besides its samples.
ENTRY = 600


@dataclass(frozen=True)
class Item:
    """A step; a hop's has `samples` [n], the `channels` [n, c] they were mixed from, where these are known."""

    step: dict[str, Any]
    samples: F32 | None = None
    channels: F32 | None = None
    late: Any = None

    @property
    def weight(self) -> int:
        return ENTRY + sum(part.nbytes for part in (self.samples, self.channels) if part is not None)


@dataclass
class Loss:
    """What found no room: how many steps of each kind, the last hop of them, and from when to when."""

    steps: dict[str, int] = field(default_factory=dict)
    since: float | None = None
    until: float = 0.0
    hop: int = -1


class Waiting:
    """From any thread to the one that writes. `put` never waits; `why` is what a loss is told with.

    Where there is no room all is left out but what was done (`dear`), which has as much room again.
    """

    def __init__(self, room: int = ROOM) -> None:
        self._queue: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._room = room
        self._weight = 0
        self._t = 0.0
        self._loss: Loss | None = None
        self.lost = 0
        self.why = "the disk is too slow"

    def put(self, item: Item, dear: bool = False) -> None:
        """Add `item`, if there is room."""
        with self._lock:
            self._t = max(self._t, float(item.step.get("t", 0.0)))
            if self._weight > self._room * (2 if dear else 1):
                self._leave_out(item.step)
                return
            if self._loss is not None:
                self._tell_loss()
            self._weight += item.weight
            self._queue.put(item)

    def get(self, timeout: float) -> Item | None:
        """The next item; None after `timeout` seconds without one."""
        try:
            item = self._queue.get(timeout=timeout)
        except queue.Empty:
            return None
        with self._lock:
            self._weight -= item.weight
        return item

    def end(self) -> bool:
        """Nothing comes any more: what was lost last is told too. Whether there was such a loss."""
        with self._lock:
            if self._loss is None:
                return False
            self._tell_loss()
            return True

    def _leave_out(self, step: dict[str, Any]) -> None:
        self.lost += 1
        self._loss = self._loss or Loss(since=self._t)
        self._loss.steps[step["k"]] = self._loss.steps.get(step["k"], 0) + 1
        self._loss.until = self._t
        if step["k"] == "hop":
            self._loss.hop = step["n"]

    def _tell_loss(self) -> None:
        assert self._loss is not None
        loss, self._loss = self._loss, None
        step = {
            "k": "lost",
            "t": loss.until,
            "since": loss.since,
            "why": self.why,
            "steps": loss.steps,
            "hop": loss.hop,
        }
        self._weight += ENTRY
        self._queue.put(Item(step))
