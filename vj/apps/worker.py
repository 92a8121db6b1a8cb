"""A thread that does one thing again and again, whatever goes wrong with it."""

import threading

from vj.apps.blackbox import diary
from vj.apps.guard import pulse
from vj.core.threads.side import Side


class Worker:
    """A thread that runs `step` until it is stopped.

    Without a step for `patience` seconds the whole show hangs, and for `limit` seconds this one does; 0 is never.
    `again` says whether another thread may go on in its place.
    """

    patience = 0.0
    limit = 10.0
    again = False

    def __init__(self, name: str) -> None:
        self._stop = threading.Event()
        self._thread = Side(name, self._run, self.limit, self.again)
        self.errors = 0
        self.notice = ""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the step in hand; a step that hangs is left behind."""
        self._stop.set()
        self._thread.join(timeout=1.0)

    def step(self) -> None:
        """Do one thing. Must come back at least every 0.1 s or so."""
        raise NotImplementedError

    def _run(self) -> None:
        while self._thread.turn() and not self._stop.is_set():
            pulse.beat(self._thread.name, self.patience)
            try:
                self.step()
            except Exception as error:  # noqa: BLE001  the show must go on
                self.errors += 1
                self.notice = f"{self._thread.name}: {error}"
                diary.fault(self._thread.name, error)
                self._stop.wait(0.02)
        pulse.rest(self._thread.name)
