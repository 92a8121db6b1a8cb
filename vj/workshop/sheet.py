"""Render a contact sheet of a bundle, to look at.

    python -m vj.workshop.sheet worlds -o sheet.png

Rows are classes and columns seeds; below come morphs from each class to the next, and for each style group a walk in
which only that group moves. `--class NAME` shows many seeds of one class instead.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from vj.generators.bundle.opening import open_generator
from vj.workshop.sheets import drawing


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
        many = list(drawing.seeds(generator, options.name, options.columns * 4, options.psi))
        image = drawing.tiled([many[k : k + options.columns] for k in range(0, len(many), options.columns)])
    else:
        image = drawing.sheet(generator, options.columns, options.psi)
    Image.fromarray(image).save(options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
