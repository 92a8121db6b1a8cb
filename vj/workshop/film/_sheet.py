"""What a film's training shows of itself: a sheet of pictures, a poster, a card."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from vj.core.types import U8
from vj.workshop.contact import contact_sheet
from vj.workshop.film._frames import evenly
from vj.workshop.film._net import GROUPS, Autoencoder
from vj.workshop.film._scenes import Scenes
from vj.workshop.film._train import decoded, encoded
from vj.workshop.sheets.drawing import tiled

#: Pictures in a row.
_ROW = 8
_SAMPLE_ROWS = 3
#: Pictures that a reconstruction is judged by.
JUDGED = 256
_CELL_PX = 150


def sheet(net: Autoencoder, images: U8, scenes: Scenes) -> Image.Image:
    """Originals, what the network makes of them, samples of its own, and the way from one picture to another."""
    chosen = evenly(len(images), _ROW)
    mean, _ = encoded(net, images, chosen)
    rows = {"from the film": images[chosen], "as it remembers them": decoded(net, mean)}
    rng = np.random.default_rng(1)
    for k in evenly(len(scenes.means), _SAMPLE_ROWS):
        rows[f"dreams of {scenes.names[k]}"] = samples(net, scenes, k, _ROW, rng)
    part = np.linspace(0, 1, _ROW, dtype=np.float32)[:, None]
    rows["from its first picture to its last"] = decoded(net, mean[:1] * (1 - part) + mean[-1:] * part)
    strips = [np.concatenate(list(row), axis=1) for row in rows.values()]
    return contact_sheet(strips, 1, list(rows), _ROW * _CELL_PX)


def samples(net: Autoencoder, scenes: Scenes, k: int, count: int, rng: np.random.Generator) -> U8:
    """[count, height, width, 3] pictures of scene `k` at random z."""
    z = rng.standard_normal((count, *scenes.spreads.shape[1:3]), np.float32)
    mix = np.eye(len(scenes.means), dtype=np.float32)[[k] * count]
    return decoded(net, scenes.styles(z, mix) @ scenes.whole)


def poster(net: Autoencoder, scenes: Scenes) -> Image.Image:
    """Two samples of each scene, four pictures in a row."""
    rng = np.random.default_rng(2)
    made = [picture for k in range(len(scenes.means)) for picture in samples(net, scenes, k, 2, rng)]
    made += [np.zeros_like(made[0])] * (-len(made) % 4)
    return Image.fromarray(tiled([made[k : k + 4] for k in range(0, len(made), 4)]))


def psnr(net: Autoencoder, images: U8) -> float:
    """Mean peak signal to noise of reconstructions in dB, over some of the pictures."""
    chosen = evenly(len(images), JUDGED)
    mean, _ = encoded(net, images, chosen)
    made = np.concatenate([decoded(net, part) for part in np.array_split(mean, -(-len(mean) // 32))])
    off = ((made.astype(np.float32) - images[chosen]) ** 2).mean((1, 2, 3))
    return float((10 * np.log10(255.0**2 / np.maximum(off, 1e-2))).mean())


def nats(net: Autoencoder, images: U8) -> float:
    """Mean divergence of the latents' posterior from a standard normal, over some of the pictures."""
    mean, variance = encoded(net, images, evenly(len(images), JUDGED))
    return float(0.5 * (mean**2 + variance - 1.0 - np.log(variance)).sum(1).mean())


def card(name: str, told: Mapping[str, Any], scenes: Scenes) -> str:
    """README.md of the bundle. `told` are the lesson's figures, see `film.write`."""
    counts = np.bincount(scenes.label)
    listed = "\n".join(
        f"| {scene} | {np.flatnonzero(scenes.label == k)[0]} | {counts[k]} |" for k, scene in enumerate(scenes.names)
    )
    return _CARD.format(name=name, listed=listed, groups=", ".join(GROUPS), **told)


_CARD = """# {name}

Trained on {count} pictures of `{file}`.

![From the film, as it remembers them, dreams](sheet.jpg)

| | |
|---|---|
| made by | `vj train film` |
| how | variational autoencoder with latents at three depths, {z} a group; beta {beta:g}; mean of weights |
| how long | {step} of {steps} steps of {batch} pictures |
| how near | reconstructions {psnr:.1f} dB PSNR, {kl:.0f} nats a picture |
| licence | {licence} |
| picture sizes | {width}x{height}, and no other |
| style | Z {z}, W {latents}, one layer each for {groups} |

Coarse latents say where things are, middle ones their shapes, fine ones how they look. Classes are the scenes, found
by k-means on very small pictures; mixed, they give pictures between them. psi is how far it strays from a scene's mean
picture. The direction "brightness" is how pictures of a scene change on average as they get lighter, "axis 1" to
"axis 6" are the latents' principal axes, widest first; 1 on the fader goes two deviations.

| scene | first picture | pictures |
|---|---|---|
{listed}
"""


def keep_sheet(file: Path, net: Autoencoder, images: U8, scenes: Scenes) -> None:
    """Write the sheet as a JPEG that is never half written, for whoever watches."""
    sheet(net, images, scenes).save(file.with_suffix(".part"), "JPEG", quality=85)
    file.with_suffix(".part").replace(file)
