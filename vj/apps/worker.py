"""A thread that does one thing again and again, whatever goes wrong with it."""

import threading

from vj.apps.blackbox import diary
from vj.apps.guard import pulse


class Worker:
    """A thread that runs `step` until it is stopped. Without a step for `patience` seconds it hangs; 0 is never."""

    patience = 0.0

    def __init__(self, name: str) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
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
        while not self._stop.is_set():
            pulse.beat(self._thread.name, self.patience)
            try:
                self.step()
            except Exception as error:  # noqa: BLE001  the show must go on
                self.errors += 1
                self.notice = f"{self._thread.name}: {error}"
                diary.fault(self._thread.name, error)
                self._stop.wait(0.02)
        pulse.rest(self._thread.name)
