"""Render a contact sheet of a bundle, to look at.

    python -m vj.workshop.sheet worlds -o sheet.png

Rows are classes and columns seeds; below come morphs from each class to the next, and for each style group a walk in
which only that group moves. `--class NAME` shows many seeds of one class instead.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from vj.core.types import F32, U8, Latent
from vj.generators._base import Generator
from vj.generators._open import open_generator

_GAP = 2


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
    return _tiled(rows)


def _tiled(rows: Sequence[Sequence[U8]]) -> U8:
    """The pictures in a grid with black gaps."""
    pad = ((0, _GAP), (0, _GAP), (0, 0))
    return np.concatenate([np.concatenate([np.pad(p, pad) for p in row], 1) for row in rows])


def main(arguments: Sequence[str] | None = None) -> int:
    """Render and save the sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", help="name of a generator, or folder of a bundle")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--columns", type=int, default=6)
    parser.add_argument("--psi", type=float, default=1.0)
    parser.add_argument("--class", dest="name", help="show only this class")
    parser.add_argument("--size", help="WIDTHxHEIGHT; the native one when left out")
    options = parser.parse_args(arguments)
    size = tuple(int(n) for n in options.size.split("x")) if options.size else None
    generator = open_generator(options.bundle, size)  # type: ignore[arg-type]
    if options.name:
        many = list(seeds(generator, options.name, options.columns * 4, options.psi))
        image = _tiled([many[k : k + options.columns] for k in range(0, len(many), options.columns)])
    else:
        image = sheet(generator, options.columns, options.psi)
    Image.fromarray(image).save(options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
