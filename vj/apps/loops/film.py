"""A round becomes a film: its pictures are made once, and finished until what they leave behind comes round too."""

import os
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from vj.apps.loops.round import Round
from vj.apps.render.drawing import Drawing
from vj.core.types import U8, Picture
from vj.engine.detail import Size
from vj.engine.finish.limiter import Limiter
from vj.engine.finish.mixer import Mixer
from vj.engine.looping.seam import Seam, difference
from vj.engine.show import Show
from vj.outputs.finish.wall import Wall
from vj.outputs.mp4 import Mp4
from vj.outputs.offscreen import Offscreen

#: A round is the same as the one before if its last picture is, but for so much: the mean and the most, levels 0..255.
ALIKE, MOST = 0.02, 3.0
#: Shorter loops are run in until they repeat before anything is encoded, for so many seconds at the most.
SHORT, LONGEST = 8.0, 40.0
#: How often a film is made anew whose end was not yet its beginning.
TRIES = 3
#: Pictures of each loop on the contact sheet.
SHOWN = 4

Progress = Callable[[float], None]


@dataclass
class Made:
    """What came of a loop: its seam, whether its state repeats, frames that the flash limiter held back, and a few
    pictures of it for a sheet."""

    seam: Seam = field(default_factory=Seam)
    settled: bool = False
    limited: int = 0
    shown: list[U8] = field(default_factory=list)


def make(loop: Round, show: Show, out: Path, size: Size, detail: str, progress: Progress = lambda part: None) -> Made:
    """Write `loop` to `out`, which is there only when it is whole. `progress` is told the part done. Raises VjError."""
    drawing = Drawing(show, size, detail)
    wide, high = drawing.size(loop.program)
    unfinished = out.with_name(f".{out.stem}.part{out.suffix}")
    frames = len(loop.latents)
    with Offscreen(size) as screen, tempfile.TemporaryFile(dir=out.parent) as spool:
        passes = _Passes(loop, show, screen)
        pictures: Sequence[U8] = _dreamt(
            loop, drawing, np.memmap(spool, np.uint8, "w+", shape=(frames, high, wide, 3)), passes,
            lambda part: progress(0.8 * part),
        )  # fmt: skip
        try:
            made = _settled(pictures, passes, unfinished, lambda part: progress(0.8 + 0.2 * part))
            os.replace(unfinished, out)
        finally:
            unfinished.unlink(missing_ok=True)
    return made


class _Passes:
    """Finishes round after round: what the finish remembers, and the limiter of flashes, go on from one to the next."""

    def __init__(self, loop: Round, show: Show, screen: Offscreen) -> None:
        self._loop, self._mixer, self._screen = loop, show.mixer, screen
        self._count = 0
        #: The last picture of the round before.
        self.last: U8 | None = None

    @property
    def limited(self) -> int:
        """Frames held back so far."""
        return self._mixer.limiter.limited

    def draw(self, image: U8) -> U8:
        """The next frame, of `image`, which is its picture."""
        loop, frames = self._loop, len(self._loop.latents)
        place = self._count % frames
        t, snapshot = loop.span.time(self._count), loop.snapshots[place]
        picture = Picture(image, t, self._count, loop.program)
        frame = self._mixer.step(t, picture, snapshot.of(Mixer), snapshot.of(Limiter))
        self._screen.follow(snapshot.of(Wall))
        drawn = self._screen.draw(replace(frame, index=place, finish=loop.finishes[place]))
        self._count += 1
        if place == frames - 1:
            self.last = drawn.copy()
        return drawn


def _dreamt(loop: Round, drawing: Drawing, spool: U8, passes: _Passes, progress: Progress) -> U8:
    """The pictures of the round, kept in `spool`; a first pass is made over them as they come."""
    size, batch, frames = drawing.size(loop.program), drawing.batch, len(loop.latents)

    def dream(start: int) -> None:
        images = drawing.show.imagine(loop.latents[start : start + batch], loop.program, size=size)
        spool[start : start + batch] = images

    with ThreadPoolExecutor(1) as dreamer:
        coming = [(start, dreamer.submit(dream, start)) for start in range(0, frames, batch)]
        for start, done in coming:
            done.result()
            for image in spool[start : start + batch]:
                passes.draw(image)
            progress(min(start + batch, frames) / frames)
    return spool


def _settled(pictures: Sequence[U8], passes: _Passes, path: Path, progress: Progress) -> Made:
    """Write the first round whose end is that of the round before."""
    span = passes._loop.span
    seconds = float(span.seconds)
    gone = seconds
    while seconds < SHORT and gone < LONGEST:
        before = passes.last
        for image in pictures:
            passes.draw(image)
        gone += seconds
        if gone >= SHORT and _alike(before, passes.last):
            break
    for _ in range(TRIES):
        made, before, limited = Made(), passes.last, passes.limited
        with Mp4(path, passes._screen.size, span.fps) as film:
            for n, image in enumerate(pictures):
                drawn = passes.draw(image)
                film.write(drawn)
                made.seam.step(drawn)
                if n * SHOWN % len(pictures) < SHOWN:
                    made.shown.append(drawn.copy())
                progress((n + 1) / len(pictures))
        made.settled, made.limited = _alike(before, passes.last), passes.limited - limited
        if made.settled:
            break
    return made


def _alike(a: U8 | None, b: U8 | None) -> bool:
    if a is None or b is None:
        return False
    return difference(a, b) <= ALIKE and float(np.abs(a.astype(np.int16) - b).max()) <= MOST
