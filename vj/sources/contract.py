"""What every source is: something that draws itself for a layer of a frame."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from vj.core.layers import Layer, Size
from vj.core.types import U8

#: The longest side of a picture that a layer may have, in pixels.
LARGEST = 4096


@dataclass(frozen=True, eq=False)
class Still:
    """One picture: `pixels` [h, w, 4] with alpha, which is multiplied in already; `clear` says that something shows
    through. `natural` is how wide and high it is meant to be on the canvas it was drawn for.
    """

    pixels: U8
    natural: tuple[float, float]
    clear: bool


class Source(Protocol):
    """One picture, text, clip or device that is open. To be used by one thread at a time."""

    def draw(self, layer: Layer, canvas: Size) -> Still:
        """What is to be seen of it in `layer` on a canvas of that many pixels; the same object if nothing changed.

        Raises MediaError.
        """

    def close(self) -> None:
        """Let go of file or device; may be called twice."""


def pixels_for(layer: Layer, natural: tuple[float, float], canvas: Size) -> Size:
    """How many pixels wide and high the layer is on the canvas; what moves gets some more, in few steps."""
    across, down = layer.extent(natural, canvas)
    if not layer.still:
        up = 2.0 ** (np.ceil(np.log2(max(across, 1.0)) * 2.0) / 2.0) / max(across, 1e-6)
        across, down = across * up, down * up
    by = min(LARGEST / max(across, down, 1.0), 1.0)
    return max(round(across * by), 1), max(round(down * by), 1)


def multiplied(pixels: U8) -> U8:
    """[h, w, 4] with colours times alpha, rounded."""
    product = pixels[..., :3] * pixels[..., 3:].astype(np.uint16) + np.uint16(128)
    out = pixels.copy()
    out[..., :3] = (product + (product >> 8)) >> 8
    return out


def translucent(pixels: U8) -> bool:
    """Whether something shows through [h, w, 4]."""
    return bool(pixels[..., 3].min(initial=255) < 255)
