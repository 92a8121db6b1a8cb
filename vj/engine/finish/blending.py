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


def dissolve(a: U8, b: U8, x: float) -> U8:
    """As `blend`, but of their light, roughly: what moves is as bright on its way as in both, as the eye sums it."""
    mixed, other = np.square(a, dtype=np.float32), np.square(b, dtype=np.float32)
    x = min(max(x, 0.0), 1.0)
    mixed *= np.float32(1.0 - x)
    other *= np.float32(x)
    mixed += other
    np.sqrt(mixed, out=mixed)
    mixed += np.float32(0.5)
    return mixed.astype(np.uint8)


def fit(image: U8, width: int, height: int) -> U8:
    """`image` at another size, linear between its pixels; where it shrinks it is not smoothed first."""
    for axis, size in enumerate((height, width)):
        if image.shape[axis] != size:
            image = _stretched(image, axis, size)
    return image


def _stretched(image: U8, axis: int, size: int) -> U8:
    """`image` with another number of rows (`axis` 0) or columns (1)."""
    count = image.shape[axis]
    at = np.clip((np.arange(size) + 0.5) * (count / size) - 0.5, 0, count - 1)
    low = at.astype(np.intp)
    part = np.rint((at - low) * 256).astype(np.uint16).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
    mixed = image.take(low, axis).astype(np.uint16)
    mixed *= 256 - part
    mixed += image.take(np.minimum(low + 1, count - 1), axis) * part
    mixed >>= 8
    return np.asarray(mixed, np.uint8)
