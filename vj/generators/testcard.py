"""The generator without a model: a test picture that shows what each style group, class mix and psi are doing.

Coarse moves the stage (centre, turn, scale), middle its form (count, bend, thickness), fine its colour. The frame
around it never moves: colour bars, a grey staircase and corner marks, to set up a projector by.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from vj.core.types import F32, U8, Latent, LatentSpec

CLASSES = ("rings", "rays", "bars", "grid", "waves")
_Z = 8
_PSI_FULL = 1.5
_BARS = np.array(
    [[235] * 3, [235, 235, 16], [16, 235, 235], [16, 235, 16], [235, 16, 235], [235, 16, 16], [16, 16, 235]]
)


class Testcard:
    """A deterministic test picture in numpy, at any `size` (width, height) from 16 pixels up."""

    __test__ = False  # not a test, whatever its name begins with

    def __init__(self, size: tuple[int, int] = (256, 256)) -> None:
        self.usual = size
        self.spec = LatentSpec(("coarse", "middle", "fine"), (4, 4, 4), _Z, CLASSES, (), (0.0, 1.2))
        self.provider = "numpy"
        self.free = True
        self._lay_out(size)

    def _lay_out(self, size: tuple[int, int]) -> None:
        """Coordinates and furniture of pictures of `size`."""
        self.size = size
        width, height = size
        unit = 2.0 / min(width, height)
        self._y, self._x = np.meshgrid(
            (np.arange(height, dtype=np.float32) - (height - 1) / 2) * np.float32(unit),
            (np.arange(width, dtype=np.float32) - (width - 1) / 2) * np.float32(unit),
            indexing="ij",
        )
        self._pixel = unit
        self._frame, self._mask = _furniture(width, height)

    def generate(self, latents: Sequence[Latent]) -> U8:
        """[N, height, width, 3] uint8 sRGB, one picture a latent."""
        return np.stack([self._picture(latent) for latent in latents])

    def resize(self, size: tuple[int, int]) -> None:
        """Make pictures of `size` (width, height) from now on."""
        wanted = (max(16, size[0]), max(16, size[1]))
        if self.size != wanted:
            self._lay_out(wanted)

    def warm_up(self) -> None:
        """Nothing needs to be warm."""

    def close(self) -> None:
        """Nothing is held."""

    def _picture(self, latent: Latent) -> U8:
        coarse, middle, fine = (np.tanh(np.nan_to_num(z[:_Z] / 2)) * 2 * latent.psi for z in latent.z)
        x, y = self._stage(coarse)
        value = np.zeros_like(x)
        for index, weight in _weights(latent.mix):
            value += weight * _FIELDS[index](x, y, middle)
        soft = self._pixel * 2 * (1.4 + np.tanh(middle[3]))
        ink = np.clip(value / soft + 0.5, 0, 1)
        picture = self._colour(ink, np.hypot(x, y), fine)
        np.copyto(picture, self._frame, where=self._mask)
        return picture

    def _stage(self, p: F32) -> tuple[F32, F32]:
        """Where the form is looked at: shifted, turned and scaled by the coarse group."""
        zoom, turn = np.exp(0.25 * p[0] + 0.1 * p[4]), 0.6 * p[1] + 0.2 * p[5]
        x, y = self._x - 0.25 * (p[2] + 0.4 * p[6]), self._y - 0.18 * (p[3] + 0.4 * p[7])
        c, s = np.float32(zoom * np.cos(turn)), np.float32(zoom * np.sin(turn))
        return c * x - s * y, s * x + c * y

    def _colour(self, ink: F32, radius: F32, p: F32) -> U8:
        """Two inks over black, far apart in hue, dimmer towards the edge; the fine group turns the hue."""
        hue = 0.55 + 0.22 * p[0] + 0.07 * p[1]
        light, dark = _rgb(hue, 0.95 + 0.04 * p[2]), _rgb(hue + 0.42 + 0.1 * p[3], 0.30 + 0.06 * p[4])
        shade = 1 / (1 + (0.45 + 0.1 * p[5]) * radius**2)
        ripple = 0.9 + 0.1 * np.cos((9 + 2 * p[6]) * radius - 2 * p[7])
        mixed = dark + (light - dark) * ink[..., None]
        bright: F32 = np.clip(255 * mixed * (shade * ripple)[..., None], 0, 255)
        return bright.astype(np.uint8)


def _weights(mix: F32) -> list[tuple[int, float]]:
    """Signed weights that sum to 1 in size; no weight at all means the first class."""
    mix = np.clip(np.nan_to_num(mix[: len(CLASSES)]), -1e6, 1e6)
    total = float(np.abs(mix).sum())
    if total < 1e-6:
        return [(0, 1.0)]
    return [(i, float(w) / total) for i, w in enumerate(mix) if abs(w) > 1e-4 * total]


def _rings(x: F32, y: F32, p: F32) -> Any:
    r = np.sqrt(x * x + (1 + 0.25 * p[1]) * y * y + 1e-4)
    return _saw(r * (4 + p[0]) + 0.3 * p[2]) / (4 + abs(p[0]))


def _rays(x: F32, y: F32, p: F32) -> Any:
    r = np.hypot(x, y)
    return r * np.cos(12 * np.arctan2(y, x) + 3 * p[2] + p[1] * 3 * r + p[0] * r * r) / 6


def _bars(x: F32, y: F32, p: F32) -> Any:
    return _saw((x + 0.2 * p[1] * y * y) * (4 + p[0]) + 0.3 * p[2]) / (4 + abs(p[0]))


def _grid(x: F32, y: F32, p: F32) -> Any:
    bent = 0.12 * p[1]
    u, v = x + bent * y * y, y - bent * x * x
    k = 3 + 0.7 * p[0]
    return np.maximum(_saw(u * k + 0.3 * p[2]), _saw(v * k - 0.3 * p[2])) / (k + 1)


def _waves(x: F32, y: F32, p: F32) -> Any:
    a = np.sin(4 * x + p[2] + (1.5 + p[1]) * np.sin(2 * y + p[0]))
    return (a + np.sin((5 + p[0]) * y + 1.3 * np.sin(2.5 * x - p[2]))) / 8


def _saw(phase: F32) -> Any:
    """A triangle of period 1 between -0.5 and 0.5: constant slope, so edges are equally sharp everywhere."""
    return 1 - 2 * np.abs(phase - np.floor(phase) - 0.5) - 0.5


_FIELDS = (_rings, _rays, _bars, _grid, _waves)


def _rgb(hue: float, lightness: float) -> F32:
    """A saturated colour; three cosines a third of a turn apart."""
    phase = 2 * np.pi * (hue + np.array([0, 1 / 3, 2 / 3]))
    return np.asarray(lightness * (0.55 + 0.45 * np.cos(phase)), np.float32)


def _furniture(width: int, height: int) -> tuple[U8, np.ndarray]:
    """The part that never moves, and where it lies [H, W, 1]: bars, staircase, corner marks and a hairline frame."""
    frame = np.zeros((height, width, 3), np.uint8)
    mask = np.zeros((height, width, 1), bool)
    strip = max(1, height // 24)
    columns = np.arange(width)
    frame[:strip] = _BARS[columns * len(_BARS) // width]
    frame[-strip:] = (columns * 11 // width * 255 // 10)[:, None]
    mask[:strip] = mask[-strip:] = True
    arm, thick = max(2, height // 10), max(1, height // 128)
    for rows in (slice(2 * strip, 2 * strip + arm), slice(height - 2 * strip - arm, height - 2 * strip)):
        for cols in (slice(strip, strip + thick), slice(width - strip - thick, width - strip)):
            frame[rows, cols], mask[rows, cols] = 255, True
    for row in (2 * strip, height - 2 * strip - thick):
        for cols in (slice(strip, strip + arm), slice(width - strip - arm, width - strip)):
            frame[row : row + thick, cols], mask[row : row + thick, cols] = 255, True
    return frame, mask
