"""A round becomes a film: its pictures are made once, and finished until what they leave behind comes round too."""

import math
import os
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from vj.apps.loops.round import Round
from vj.apps.loops.wish import Wish
from vj.apps.render.drawing import Drawing
from vj.core.types import U8, Picture
from vj.engine.finish.hold import Hold
from vj.engine.finish.limiter import Limiter
from vj.engine.finish.mixer import Mixer
from vj.engine.looping.seam import Pixels, Seam, difference, plain
from vj.engine.show import Show
from vj.outputs.finish.viewport import Viewport
from vj.outputs.offscreen import Offscreen
from vj.outputs.video.film import Film

#: A round is the same as the one before if its last picture is, but for so many levels of 0..255,
#: on the average and at the most.
ALIKE_MEAN = 0.02
ALIKE_MAX = 3.0
#: Shorter loops are run in until they repeat before anything is encoded.
SHORT_S = 8.0
#: How long that takes at the least and at the most.
MIN_RUN_IN_S = 4.0
MAX_RUN_IN_S = 40.0
#: How often a film is made anew whose end was not yet its beginning.
MAX_TRIES = 3
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


def make(loop: Round, show: Show, out: Path, wish: Wish, progress: Progress = lambda part: None) -> Made:
    """Write `loop` to `out`, which is there only when it is whole. `progress` is told the part done. Raises VjError."""
    drawing = Drawing(show, wish.size, wish.detail)
    wide, high = drawing.size(loop.program)
    unfinished, path = wish.aim(out)
    frames = len(loop.latents)
    with Offscreen(wish.size, deep=wish.choice.deep) as screen, tempfile.TemporaryFile(dir=out.parent) as spool:
        images = np.memmap(spool, np.uint8, "w+", shape=(frames, high, wide, 3))
        passes = _Passes(loop, show, screen, images)
        _dreamt(drawing, passes, lambda part: progress(0.8 * part))
        try:
            path.parent.mkdir(exist_ok=True)
            made = _settled(passes, lambda: wish.open(path, loop.span.fps), lambda part: progress(0.8 + 0.2 * part))
            _forget(out)
            os.replace(unfinished, out)
        finally:
            _forget(unfinished)
    return made


def _forget(path: Path) -> None:
    """Let a film or a folder of pictures be gone, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


class _Passes:
    """Finishes round after round: what the finish remembers, and the limiter of flashes, go on from one to the next.

    `images` are the pictures of the round; `drawn` is the newest frame, and `changes` says how much each differed from
    the one before when it was drawn last. What is held back, so as not to flash, stays so in later rounds: else the
    limiter, which remembers what it let through, would decide now this way and now that. `held` are these places.
    """

    def __init__(self, loop: Round, show: Show, screen: Offscreen, images: U8) -> None:
        self.loop, self.images = loop, images
        self._mixer, self._screen, self._limiter = show.mixer, screen, Limiter()
        self._count = 0
        self.drawn: Pixels = np.zeros((2, 2, 3), np.uint8)
        self.changes = np.zeros(len(images))
        self.held: dict[int, tuple[Hold, ...]] = {}

    def draw(self) -> Pixels:
        """The next frame."""
        place = self._count % len(self.images)
        t, snapshot = self.loop.span.time(self._count), self.loop.snapshots[place]
        picture = Picture(self.images[place], t, self._count, self.loop.program)
        frame = self._mixer.step(t, picture, snapshot.of(Mixer), snapshot.of(Limiter))
        self._screen.follow(snapshot.of(Viewport))
        before, asked = self.drawn, replace(frame, index=place, finish=self.loop.finishes[place], flash="off")
        shown = self._limiter.shown(t, self._screen.fine(asked), frame.flash, self.held.get(place, ()))
        if self._limiter.held:
            self.held[place] = self._limiter.held
        self.drawn = shown.copy()
        if self._count:
            self.changes[place] = difference(before, self.drawn)
        self._count += 1
        return self.drawn


def _dreamt(drawing: Drawing, passes: _Passes, progress: Progress) -> None:
    """Make the pictures of the round, and a first pass over them as they come."""
    loop, batch, frames = passes.loop, drawing.batch, len(passes.images)
    size = drawing.size(loop.program)

    def dream(start: int) -> None:
        latents = loop.latents[start : start + batch]
        passes.images[start : start + batch] = drawing.show.imagine(latents, loop.program, size=size)

    with ThreadPoolExecutor(1) as dreamer:
        for start, done in [(start, dreamer.submit(dream, start)) for start in range(0, frames, batch)]:
            done.result()
            for _ in range(min(batch, frames - start)):
                passes.draw()
            progress(min(start + batch, frames) / frames)


def _settled(passes: _Passes, opened: Callable[[], Film], progress: Progress) -> Made:
    """Write the first round whose end leads to its beginning."""
    frames, seconds = len(passes.images), float(passes.loop.span.seconds)
    gone = seconds
    last = passes.drawn
    while seconds < SHORT_S and gone < MAX_RUN_IN_S:
        for _ in range(frames):
            passes.draw()
        gone += seconds
        if gone >= MIN_RUN_IN_S and _alike(last, passes.drawn):
            break
        last = passes.drawn
    passes.draw()
    for _ in range(_begins(passes)):
        passes.draw()
    for _ in range(MAX_TRIES):
        made = _written(passes, opened, progress)
        if made.settled:
            break
    return made


def _begins(passes: _Passes) -> int:
    """At which frame the film begins: that of the first bar, or, where no change within is as strong as the one there,
    of the bar whose beginning changes least."""
    span, changes = passes.loop.span, passes.changes
    if changes[0] <= changes[1:].max():
        return 0
    exact = [bar * span.exact / span.bars for bar in range(math.ceil(span.bars))]
    return min((int(place) for place in exact if place.denominator == 1), key=lambda place: float(changes[place]))


def _written(passes: _Passes, opened: Callable[[], Film], progress: Progress) -> Made:
    """Write one round, the first frame of which is drawn already, and draw the one after its last, which is the same
    again if it has settled."""
    frames, made, first = len(passes.images), Made(), passes.drawn
    with opened() as film:
        for n in range(frames):
            film.write(passes.drawn)
            made.seam.step(passes.drawn)
            if n * SHOWN % frames < SHOWN:
                made.shown.append(plain(passes.drawn))
            passes.draw()
            progress((n + 1) / frames)
    made.settled, made.limited = _alike(first, passes.drawn), len(passes.held)
    return made


def _alike(a: Pixels, b: Pixels) -> bool:
    return difference(a, b) <= ALIKE_MEAN and float(np.abs(plain(a).astype(np.int16) - plain(b)).max()) <= ALIKE_MAX
