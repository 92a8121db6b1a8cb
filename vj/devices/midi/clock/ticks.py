"""The tempo and the beat of another machine, from its MIDI clock, start, stop, continue and song position."""

import statistics
from collections import deque
from typing import Literal

from mido import Message

from vj.core.types import Event

TICKS_PER_BEAT = 24
TICKS_PER_16TH = 6
#: The tempo is that of the last intervals between ticks: two beats.
WINDOW_INTERVALS = 48
#: From so many on the tempo is told; from a beat on it is sure.
ENOUGH_TICKS = 12
#: After this long without a tick the clock is lost, and its tempo is held.
LOST_S = 0.5
SLOWEST_BPM = 20.0
FASTEST_BPM = 999.0
#: What was told is told anew when it is this far off at any tick.
FAR_S = 0.006
#: ... and when it is this far off on a beat.
NEAR_S = 0.002
NEAR_BPM = 0.02
#: So many arrivals the delay of the poll is judged by.
ARRIVALS = 96
#: A port's own time that leaps by so much is not to be believed.
LEAP_S = 0.25
#: Addresses of what is told.
CLOCK = "/tempo/clock"
BPM = "/tempo/bpm"
RESYNC = "/tempo/resync"
SOURCE = "midi clock"


class PortTime:
    """The time of one port: seconds counted from what it tells, exact from message to message.

    Polls come late, by a delay that changes; the least seen lately is taken for none.
    """

    def __init__(self) -> None:
        self._t = 0.0
        self._polled = 0.0
        self._late: deque[float] = deque(maxlen=ARRIVALS)

    def came(self, since: float, now: float) -> float:
        """The port's time of a message polled at `now`, `since` seconds after the one before."""
        silent = since <= 0.0 and now - self._polled > 0.02  # a backend that does not tell
        self._t += now - self._polled if silent and self._late else since
        late = now - self._t
        if self._late and abs(late - min(self._late)) > LEAP_S:
            self._late.clear()
        self._late.append(late)
        self._polled = now
        return self._t

    def at(self, now: float) -> float:
        """The port's time at `now`."""
        return now - min(self._late, default=0.0)


class MidiClock:
    """Counts ticks and measures their tempo. Times are seconds on any one clock.

    The line through the last ticks says tempo and place. A median of intervals is what many use, but ticks arrive in
    steps of a USB frame or a JACK period: at 5.3 ms that median is wrong by up to 18 BPM at 174, the line by 0.15.
    Ticks far off the line are left out of it; an interval that is far from the rest (the sender stopped) or a line that
    the newest ticks have left (another tempo) starts the window afresh.
    """

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=WINDOW_INTERVALS + 1)
        self._interval = 0.0  # seconds a tick, 0 while unknown
        self._newest = 0.0  # when the newest tick should have come
        self._next: int | None = None  # number of the next tick in the song
        self._rolls = False
        self._restarts = False  # whether the next tick is the first since a start or continue
        self._ticks = 0
        self._told: tuple[float, ...] = ()
        self._told_at = 0.0
        self._told_bpm = 0.0

    @property
    def bpm(self) -> float:
        """The tempo, 0 while unknown."""
        if not self._interval:
            return 0.0
        return min(max(60.0 / (TICKS_PER_BEAT * self._interval), SLOWEST_BPM), FASTEST_BPM)

    @property
    def placed(self) -> bool:
        """Whether the song rolls and its beat is known."""
        return self._rolls and self._next is not None

    def take(self, message: Message, t: float) -> bool:
        """Take a message that came at `t`; whether it was one of a clock's."""
        if message.type == "clock":
            self.tick(t)
        elif message.type in ("start", "continue"):
            self._next, self._rolls, self._restarts = 0 if message.type == "start" else self._next, True, True
        elif message.type == "stop":
            self._rolls = False
        elif message.type == "songpos":
            self._next = TICKS_PER_16TH * message.pos
        else:
            return False
        return True

    def tick(self, t: float) -> None:
        """Take the tick that came at `t`."""
        times = self._times
        if self._restarts and times and self._interval:
            moved = t - times[-1] - self._interval
            if abs(moved) > FAR_S:  # a song that starts may start its ticks anew: its tempo is the one they had
                times = self._times = deque((before + moved for before in times), times.maxlen)
        self._restarts = False
        if times and not self._fits(t - times[-1]):
            if self.placed and t - times[-1] >= LOST_S:
                self._next = None  # nobody knows how many were lost
            times.clear()
        times.append(t)
        self._ticks += 1
        if self.placed:
            self._next = (self._next or 0) + 1
        self._measure()

    def beat(self, now: float) -> float | None:
        """The beat of the song at `now`; None where it is not known or the song stands still."""
        if not self.placed or self._next == 0 or not self._interval:
            return None
        return ((self._next or 0) - 1 + (now - self._newest) / self._interval) / TICKS_PER_BEAT

    def state(self, now: float) -> Literal["", "on", "lost"]:
        """Whether a clock is running at `now`, or was."""
        if not self._times:
            return ""
        return "on" if now - self._times[-1] < LOST_S else "lost"

    def news(self, now: float) -> list[Event]:
        """What to tell at `now`: nothing while what was told still holds."""
        if self.state(now) != "on":
            if not self._told:
                return []
            self._told = ()
            return [Event(CLOCK, (), SOURCE)]
        bpm, beat = self.bpm, self.beat(now)
        if not bpm or (self._rolls and self._next == 0) or not self._is_news(bpm, beat, now):
            return []
        self._told, self._told_at = (bpm,) if beat is None else (bpm, beat), now
        events = [Event(CLOCK, self._told, SOURCE)]
        if len(self._times) > TICKS_PER_BEAT and abs(bpm - self._told_bpm) >= NEAR_BPM:
            self._told_bpm = bpm
            events.append(Event(BPM, (bpm,), SOURCE))
        return events

    def forget(self) -> None:
        """Nobody knows what was told."""
        self._told, self._told_bpm = (), 0.0

    def _is_news(self, bpm: float, beat: float | None, now: float) -> bool:
        if len(self._told) != (1 if beat is None else 2):
            return True
        on_beat = self._ticks % TICKS_PER_BEAT == 0 or (beat is not None and (self._next or 0) % TICKS_PER_BEAT == 1)
        if on_beat and len(self._times) > TICKS_PER_BEAT and abs(bpm - self._told_bpm) >= NEAR_BPM:
            return True
        if beat is None:
            return on_beat and abs(bpm - self._told[0]) >= NEAR_BPM
        foreseen = self._told[1] + (now - self._told_at) * self._told[0] / 60.0
        return abs(beat - foreseen) * 60.0 / bpm > (NEAR_S if on_beat else FAR_S)

    def _fits(self, interval: float) -> bool:
        """Whether an interval may belong to the ticks before it."""
        if interval >= LOST_S or interval < 0.0:
            return False
        # late by a period of JACK is no gap
        return len(self._times) < ENOUGH_TICKS or interval < 1.4 * self._interval + 0.012

    def _measure(self) -> None:
        """Lay the line through the ticks."""
        times = self._times
        n = len(times)
        if n < ENOUGH_TICKS:
            # too few for a tempo: they only move the line, none of them by much
            if self._interval:
                late = statistics.median(t - i * self._interval for i, t in enumerate(times))
                self._newest = late + (n - 1) * self._interval
            return
        points = list(enumerate(times))
        start, slope = _line(points)
        off = [t - start - i * slope for i, t in points]
        usual = statistics.median(map(abs, off))
        last = off[-6:]
        if n > ENOUGH_TICKS and (min(last) > 0 or max(last) < 0) and abs(statistics.median(last)) > 2.5 * usual + 0.001:
            for _ in range(n - ENOUGH_TICKS):
                times.popleft()
            self._measure()
            return
        near = [point for point, far in zip(points, off, strict=True) if abs(far) <= 4.0 * usual + 0.001]
        if len(near) > n // 2:
            start, slope = _line(near)
        self._interval = max(slope, 1e-6)
        self._newest = start + (n - 1) * slope


def _line(points: list[tuple[int, float]]) -> tuple[float, float]:
    """(value at 0, slope) of the least-squares line through (i, t)."""
    n = len(points)
    middle = sum(i for i, _ in points) / n
    mean = sum(t for _, t in points) / n
    slope = sum((i - middle) * (t - mean) for i, t in points) / sum((i - middle) ** 2 for i, _ in points)
    return mean - slope * middle, slope


class Clocks:
    """Which of several clocks leads: the first that runs, but one whose song rolls wins over one that only ticks."""

    def __init__(self) -> None:
        self._leader: MidiClock | None = None

    def hear(self, clock: MidiClock, message: Message, t: float) -> list[Event]:
        """Take a message of the port that `clock` listens to, at `t`; what it asks for at once."""
        clock.take(message, t)
        if message.type == "start" and not clock.bpm and self._may_lead(clock, t):
            return [Event(RESYNC, (), SOURCE)]  # its tempo is not known before some ticks, its first beat is now
        return []

    def leads(self, clock: MidiClock, now: float) -> bool:
        """Whether `clock` is the one that leads at `now`."""
        return self._leader is clock and clock.state(now) == "on"

    def news(self, clock: MidiClock, now: float) -> list[Event]:
        """What `clock` tells at `now`, if it leads."""
        if not self._may_lead(clock, now):
            return []
        if self._leader is not clock:
            if clock.state(now) != "on" or not clock.bpm:
                return []
            clock.forget()
            self._leader = clock
        return clock.news(now)

    def gone(self, clock: MidiClock) -> list[Event]:
        """The port that `clock` listened to is gone."""
        if self._leader is not clock:
            return []
        self._leader = None
        return [Event(CLOCK, (), SOURCE)]

    def _may_lead(self, clock: MidiClock, now: float) -> bool:
        leader = self._leader
        return leader in (None, clock) or leader.state(now) != "on" or (clock.placed and not leader.placed)
