"""A picture that loops: one circle round the latent space of a generator, as an animated GIF or WebP, or as an MP4.

The last picture leads back into the first: z goes once round a circle of each style group,

    z(x) = sqrt(Z) (cos r p + sin r (cos 2 pi x a + sin 2 pi x b)),  p, a, b orthonormal,

so it stays on the shell where the generator is at home, and moves at one speed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from vj.core.errors import OutputError
from vj.core.types import F64, U8, Latent
from vj.generators.contract import Generator
from vj.outputs.mp4 import Mp4

#: What Pillow writes by itself.
ANIMATED = (".gif", ".webp")
#: What goes through the encoder.
FILM = ".mp4"


@dataclass(frozen=True)
class Round:
    """How to go round: `count` pictures at `fps`, of class number `index`, on a circle of `radius` 0..1."""

    count: int = 100
    fps: int = 25
    index: int = 0
    radius: float = 0.5
    psi: float = 0.8
    seed: int = 1


def latents(generator: Generator, way: Round) -> Iterator[Latent]:
    """The latents of one round."""
    spec = generator.spec
    rng = np.random.default_rng(way.seed)
    planes = [np.linalg.qr(rng.standard_normal((spec.z_dim, 3)))[0].T for _ in spec.groups]
    mix = np.eye(1, len(spec.classes), way.index % len(spec.classes), dtype=np.float32)[0]
    still = np.zeros(len(spec.directions), np.float32)
    psi = float(np.clip(way.psi, *spec.psi))
    for k in range(way.count):
        z = np.array([_at(k / way.count, way.radius, plane) for plane in planes])
        yield Latent((z * spec.z_dim**0.5).astype(np.float32), mix, psi, still)


def _at(x: float, radius: float, plane: F64) -> F64:
    """[Z] on the unit sphere after `x` rounds."""
    p, a, b = plane
    reach, turn = np.arcsin(np.clip(radius, 0.0, 1.0)), 2.0 * np.pi * x
    return np.asarray(np.cos(reach) * p + np.sin(reach) * (np.cos(turn) * a + np.sin(turn) * b))


def write(generator: Generator, out: Path, way: Round, tick: Callable[[float], None] = lambda part: None) -> None:
    """Write one round to `out`, .gif, .webp or .mp4; `tick` is told the part that is done. Raises OutputError."""
    if out.suffix not in (*ANIMATED, FILM):
        what = f"no loops as {out.suffix or 'a file without a suffix'}"
        raise OutputError(what, str(out), "name it .gif, .webp or .mp4")
    if not out.resolve().parent.is_dir():
        raise OutputError("the folder does not exist", str(out.resolve().parent), "create it first")
    pictures = _drawn(generator, way, tick)
    if out.suffix == FILM:
        with Mp4(out, generator.size, way.fps) as film:
            for picture in pictures:
                film.write(picture)
        return
    first, *others = (Image.fromarray(picture) for picture in pictures)
    first.save(out, save_all=True, append_images=others, duration=round(1000 / way.fps), loop=0)


def _drawn(generator: Generator, way: Round, tick: Callable[[float], None]) -> Iterator[U8]:
    for k, latent in enumerate(latents(generator, way)):
        yield generator.generate([latent])[0]
        tick((k + 1) / way.count)
