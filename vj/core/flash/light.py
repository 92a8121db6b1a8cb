"""A picture as a grid of 64 x 36 cells of mean light, linear, and its colours."""

import numpy as np

from vj.core.types import F32, U8

#: Cells.
COLUMNS = 64
ROWS = 36
#: Light that any wall has, linear: black has no colour of its own.
FLARE = 0.002
#: Places looked at in each cell, each way.
PLACES = 2
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
#: Linear sRGB to CIE XYZ (IEC 61966-2-1).
_XYZ = np.array([[0.4124, 0.2126, 0.0193], [0.3576, 0.7152, 0.1192], [0.1805, 0.0722, 0.9505]], np.float32)


def _linear() -> F32:
    """[256] linear light of sRGB bytes."""
    x = np.arange(256) / 255.0
    return np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4).astype(np.float32)


_LINEAR = _linear()


def places(image: U8) -> U8:
    """[36 * 2, 64 * 2, 3] the pixels of `image` [height, width, 3] that stand for their cells: two by two in each."""
    height, width = image.shape[:2]
    rows = ((np.arange(ROWS * PLACES) + 0.5) * height / (ROWS * PLACES)).astype(np.intp)
    columns = ((np.arange(COLUMNS * PLACES) + 0.5) * width / (COLUMNS * PLACES)).astype(np.intp)
    return np.asarray(image.take(rows, 0).take(columns, 1))  # a fifth of what one step with both takes


def linear(image: U8) -> F32:
    """Linear light of sRGB bytes, in the same shape."""
    return np.asarray(_LINEAR[image])


def grid(seen: U8) -> F32:
    """[36, 64, 3] linear light of each cell, from the pixels that `places` chose."""
    light = _LINEAR.take(seen).reshape(ROWS, PLACES, COLUMNS, PLACES, 3)
    # added one by one: over axes of two numbers each NumPy's mean takes twelve times as long
    first, *others = (light[:, row, :, column] for row in range(PLACES) for column in range(PLACES))
    for other in others:
        first = first + other
    return np.asarray(first * np.float32(1.0 / PLACES**2))


def luminance(light: F32) -> F32:
    """[...] relative luminance 0..1 of linear sRGB `light` [..., 3]."""
    return np.asarray(light @ _LUMINANCE)


def colour(light: F32) -> F32:
    """[..., 2] u'v' of CIE 1976 of linear sRGB `light` [..., 3] on a wall that is never quite black."""
    x, y, z = np.moveaxis((light + np.float32(FLARE)) @ _XYZ, -1, 0)
    return np.asarray(np.stack([4.0 * x, 9.0 * y], axis=-1) / (x + 15.0 * y + 3.0 * z)[..., None])
