"""A song rendered offline with a large network on a card: times real time, and the generator's share of it.

python bench/gpu/film.py [--small] [--song SONG] [--out bench/results/gpu-film.json]

Three minutes at 1024x1024 and 30 frames a second, with SG2-1024 by torch; whether an encoder of the card is there.
Without a card: two seconds of worlds.
"""

import tempfile
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from bench._machine import arguments, machine, write
from bench.gpu._networks import chosen, device, networks
from vj.apps import assemble
from vj.apps.render.film import render
from vj.core.types import U8, Latent
from vj.generators.bundle.opening import open_generator
from vj.generators.contract import Generator
from vj.workshop.loop import cached


class Timed:
    """A generator and the seconds it has spent."""

    def __init__(self, generator: Generator) -> None:
        self._generator = generator
        self.spec, self.size, self.provider = generator.spec, generator.size, generator.provider
        self.seconds = 0.0

    def generate(self, latents: Sequence[Latent]) -> U8:
        """As it does."""
        began = time.perf_counter()
        made = self._generator.generate(latents)
        self.seconds += time.perf_counter() - began
        return made

    def warm_up(self) -> None:
        """As it does."""
        self._generator.warm_up()

    def close(self) -> None:
        """As it does."""
        self._generator.close()


def filmed(bundle: str, song: Path, out: Path, size: tuple[int, int], seconds: float) -> dict[str, Any]:
    """Figures of one render."""
    opened: list[Timed] = []

    def timed(*words: Any, **options: Any) -> Timed:
        opened.append(Timed(open_generator(*words, **options)))
        return opened[-1]

    setattr(assemble, "open_generator", timed)  # noqa: B010  the name is not exported
    try:
        began = time.perf_counter()
        done = render(song, out, assemble.Settings(bundle=bundle), Fraction(30), size, (0.0, seconds))
        taken = time.perf_counter() - began
    finally:
        setattr(assemble, "open_generator", open_generator)  # noqa: B010
    return {
        "runs on": opened[0].provider,
        "frames": done.frames,
        "seconds": round(taken, 2),
        "times real time": round(done.frames / 30 / taken, 3),
        "generator's share": round(opened[0].seconds / taken, 3),
        "file_mb": round(out.stat().st_size / 1e6, 1),
    }


def card_encoder() -> str:
    """ "h264_nvenc" where this build of FFmpeg has it and it opens, else why not."""
    try:
        context = av.CodecContext.create("h264_nvenc", "w")
        context.width, context.height, context.pix_fmt = 256, 256, "yuv420p"
        context.time_base = Fraction(1, 30)
        context.open()
    except (av.FFmpegError, ValueError, AttributeError) as error:
        return f"not there: {error}"
    return "h264_nvenc"


def main() -> None:
    """Render, print and write."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--small", action="store_true", help="two seconds of worlds, for machines without a card")
    parser.add_argument("--song", type=Path, help="a song of three minutes; else the loop, over and over")
    options = parser.parse_args()
    song = options.song or cached()
    result: dict[str, Any] = {"what": "vj render on a card", **machine(), "song": song.name, "encoder": card_encoder()}
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "film.mp4"
        if options.small or device() == "cpu":
            result["worlds"] = filmed("worlds", song, out, (320, 180), 2.0)
        else:
            bundle, _ = networks(False)["SG2-f 1024"](Path(place) / "b")
            chosen(bundle)
            result["SG2-f 1024"] = filmed(str(bundle.folder), song, out, (1024, 1024), 180.0)
    write(result, options.out)


if __name__ == "__main__":
    main()
