"""Whether a thread of the show hangs, or only waits for its turn on a machine that has much to do.

Time is what the guard itself lived through: where the machine stood still, slept or was stopped, its guard did too.
What a thread was ready to run and got no processor for does not count against it, nor what a debugger holds; but nobody
waits for longer than LONGEST.
"""

from collections.abc import Callable, Iterable

from vj.apps.guard import proc
from vj.apps.guard.block import Pulse

#: Seconds of guard time that one look can stand for, however long ago the last one was.
STRIDE = 0.25
#: A thread that is silent for this long is looked at closely.
CLOSE = 0.3
#: Seconds after which it hangs, whatever the machine has to do.
LONGEST = 8.0


class Judge:
    """Looks at the pulses of the show in process `pid` and says who hangs."""

    def __init__(
        self, waited: Callable[[int], float] = proc.waited, traced: Callable[[int], bool] = proc.traced
    ) -> None:
        self._waited, self._traced = waited, traced
        self._last: float | None = None
        self._starved: float | None = None
        self._silent: dict[str, tuple[int, float, float]] = {}  # beats, seconds that count, and all seconds

    def look(self, now: float, pid: int, pulses: Iterable[Pulse]) -> str | None:
        """The thread that hangs at `now`, in seconds of a clock that goes on; None while all live."""
        dt = 0.0 if self._last is None else min(max(now - self._last, 0.0), STRIDE)
        self._last = now
        pulses = list(pulses)
        for pulse in pulses:
            beats, counted, whole = self._silent.get(pulse.name, (-1, 0.0, 0.0))
            same = beats == pulse.beats
            self._silent[pulse.name] = (beats, counted + dt, whole + dt) if same else (pulse.beats, 0.0, 0.0)
        quiet = [pulse for pulse in pulses if pulse.patience and self._silent[pulse.name][1] > CLOSE * pulse.patience]
        if not quiet:
            self._starved = None
            return None
        if self._traced(pid):
            self._silent = {name: (beats, 0.0, 0.0) for name, (beats, *_) in self._silent.items()}
            return None
        self._excuse(self._waited(pid), dt)
        for pulse in quiet:
            _, counted, whole = self._silent[pulse.name]
            if counted > pulse.patience or whole > pulse.patience + LONGEST:
                return pulse.name
        return None

    def _excuse(self, starved: float, dt: float) -> None:
        """Take from what counts the time for which the show had no processor since the last close look."""
        before, self._starved = self._starved, starved
        if before is not None:
            waited = min(max(starved - before, 0.0), dt)
            self._silent = {
                name: (beats, counted - waited, whole) for name, (beats, counted, whole) in self._silent.items()
            }
