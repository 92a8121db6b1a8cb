"""Pictures of a bundle side by side: classes, morphs, walks; and how far apart they look."""

from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from vj.core.types import F32, F64, U8, Latent
from vj.generators.contract import Generator
from vj.workshop.progress import Say, quiet

_GAP = 2
#: Letters of a name, in heights of its picture.
_LETTERS = 0.115
#: How dark their shadow is, of 255.
_SHADOW = 190
#: Latents and classes on which turns are measured, in pictures of at most _QUICK_PX a side.
_SAMPLES = 4
_CLASSES = 4
_QUICK_PX = 256
#: Radians that are near by.
_NEAR = 0.1


def latent(generator: Generator, z: F32, mix: F32, psi: float = 1.0) -> Latent:
    """A latent of `generator` with no directions and noise seed 0."""
    return Latent(z, mix, psi, np.zeros(len(generator.spec.directions), np.float32))


def seeds(generator: Generator, name: str, count: int, psi: float) -> Iterator[U8]:
    """`count` pictures of a class, seeds 0, 1, 2..."""
    spec = generator.spec
    mix = np.eye(len(spec.classes), dtype=np.float32)[spec.classes.index(name)]
    for seed in range(count):
        z = np.random.default_rng(seed).standard_normal((len(spec.groups), spec.z_dim), np.float32)
        yield generator.generate([latent(generator, z, mix, psi)])[0]


def morph(generator: Generator, first: str, second: str, count: int) -> Iterator[U8]:
    """`count` pictures from one class to another at one z."""
    spec = generator.spec
    z = np.random.default_rng(1).standard_normal((len(spec.groups), spec.z_dim), np.float32)
    ends = np.eye(len(spec.classes), dtype=np.float32)[[spec.classes.index(first), spec.classes.index(second)]]
    for part in np.linspace(0, 1, count, dtype=np.float32):
        yield generator.generate([latent(generator, z, ends[0] * (1 - part) + ends[1] * part)])[0]


def walk(generator: Generator, name: str, group: int, count: int, turn: float = 1.5) -> Iterator[U8]:
    """`count` pictures of a class while one style group goes `turn` radians along its shell."""
    spec = generator.spec
    mix = np.eye(len(spec.classes), dtype=np.float32)[spec.classes.index(name)]
    here, there = np.random.default_rng(2).standard_normal((2, len(spec.groups), spec.z_dim), np.float32)
    for angle in np.linspace(0, turn, count):
        z = here.copy()
        z[group] = np.cos(angle) * here[group] + np.sin(angle) * there[group]
        yield generator.generate([latent(generator, z, mix)])[0]


def sheet(generator: Generator, columns: int, psi: float) -> U8:
    """Classes by seeds, morphs, walks."""
    names = generator.spec.classes
    rows = [list(seeds(generator, name, columns, psi)) for name in names]
    rows += [list(morph(generator, a, b, columns)) for a, b in zip(names, (*names[1:], names[0]), strict=True)]
    for group in range(len(generator.spec.groups)):
        rows.append(list(walk(generator, names[group % len(names)], group, columns)))
    return tiled(rows)


def tiled(rows: Sequence[Sequence[U8]]) -> U8:
    """The pictures in a grid with black gaps."""
    pad = ((0, _GAP), (0, _GAP), (0, 0))
    return np.concatenate([np.concatenate([np.pad(p, pad) for p in row], 1) for row in rows])


def poster(rows: Sequence[Sequence[U8]]) -> Image.Image:
    """The pictures in a grid, at three quarters of their size."""
    whole = Image.fromarray(tiled(rows))
    return whole.resize((whole.width * 3 // 4, whole.height * 3 // 4), Image.Resampling.LANCZOS)


def named(pictures: Sequence[U8], names: Sequence[str]) -> list[U8]:
    """The pictures, each with its name in the lower left corner: as large as stays legible at three quarters."""
    return [_named(picture, name) for picture, name in zip(pictures, names, strict=True)]


def _named(picture: U8, name: str) -> U8:
    """White letters on a soft shadow, which is dark enough on any picture."""
    image = Image.fromarray(picture)
    size = max(round(image.height * _LETTERS), 12)
    font, place = ImageFont.load_default(size), (round(size * 0.5), image.height - round(size * 0.45))
    shadow = Image.new("L", image.size)
    ImageDraw.Draw(shadow).text(place, name, 255, font, anchor="ls", stroke_width=size // 5)
    shadow = shadow.filter(ImageFilter.GaussianBlur(size / 5)).point(lambda dark: min(dark * 1.25, _SHADOW))
    image.paste((0, 0, 0), mask=shadow)
    ImageDraw.Draw(image).text(place, name, (255, 255, 255), font, anchor="ls")
    return np.asarray(image)


def enough(side: int) -> tuple[int, int]:
    """Latents and classes to measure turns on: a picture four times as large is measured a sixteenth as often."""
    fewer = max(1, side // _QUICK_PX)
    return max(1, _SAMPLES // fewer), max(1, _CLASSES // fewer)


def turns(generator: Generator, samples: int, classes: int | None = None, say: Say = quiet) -> dict[str, float]:
    """Style group -> mean OKLab distance between pictures that differ by independent z of that group only.

    One *turn* of a group: the unit in which speeds and amounts are told. Means over all classes, or over `classes` of
    them, evenly chosen.
    """
    return {name: round(far, 3) for name, (far, _) in _moved(generator, samples, classes, 0.0, say).items()}


def turn_angles(
    generator: Generator, samples: int, classes: int | None = None, say: Say = quiet
) -> dict[str, tuple[float, float]]:
    """Style group -> one turn, as `turns` has it, and the radians of z that make one, near by where changes add up."""
    moved = _moved(generator, samples, classes, _NEAR, say)
    angles = {name: _NEAR * far / max(near, 1e-9) for name, (far, near) in moved.items()}
    return {name: (round(far, 3), round(min(angles[name], np.pi / 2), 3)) for name, (far, _) in moved.items()}


def _moved(
    generator: Generator, samples: int, classes: int | None, near: float, say: Say
) -> dict[str, tuple[float, float]]:
    """Style group -> mean distances of pictures a quarter round and `near` radians apart in it (0 where near is 0)."""
    spec = generator.spec
    count = len(spec.groups)
    chosen = np.linspace(0, len(spec.classes), min(classes or len(spec.classes), len(spec.classes)), endpoint=False)
    distances: list[list[float]] = [[] for _ in range(2 * count)]
    for seed in range(samples):
        here, there = np.random.default_rng(seed).standard_normal((2, count, spec.z_dim), np.float32)
        ends = [there, np.cos(near) * here + np.sin(near) * there][: 2 if near else 1]
        swapped = [np.where(np.arange(count)[:, None] == g, end, here) for end in ends for g in range(count)]
        for number, mix in enumerate(np.eye(len(spec.classes), dtype=np.float32)[chosen.astype(int)]):
            say("measuring turns", (seed + number / len(chosen)) / samples)
            first, *others = (oklab(generator.generate([latent(generator, z, mix)])[0]) for z in (here, *swapped))
            for values, picture in zip(distances, others, strict=False):
                values.append(float(np.linalg.norm(picture - first, axis=-1).mean()))
    means = [float(np.mean(values)) if values else 0.0 for values in distances]
    return dict(zip(spec.groups, zip(means[:count], means[count:], strict=True), strict=True))


def oklab(image: U8) -> F64:
    """8-bit sRGB [..., 3] -> OKLab, after Ottosson (2020)."""
    return np.asarray(np.cbrt(_LINEAR[image] @ _TO_LMS.T) @ _TO_LAB.T)


_CODE = np.arange(256) / 255.0
#: Light of each code value.
_LINEAR = np.where(_CODE <= 0.04045, _CODE / 12.92, ((_CODE + 0.055) / 1.055) ** 2.4)
_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
