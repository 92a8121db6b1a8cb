"""Moments become pictures, and pictures frames of a film."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from itertools import groupby
from typing import Protocol

from vj.apps.live.refiner import Refiner
from vj.apps.render.crew.shots import Shot
from vj.apps.render.drawing import Drawing
from vj.apps.render.moments import Moment
from vj.core.types import U8, Frame
from vj.engine.show import Show
from vj.outputs.finish.wall import Wall
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
        screen.follow(moment.snapshot.of(Wall))
        frame = show.composite(moment.t, picture, moment.snapshot, moment.features, moment.finish)
        seen(frame)
        video.write(screen.fine(frame))
    return len(batch)
