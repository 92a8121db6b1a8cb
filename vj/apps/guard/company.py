"""What a guard has at hand besides the show: the spare that is ready, the server that spares are copied from, and the
window that keeps the show's picture."""

import math
import os
import time
from typing import Any

from vj.apps.guard import journal, proc
from vj.apps.guard.block import Block
from vj.apps.guard.processes import ANSWER_S, PATIENT_S, ForkServer, Spare, Wall, can_copy

#: Seconds of a show after which the next one is held ready.
CALM_S = 3.0
#: Seconds between two looks at whether it is the right one.
LOOK_S = 1.0
#: A fork server that has not imported everything after so many seconds never will, nor will another one.
IMPORTS_S = 60.0
#: Seconds that a spare waits for it.
WAITS_S = 15.0
#: Seconds before one that died is followed by another, the first time and the next ones.
AGAIN_S = (1.0, 4.0, 15.0, 60.0)
#: Seconds for which one must have lived to be no failure: after that its death is the first again, however many there
#: were in an evening.
WELL_S = 20.0


class Backoff:
    """When one that died is to be followed by another, in seconds of a clock that goes on: later after each failure."""

    def __init__(self) -> None:
        self._failures = 0
        self._begun = 0.0

    def begun(self, now: float) -> None:
        """One was begun."""
        self._begun = now

    def died(self, now: float) -> float:
        """It is dead; when the next one is due."""
        if now - self._begun >= WELL_S:
            self._failures = 0
        due = now + AGAIN_S[min(self._failures, len(AGAIN_S) - 1)]
        self._failures += 1
        return due


class Company:
    """Fork server, spare and wall of one show, begun and begun again as often as it takes. `tend` is for while the show
    is on."""

    def __init__(self, block: Block, headless: bool) -> None:
        self._block, self._headless = block, headless
        self._has_wall = not headless and bool(os.environ.get("DISPLAY"))
        self._server: ForkServer | None = None
        self._strays: set[int] = set()
        self._spare: Spare | None = None
        self._wall: Wall | None = None
        self._servers, self._spares, self._walls = Backoff(), Backoff(), Backoff()
        self._spare_due = self._server_due = self._server_begun = self._wall_due = self._look_due = 0.0

    def take(self, safe_too: bool) -> Spare:
        """The spare, which is ours no more; a new one where there is none, `safe_too` as in `tend`."""
        if self._spare is not None and self._spare.poll() is not None:
            self._drop()
        spare, self._spare, self._spare_due = self._spare or self._ready(safe_too, patience=PATIENT_S), None, 0.0
        return spare

    def wait(self, safe_too: bool) -> None:
        """There is nowhere to show anything: have one ready that has no window and so cannot lose it."""
        if self._spare is not None and not self._spare.headless:
            self._drop()
        self._spare = self._spare or self._ready(safe_too, headless=True, patience=PATIENT_S)

    def _drop(self) -> None:
        if self._spare is not None:
            self._spare.end()
        self._spare = None

    def tend(self, now: float, safe_too: bool) -> None:
        """See that all are there, `now` in seconds; `safe_too`: the safe look may be next."""
        self._serve(now)
        if self._spare is not None and self._spare.poll() is not None:
            self._drop()
            self._spare_due = self._spares.died(now)
        if self._spare is None:
            self._spare_due = self._spare_due or now + CALM_S
            if now >= self._spare_due and not self._waits(now):
                self._spare, self._spare_due = self._ready(safe_too), 0.0
                self._spares.begun(now)
        elif now >= self._look_due and self._spare.warm:
            self._look_due = now + LOOK_S
            if not set(self._bundles(safe_too)) <= set(self._spare.bundles):
                self._drop()
                self._spare_due = now + CALM_S
        self._hang(now)

    def _serve(self, now: float) -> None:
        """See that the fork server is there, where there can be one."""
        self._strays -= proc.buried(self._strays)
        if self._server is not None:
            late = not self._server.ready and now >= self._server_begun + IMPORTS_S
            if late or self._server.poll() is not None:
                self._unserved(now)
            if late:
                self._server_due = math.inf
        elif can_copy():
            self._server_due = self._server_due or now + CALM_S
            if now >= self._server_due:
                self._server, self._server_begun = ForkServer(self._block.path, self._strays), now
                self._servers.begun(now)

    def _waits(self, now: float) -> bool:
        """Whether a spare had better wait for the fork server."""
        return self._server is not None and not self._server.ready and now < self._server_begun + WAITS_S

    def _unserved(self, now: float) -> None:
        """It is dead, or as good as that: for a while spares do without."""
        if self._server is not None:
            self._server.end()
            self._server, self._server_due = None, self._servers.died(now)

    def _hang(self, now: float) -> None:
        """See that the wall is there."""
        if not self._has_wall or not self._block.window:
            return
        if self._wall is not None and self._wall.poll() is not None:
            self._wall.end()
            self._wall, self._wall_due = None, self._walls.died(now)
        if self._wall is None and now >= self._wall_due:
            self._wall = Wall(self._block.path)
            self._walls.begun(now)

    def _bundles(self, safe_too: bool) -> list[str]:
        """What a spare should have open: the bundle that is on, where a second one costs no card its memory."""
        names = [journal.entry(self._block)[1].warm, journal.SAFE_BUNDLE if safe_too else ""]
        return list(dict.fromkeys(filter(None, names)))

    def _ready(self, safe_too: bool, headless: bool = False, patience: float = ANSWER_S) -> Spare:
        server = self._server if self._server is not None and self._server.ready else None
        spare = Spare(self._block.path, self._bundles(safe_too), headless or self._headless, server, patience)
        if server is not None and not spare.copied:
            self._unserved(time.monotonic())
        return spare

    @property
    def facts(self) -> dict[str, Any]:
        """Process ids, and whether the spare is ready, and its window."""
        spare, wall, server = self._spare, self._wall, self._server
        return {
            "spare": spare.pid if spare else 0,
            "wall": wall.pid if wall else 0,
            "forkserver": server.pid if server else 0,
            "warm": spare is not None and spare.warm,
            "window": spare is not None and spare.seen,
        }

    def end(self) -> None:
        """None is needed any more."""
        for each in (self._spare, self._server, self._wall):
            if each is not None:
                each.end()
        self._spare = self._server = self._wall = None
