"""A performance as it was shown: its own ticks, pictures and frames, each at its time, on a film of constant rate."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from statistics import median

import numpy as np

from vj.apps.assemble import assemble
from vj.apps.recorded import read_recorded, sound_of
from vj.apps.render.delivery import Delivery
from vj.apps.render.film import Rendered
from vj.apps.render.moments import RATE
from vj.apps.render.pictures import Hashes
from vj.core.errors import VjError
from vj.core.params import Snapshot
from vj.core.types import F32, U8, U16
from vj.devices.audio.file import AudioFile
from vj.devices.audio.kept import Kept
from vj.engine.detail import Size
from vj.engine.performance import LOG, read_performance, replay
from vj.outputs.finish.viewport import Viewport
from vj.outputs.offscreen import Offscreen
from vj.outputs.video.film import Film

#: What films run at; a show's rate is the nearest of these.
RATES = (*map(Fraction, (24, 25, 30, 50, 60, 120)), Fraction(144))
#: Samples of sound that go to the film at once.
BLOCK = 1024


def render_exact(
    folder: Path,
    out: Path,
    fps: Fraction | None = None,
    size: Size = (1280, 720),
    span: tuple[float, float | None] = (0.0, None),
    progress: Callable[[float, float | None], None] = lambda done, total: None,
    threads: int | None = None,
    samples: int = 1,
    hashes: Path | None = None,
    delivery: Delivery | None = None,
) -> Rendered:
    """Render the performance in `folder` to `out`, step by step as it was; `fps` None is the rate that it ran at.

    The composited frames are those of the show, bit by bit, but each is drawn at `size`. A film that is slower than
    the show leaves frames out, one that is faster repeats them; what is between `span`, in seconds of show time, is
    shown. Raises VjError.
    """
    head, steps = read_performance(folder / LOG)
    settings, _, _ = read_recorded(folder)
    path = sound_of(folder)
    shown = [float(step["t"]) for step in steps if step["k"] == "show"]
    if not shown:
        raise VjError(
            "nothing was shown in this performance", str(folder), "leave --exact out, to render what is heard"
        )
    rate, fps = int(head["rate"]), fps or own_rate(shown)
    show, desk = assemble(replace(settings, threads=threads), rate)
    stereo = AudioFile(path, RATE, start=span[0], end=span[1])
    start, last = Fraction(span[0]), Fraction(shown[-1] if span[1] is None else min(span[1], shown[-1]))
    with (
        (delivery or Delivery()).film(out, size, fps, stereo, settings, desk) as video,
        Offscreen(video.size, deep=video.deep, samples=samples) as screen,
        ExitStack() as more,
    ):
        seen = more.enter_context(Hashes(hashes)).see if hashes else lambda frame: None
        dark = np.zeros((video.size[1], video.size[0], 3), np.uint16 if screen.deep else np.uint8)
        reel = _Reel(video, stereo.blocks(BLOCK, channels=2), RATE, dark)
        for frame in replay(steps, Kept(path).hops(show.analyzer.hop_length), show, desk):
            if frame.t > last:
                break
            seen(frame)
            screen.follow(Snapshot(desk.shown).of(Viewport))
            place = round((Fraction(frame.t) - start) * fps)
            reel.to(place)
            reel.last = screen.fine(frame)
            progress(max(frame.t - span[0], 0.0), float(last - start))
        reel.end()
    show.close()
    return Rendered(
        reel.frames, "; ".join(filter(None, (stereo.note, *video.notes))), screen.limiter.limited, video.kind, fps
    )


class _Reel:
    """A film that shows `last` until the next frame's place comes, and gets the sound up to there."""

    def __init__(self, video: Film, sound: Iterator[F32], rate: int, last: U8 | U16) -> None:
        self._video, self._sound, self._rate = video, sound, rate
        self.last = last
        self.frames = self._read = 0

    def to(self, place: int) -> None:
        """Fill the film up to frame number `place`."""
        while self.frames < place:
            self._hear(self.frames + 1)
            self._video.write(self.last)
            self.frames += 1

    def end(self) -> None:
        """The last frame stays until the sound is over."""
        self.to(self.frames + 1)
        while self._hear(self.frames):
            self.to(self.frames + 1)

    def _hear(self, place: int) -> bool:
        """The sound before frame `place`; whether there is more."""
        edge = place * self._rate / self._video.fps
        while self._read <= edge and (block := next(self._sound, None)) is not None:
            self._video.write_audio(block)
            self._read += len(block)
        return self._read > edge


def own_rate(shown: Sequence[float]) -> Fraction:
    """The rate nearest to that of frames shown at these times."""
    gaps = np.diff(np.asarray(shown))
    pace = 1.0 / max(float(median(gaps)), 1e-3) if len(gaps) else 60.0
    return min(RATES, key=lambda rate: abs(np.log(float(rate) / pace)))
