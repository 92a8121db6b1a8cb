"""Sound out: what somebody wants to hear besides the show, such as one band alone."""

from collections import deque
from types import TracebackType
from typing import Self

import numpy as np

from vj.core.errors import AudioError
from vj.core.types import F32
from vj.devices.audio._speaker import BLOCK_FRAMES, Speaker
from vj.devices.audio.link import devices


def has_output() -> bool:
    """Whether there is a default output device."""
    try:
        return any(device.default_output for device in devices())
    except AudioError:
        return False


class AudioOut:
    """Plays what it is given, never making the giver wait.

    More than `most` seconds ahead, the oldest is dropped and counted in `dropped`; where nothing was given in time,
    silence is played. `device` is None for the default output, an index, or a part of "name, host API".
    """

    def __init__(self, rate: int, device: str | int | None = None, most: float = 0.5) -> None:
        number = int(device) if isinstance(device, str) and device.isdecimal() else device
        self._queue: deque[F32] = deque(maxlen=max(round(most * rate / BLOCK_FRAMES), 1))
        self._rest = np.zeros((0, 2), np.float32)
        self._speaker = Speaker(rate, self._pull, self._heard, number)
        self.rate = rate
        self.dropped = 0

    def open(self) -> Self:
        """Start to play. Raises AudioError where the device is unknown or there is none."""
        self._speaker.open()
        if self._speaker.problem:
            self._speaker.close()
            raise AudioError(self._speaker.problem, hint="`vj devices` lists what there is")
        return self

    def close(self) -> None:
        """Stop. Harmless when called twice."""
        self._speaker.close()

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def write(self, sound: F32) -> None:
        """Play `sound`, mono [n] or stereo [n, 2], after what was given before."""
        stereo = np.repeat(sound[:, None], 2, axis=1) if sound.ndim == 1 else sound
        joined = np.concatenate([self._rest, stereo.astype(np.float32, copy=False)])
        whole = len(joined) // BLOCK_FRAMES * BLOCK_FRAMES
        for block in joined[:whole].reshape(-1, BLOCK_FRAMES, 2):
            self.dropped += len(self._queue) == self._queue.maxlen
            self._queue.append(block)
        self._rest = joined[whole:].copy()
        self._speaker.fill()

    @property
    def name(self) -> str:
        """The device that plays."""
        return self._speaker.name

    @property
    def lost(self) -> bool:
        """True while the device is away; what is written meanwhile is lost."""
        return self._speaker.lost

    @property
    def latency(self) -> float:
        """Seconds from the device's callback to the loudspeaker, as the driver reports it."""
        return self._speaker.latency

    def _pull(self) -> F32 | None:
        return self._queue.popleft() if self._queue else None

    def _heard(self, block: F32, stamp: float) -> None:
        """Nobody asks."""
