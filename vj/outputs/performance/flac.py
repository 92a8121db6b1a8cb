"""FLAC of 24 bits as it is made, block after block: a file that breaks off anywhere can be heard up to there."""

import hashlib

import av
import numpy as np

from vj.core.sound.grid import LAYOUTS, steps_of
from vj.core.types import F32

#: The byte of the file where the number of samples stands: 36 bits, with what shares their first byte.
LENGTH_AT = 21
#: The byte where the MD5 of all sound stands.
MD5_AT = 26


class Flac:
    """Encodes sound of `channels`, 1 to 8, at `rate` Hz. What it gives, one after the other, is the file.

    `samples` counts those that were taken; `held` of them wait for their block to be full.
    """

    def __init__(self, rate: int, channels: int) -> None:
        codec = av.CodecContext.create("flac", "w")
        assert isinstance(codec, av.AudioCodecContext)
        codec.sample_rate, codec.layout, codec.format = rate, LAYOUTS[channels - 1], "s32"
        codec.options = {"bits_per_raw_sample": "24"}
        codec.open()
        self.channels, self.samples = channels, 0
        self._rate = rate
        self._codec = codec
        self._block = codec.frame_size
        self._parts: list[np.ndarray] = []
        self.held = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._info = bytes(codec.extradata or b"")

    @property
    def head(self) -> bytes:
        """The beginning of the file. It does not say how long it is; `ending` does."""
        return b"fLaC\x80" + len(self._info).to_bytes(3, "big") + self._info

    def encode(self, sound: F32) -> bytes:
        """What comes out now for the next samples [n, channels]."""
        steps = steps_of(sound)
        self._md5.update(steps.astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes())
        self._parts.append(steps)
        self.samples += len(steps)
        self.held += len(steps)
        out = b""
        if self.held >= self._block:
            joined = np.concatenate(self._parts)
            whole = self.held // self._block * self._block
            for start in range(0, whole, self._block):
                out += self._encoded(joined[start : start + self._block])
            self._parts, self.held = [joined[whole:]], self.held - whole
        return out

    def finish(self) -> bytes:
        """The last of it."""
        last = self._encoded(np.concatenate(self._parts)) if self.held else b""
        self._parts, self.held = [], 0
        return last + b"".join(bytes(packet) for packet in self._codec.encode(None))

    def ending(self) -> tuple[tuple[int, bytes], ...]:
        """(place, bytes) of what is to be written over in the file once it is whole."""
        shared = self._info[13]  # its high half belongs to the number of bits
        length = ((shared & 0xF0) << 32 | self.samples).to_bytes(5, "big")
        return (LENGTH_AT, length), (MD5_AT, self._md5.digest())

    def _encoded(self, steps: np.ndarray) -> bytes:
        packed = np.ascontiguousarray(steps << 8).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, "s32", LAYOUTS[self.channels - 1])
        frame.sample_rate = self._rate
        return b"".join(bytes(packet) for packet in self._codec.encode(frame))
