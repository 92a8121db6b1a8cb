"""Live sound: any input of any device, mixed to mono, in the ring.

ring = SampleRing(48000)
with AudioIn(ring, "Scarlett", channels=(0,)) as ears:
    analyzer = Analyzer(ears.rate, ...)
"""

from types import TracebackType
from typing import Self

import numpy as np

from vj.core.clean import cleaned
from vj.core.errors import AudioError
from vj.core.handoff import SampleRing
from vj.devices._audio_link import Child, Link
from vj.devices._pace import Quiet


class AudioIn:
    """Captures one device into `ring`, timed by sample count.

    device    None for the default input, an index of `vj devices`, or a part of "name, host API"
    channels  which channels to mix (from 0), such as (0,) or (0, 1); None mixes the first two, or the only one
    rate      in Hz; None takes the device's own; known as `rate` after `open`
    block     frames a callback
    latency   "low", "high" or seconds, as PortAudio takes it

    The device is captured by a child process. When it vanishes, `lost` is True, the ring gets silence at the pace of
    the clock so that the show goes on, and the same device is opened again when it returns.
    """

    def __init__(
        self,
        ring: SampleRing,
        device: str | int | None = None,
        channels: tuple[int, ...] | None = None,
        rate: int | None = None,
        block: int = 256,
        latency: str | float = "low",
    ) -> None:
        if channels is not None and (not channels or min(channels) < 0):
            raise AudioError(f"channels {channels} make no sense", hint="count them from 0: (0,) or (0, 1)")
        self._ring = ring
        self._pick = channels
        spec = {
            "do": "listen",
            "device": int(device) if isinstance(device, str) and device.isdecimal() else device,
            "channels": max(channels) + 1 if channels else None,
            "rate": rate,
            "block": block,
            "latency": latency,
        }
        self._link = Link(spec, rate or 48000, self._block, self._idle, self._started)
        self._quiet = Quiet(rate or 48000)
        self._width = 1
        self.rate = rate or 0
        self.name = ""

    def open(self) -> Self:
        """Start to capture. Raises AudioError for a device that is unknown, ambiguous or will not open."""
        self._link.open()
        self.name = f"{self._link.greeting['name']}, {self._link.greeting['host']}"
        return self

    def close(self) -> None:
        """Stop. Harmless when called twice."""
        self._link.close()

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    @property
    def lost(self) -> bool:
        """True while the device is away."""
        return self._link.lost

    @property
    def reopened(self) -> int:
        """How often a lost device came back."""
        return self._link.reopened

    @property
    def silent(self) -> bool:
        """True while a second or more of nothing but exact zeros came: muted, not wired, or not allowed to listen."""
        return self._quiet.silent

    @property
    def overruns(self) -> int:
        """How often samples were lost, in the device, on the way here, or to a reader of the ring that was too slow."""
        return self._link.flags + self._ring.overruns

    @property
    def latency(self) -> float:
        """Seconds from the microphone to the callback, as the driver reports it; not part of the stamps."""
        return float(self._link.greeting.get("latency", 0.0))

    def _started(self, child: Child) -> None:
        self._width = int(child.greeting["channels"])
        if not self.rate:
            self.rate = int(child.greeting["rate"])
            self._quiet = Quiet(self.rate)

    def _block(self, frames: int, data: bytes, stamp: float) -> None:
        sound, wrong = cleaned(np.frombuffer(data, np.float32).reshape(frames, self._width))
        self._ring.unclean += wrong
        mono = sound[:, 0] if self._width == 1 else sound[:, self._pick or (0, 1)].mean(axis=1)
        self._quiet.step(frames, bool(mono.any()))
        self._ring.write(mono, stamp)

    def _idle(self, frames: int, stamp: float) -> None:
        if frames:
            self._ring.write(np.zeros(frames, np.float32), stamp)
