"""Plays stereo blocks and says when each is heard; without a device a clock takes its place and nothing is heard."""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from vj.core.errors import AudioError
from vj.core.sound.clean import clean
from vj.core.types import F32
from vj.devices.audio.link import Child, Link

#: Length of a block.
BLOCK_FRAMES = 256
#: So much sound is handed over before it is due.
AHEAD_S = 0.15


class Speaker:
    """Pulls blocks and plays them.

    `pull()` gives the next block [BLOCK_FRAMES, 2] or None if there is none now (call `fill` when there is again).
    Whatever it holds, no more than full scale is played.
    `heard(block, stamp)` is called once a block, when it leaves the loudspeaker: PortAudio's output latency later than
    it was played, so that what is analysed is what is heard. Without an output device, or when it goes away, a clock
    calls `heard` at the same pace.
    """

    def __init__(
        self,
        rate: int,
        pull: Callable[[], F32 | None],
        heard: Callable[[F32, float], None],
        device: str | int | None = None,
        audible: bool = True,
    ) -> None:
        self._pull, self._heard = pull, heard
        self._rate = rate
        spec = {"do": "speak", "device": device, "channels": 2, "rate": rate, "block": BLOCK_FRAMES, "latency": "low"}
        self._link = self._linked(spec if audible else None)
        self._spec = spec
        self._audible = audible
        self._pending: deque[F32] = deque()
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._reports = self._delay = 0
        self.problem = ""

    def _linked(self, spec: Mapping[str, object] | None) -> Link:
        return Link(spec, self._rate, self._reported, self._idle, self._started)

    def open(self) -> None:
        """Start to play. AudioError for a device that was asked for; where there is no default one, the clock plays."""
        try:
            self._link.open()
        except AudioError as error:
            if self._spec["device"] is not None:
                raise
            self.problem = error.what
            self._link = self._linked(None)
            self._link.open()

    def close(self) -> None:
        """Stop. Harmless when called twice."""
        self._link.close()

    def fill(self) -> None:
        """Hand over what `pull` has, up to AHEAD_S seconds of it."""
        with self._lock:
            child = self._child
            while child is not None and len(self._pending) < AHEAD_S * self._rate / BLOCK_FRAMES + self._delay:
                block = self._pull()
                if block is None:
                    return
                self._pending.append(block)
                child.send(clean(block, 1.0).tobytes())

    @property
    def name(self) -> str:
        """The device that plays, or "" for none."""
        greeting = self._link.greeting
        return f"{greeting['name']}, {greeting['host']}" if greeting else ""

    @property
    def lost(self) -> bool:
        """True while the device is away."""
        return self._link.lost

    @property
    def reopened(self) -> int:
        """How often a lost device came back."""
        return self._link.reopened

    @property
    def underruns(self) -> int:
        """How often the device wanted sound and there was none."""
        return self._link.flags

    @property
    def latency(self) -> float:
        """Seconds from handing a block to the device to hearing it, as the driver reports it; else that of a block."""
        return self._latency(self._link.greeting)

    def _latency(self, greeting: Mapping[str, Any]) -> float:
        latency: float | None = greeting.get("latency", 0.0)  # without a device there is none
        return BLOCK_FRAMES / self._rate if latency is None else latency

    def _started(self, child: Child) -> None:
        """A new child: it gets what its predecessor did not play."""
        self._delay = round(self._latency(child.greeting) * self._rate / BLOCK_FRAMES)
        self._reports = 0
        with self._lock:
            for block in self._pending:
                child.send(clean(block, 1.0).tobytes())
            self._child = child
        self.fill()

    def _reported(self, _frames: int, _data: bytes, stamp: float) -> None:
        """The device took a block; the one it took `_delay` blocks ago is heard now."""
        self._reports += 1
        if self._reports > self._delay and self._pending:
            with self._lock:
                block = self._pending.popleft()
            self._heard(block, stamp)
        self.fill()

    def _idle(self, frames: int, stamp: float) -> None:
        """No device: blocks pass at the pace of the clock."""
        self._child = None
        for _ in range(frames // BLOCK_FRAMES):
            with self._lock:
                block = self._pending.popleft() if self._pending else self._pull()
            if block is not None:
                self._heard(block, stamp)
