"""Moments become pictures, and pictures frames of a film, whose hashes may be written down."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from vj.apps.live.refiner import Refiner
from vj.apps.render.crew.shots import Shot
from vj.apps.render.drawing import Drawing
from vj.apps.render.moments import Moment
from vj.core.errors import OutputError
from vj.core.types import U8, Frame
from vj.engine.show import Show
from vj.outputs.finish.viewport import Viewport
from vj.outputs.null import frame_hash
from vj.outputs.offscreen import Offscreen
from vj.outputs.video.film import Pixels


class Writing(Protocol):
    """What takes the frames of a film."""

    def write(self, frame: Pixels) -> None:
        """The next frame [height, width, 3]."""


def imagine(drawing: Drawing, batch: Sequence[Moment | Shot], refiner: Refiner | None = None) -> list[U8]:
    """The pictures [height, width, 3] of a batch, each dreamt by the program that was on, and refined."""
    images: list[U8] = []
    for program, moments in groupby(batch, key=lambda moment: moment.program):
        latents = [moment.latent for moment in moments]
        images.extend(drawing.show.imagine(latents, program, size=drawing.size(program)))
    if refiner is None:
        return images
    return [refiner.picture(image, m.latent, m.snapshot) for image, m in zip(images, batch, strict=True)]


def composite(
    show: Show,
    screen: Offscreen,
    video: Writing,
    batch: list[Moment],
    images: Future[list[U8]],
    seen: Callable[[Frame], None] = lambda frame: None,
) -> int:
    """Mix, draw and encode a batch; the number of frames in it. `seen` is told of each before it is drawn."""
    for moment, image in zip(batch, images.result(), strict=True):
        picture = show.picture(image, moment.latent, moment.t, moment.snapshot, moment.features)
        screen.follow(moment.snapshot.of(Viewport))
        frame = show.composite(moment.t, picture, moment.snapshot, moment.features, moment.finish)
        seen(frame)
        video.write(screen.fine(frame))
    return len(batch)


class Hashes:
    """Writes "HASH SHOW-TIME" for each frame to the file `path`, so that two renders of a performance can be compared
    with `diff`. Raises OutputError if it cannot be."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("w", encoding="utf-8")
        except OSError as error:
            raise OutputError("the hashes cannot be written", str(path), str(error)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._file.close()

    def see(self, frame: Frame) -> None:
        """Write down one frame, before it is drawn."""
        self._file.write(f"{frame_hash(frame)} {frame.t:.6f}\n")
