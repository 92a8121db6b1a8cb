"""Records what the audience sees and hears to MP4 while the show runs; it never makes the show wait.

While a film is opened and finished the guard is told that this is waited for: a slow encoder takes no show down.
"""

import re
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from fractions import Fraction
from itertools import count
from pathlib import Path

from vj.apps.guard import pulse
from vj.core.errors import OutputError, VjError
from vj.core.handoff import SampleRing
from vj.core.threads.standstill import Standstill
from vj.core.types import F32, U8, Frame
from vj.engine.desk import Desk
from vj.outputs.mp4 import Encoding, Mp4, Sound

#: Between two looks whether the film is still there.
LOOK_S = 2.0
#: How long a show waits for its first film before it begins without.
FIRST_S = 10.0
#: How long it waits at its end for the last one without any progress: longer than a film itself does.
STANDSTILL_S = 90.0
#: It waits for so long at a time.
SLICE_S = 0.2
#: What is said of a film that is lost, that is late, and that is not written to its end.
LOST = "the film was taken away while it was written"
LATE = "the film begins when its encoder is ready"
STILL = "the end of the film is not written: it stands still"


def free_path(path: Path) -> Path:
    """`path`, or where there is something already, the first of F-2, F-3 and so on where there is not."""
    names = (path.with_name(f"{path.stem}-{n}{path.suffix}") for n in count(2))
    return path if not path.exists() else next(name for name in names if not name.exists())


class Recorder:
    """One recording. `see` is called by the thread that shows, `hear` by the thread that hears.

    It goes to `path`, which is another than was asked for where there is a file already.
    """

    def __init__(self, path: Path, size: tuple[int, int], fps: Fraction, rate: int) -> None:
        encoding = Encoding(preset="ultrafast", crf=20, threads=1)
        self.asked, self.path = path, free_path(path)
        self._video = Mp4(self.path, size, fps, Sound(rate, 1), encoding, block=False)
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

    def wants(self, t: float) -> bool:
        """Whether the film has a place for a frame of show time `t`."""
        return self._first is None or self._place_of(t) > self._place

    def see(self, frame: Frame, picture: U8 | None) -> None:
        """Take the frame just shown, unless its place in the film is taken already.

        `picture` is how it looks on the wall, finished but without the instrument panel: it costs the show time to read
        it back, so it is there only for frames that were wanted. Without one the mixer's picture must do.
        """
        if self.wants(frame.t):
            self._first = frame.t if self._first is None else self._first
            self._place = self._place_of(frame.t)
            self._video.write(frame if picture is None else replace(frame, image=picture, finish=None))
        while (samples := self._ring.read(self._chunk)) is not None and self._heard_from is not None:
            t = self._heard_from + (self._ring.position - self._chunk) / self._rate
            self._video.write_audio(samples, t)

    def _place_of(self, t: float) -> int:
        return round((t - (self._first or 0.0)) * self._fps)

    @property
    def begun(self) -> bool:
        """Whether there is a frame in it."""
        return self._first is not None

    @property
    def dropped(self) -> int:
        """Frames that the encoder had no room for."""
        return self._video.dropped

    @property
    def moved(self) -> int:
        """What grows while the encoder gets on."""
        return self._video.moved

    def close(self) -> None:
        """Finish the file; one without a frame is taken away again."""
        self._video.close()
        if not self.begun:
            self.path.unlink(missing_ok=True)


def made(first: Path | None, size: tuple[int, int], fps: Fraction, rate: int, desk: Desk) -> Callable[[], Recorder]:
    """What opens recordings: one to the file `first`, and files named after time, show and cue from then on."""
    named = [first] if first else []

    def make() -> Recorder:
        path = named.pop() if named else Path(".")
        if path.is_dir():
            cue = f"_{desk.cue.number}" if desk.cue else ""
            title = re.sub(r"\W+", "-", desk.setlist.title).strip("-").lower()
            path /= f"{time.strftime('%Y%m%d-%H%M%S')}_{title}{cue}.mp4"
        return Recorder(path, size, fps, rate)

    return make


class Recording:
    """Starts and ends recordings while the show runs. `make` opens the next one; that and closing happen elsewhere.

    A recording that fails ends with a `notice`; the show goes on, and no other begins until it is asked for anew.
    `news` is the last of `told`: where films go and lie.
    """

    def __init__(self, make: Callable[[], Recorder]) -> None:
        self._make = make
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="recording")
        self._now: Recorder | None = None
        self._coming: Future[Recorder] | None = None
        self._failed = self._closed = False
        self._ending: Recorder | None = None
        self._lost: Recorder | None = None
        self._looked = 0.0
        self.notice = ""
        self.told: list[str] = []
        #: The film that is recorded to, or was last.
        self.film = ""

    @property
    def news(self) -> str:
        """The newest line about a film."""
        return self.told[-1] if self.told else ""

    @property
    def on(self) -> bool:
        """Whether frames are being recorded."""
        return self._now is not None

    def begin(self) -> None:
        """Open the first recording now, before the show; raises VjError if it cannot be.

        With an encoder that takes long for it the show begins all the same, and the film when it can.
        """
        coming = self._coming = self._pool.submit(self._make)
        pulse.beat(patience=pulse.OPENS_S)
        wait([coming], FIRST_S)
        pulse.beat(patience=pulse.OPENS_S)
        if not coming.done():
            self.told.append(LATE)
            return
        self._coming = None
        self._began(coming.result())

    def hear(self, samples: F32, t: float) -> None:
        """Take [n] mono samples, the first of them of show time `t`."""
        recorder = self._now
        if recorder is not None:
            recorder.hear(samples, t)

    def wants(self, t: float) -> bool:
        """Whether the finished picture of show time `t` is needed."""
        return self._now is not None and self._now.wants(t)

    def see(self, wanted: bool, frame: Frame | None, picture: U8 | None) -> None:
        """Take the frame just shown if recording is `wanted`, and how it looked if that was asked for.

        Without a frame there is nothing to be seen yet, and the film has not begun.
        """
        try:
            self._turn(wanted)
            if self._now is not None and frame is not None:
                self._now.see(frame, picture)
                if abs(frame.t - self._looked) >= LOOK_S:
                    self._looked = frame.t
                    self._pool.submit(self._look, self._now)
                if self._lost is self._now:
                    raise OutputError(LOST, str(self._now.path))
        except (VjError, OSError) as error:
            failed, self._now, self._coming, self._failed = self._now, None, None, True
            self.notice = f"recording ended: {_words(error)}"
            if failed is not None:
                self._pool.submit(self._end, failed)

    def _end(self, recorder: Recorder) -> None:
        """Finish a file; what goes wrong with it is a notice."""
        self._ending = recorder
        try:
            recorder.close()
        except (VjError, OSError) as error:
            self.notice = f"recording ended: {_words(error)}"
            return
        if recorder.begun and not recorder.path.exists():
            self.notice = f"recording ended: {LOST}"
            return
        kept = "recorded" if recorder.begun else "there was nothing to record to"
        self.told.append(f"{kept} {recorder.path.absolute()}")

    def _end_coming(self, coming: Future[Recorder]) -> None:
        """Finish a file that was to be begun, which may have failed."""
        if coming.exception() is None:
            self._end(coming.result())

    def _look(self, recorder: Recorder) -> None:
        """Whether the film is still where it goes: the system writes on into a file that has no name any more."""
        if not recorder.path.exists():
            self._lost = recorder

    def close(self) -> None:
        """Finish what is being recorded, however long that takes, unless it gets on no more. May be called twice."""
        if self._closed:
            return
        self._closed = True
        self._turn(False)
        last = self._pool.submit(bool)  # one thing is done there after the other
        standstill = Standstill(STANDSTILL_S)
        while not wait([last], SLICE_S).done:
            pulse.leaving()
            ending = self._ending
            if standstill.waited(SLICE_S, (ending, ending.moved if ending is not None else 0)):
                self.notice = f"recording ended: {STILL}"
                break
        self._pool.shutdown(wait=last.done(), cancel_futures=True)

    def _began(self, recorder: Recorder) -> None:
        self._now = recorder
        self.film = str(recorder.path.absolute())
        taken = f"{recorder.asked.name} is there already: " if recorder.path != recorder.asked else ""
        self.told.append(f"{taken}recording to {self.film}")

    def _turn(self, wanted: bool) -> None:
        """Begin or end, without waiting for either."""
        if not wanted:
            if self._now is not None:
                self._pool.submit(self._end, self._now)
            elif self._coming is not None:
                self._pool.submit(self._end_coming, self._coming)
            self._now = self._coming = None
            self._failed = False
        elif self._failed:
            return
        elif self._now is None and self._coming is None:
            self._coming = self._pool.submit(self._make)
        elif self._now is None and self._coming is not None and self._coming.done():
            self._began(self._coming.result())


def _words(error: VjError | OSError) -> str:
    return error.what if isinstance(error, VjError) else error.strerror or str(error)
