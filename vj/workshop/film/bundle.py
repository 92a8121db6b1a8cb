"""Train a generator on a film, or on a folder of pictures, and write it as a bundle.

    vj train film MOVIE             reads the film, trains, and keeps a bundle named after it
    vj train film MOVIE --resume    goes on from wherever it was

Everything is kept in one folder: `frames.npy` the pictures, `lesson.pt` the training, `sheet.jpg` what it looks like.
"""

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Literal

import numpy as np
import safetensors.numpy
import torch

from vj.core.errors import VjError
from vj.core.types import F32, U8
from vj.generators.bundle.manifest import DIRECTIONS
from vj.generators.bundle.opening import open_generator
from vj.workshop.film import _graph, _sheet
from vj.workshop.film._frames import Size, kept
from vj.workshop.film._net import GROUPS, Shape
from vj.workshop.film._scenes import Scenes, clustered, light, looks, scenes, usual_count
from vj.workshop.film._train import BATCH, Lesson, Plan, encoded, step_seconds
from vj.workshop.film._train import train as learn
from vj.workshop.manifest import Facts, sha256, write_manifest
from vj.workshop.sheets import drawing

STEPS = 3000
FRAMES = 4000
Z = 16
LICENCE = "as the film's owner says; unknown"
#: Steps between previews, and between checkpoints.
PREVIEW_STEPS = 200
#: Pictures whose latents a preview looks at.
_PREVIEW_PICTURES = 256
#: Latents and scenes on which turns are measured.
_SAMPLES = 4
_CLASSES = 4
#: Told step, of how many, and figures by name; or what it is doing besides.
Told = Callable[[int, int, dict[str, float]], None]
Say = Callable[[str], None]
How = Literal["begin", "resume", "anew"]


@dataclass(frozen=True)
class Asked:
    """What a training is asked for; one that is resumed keeps all of it as it was, but for steps where they are asked.

    size    (width, height) in pixels, or None for the film's own shape
    frames  pictures at most, evenly chosen
    steps   how many, or 0 for STEPS
    z       latents of each style group
    beta    weight of the divergence: more makes samples saner and pictures softer
    count   scenes; None to go by the length of the film
    """

    source: Path
    size: Size | None = None
    frames: int = FRAMES
    steps: int = 0
    z: int = Z
    beta: float = 1.0
    count: int | None = None
    seed: int = 1
    width: int = 16


class Course:
    """One film's training in its folder: begin or resume it, go on with it, write the bundle.

    `how` is "begin" where there is none yet, "resume" to go on with the one there is, "anew" to do without that one.
    Raises VjError for what is no film, for a training that is there already, and for none to resume.
    """

    def __init__(self, folder: Path, asked: Asked, how: How = "begin", say: Say = lambda what: None) -> None:
        self.folder = folder
        self.asked = _resumed(folder, asked) if how == "resume" else replace(asked, steps=asked.steps or STEPS)
        if how == "begin" and begun(folder):
            hint = "give --resume to go on, or --force to begin anew"
            raise VjError("there is a training already", str(folder), hint)
        self.images: U8 = kept(self.asked.source, folder, self.asked.size, self.asked.frames, say)
        self.shape = Shape((self.images.shape[2], self.images.shape[1]), self.asked.z, self.asked.width)
        self.lesson = Lesson.new(Plan(self.shape, self.asked.steps, self.asked.beta, self.asked.seed))
        self.figures: dict[str, float] = {}
        count = self.asked.count or usual_count(len(self.images))
        seen = looks(self.images)
        self.light = light(seen)
        self.label = clustered(seen, count, self.asked.seed)
        if how == "resume":
            self.lesson.resume(folder / "lesson.pt")
        else:
            (folder / "lesson.pt").unlink(missing_ok=True)
        _write(folder / "film.json", json.dumps(asdict(self.asked) | {"source": str(self.asked.source)}, indent=1))

    def pace(self) -> float:
        """Seconds that a step takes here and now: tried on a lesson that is then forgotten."""
        return step_seconds(self.lesson.plan, self.images)

    def train(self, seconds: float, told: Told) -> bool:
        """Train until the steps are done, or `seconds`, or the first Ctrl-C; whether the steps are done."""

        def heard(step: int, figures: dict[str, float]) -> None:
            self.figures = dict(figures)
            told(step, self.asked.steps, self.figures)
            if step % PREVIEW_STEPS == 0:
                self.lesson.keep(self.folder / "lesson.pt")
                self.preview()

        with _interruptible() as stopped:
            learn(self.lesson, self.images, seconds, stopped, heard)
        self.lesson.keep(self.folder / "lesson.pt")
        return self.lesson.step >= self.asked.steps

    def scenes(self, every: int = 1) -> Scenes:
        """The scenes as they are now, from every so many pictures; a scene between those keeps its first."""
        chosen = sorted({*range(0, len(self.images), every), *np.unique(self.label, return_index=True)[1].tolist()})
        mean, variance = encoded(self.lesson.mean, self.images, chosen)
        return scenes(mean, variance, self.label[chosen])

    def preview(self) -> None:
        """Write `sheet.jpg` anew."""
        _sheet.keep_sheet(
            self.folder / "sheet.jpg",
            self.lesson.mean,
            self.images,
            self.scenes(-(-len(self.images) // _PREVIEW_PICTURES)),
        )

    def write(self, folder: Path, name: str, licence: str = LICENCE) -> None:
        """Write every file of a bundle called `name` into `folder`, which is made."""
        folder.mkdir(parents=True, exist_ok=True)
        found = self.scenes()
        net = self.lesson.mean
        _graph.mapper(found).save(folder / "mapper.onnx")
        weights = {key: _array(value) for key, value in net.decoder.state_dict().items()}
        _graph.synthesizer(weights, self.shape, found.whole).save(folder / "synthesizer.onnx")
        _write(folder / "classes.txt", "\n".join(found.names) + "\n")
        directions = found.directions(self.light)
        (folder / DIRECTIONS).write_bytes(safetensors.numpy.save(directions))
        _sheet.keep_sheet(folder / "sheet.jpg", net, self.images, found)
        _sheet.poster(net, found).save(folder / "poster.png", optimize=True)
        _write(folder / "README.md", _sheet.card(name, self._told(licence), found))
        facts = Facts(
            made_by="vj train film",
            name=name,
            resolution=self.shape.size,
            directions=list(directions),
            shapes={"z": self.shape.z, "w": self.shape.latents, "layers": len(GROUPS), "classes": len(found.names)},
            groups=GROUPS,
            licence=licence,
            latent=found.statistics(),
            source=self._source(),
        )
        write_manifest(folder, facts)
        with closing(open_generator(str(folder), threads=1)) as generator:
            moved = drawing.turn_angles(generator, _SAMPLES, _CLASSES)
        turn, angle = ({group: pair[k] for group, pair in moved.items()} for k in (0, 1))
        write_manifest(folder, replace(facts, turn=turn, turn_angle=angle))

    def _told(self, licence: str) -> dict[str, object]:
        """What the card says."""
        return {
            "file": self.asked.source.name,
            "count": len(self.images),
            "step": self.lesson.step,
            "steps": self.asked.steps,
            "batch": BATCH,
            "z": self.shape.z,
            "latents": self.shape.latents,
            "beta": self.asked.beta,
            "psnr": _sheet.psnr(self.lesson.mean, self.images),
            "kl": _sheet.nats(self.lesson.mean, self.images),
            "licence": licence,
            "width": self.shape.size[0],
            "height": self.shape.size[1],
        }

    def _source(self) -> dict[str, object]:
        told: dict[str, object] = {"family": "film", "file": self.asked.source.name, "pictures": len(self.images)}
        return told | ({"sha256": sha256(self.asked.source)} if self.asked.source.is_file() else {})


def use_threads(count: int) -> None:
    """Let torch use so many threads; a training is the same bit for bit only with the same number of them."""
    torch.set_num_threads(count)


def begun(folder: Path) -> bool:
    """Whether a training lies in `folder`."""
    return (folder / "lesson.pt").is_file()


def _resumed(folder: Path, asked: Asked) -> Asked:
    """What the training in `folder` was asked for; the source, and steps if any, as they are asked now."""
    try:
        told = json.loads((folder / "film.json").read_text(encoding="utf-8"))
        size = tuple(told["size"]) if told["size"] else None
        before = Asked(**{**told, "source": asked.source, "size": size})
    except (OSError, ValueError, TypeError, KeyError):
        raise VjError("there is no training to resume", str(folder), "leave --resume away") from None
    if not begun(folder):
        raise VjError("there is no training to resume", str(folder), "leave --resume away")
    return replace(before, steps=asked.steps or before.steps)


@contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C was pressed: the first one is asked about, so no step is cut in two; the second one interrupts."""
    pressed: list[int] = []

    def on_interrupt(number: int, frame: FrameType | None) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(number)

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)


def _array(value: torch.Tensor) -> F32:
    return np.ascontiguousarray(value.detach().numpy(), np.float32)


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
