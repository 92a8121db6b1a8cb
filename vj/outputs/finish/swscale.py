"""Fitting a picture into a size without OpenGL, by libswscale."""

import av
import numpy as np

from vj.core.types import U8, U16
from vj.outputs.finish.fit import placement

#: Pictures of more numbers than this are worth several threads; to begin them takes a millisecond.
LARGE = 1280 * 720 * 3
_CODE = np.arange(256) / 255.0
#: [256] linear light of each code of sRGB.
_LIGHT = np.where(_CODE <= 0.04045, _CODE / 12.92, ((_CODE + 0.055) / 1.055) ** 2.4).astype(np.float32)


def threads(image: U8 | U16) -> int:
    """How many threads libswscale should use for a picture: one, or as many as it finds good (0)."""
    return 0 if image.size > LARGE else 1


def fitted(image: U8, size: tuple[int, int], fit: str = "cover") -> U8:
    """`image` [h, w, 3] as a picture of exactly `size` (width, height), by bicubic interpolation."""
    height, width = image.shape[:2]
    if (width, height) == size:
        return image
    place = placement((width, height), size, fit)
    source = _cut(image, place.left, place.right, place.top, place.bottom)
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(source), format="rgb24")
    scaled = frame.reformat(place.width, place.height, interpolation="BICUBIC", threads=threads(image)).to_ndarray()
    scaled = scaled.astype(np.uint8, copy=False)
    if (place.width, place.height) == size:
        return scaled
    canvas = np.zeros((size[1], size[0], 3), np.uint8)
    canvas[place.y : place.y + place.height, place.x : place.x + place.width] = scaled
    return canvas


def reduced(image: U8, samples: int) -> U8:
    """`image` [h * samples, w * samples, 3] as [h, w, 3], each pixel the mean of its light."""
    if samples == 1:
        return image
    height, width = image.shape[0] // samples, image.shape[1] // samples
    light = _LIGHT[image].reshape(height, samples, width, samples, 3).mean((1, 3))
    code = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1.0 / 2.4) - 0.055)
    return np.asarray(np.rint(255.0 * code), np.uint8)


def _cut(image: U8, left: float, right: float, top: float, bottom: float) -> U8:
    """The part of `image` between two picture coordinates each way, to the nearest pixel; mirrored beyond its edge."""
    height, width = image.shape[:2]
    columns = _mirrored(round(left * width), round(right * width), width)
    rows = _mirrored(round(top * height), round(bottom * height), height)
    return image[rows[:, None], columns]


def _mirrored(start: int, stop: int, count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Indices start..stop folded into 0..count-1 as between two mirrors."""
    index = np.arange(start, max(stop, start + 1)) % (2 * count)
    folded: np.ndarray[tuple[int], np.dtype[np.int64]] = np.where(index < count, index, 2 * count - 1 - index)
    return folded
