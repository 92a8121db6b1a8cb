"""What a render will cost: a few pictures made, finished and encoded beforehand, at each choice of detail."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from vj.apps.render.drawing import Drawing
from vj.core.types import U8, Finish, Frame, Latent
from vj.engine.detail import DETAILS, Size
from vj.generators.contract import Generator
from vj.outputs.offscreen import Offscreen
from vj.outputs.video.film import Film
from vj.outputs.video.formats import Choice

#: Classes of which a picture is timed.
TIMED_CLASSES = 3
#: Of such a picture: larger ones take as much longer as they are larger.
MAX_PIXELS = 2**20
ENCODED_PICTURES = 8
#: Seconds of a processor's time that a second of the encoder is.
ENCODER_CPUS = 1.3


@dataclass(frozen=True)
class Cost:
    """Seconds a frame for a choice of `detail`, whose pictures are of `size`."""

    detail: str
    size: Size
    seconds: float

    def words(self, fps: Fraction, duration: float | None) -> str:
        """How long the film takes, `duration` seconds of it, or how fast it is made where nobody knows."""
        real = float(1 / (self.seconds * fps))
        pace = f"{real:.2g} x real time"
        return f"{_spoken(duration / real)} ({pace})" if duration else pace


def costs(
    drawing: Drawing, screen: Offscreen, fps: Fraction, duration: float | None, choice: Choice | None = None
) -> Iterator[str]:
    """Two lines, or one where there is no choice: what the pictures are and take, and what others would.

    `choice` is the film that is made of them, an MP4 if nothing is said.
    """
    program = next(iter(drawing.show.programs))
    generator = drawing.show.programs[program].generator
    found = measured(drawing, program, screen, fps, choice)
    generator.resize(generator.usual)
    ours, others = found[0], found[1:]
    about = f"for a film of {_sides(screen.size)}, about {ours.words(fps, duration)}"
    if not others:
        why = "and no others" if drawing.film else "as asked for"
        yield f"{program} makes pictures of {_sides(ours.size)} {why}, {about}."
        return
    yield f"{program} at --detail {ours.detail}: pictures of {_sides(ours.size)} {about}."
    yield "Other choices: " + ", ".join(f"{c.detail} ({_sides(c.size)}) {c.words(fps, duration)}" for c in others) + "."


def measured(
    drawing: Drawing, program: str, screen: Offscreen, fps: Fraction, choice: Choice | None = None
) -> list[Cost]:
    """The cost of each choice that makes pictures of another size, ours first."""
    generator = drawing.show.programs[program].generator
    found: list[Cost] = []
    encoding = None
    for detail in (drawing.detail, *(d for d in DETAILS if d != drawing.detail)):
        size = drawing.size(program, detail)
        generator.resize(size)
        size = generator.size
        if any(size == cost.size for cost in found):
            continue
        picturing, pictures = _pictured(generator, size)
        drawn, finishing, processors = _finished(screen, pictures, size)
        encoding = encoding if encoding is not None else _encoded(drawn, screen.size, fps, choice)
        shared = (picturing + processors + ENCODER_CPUS * encoding) / (os.cpu_count() or 1)
        found.append(Cost(detail, size, max(picturing, finishing, encoding, shared)))
    return found


def _pictured(generator: Generator, size: Size) -> tuple[float, list[U8]]:
    """Seconds of a picture of `size`, the mean over a few classes, and these pictures, perhaps smaller ones."""
    pixels = size[0] * size[1]
    part = min(1.0, (MAX_PIXELS / pixels) ** 0.5)
    if generator.free:
        generator.resize((max(8, int(size[0] * part)), max(8, int(size[1] * part))))
    spec, rng = generator.spec, np.random.default_rng(0)
    count = len(spec.classes)
    pictures, seconds = [], []
    for k in range(TIMED_CLASSES + 1):  # the first one is not timed: memory is laid out for its size
        z = rng.standard_normal((len(spec.groups), spec.z_dim), np.float32)
        mix = np.eye(1, count, (k - 1) % TIMED_CLASSES * count // TIMED_CLASSES, dtype=np.float32)[0]
        latent = Latent(z, mix, min(1.0, spec.psi[1]), np.zeros(len(spec.directions), np.float32))
        seconds.append(_timed(lambda latent=latent: pictures.append(generator.generate([latent])[0])))  # type: ignore[misc]
    made = generator.size[0] * generator.size[1]
    return sum(seconds[1:]) / TIMED_CLASSES * pixels / made, pictures[1:]


def _finished(screen: Offscreen, pictures: list[U8], size: Size) -> tuple[list[U8], float, float]:
    """What a few pictures look like in the film, and seconds and processors' seconds that one of `size` takes."""
    height, width = pictures[0].shape[:2]
    if (width, height) != size:  # the content does not matter
        rows, columns = np.arange(size[1]) * height // size[1], np.arange(size[0]) * width // size[0]
        pictures = [picture[rows[:, None], columns] for picture in pictures[:2]]
    frames = [Frame(picture, 0.0, k, finish=Finish({}, 1)) for k, picture in enumerate(pictures)]
    drawn = [screen.draw(frames[0]).copy()]  # compiles
    began, processors = time.perf_counter(), time.process_time()
    drawn += [screen.draw(frame).copy() for frame in frames[1:]]
    count = len(frames) - 1
    return drawn, (time.perf_counter() - began) / count, (time.process_time() - processors) / count


def _encoded(pictures: list[U8], size: Size, fps: Fraction, choice: Choice | None) -> float:
    """Seconds that the encoder takes for a frame."""
    with tempfile.TemporaryDirectory() as folder, Film(Path(folder) / "trial", size, fps, choice=choice) as film:
        began = time.perf_counter()
        for k in range(ENCODED_PICTURES):
            film.write(pictures[k % len(pictures)])
        film.close()
        return (time.perf_counter() - began) / ENCODED_PICTURES


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _sides(size: Size) -> str:
    return f"{size[0]}x{size[1]}"


def _spoken(seconds: float) -> str:
    """Seconds as somebody would say them."""
    if seconds < 90.0:
        return f"{seconds:.0f} s"
    return f"{seconds / 60.0:.0f} min" if seconds < 5400.0 else f"{seconds / 3600.0:.1f} h"
