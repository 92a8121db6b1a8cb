"""Brings the governor into a live show: tells it of every frame, and has its rung set like any other value."""

import queue
from collections.abc import Callable, Hashable

from vj.apps.recorded import GOVERNOR
from vj.core.params import Snapshot
from vj.core.types import Event
from vj.engine.console import Model
from vj.engine.finish.finisher import Finisher
from vj.engine.governor import LADDER, RUNG, Governor, Rung
from vj.engine.show import Show

#: The target where the processor draws what the audience sees; a card draws at the display's own rate.
SOFTWARE_FPS = 30.0
#: Drivers that draw on the processor, as they name themselves.
SOFTWARE_DRIVERS = ("llvmpipe", "softpipe", "SwiftShader")
#: The driver that draws nothing.
STAND_IN = "none"


class Quality:
    """Keeps the rate of one show in one window. `give` gives up what is more than usual, before anything is taken away,
    and says whether there was any. `history` has (show time in seconds, rung) of every step."""

    def __init__(
        self,
        show: Show,
        events: "queue.SimpleQueue[Event]",
        renderer: str,
        fps: float,
        give: Callable[[float, Snapshot], bool] = lambda now, snapshot: False,
    ) -> None:
        self._show = show
        self._events = events
        self._give = give
        self._on = renderer != STAND_IN
        #: Whether the processor draws what the audience sees.
        self.software = any(name in renderer for name in SOFTWARE_DRIVERS)
        self._fps = fps
        self._usual = min(SOFTWARE_FPS, fps) if self.software else fps
        self._governor = Governor(self._effect)
        self._snapshot: Snapshot | None = None
        self.history: list[tuple[float, int]] = []

    def step(self, now: float, busy: float, snapshot: Snapshot) -> None:
        """A frame was shown at `now`, for which the main thread worked `busy` seconds."""
        self._snapshot = snapshot
        rung = snapshot[Governor.rung]
        if not self._on or not snapshot[Governor.auto]:
            self._governor.reset()
            return
        target = self.target(snapshot)
        wanted = self._governor.step(now, 1.0 / target - busy, target, rung, lambda: self._give(now, snapshot))
        if wanted != rung:
            self.history.append((round(snapshot.t, 3), wanted))
            self._events.put(Event(RUNG, (wanted,), GOVERNOR))

    def target(self, snapshot: Snapshot) -> float:
        """Frames a second to keep; no more than are shown at the most."""
        return min(snapshot[Governor.target] or self._usual, self._fps)

    @property
    def words(self) -> str:
        """Where the show stands on the ladder, for the panel; nothing at the top of it."""
        rung = self._snapshot[Governor.rung] if self._snapshot else 0
        pinned = self._snapshot is not None and not self._snapshot[Governor.auto]
        return f"{LADDER[rung].words}{', pinned' * pinned} (-{rung})" if rung or pinned else ""

    def _effect(self, rung: Rung) -> Hashable:
        """What of `rung` matters in the show as it is."""
        assert self._snapshot is not None
        free = self._show.programs[self._snapshot[Model.select]].generator.free
        finished = self._snapshot[Finisher.on] and self._show.finisher is not None
        return finished and rung.canvas, free and rung.picture, rung.rest
