"""Pictures made of pictures, in bytes: dimmed, blended, at another size."""

import numpy as np

from vj.core.types import U8


def dim(image: U8, level: float) -> U8:
    """`image` scaled by `level` in 0..1."""
    if level >= 1.0:
        return image
    if level <= 0.0:
        return np.zeros_like(image)
    scaled = image.astype(np.uint16)
    scaled *= np.uint16(round(level * 256))
    scaled >>= 8
    return scaled.astype(np.uint8)


def blend(a: U8, b: U8, x: float) -> U8:
    """The picture a share `x` in 0..1 of the way from `a` to `b`, both [height, width, 3]."""
    k = round(min(max(x, 0.0), 1.0) * 256)
    mixed = a.astype(np.uint16)
    mixed *= np.uint16(256 - k)
    mixed += b.astype(np.uint16) * np.uint16(k)
    mixed >>= 8
    return mixed.astype(np.uint8)


def fit(image: U8, width: int, height: int) -> U8:
    """`image` at another size by nearest pixel: enough for a picture that is fading away."""
    if image.shape[:2] == (height, width):
        return image
    rows = np.arange(height) * image.shape[0] // height
    columns = np.arange(width) * image.shape[1] // width
    return np.asarray(image[rows[:, None], columns])
