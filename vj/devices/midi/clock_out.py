"""Our beat as a MIDI clock for others: 24 ticks a beat, start, stop, continue and song position.

A thread of its own sleeps until each tick is due. It begins, with Start, at the first bar line once it is switched on;
where the beat leaps (a resync), Stop, the song's new position and Continue say so.
"""

import math
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from vj.core.errors import ControlError, nearest
from vj.core.params import Snapshot
from vj.core.threads.side import Side
from vj.devices.midi._echo import MARK, MARK_S
from vj.devices.midi.clock.ticks import TICKS_PER_16TH, TICKS_PER_BEAT
from vj.devices.midi.mapping import normalised
from vj.devices.midi.ports import OutPort, Ports, open_ports
from vj.devices.midi.stage import Midi
from vj.engine.onward import FREEWHEEL_S
from vj.features.beat.record import Tempo

#: MIDI's real-time messages.
TICK = b"\xf8"
START = b"\xfa"
CONTINUE = b"\xfb"
STOP = b"\xfc"
#: The longest sleep: news of the beat are taken up as often.
SLEEP_S = 0.004
#: Between two looks for a port.
LOOK_S = 1.0
#: A wire carries nothing for some periods after it was laid: what is sent sooner is lost, and a mark has to come first.
LAID_S = 0.1
#: A beat that is this far from ours is another place of the song.
ELSEWHERE_BEATS = 0.2
#: Anything less is made good within so long.
CATCH_UP_S = 0.3
#: Of the tempo, the most that may be bent.
BEND = 0.25
#: Song positions are counted in sixteenths of 14 bits.
POSITIONS = 16384


@dataclass(frozen=True)
class Pace:
    """The beat as it runs: our count is `beat` at wall-clock second `at`, and goes on at `bpm`.

    Bars of `metre` beats begin at count `first` and every metre from there.
    """

    beat: float
    at: float
    bpm: float
    metre: int = 4
    first: int = 0

    def then(self, t: float) -> float:
        """The count at wall-clock second `t`."""
        return self.beat + (t - self.at) * self.bpm / 60.0


def pace(tempo: Tempo, t: float, heard: float, at: float) -> Pace:
    """That of `tempo`, of the sound heard up to show time `heard`, when show time is `t` at wall-clock second `at`."""
    count = tempo.count(min(t, heard + FREEWHEEL_S))
    return Pace(count, at, tempo.bpm, tempo.metre, tempo.beat - tempo.place)


class Ticks:
    """Which messages are due: no port and no clock. Times are wall-clock seconds."""

    def __init__(self) -> None:
        self._beat = self._at = 0.0  # our count at that second
        self._speed = 0.0  # beats a second
        self._next = 0  # number of the next tick, from count 0
        self._origin: int | None = None  # the tick at which the song began; None before
        self._waits = False  # for a sixteenth at which it goes on elsewhere
        self._pace: Pace | None = None

    def follow(self, pace: Pace, now: float) -> list[bytes]:
        """Take up what is known of the beat at `now`; what to send at once."""
        self._pace = pace
        if not self._speed:
            self._settle(pace, now)
            return []
        self._advance(now)
        wrong = pace.then(now) - self._beat
        speed = pace.bpm / 60.0
        if abs(wrong) > ELSEWHERE_BEATS:
            self._settle(pace, now)
            stops = self._origin is not None and not self._waits
            self._waits = self._origin is not None
            return [STOP] if stops else []
        self._speed = speed + min(max(wrong / CATCH_UP_S, -BEND * speed), BEND * speed)
        return []

    def due(self, now: float) -> list[bytes]:
        """What is to be sent by `now`, in order."""
        out: list[bytes] = []
        while self._speed and self.when() <= now:
            out += self._tick(self._next)
            self._next += 1
        return out

    def when(self) -> float:
        """The second at which the next tick is due."""
        return self._at + (self._next / TICKS_PER_BEAT - self._beat) / self._speed

    def end(self) -> list[bytes]:
        """Be silent from now on; what to send last."""
        rolled, self._origin, self._waits, self._speed = self._origin is not None, None, False, 0.0
        return [STOP] if rolled else []

    def _settle(self, pace: Pace, now: float) -> None:
        self._beat, self._at, self._speed = pace.then(now), now, pace.bpm / 60.0
        self._next = math.ceil(self._beat * TICKS_PER_BEAT - 1e-6)

    def _advance(self, now: float) -> None:
        self._beat += (now - self._at) * self._speed
        self._at = now

    def _tick(self, number: int) -> list[bytes]:
        pace = self._pace
        assert pace is not None
        bar = (number - pace.first * TICKS_PER_BEAT) % (pace.metre * TICKS_PER_BEAT)
        if self._origin is None and bar == 0:
            self._origin = number
            return [START, TICK]
        if self._waits and self._origin is not None and bar % TICKS_PER_16TH == 0:
            self._waits = False
            # counted so that our bars stay the song's bars
            span = pace.metre * TICKS_PER_BEAT
            self._origin += (number - bar - self._origin) % span
            position = (number - self._origin) // TICKS_PER_16TH % POSITIONS
            return [bytes((0xF2, position & 127, position >> 7)), CONTINUE, TICK]
        return [TICK]


class ClockOut:
    """Sends ticks while it is wanted. A context manager; the thread begins when it is wanted first.

    leading   tells the full name of the input whose clock leads us, "" for none: nothing is sent there
    open      gives the ports

    `publish` and `follow` may be called by any thread and do not wait. `port` is the one that is sent to, "" for none.
    """

    def __init__(self, leading: Callable[[], str], open: Callable[[], Ports] = open_ports) -> None:
        self._leading = leading
        self._open = open
        self._on, self._wanted = False, ""
        self._pace: Pace | None = None
        self._outlet: OutPort | None = None
        self._closing = threading.Event()
        self._thread: Side | None = None
        self.port = self.notice = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Stop the others, and give the port back. Harmless when called twice."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join(2.0)

    def publish(self, snapshot: Snapshot) -> None:
        """Take the newest values."""
        self._on, self._wanted = snapshot[Midi.clock_out], snapshot[Midi.clock_port]
        if self._on and self._thread is None:
            self._thread = Side("midi clock out", self._run)
            self._thread.start()

    def follow(self, pace: Pace) -> None:
        """Take up what is known of the beat."""
        self._pace = pace

    def _lives(self) -> bool:
        """Whether the thread that calls is to go on."""
        return self._thread is not None and self._thread.turn() and not self._closing.is_set()

    def _run(self) -> None:
        ports: Ports | None = None
        while self._lives():
            if self._on:
                try:
                    ports = ports or self._open()
                    self._send(ports)
                except ControlError as error:
                    self.notice = f"no MIDI clock is sent: {error.what}" + (f"; {error.hint}" if error.hint else "")
            self._closing.wait(LOOK_S if self._on else 0.05)
        if ports is not None:
            ports.close()

    def _send(self, ports: Ports) -> None:
        """Send ticks to the port that is wanted, as long as it is; raises ControlError if there is none, or it goes."""
        wanted, name = self._wanted, self._find(ports)
        outlet = ports.open_output(name)
        ticks, taken, marked, looked = Ticks(), None, -math.inf, time.perf_counter()
        self.port = normalised(name)
        self.notice = f"MIDI clock goes to {self.port}"
        time.sleep(LAID_S)
        try:
            while self._on and self._wanted == wanted and self._lives():
                now = time.perf_counter()
                if now - marked > MARK_S:
                    marked = now
                    outlet.send(MARK)
                if now - looked > LOOK_S:
                    looked = now
                    if name not in self._free(ports):
                        self._find(ports)
                        return
                if self._pace is not taken and self._pace is not None:
                    taken = self._pace
                    _all(outlet, ticks.follow(taken, now))
                _all(outlet, ticks.due(time.perf_counter()))
                left = ticks.when() - time.perf_counter() if taken else SLEEP_S
                time.sleep(min(max(left, 0.0), SLEEP_S))
        finally:
            self.port = ""
            with suppress(ControlError):  # it may be gone
                _all(outlet, ticks.end())
            outlet.close()

    def _find(self, ports: Ports) -> str:
        """The output that is wanted; raises ControlError where there is none, or where its clock leads us."""
        free = self._free(ports)
        if free and (self._wanted or len(free) == 1):
            return free[0]
        if not free and _outputs(ports, self._wanted):
            leads = normalised(self._leading())
            raise ControlError(f"{leads} leads us", hint="nothing goes back to where a clock comes from")
        known = [normalised(name) for name in ports.outputs()]
        if not self._wanted:
            raise ControlError("no port is named", "/midi/clock/port", f"name one of: {', '.join(known) or 'none'}")
        raise ControlError(f"no MIDI output {self._wanted!r}", "/midi/clock/port", nearest(self._wanted, known))

    def _free(self, ports: Ports) -> list[str]:
        """Outputs that are meant and do not lead us."""
        leads = self._leading()
        return [name for name in _outputs(ports, self._wanted) if not _same_device(leads, name)]


def _all(outlet: OutPort, messages: list[bytes]) -> None:
    for message in messages:
        outlet.send(message)


def _same_device(one: str, other: str) -> bool:
    """Whether an input and an output, by their full names, are of one machine."""
    return bool(one) and (one == other or one.partition(":")[0] == other.partition(":")[0])


def _outputs(ports: Ports, wanted: str) -> list[str]:
    """Outputs with `wanted` in their name."""
    return [name for name in ports.outputs() if wanted.casefold() in normalised(name).casefold()]
