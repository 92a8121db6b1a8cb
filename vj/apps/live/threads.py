"""The two worker threads of a live show: one hears, one dreams. The main thread shows.

An error in either is counted and told once; the show goes on with what it last had. These loops, and the main one, are
the only places that catch everything.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from vj.apps.guard import pulse
from vj.apps.worker import Worker
from vj.core.clock import AudioClock
from vj.core.handoff import Mailbox, SampleRing
from vj.core.params import Snapshot
from vj.core.sound.clean import cleaned
from vj.core.types import F32, Features, Latent, Picture
from vj.devices.audio.file import FilePlayer
from vj.devices.audio.tape import Tape
from vj.engine.console import Model
from vj.engine.show import Show
from vj.outputs.performance import PerformanceLog

#: Without a block for this long the input counts as gone, and silence is heard in its place.
LOST_AFTER = 0.25
#: Seconds of silence that are made good at the most.
GAP = 2.0


class Source(Protocol):
    """Where sound comes from: a device, or a file played in real time into the ring."""

    @property
    def name(self) -> str: ...
    @property
    def rate(self) -> int: ...
    @property
    def overruns(self) -> int: ...
    @property
    def lost(self) -> bool: ...
    @property
    def silent(self) -> bool: ...
    @property
    def notes(self) -> tuple[str, ...]: ...


@contextmanager
def begun_aside(source: FilePlayer | Tape) -> Iterator[None]:
    """Plays while it is entered, begun by a thread of its own: the picture does not wait for a loudspeaker."""
    beginning = threading.Thread(target=source.open, name="song again", daemon=True)
    beginning.start()
    try:
        yield
    finally:
        beginning.join()
        source.close()


@dataclass(frozen=True)
class Request:
    """The main thread wants a picture for show time `t`, of `size` (width, height) or the bundle's own."""

    t: float
    snapshot: Snapshot
    size: tuple[int, int] | None = None


#: A picture may take so many times as long as the one before.
PATIENCE_FACTOR = 8.0
#: How long the first of a bundle may take, or of a director who rehearses.
FIRST_S = 20.0


class Hearing(Worker):
    """Takes hops from the ring, analyses them and puts Features in a mailbox.

    `taps` get every hop of raw mono sound as it is analysed, and the show time of its first sample (recorders).
    Whatever an input delivers, all of them get finite and bounded samples; the ring's `unclean` counts the others.
    """

    patience, limit = pulse.PATIENCE_S, 0.0  # its guard looks after it

    def __init__(
        self,
        show: Show,
        ring: SampleRing,
        clock: AudioClock,
        snapshots: Mailbox[Snapshot],
        log: PerformanceLog | None,
        taps: tuple[Callable[[F32, float], None], ...],
    ) -> None:
        super().__init__("hearing")
        self._show = show
        self._ring = ring
        self._clock = clock
        self._snapshots = snapshots
        self._log = log
        self._taps = taps
        self._hop = show.analyzer.hop_length
        self._seconds = self._hop / show.analyzer.rate
        self._fed = time.perf_counter()
        #: Called once, when the first sound is about to be heard, with the second at which it began.
        self.beginning: Callable[[float], None] | None = None
        self.features: Mailbox[Features] = Mailbox()

    def start(self) -> None:
        """Begin with the sound of now, whatever piled up while the show was being put together."""
        self._ring.catch_up()
        super().start()

    def step(self) -> None:
        """Analyse the next hop, or a hop of silence when the input is gone."""
        until = self._fed + LOST_AFTER - time.perf_counter()
        samples = self._ring.read(self._hop, timeout=min(max(until, 0.0), 0.02))  # silence that is due waits for nobody
        now = time.perf_counter()
        if samples is not None:
            stamp = self._ring.arrived(self._ring.position) or now
            channels = self._ring.channels if self._log else None
            samples, wrong = cleaned(samples)
            self._ring.unclean += wrong
            self._fed = now
        elif now - self._fed > LOST_AFTER:
            self._fed = max(self._fed, now - GAP)  # after a sleep nobody hears all the silence that there was
            samples, stamp, channels = np.zeros(self._hop, np.float32), 0.0, None
            self._fed += self._seconds  # silence runs at the pace of real time
        else:
            return
        snapshot = self._snapshots.latest
        assert snapshot is not None
        if self.beginning is not None:
            self.beginning((stamp or now) - self._seconds)
            self.beginning, self._clock.eager = None, True
        features = self._show.analyze(samples, snapshot, stamp)
        if self._log:
            self._log.hop(features.index, snapshot.tick, samples, channels)
        self._clock.heard(features.t, stamp or now)
        self.features.put(features)
        for tap in self._taps:
            tap(samples, features.t - self._seconds)


class Dreaming(Worker):
    """Answers the newest Request with a Picture, from the newest Features."""

    limit = 0.0  # its guard looks after it

    def __init__(self, show: Show, features: Mailbox[Features], silence: Features, log: PerformanceLog | None) -> None:
        super().__init__("dreaming")
        self._show = show
        self._features = features
        self._silence = silence
        self._log = log
        self.requests: Mailbox[Request] = Mailbox()
        self.pictures: Mailbox[Picture] = Mailbox()
        self.ms: Mailbox[float] = Mailbox()
        self._took = 0.0
        self._whose: tuple[object, ...] = ()
        #: Who gets each picture: the mailbox above, or a stage between.
        self.deliver: Callable[[Picture, Latent, Snapshot], None] = lambda picture, *_: self.pictures.put(picture)

    def step(self) -> None:
        """Wait for a request and dream it."""
        self._show.programs.sweep()
        request = self.requests.get(timeout=0.1)
        if request is None:
            return
        began = time.perf_counter()
        features = self._features.latest or self._silence
        self._promise(request)
        latent = self._show.direct(request.t, features, request.snapshot)
        model, scale = request.snapshot[Model.select], self._show.scale(request.t, request.snapshot)
        image = self._show.imagine([latent], model, scale, request.size)[0]
        picture = self._show.picture(image, latent, request.t, request.snapshot, features)
        if self._log:
            self._log.imagine(picture.index, request.t, features.index, request.snapshot.tick, request.size)
        self.deliver(picture, latent, request.snapshot)
        self._took = time.perf_counter() - began
        self.ms.put(self._took * 1000.0)

    def _promise(self, request: Request) -> None:
        """Tell the guard when the picture will be there."""
        whose = tuple(request.snapshot[address] for address in ("/model/select", "/director/select"))
        usual = max(pulse.PATIENCE_S, PATIENCE_FACTOR * self._took)
        self.patience, self._whose = (usual if whose == self._whose else max(FIRST_S, usual)), whose
        pulse.beat("dreaming", self.patience)
