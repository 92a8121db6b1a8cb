"""Whether a thread of the show hangs, or only waits for its turn on a machine that has much to do; or its end does.

Time is what the guard itself lived through: where the machine stood still, slept or was stopped, its guard did too.
What a thread was ready to run and got no processor for does not count against it, nor what a debugger holds; but nobody
waits for longer than LONGEST.
"""

from collections.abc import Callable, Iterable, Mapping

from vj.apps.guard import proc
from vj.apps.guard.block import Pulse
from vj.apps.guard.pulse import LEAVING

Threads = Mapping[int, proc.Standing]

#: Seconds of guard time that one look can stand for, however long ago the last one was.
STRIDE = 0.25
#: A thread that is silent for this long is looked at closely.
CLOSE = 0.3
#: Seconds after which it hangs, whatever the machine has to do.
LONGEST = 6.0
#: Seconds that a show which was told to end may take for it, without a word that it gets on.
GOODBYE = 30.0


class Judge:
    """Looks at the pulses of the show in process `pid` and says who hangs.

    `stride` are the seconds that one look can stand for, `longest` those that are waited beyond patience for who gets
    no processor."""

    def __init__(
        self,
        threads: Callable[[int], Threads] = proc.threads,
        traced: Callable[[int], bool] = proc.traced,
        stride: float = STRIDE,
        longest: float = LONGEST,
    ) -> None:
        self._threads, self._traced = threads, traced
        self._stride, self._longest = stride, longest
        self._last: float | None = None
        self._stood: Threads = {}
        self._silent: dict[str, tuple[int, float, float]] = {}  # beats, seconds that count, and all seconds

    def look(self, now: float, pid: int, pulses: Iterable[Pulse]) -> str | None:
        """The thread that hangs at `now`, in seconds of a clock that goes on; None while all live."""
        dt = 0.0 if self._last is None else min(max(now - self._last, 0.0), self._stride)
        self._last = now
        pulses = list(pulses)
        for pulse in pulses:
            beats, counted, whole = self._silent.get(pulse.name, (-1, 0.0, 0.0))
            same = beats == pulse.beats
            self._silent[pulse.name] = (beats, counted + dt, whole + dt) if same else (pulse.beats, 0.0, 0.0)
        quiet = [pulse for pulse in pulses if pulse.patience and self._silent[pulse.name][1] > CLOSE * pulse.patience]
        if not quiet:
            self._stood = {}
            return None
        if self._traced(pid):
            self._silent = {name: (beats, 0.0, 0.0) for name, (beats, *_) in self._silent.items()}
            return None
        self._excuse(self._threads(pid), dt)
        for pulse in quiet:
            _, counted, whole = self._silent[pulse.name]
            if counted > pulse.patience or whole > pulse.patience + self._longest:
                return pulse.name
        return None

    def _excuse(self, stand: Threads, dt: float) -> None:
        """Take from what counts the time for which a thread of the show had no processor since the last close look:
        others wait for it in turn."""
        before, self._stood = self._stood, stand
        starved = max((_starved(before[each], now, dt) for each, now in stand.items() if each in before), default=0.0)
        if starved > 0.0:
            self._silent = {
                name: (beats, counted - min(starved, dt), whole)
                for name, (beats, counted, whole) in self._silent.items()
            }


class Goodbye:
    """Looks at a show that was told to end."""

    def __init__(self) -> None:
        self._by: float | None = None
        self._beats = 0

    def over(self, now: float, pulses: Iterable[Pulse]) -> bool:
        """Whether at `now`, in seconds of a clock that goes on, it has taken too long: GOODBYE since it was told, or
        since it told last that what it must finish gets on."""
        beats = sum(pulse.beats for pulse in pulses if pulse.name == LEAVING)
        if self._by is None or beats != self._beats:
            self._by, self._beats = now + GOODBYE, beats
        return now > self._by


def _starved(before: proc.Standing, now: proc.Standing, dt: float) -> float:
    """Seconds of `dt` for which a thread waited for a processor."""
    waited, ran = now.waited - before.waited, now.ran - before.ran
    if before.ready and now.ready and waited + ran < 0.5 * dt:  # it waits still, and that is not added up yet
        return dt
    return waited
