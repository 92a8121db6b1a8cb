"""Loads and lets go of bundles while another plays."""

from vj.apps.live._loader import Loader
from vj.core.params import Snapshot
from vj.engine.console import Model
from vj.engine.desk import Desk
from vj.engine.finish.mixer import Mixer
from vj.engine.performance import GONE, READY, happened
from vj.engine.show import Show
from vj.outputs.performance import PerformanceLog

#: Seconds after its fade for which a bundle that nobody wants stays loaded: no picture of it may be on its way then.
LINGER = 2.0


class Preloader:
    """Has what the desk wants loaded, tells the desk when it is, and lets go of what it no longer wants.

    Used by the main thread only; the loading is done by a thread of its own. `notice` is for the operator.
    """

    def __init__(self, show: Show, desk: Desk, log: PerformanceLog | None = None) -> None:
        self._rack = show.programs
        self._desk = desk
        self._log = log
        self._loader = Loader(self._rack)
        self._wanted: tuple[str, ...] = ()
        self._unwanted: dict[str, float] = {}
        self.notice = ""
        for name in self._rack:
            self._tell(name, READY)

    def start(self) -> None:
        """Begin to load what is wanted."""
        self._loader.start()

    def stop(self) -> None:
        """End; a bundle that is being loaded is left behind."""
        self._loader.stop()

    @property
    def loading(self) -> str:
        """The bundle that is being loaded, or nothing."""
        return self._loader.at_work

    def step(self, now: float, snapshot: Snapshot) -> None:
        """Between two frames, `now` in seconds of any clock; `snapshot` is the last one that was published."""
        while not self._loader.arrivals.empty():
            arrival = self._loader.arrivals.get()
            self._tell(arrival.name, arrival.why or READY)
            self.notice = "" if arrival.why else f"{arrival.name} is ready: {arrival.ms:.0f} ms a picture"
        wanted = self._desk.wanted
        if wanted != self._wanted:
            self._wanted = wanted
            self._loader.wanted.put(wanted)
        fade = snapshot[Mixer.fade]
        self._release(now, {*wanted, snapshot[Model.select], self.loading}, LINGER + fade)

    def _release(self, now: float, kept: set[str], linger: float) -> None:
        """Let go of every bundle that has not been among `kept` for `linger` seconds."""
        for name in self._desk.availability.loaded:
            if name in kept:
                self._unwanted.pop(name, None)
            elif now - self._unwanted.setdefault(name, now) > linger:
                del self._unwanted[name]
                self._tell(name, GONE)
                self._rack.release(name)

    def _tell(self, name: str, now: str) -> None:
        happened(self._desk, name, now)
        if self._log:
            self._log.bundle(name, now)
