"""Records what the audience sees and hears to MP4 while the show runs; it never makes the show wait."""

from fractions import Fraction
from pathlib import Path
from typing import Protocol

from vj.core.handoff import SampleRing
from vj.core.types import F32, U8, Frame
from vj.outputs.mp4 import Encoding, Mp4, Sound


class Readable(Protocol):
    """A screen whose pixels can be read back, [height, width, 3] uint8, top row first."""

    def read(self) -> U8: ...


class Recorder:
    """One recording. `see` is called by the thread that shows, `hear` by the thread that hears."""

    def __init__(self, path: Path, size: tuple[int, int], fps: Fraction, rate: int) -> None:
        encoding = Encoding(preset="ultrafast", crf=20, threads=1)
        self._video = Mp4(path, size, fps, Sound(rate, 1), encoding, block=False)
        self._ring = SampleRing(2 * rate)
        self._chunk = rate // 50
        self._fps = float(fps)
        self._first: float | None = None
        self._place = -1

    def hear(self, samples: F32) -> None:
        """Take [n] mono samples; what comes before the first frame is left out."""
        if self._first is not None:
            self._ring.write(samples)

    def see(self, screen: Readable, t: float) -> None:
        """Take the frame just drawn for show time `t`, unless its place in the film is taken already."""
        if self._first is None:
            self._first = t
        place = round((t - self._first) * self._fps)
        if place > self._place:
            self._place = place
            self._video.write(Frame(screen.read(), t, place))
        while (samples := self._ring.read(self._chunk)) is not None:
            self._video.write_audio(samples)

    @property
    def dropped(self) -> int:
        """Frames that the encoder had no room for."""
        return self._video.dropped

    def close(self) -> None:
        """Finish the file."""
        self._video.close()
