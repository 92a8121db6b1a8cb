"""Regular stripes, which trouble as flashes do (BT.1702-3): more than five light-dark pairs, of strong contrast.

A picture is looked at in overlapping tiles; a tile is striped if most of what varies in it is one wave and its
overtones, and the picture's share of such tiles is told.
"""

import numpy as np

from vj.core.flash.light import luminance
from vj.core.types import F32

#: Side of a tile, of a picture of 72 x 128 places.
TILE = 36
#: The way from one tile to the next, in places.
STEP = 18
#: Waves that a tile holds at least: twice as many are in the picture's height, and that is more than five pairs.
LEAST = 3
#: Share of what varies that is in one wave, from which it is regular.
REGULAR = 0.6
#: The amplitude of that wave in luminance: 20 of 200 cd/m2 from dark to light.
AMPLITUDE = 0.05
#: The luminance that its light stripes have at least: 50 cd/m2.
LIGHT = 0.25


def striped(light: F32) -> float:
    """The share 0..1 of the picture `light` [72, 128, 3], linear sRGB, that is regular stripes."""
    picture = luminance(light)
    rows, columns = (range(0, side - TILE + 1, STEP) for side in picture.shape)
    tiles = np.stack([picture[r : r + TILE, c : c + TILE] for r in rows for c in columns])
    mean = tiles.mean(axis=(1, 2), keepdims=True)
    window = np.outer(*[np.hanning(TILE).astype(np.float32)] * 2)
    spectrum = np.abs(np.fft.rfft2((tiles - mean) * window)) ** 2
    spectrum[:, :, 1:] *= 2.0  # the other half is as great
    fy = np.minimum(np.arange(TILE), TILE - np.arange(TILE))[:, None]
    far = np.hypot(fy, np.arange(TILE // 2 + 1)[None])
    whole = spectrum.sum(axis=(1, 2))
    waves = np.where(far >= LEAST, spectrum, 0.0)
    found = 0
    for tile, total, level in zip(waves, whole, mean[:, 0, 0], strict=True):
        y, x = np.unravel_index(tile.argmax(), tile.shape)
        power = _wave(tile, int(y), int(x))
        # under a window a wave of amplitude a has half of a^2 times the energy of the window, a transform TILE^2 of it
        height = np.sqrt(2.0 * power / np.square(window).sum()) / TILE
        found += bool(power > REGULAR * total and height > AMPLITUDE and level + height >= LIGHT)
    return found / len(tiles)


def _wave(power: F32, y: int, x: int) -> float:
    """What of `power` [TILE, TILE / 2 + 1] is in the wave at row `y` and column `x`, and in two overtones."""
    y = y if y <= TILE // 2 else y - TILE
    total = 0.0
    for n in (1, 2, 3):
        if abs(n * y) < TILE // 2 and n * x < TILE // 2:
            rows = np.arange(n * y - 1, n * y + 2) % TILE
            total += float(power[rows][:, max(n * x - 1, 0) : n * x + 2].sum())
    return total
