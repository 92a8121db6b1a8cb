"""The Ableton Link session of this network, joined when there is one: its tempo, beat and transport as events.

vj never founds a session and never changes one by itself (see `ear.py`). What a hand sets while Link leads is proposed
to all: a tempo, taps from the fourth on, start and stop.
"""

import queue
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from vj.core.errors import ControlError
from vj.core.install import extra
from vj.core.params import Param, Snapshot
from vj.core.threads.side import Side
from vj.core.types import Event
from vj.devices.link.ear import GROUP, PORT, Ear
from vj.features.beat.fingers import Fingers

SOURCE = "link"
#: Addresses of what is told.
CLOCK = "/tempo/link/clock"
BPM = "/tempo/bpm"
PLAYING = "/tempo/link/playing"
#: Between two looks at the session.
POLL_S = 0.02
#: Between two looks whether it is wanted.
IDLE_S = 0.1
#: What was told is told anew after so long, and when its tempo or its beat is this far off.
TELL_S = 0.1
NEAR_BPM = 0.001
NEAR_S = 0.0005
#: A session without peers is over after so long.
ALONE_S = 0.5
#: One in which none ever came is over after so long.
NOBODY_S = 5.0
#: A port that cannot be had is tried again after so long.
AGAIN_S = 5.0
#: Taps that a session is to believe: two are a slip of the hand, and musicians hear the difference.
TAPS = 4
#: Who has hands: see `Event.source`.
HANDS = ("key", "midi:", "osc:", "web:")


class Linking:
    """What the performer says of Link."""

    address = "/tempo/link"
    on = Param(False, address="/tempo/link", doc="Join the Ableton Link session of this network (UDP port 20808).")
    startstop = Param(False, doc="Share start and stop: bars count while the session plays.")
    playing = Param(False, doc="Whether the session plays; starts and stops it for all.")
    quantum = Param(4, 1, 16, unit="beats", doc="Beats in a bar of the session.")


def load_link() -> Any:
    """The module of LinkPython; raises ControlError where it is not installed."""
    try:
        import link

        return link.Link
    except (ImportError, AttributeError) as error:
        raise ControlError(f"Ableton Link needs LinkPython-extern ({error})", "/tempo/link", extra("link")) from None


class LinkIn:
    """Listens for a session and stays in it while it is there. A context manager; the thread begins when it is wanted.

    `publish` and `heed` may be called by any thread, and do not wait. `peers` are the others in the session.
    """

    def __init__(self, events: "queue.SimpleQueue[Event]", load: Callable[[], Any] = load_link) -> None:
        self._events = events
        self._load = load
        self._wishes: queue.SimpleQueue[tuple[str, float]] = queue.SimpleQueue()
        self._touched: set[str] = set()
        self._before: dict[str, Any] = {}
        self._on = self._startstop = self._leads = False
        self._quantum = 4
        self._fingers = Fingers()
        self._joined: _Joined | None = None
        self._closing = threading.Event()
        self._thread: Side | None = None
        self.peers = 0
        self.notice = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    @property
    def ports(self) -> tuple[tuple[str, str], ...]:
        """What is listened to: (what, where)."""
        return (("Ableton Link", f"UDP {PORT}, multicast {GROUP}"),) if self._on else ()

    def close(self) -> None:
        """Leave the session. Harmless when called twice."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join(2.0)

    def publish(self, snapshot: Snapshot) -> None:
        """Take the newest values: whether Link is wanted, and what a hand has changed."""
        self._on = snapshot[Linking.on]
        self._startstop = snapshot[Linking.startstop]
        self._quantum = snapshot[Linking.quantum]
        free = snapshot["/tempo/source"] in ("auto", "fixed", "link") and not snapshot["/tempo/lock"]
        self._leads = free and self.peers > 0
        for address in (BPM, PLAYING):
            value = snapshot[address]
            # a knob that waits to be picked up was touched and changes nothing
            if address in self._touched and value != self._before.get(address):
                self._wishes.put((address, float(value)))  # type: ignore[arg-type]
            self._before[address] = value
        self._touched.clear()
        if self._on and self._thread is None:
            self._thread = Side("link", self._run)
            self._thread.start()

    def heed(self, event: Event) -> None:
        """See what was asked of the desk, before the values that come of it are published."""
        if not event.source.startswith(HANDS) or not self._leads:
            return
        self._touched.add(event.address)
        pressed = not event.args or not isinstance(event.args[0], int | float) or event.args[0] >= 0.5
        if event.address == "/tempo/tap" and pressed:
            self._fingers.tap(event.stamp or time.perf_counter())
            if self._fingers.count >= TAPS:
                self._wishes.put((BPM, round(self._fingers.bpm, 1)))

    def _lives(self) -> bool:
        """Whether the thread that calls is to go on."""
        return self._thread is not None and self._thread.turn() and not self._closing.is_set()

    def _run(self) -> None:
        while self._lives():
            try:
                if self._on:
                    self._attend()
                else:
                    self._closing.wait(IDLE_S)
            except ControlError as error:
                self.notice = f"{error.what}; {error.hint}"
                self._rest()
            except OSError as error:
                self.notice = f"Link cannot listen at UDP port {PORT}: {error.strerror or error}"
                self._rest()

    def _rest(self) -> None:
        """Wait before it is tried again, but no longer than it is wanted."""
        end = time.monotonic() + AGAIN_S
        while self._on and time.monotonic() < end and self._lives():
            self._closing.wait(IDLE_S)

    def _attend(self) -> None:
        """Wait for a session, and be in it until it is over or no longer wanted."""
        make = self._load()
        ear = Ear()
        try:
            while not ear.hear(IDLE_S):
                if not self._on or not self._lives():
                    return
        finally:
            ear.close()
        joined = _Joined(make, self._tell)
        try:
            self._drain()
            while self._on and self._lives() and not joined.over:
                joined.step(self._quantum, self._startstop, self._drain())
                self.peers = joined.peers
                time.sleep(POLL_S)
        finally:
            self.peers = 0
            joined.leave(lost=self._on)

    def _drain(self) -> list[tuple[str, float]]:
        """What hands have wished for since the last time."""
        wishes = []
        while not self._wishes.empty():
            wishes.append(self._wishes.get())
        return wishes

    def _tell(self, address: str, *args: float | int | bool | str, now: float = 0.0) -> None:
        self._events.put(Event(address, args, SOURCE, stamp=now or time.perf_counter()))


class _Joined:
    """Membership of a session; used by one thread."""

    def __init__(self, make: Callable[[float], Any], tell: Callable[..., None]) -> None:
        self._link = make(120.0)
        self._clock = self._link.clock()
        self._link.enabled = True
        self._tell = tell
        self._told: tuple[float | str, ...] = ()
        self._told_at = 0.0
        self._bpm = 0.0
        self._playing: bool | None = None
        self._seen = time.perf_counter()  # when there were peers last
        self.peers = 0
        self.over = False

    def step(self, quantum: int, startstop: bool, wishes: list[tuple[str, float]]) -> None:
        """Tell what is new, and propose what is wished for."""
        link = self._link
        if link.startStopSyncEnabled != startstop:
            link.startStopSyncEnabled = startstop
        state, micros, now = link.captureSessionState(), self._clock.micros(), time.perf_counter()
        peers = link.numPeers()
        if peers == 0:
            self.over = now - self._seen > (ALONE_S if self.peers else NOBODY_S)
            return
        self._seen, self.peers = now, peers
        for address, value in wishes:
            if address == BPM:
                state.setTempo(value, micros)
            elif value and not state.isPlaying():
                state.setIsPlayingAndRequestBeatAtTime(True, micros, 0.0, float(quantum))
            elif not value:
                state.setIsPlaying(False, micros)
        if wishes:
            link.commitSessionState(state)
        if startstop and state.isPlaying() != self._playing:
            self._playing = state.isPlaying()
            self._tell(PLAYING, self._playing)
        self._news(state.tempo(), state.beatAtTime(micros, float(quantum)), now, quantum, startstop)

    def leave(self, lost: bool) -> None:
        """Be no longer in it: `lost` where it ended by itself, whose tempo is held then."""
        self._link.enabled = False
        if self._told:
            self._tell(CLOCK, *(() if lost else (0.0,)))
        if self._playing:
            self._tell(PLAYING, False)

    def _news(self, bpm: float, beat: float, now: float, quantum: int, startstop: bool) -> None:
        stands = startstop and not self._playing
        told: tuple[float | str, ...] = (bpm, "stopped" if stands else beat, quantum, self.peers)
        if not self._same(told, now):
            self._told, self._told_at = told, now
            self._tell(CLOCK, *told, now=now)
        if abs(bpm - self._bpm) >= NEAR_BPM:
            self._bpm = bpm
            self._tell(BPM, bpm)

    def _same(self, told: tuple[float | str, ...], now: float) -> bool:
        """Whether what was told before still holds at `now`."""
        if not self._told or now - self._told_at > TELL_S or told[2:] != self._told[2:]:
            return False
        (bpm, beat), (bpm_before, before) = told[:2], self._told[:2]
        if isinstance(beat, str) or isinstance(before, str):
            return beat == before and bpm == bpm_before
        assert not isinstance(bpm, str)
        assert not isinstance(bpm_before, str)
        foreseen = before + (now - self._told_at) * bpm_before / 60.0
        return abs(bpm - bpm_before) < NEAR_BPM and abs(beat - foreseen) * 60.0 / bpm < NEAR_S
