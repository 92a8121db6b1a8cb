"""Pictures of every look for README and docs: a still at 1080p, one sheet of all, an animated preview.

python bench/look/looks.py [--out setlists/looks/pictures] [--look NAME]

Each look is rendered by itself over the drop of the bundled loop; what is shown was heard.
"""

import argparse
import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from vj.apps.assemble import Settings
from vj.apps.demo import look_names
from vj.apps.render.film import render
from vj.core.shelf import share
from vj.core.types import U8
from vj.workshop import loop
from vj.workshop.contact import contact_sheet, film_frames

#: From and to in the loop, whose drop begins at 22.5 s; when the still is taken, counted from there.
SPAN, STILL = (20.5, 24.5), 3.35
FPS = 30
#: Of the preview: seconds and pictures a second of each look, and its size.
SECONDS, RATE, SIZE = 1.6, 10, (384, 216)
_QUALITY = 80
#: Of the stills that a surface shows until it has rendered its own.
SMALL = (240, 135)


def filmed(name: str, folder: Path) -> list[tuple[float, U8]]:
    """Time and picture of every frame of a look."""
    film = folder / f"{name}.mp4"
    render(loop.cached(), film, Settings(look=name), Fraction(FPS), (1920, 1080), SPAN)
    return list(film_frames(film, 1 / FPS))


def main() -> None:
    """Render, pick and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=share("setlists") / "looks" / "pictures")
    parser.add_argument("--look", help="only this one; sheet and preview are left as they are")
    options = parser.parse_args()
    for folder in (options.out, options.out.parent / "stills"):
        folder.mkdir(parents=True, exist_ok=True)
    names = (options.look,) if options.look else look_names()
    stills: list[U8] = []
    moving: list[Image.Image] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            frames = filmed(name, Path(folder))
            still = min(frames, key=lambda frame: abs(frame[0] - STILL))[1]
            picture = Image.fromarray(still)
            picture.save(options.out / f"{name}.jpg", quality=_QUALITY, optimize=True)
            small = picture.resize(SMALL, Image.Resampling.LANCZOS)
            small.save(options.out.parent / "stills" / f"{name}.jpg", quality=_QUALITY, optimize=True)
            stills.append(still)
            for t in np.arange(STILL - SECONDS, STILL, 1 / RATE):
                shown = min(frames, key=lambda frame: abs(frame[0] - t))[1]
                moving.append(Image.fromarray(shown).resize(SIZE, Image.Resampling.LANCZOS))
            print(name, flush=True)
    if options.look:
        return
    labels = [name.replace("_", " ") for name in names]
    contact_sheet(stills, 3, labels, 420).save(options.out / "looks.jpg", quality=_QUALITY, optimize=True)
    moving[0].save(
        options.out / "preview.webp", save_all=True, append_images=moving[1:], duration=1000 // RATE, loop=0, quality=45
    )


if __name__ == "__main__":
    main()
