"""Live sound: any input of any device, mixed to mono, in the ring.

ring = SampleRing(48000)
with AudioIn(ring, "Scarlett", channels=(0,)) as ears:
    analyzer = Analyzer(ears.rate, ...)
"""

from types import TracebackType
from typing import Self

import numpy as np

from vj.core.errors import AudioError
from vj.core.handoff import SampleRing
from vj.core.sound.clean import cleaned
from vj.core.sound.grid import LAYOUTS, gridded
from vj.core.sound.mono import INVERTED, Mono, present
from vj.devices.audio._pace import Quiet
from vj.devices.audio._resample import Resampler
from vj.devices.audio.link import Child, Link

#: Seconds for which it is told that samples came that are none.
WRONG = 5


class AudioIn:
    """Captures one device into `ring`, timed by sample count.

    device    None for the default input, an index of `vj devices`, or a part of "name, host API"
    channels  which channels to mix (from 0), such as (0,) or (0, 1); None mixes the first two, or the only one
    rate      of the ring in Hz; None takes the device's own; known as `rate` after `open`
    block     frames a callback
    latency   "low", "high" or seconds, as PortAudio takes it
    clip      open a device that lacks some of the `channels` all the same, with those that it has

    The device is captured by a child process. When it vanishes, `lost` is True, the ring gets silence at the pace of
    the clock so that the show goes on, and the same device is opened again when it returns: at the rate and with the
    channels that it then has. Samples that are no numbers are heard as silence and counted by the ring.
    """

    def __init__(
        self,
        ring: SampleRing,
        device: str | int | None = None,
        channels: tuple[int, ...] | None = None,
        rate: int | None = None,
        block: int = 256,
        latency: str | float = "low",
        clip: bool = False,
    ) -> None:
        if channels is not None and (not channels or min(channels) < 0):
            raise AudioError(f"channels {channels} make no sense", hint="count them from 0: (0,) or (0, 1)")
        self._ring = ring
        self.channels = channels
        spec = {
            "do": "listen",
            "device": int(device) if isinstance(device, str) and device.isdecimal() else device,
            "channels": max(channels) + 1 if channels else None,
            "rate": rate,
            "block": block,
            "latency": latency,
            "clip": clip,
        }
        self._link = Link(spec, rate or 0, self._block, self._idle, self._started)
        self._quiet = Quiet(rate or 48000)
        self._width, self._pick = 1, present(None, 1)
        self._mono, self._resampler = Mono(48000), Resampler(48000, 48000)
        self._few, self._wrong_until = True, 0
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
    def notes(self) -> tuple[str, ...]:
        """What the performer should know of what is heard; nothing where it is as it was asked for."""
        notes = []
        if self.channels and self._pick != self.channels:
            gone = tuple(sorted(set(self.channels) - set(self._pick)))
            are = "channels {} are" if len(gone) > 1 else "channel {} is"
            notes.append(f"{are.format(_numbers(gone))} not there: hearing {_numbers(self._pick)}")
        if self._mono.inverted:
            notes.append(INVERTED)
        if self._ring.written < self._wrong_until:
            notes.append("what comes in is no sound at times: heard as silence")
        return tuple(notes)

    @property
    def latency(self) -> float | None:
        """Seconds from the microphone to the callback as the driver reports it, None where it does not know.

        Not part of the stamps.
        """
        latency: float | None = self._link.greeting.get("latency")
        return latency

    def _started(self, child: Child) -> None:
        self._width, native = int(child.greeting["channels"]), int(child.greeting["rate"])
        self._pick = present(self.channels, self._width)
        if not self.rate:
            self.rate = native
            self._quiet = Quiet(self.rate)
        self._few = len(self._pick) <= len(LAYOUTS)
        self._mono = Mono(self.rate if self._few else native)
        self._resampler = Resampler(native, self.rate, len(self._pick) if self._few else 1)

    def _block(self, frames: int, data: bytes, stamp: float) -> None:
        sound, wrong = cleaned(np.frombuffer(data, np.float32).reshape(frames, self._width)[:, self._pick])
        if wrong:
            self._ring.unclean += wrong
            self._wrong_until = self._ring.written + WRONG * self.rate
        if not self._few:  # more than can be kept
            sound = self._mono.step(sound)[:, None]
        sound = self._resampler.step(sound)
        if self._ring.keeps:
            sound = gridded(sound)
        mono = self._mono.step(sound) if self._few else sound[:, 0]
        self._quiet.step(len(mono), bool(mono.any()))
        self._ring.write(mono, stamp, sound if self._ring.keeps else None)

    def _idle(self, frames: int, stamp: float) -> None:
        if frames:
            self._ring.write(np.zeros(frames, np.float32), stamp)


def _numbers(channels: tuple[int, ...]) -> str:
    """Channels as people count them."""
    return ",".join(str(channel + 1) for channel in channels)
