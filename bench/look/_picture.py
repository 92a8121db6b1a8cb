"""What is measured of every frame: OKLab, change by scale, light for the flash count, a small picture to remember."""

from dataclasses import dataclass, field
from functools import cache

import numpy as np
from scipy.ndimage import correlate1d

from vj.core.flash.meter import FlashMeter
from vj.core.types import F32, F64, U8

#: Frames are measured at this size (width, height): the base of the Laplacian pyramid, and four times the flash grid.
SIZE = (256, 144)
LEVELS = 5
#: The small pictures are SIZE over this.
SMALL = 8
_FIVE = np.array([1.0, 4.0, 6.0, 4.0, 1.0], np.float32) / 16.0
#: Bjoern Ottosson's OKLab, from linear sRGB.
_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    np.float32,
).T.copy()
_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    np.float32,
).T.copy()
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)


@cache
def _linear_of_byte() -> F32:
    x = np.arange(256) / 255.0
    return np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4).astype(np.float32)


def linear(image: U8) -> F32:
    """sRGB bytes as linear light 0..1."""
    return _linear_of_byte()[image]


def oklab(light: F32) -> F32:
    """Linear sRGB [..., 3] as OKLab."""
    return np.asarray(np.cbrt(light @ _LMS) @ _LAB, np.float32)


def luminance(light: F32) -> F32:
    """Relative luminance 0..1 of linear sRGB [..., 3]."""
    return light @ _LUMINANCE


def pooled(x: F32, by: int) -> F32:
    """Means of `by` x `by` blocks of [height, width, ...]."""
    h, w, rest = x.shape[0] // by, x.shape[1] // by, x.shape[2:]
    rows = x[: h * by, : w * by].reshape(h, by, -1).sum(axis=1)  # one axis at a time: whole rows are added fast
    return np.asarray(rows.reshape(h, w, by, *rest).sum(axis=2) / np.float32(by * by), np.float32)


def pyramid(x: F32, levels: int = LEVELS) -> list[F32]:
    """Laplacian levels of [height, width], finest first; the last is what remains."""
    bands = []
    for _ in range(levels - 1):
        small = _blurred(x)[::2, ::2]
        large = np.zeros_like(x)
        large[::2, ::2] = small
        bands.append(x - 4.0 * _blurred(large))
        x = small
    return [*bands, x]


def _blurred(x: F32) -> F32:
    return np.asarray(correlate1d(correlate1d(x, _FIVE, 0, mode="mirror"), _FIVE, 1, mode="mirror"), np.float32)


@dataclass
class Film:
    """What is kept of a film of n frames. Frame k is at k / fps; change of the first frame is 0.

    d           [n] mean |difference of OKLab L| from the frame before
    scales      [n, LEVELS] the same in each level of the pyramid, finest first
    light       [n, 36, 64] relative luminance
    small       [n, 18, 32, 3] OKLab
    p5, clipped, mean, chroma   [n] 5th percentile of L, share of clipped pixels, mean L, mean chroma
    flashes, red                [n] what vj's own flash meter reads: pairs in the last second, share flashing red
    """

    d: F64
    scales: F64
    light: F32
    small: F32
    p5: F64
    clipped: F64
    mean: F64
    chroma: F64
    flashes: F64
    red: F64

    def cut(self, first: int, last: int | None = None) -> "Film":
        """The frames [first, last)."""
        return Film(**{name: value[first:last] for name, value in vars(self).items()})

    def __len__(self) -> int:
        return len(self.d)


@dataclass
class Meter:
    """Measures frames [144, 256, 3] one after the other, `fps` of them a second."""

    fps: float = 60.0
    _flash: FlashMeter = field(default_factory=FlashMeter)
    _before: F32 | None = None
    _rows: list[tuple[float, ...]] = field(default_factory=list)
    _light: list[F32] = field(default_factory=list)
    _small: list[F32] = field(default_factory=list)

    def add(self, frame: U8) -> None:
        """One frame more."""
        light = linear(frame)
        lab = oklab(light)
        lightness = lab[..., 0]
        change, scales = 0.0, [0.0] * LEVELS
        if self._before is not None:
            moved = lightness - self._before
            change = float(np.abs(moved).mean())
            scales = [float(np.abs(level).mean()) for level in pyramid(moved)]  # linear: the difference of the levels
        self._before = lightness
        cells = pooled(light, 4)
        self._light.append(luminance(cells))
        reading = self._flash.step(len(self._light) / self.fps, cells)
        small = pooled(lab, SMALL)
        self._small.append(small)
        p5 = float(np.percentile(lightness[::2, ::2], 5))
        clipped = float((np.maximum(np.maximum(frame[..., 0], frame[..., 1]), frame[..., 2]) == 255).mean())
        mean, chroma = float(lightness.mean()), float(np.hypot(small[..., 1], small[..., 2]).mean())
        self._rows.append((change, *scales, p5, clipped, mean, chroma, reading.flashes, reading.red))

    def __len__(self) -> int:
        return len(self._rows)

    def film(self) -> Film:
        """All that was added."""
        rows = np.array(self._rows)
        end = 1 + LEVELS
        return Film(
            rows[:, 0], rows[:, 1:end], np.array(self._light), np.array(self._small), *rows[:, end:].T
        )  # fmt: skip
