"""Records what the audience sees and hears to MP4 while the show runs; it never makes the show wait."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

from vj.core.errors import VjError
from vj.core.handoff import SampleRing
from vj.core.types import F32, Frame
from vj.outputs.mp4 import Encoding, Mp4, Sound


class Recorder:
    """One recording. `see` is called by the thread that shows, `hear` by the thread that hears."""

    def __init__(self, path: Path, size: tuple[int, int], fps: Fraction, rate: int) -> None:
        encoding = Encoding(preset="ultrafast", crf=20, threads=1)
        self._video = Mp4(path, size, fps, Sound(rate, 1), encoding, block=False)
        self._ring = SampleRing(2 * rate)
        self._chunk = rate // 50
        self._fps = float(fps)
        self._rate = rate
        self._first: float | None = None
        self._heard_from: float | None = None
        self._place = -1

    def hear(self, samples: F32, t: float) -> None:
        """Take [n] mono samples, the first of them of show time `t`; what comes before the first frame is left out."""
        if self._first is None:
            return
        if self._heard_from is None:
            self._heard_from = t
        self._ring.write(samples)

    def see(self, frame: Frame) -> None:
        """Take the frame just shown, unless its place in the film is taken already.

        It is the mixer's picture, enlarged by the encoder's own process: reading the window back would cost the show
        time, and the film would have the instrument panel in it.
        """
        if self._first is None:
            self._first = frame.t
        place = round((frame.t - self._first) * self._fps)
        if place > self._place:
            self._place = place
            self._video.write(frame)
        while (samples := self._ring.read(self._chunk)) is not None and self._heard_from is not None:
            t = self._heard_from + (self._ring.position - self._chunk) / self._rate
            self._video.write_audio(samples, t)

    @property
    def dropped(self) -> int:
        """Frames that the encoder had no room for."""
        return self._video.dropped

    def close(self) -> None:
        """Finish the file."""
        self._video.close()


class Recording:
    """Starts and ends recordings while the show runs. `make` opens the next one; that and closing happen elsewhere.

    A recording that fails ends with a notice; the show goes on.
    """

    def __init__(self, make: Callable[[], Recorder]) -> None:
        self._make = make
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="recording")
        self._now: Recorder | None = None
        self._coming: Future[Recorder] | None = None
        self.notice = ""

    @property
    def on(self) -> bool:
        """Whether frames are being recorded."""
        return self._now is not None

    def begin(self) -> None:
        """Open the first recording now, before the show; raises VjError if it cannot be."""
        self._now = self._make()

    def hear(self, samples: F32, t: float) -> None:
        """Take [n] mono samples, the first of them of show time `t`."""
        recorder = self._now
        if recorder is not None:
            recorder.hear(samples, t)

    def see(self, wanted: bool, frame: Frame) -> None:
        """Take the frame just shown if recording is `wanted`."""
        try:
            self._turn(wanted)
            if self._now is not None:
                self._now.see(frame)
        except VjError as error:
            self.notice = f"recording ended: {error.what}"
            self._now = None

    def close(self) -> None:
        """Finish what is being recorded."""
        if self._coming is not None and self._now is None:
            self._now = self._coming.result()
        if self._now is not None:
            self._now.close()
        self._pool.shutdown()

    def _turn(self, wanted: bool) -> None:
        """Begin or end, without waiting for either."""
        if not wanted:
            if self._now is not None:
                self._pool.submit(self._now.close)
            self._now = self._coming = None
        elif self._now is None and self._coming is None:
            self._coming = self._pool.submit(self._make)
        elif self._now is None and self._coming is not None and self._coming.done():
            self._now = self._coming.result()
