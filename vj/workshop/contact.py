"""Contact sheets: many pictures on one page, to be looked at.

python -m vj.workshop.contact VIDEO -o sheet.png --every 5
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vj.core.errors import OutputError
from vj.core.types import U8

GAP = 6
PAPER = (14, 15, 18)
INK = (170, 174, 182)
CAPTION = 22


def contact_sheet(images: Sequence[U8], columns: int = 4, labels: Sequence[str] = (), width: int = 320) -> Image.Image:
    """Pictures [h, w, 3] uint8 laid out in rows of `columns`, each `width` pixels wide, with captions under them.

    All cells are as tall as the tallest picture needs. Raises ValueError for no pictures.
    """
    if not images:
        raise ValueError("a contact sheet needs at least one picture")
    columns = max(1, min(columns, len(images)))
    thumbs = [_thumb(image, width) for image in images]
    caption = CAPTION if labels else 0
    tall = max(thumb.height for thumb in thumbs) + caption
    rows = -(-len(thumbs) // columns)
    sheet = Image.new("RGB", (columns * (width + GAP) + GAP, rows * (tall + GAP) + GAP), PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for number, thumb in enumerate(thumbs):
        x, y = GAP + number % columns * (width + GAP), GAP + number // columns * (tall + GAP)
        sheet.paste(thumb, (x, y))
        if number < len(labels):
            draw.text((x + 2, y + thumb.height + 3), labels[number], INK, font)
    return sheet


def _thumb(image: U8, width: int) -> Image.Image:
    height = max(1, round(image.shape[0] * width / image.shape[1]))
    return Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS)


def film_frames(path: Path, every: float) -> Iterator[tuple[float, U8]]:
    """Time in seconds and picture [h, w, 3] of the first frame of a film at or after each multiple of `every` seconds.

    Raises OutputError for a file that is no film.
    """
    import av  # a list of pictures needs no decoder

    try:
        with av.open(str(path)) as film:
            due = Fraction(0)
            for frame in film.decode(video=0):
                t = (frame.pts or 0) * (frame.time_base or Fraction(1))
                if t >= due:
                    yield float(t), frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False)
                    due += Fraction(every) * (int((t - due) / Fraction(every)) + 1)
    except (av.FFmpegError, IndexError) as error:
        raise OutputError(f"cannot read the film: {error}", str(path), "give a video file") from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Program: one sheet from one film."""
    parser = argparse.ArgumentParser(
        prog="python -m vj.workshop.contact", description="Make a contact sheet of a film."
    )
    parser.add_argument("film", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=Path("sheet.png"))
    parser.add_argument("--every", type=float, default=5.0, metavar="SECONDS")
    parser.add_argument("--columns", type=int, default=4)
    parser.add_argument("--width", type=int, default=320, metavar="PIXELS")
    options = parser.parse_args(arguments)
    try:
        shots = list(film_frames(options.film, options.every))
    except OutputError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    labels = [f"{int(t // 60)}:{t % 60:04.1f}" for t, _ in shots]
    contact_sheet([image for _, image in shots], options.columns, labels, options.width).save(options.output)
    sys.stdout.write(f"{options.output}: {len(shots)} pictures\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
