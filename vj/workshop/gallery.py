"""Pictures of a bundle for its card and the docs: a contact sheet of every class, morphs, walks.

    python -m vj.workshop.gallery worlds

writes classes.jpg, morphs.jpg and walks.jpg into the bundle's own folder.
"""

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

from vj.core.types import U8
from vj.generators.bundle.manifest import find_bundle
from vj.generators.bundle.opening import open_generator
from vj.generators.contract import Generator
from vj.workshop.contact import contact_sheet
from vj.workshop.sheets import drawing

#: Pictures of each class.
SEEDS = 6
#: Steps of each morph and walk.
STEPS = 9
#: Width of a picture.
_CELL_PX = 172
_QUALITY = 82
#: psi of the sheets: where the show plays.
_PSI = 0.9


def classes(generator: Generator) -> Image.Image:
    """A row of pictures for each class, two classes side by side."""
    names = generator.spec.classes
    strips = [_strip(list(drawing.seeds(generator, name, SEEDS, _PSI))) for name in names]
    return contact_sheet(strips, 2, names, SEEDS * _CELL_PX)


def morphs(generator: Generator, pairs: Sequence[tuple[str, str]]) -> Image.Image:
    """From one class to another, left to right."""
    strips = [_strip(list(drawing.morph(generator, a, b, STEPS))) for a, b in pairs]
    return contact_sheet(strips, 1, [f"{a} to {b}" for a, b in pairs], STEPS * _CELL_PX)


def walks(generator: Generator, names: Sequence[str]) -> Image.Image:
    """One style group on the move at a time, for each class."""
    labels, strips = [], []
    for name in names:
        for k, group in enumerate(generator.spec.groups):
            labels.append(f"{name}: {group} moves")
            strips.append(_strip(list(drawing.walk(generator, name, k, STEPS))))
    return contact_sheet(strips, 1, labels, STEPS * _CELL_PX)


def pairs_of(names: Sequence[str], count: int) -> list[tuple[str, str]]:
    """`count` pairs of classes that lie far apart in the list, so that all kinds meet."""
    half = len(names) // 2 | 1  # odd, so that no pair comes again the other way round
    return list(islice(((names[k], names[(k + half) % len(names)]) for k in range(0, len(names), 2)), count))


def _strip(pictures: Sequence[U8]) -> U8:
    thumbs = [
        Image.fromarray(p).resize((_CELL_PX, _CELL_PX * p.shape[0] // p.shape[1]), Image.Resampling.LANCZOS)
        for p in pictures
    ]
    return np.concatenate([np.asarray(thumb) for thumb in thumbs], 1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the three sheets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", help="name of a bundle, or its folder")
    parser.add_argument("-o", "--output", type=Path, help="folder to write to; the bundle's own when left out")
    options = parser.parse_args(arguments)
    folder = options.output or find_bundle(options.bundle)
    with closing(open_generator(options.bundle, threads=1)) as generator:
        names = generator.spec.classes
        sheets = {
            "classes": classes(generator),
            "morphs": morphs(generator, pairs_of(names, 10)),
            "walks": walks(generator, names[:4]),
        }
    for name, picture in sheets.items():
        picture.save(folder / f"{name}.jpg", quality=_QUALITY, optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
