"""Where the parts of a picture went: dense optical flow between small grey pictures, and pictures moved by it.

Pyramidal Lucas-Kanade (Lucas and Kanade 1981, Bouguet 2001) in numpy: a window's shift d solves G d = b, G being the
sum of outer products of its gradients and b that of gradient times difference. It is sought in pictures of one
brightness and contrast everywhere, so that a flash is not taken for motion, and from the flow of the picture before
onwards, so that what left its place in a key long ago is still followed.

A flow is [h, w, 2], right and down: where each pixel of the newer picture was in the older one, relative to itself.
"""

from functools import lru_cache
from typing import Any

import numpy as np

from vj.core.types import F32, U8

#: Longer side of the pictures that motion is sought in. It costs its square; 128 follows what 256 does within 0.2 px.
SIDE = 128
#: Shortest side of the coarsest level of the pyramid.
_LEAST = 8
#: Refinements a level.
_REFINEMENTS = 4
#: What a refinement may move at most: more would leave the linear range.
_REACH_PX = 1.0
#: Standard deviation of a window.
_WINDOW_PX = 2.5
#: Standard deviation of the smoothing of the flow after each refinement.
_SMOOTHING_PX = 1.0
#: Gradients weaker than this (squared, of contrast 1) say nothing; the flow around them decides.
_FAINT = 0.004
#: Side of the surroundings whose contrast becomes 1.
_SURROUNDINGS_PX = 15
#: The contrast of surroundings under which it is noise.
_NOISE_CONTRAST = 0.02
#: Difference, of contrast 1, at which two places are one another with probability 1/e.
_ALIKE = 0.6

_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)


def small_grey(image: U8) -> F32:
    """`image` [height, width, 3] as luminance 0..1, at most SIDE pixels wide and high."""
    height, width = image.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    grey = (image @ (_LUMINANCE / np.float32(255.0))).astype(np.float32, copy=False)
    return resize(grey, max(1, round(height * scale)), max(1, round(width * scale)))


def resize(plane: F32, height: int, width: int) -> F32:
    """`plane` [H, W] at another size: linear between pixels when it grows, their mean when it shrinks."""
    if plane.shape == (height, width):
        return plane
    rows, columns = _resampling(plane.shape[0], height), _resampling(plane.shape[1], width)
    return np.asarray(rows @ plane @ columns.T, np.float32)


def resize_picture(image: U8, height: int, width: int) -> U8:
    """`image` [H, W, 3] at another size, as `resize`."""
    if image.shape[:2] == (height, width):
        return image
    planes = [resize(image[..., c].astype(np.float32), height, width) for c in range(3)]
    return np.stack([np.clip(p + 0.5, 0, 255).astype(np.uint8) for p in planes], axis=-1)


@lru_cache(maxsize=32)
def _resampling(before: int, after: int) -> F32:
    """[after, before] weights of a triangle as wide as two pixels of the coarser grid."""
    scale = before / after
    centre = (np.arange(after)[:, None] + 0.5) * scale - 0.5
    inside = np.clip(centre, 0, before - 1) if scale < 1 else centre
    weights = np.clip(1 - np.abs(np.arange(before) - inside) / max(scale, 1.0), 0, None)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


def even(grey: F32) -> F32:
    """`grey` with its local mean taken away and its local contrast made 1, where there is any."""
    mean = _ndimage().uniform_filter(grey, _SURROUNDINGS_PX, mode="nearest")
    spread = _ndimage().uniform_filter(grey * grey, _SURROUNDINGS_PX, mode="nearest") - mean * mean
    return np.asarray((grey - mean) / (np.sqrt(np.maximum(spread, 0)) + _NOISE_CONTRAST), np.float32)


def flow(older: F32, newer: F32, guess: F32 | None = None) -> F32:
    """The flow [h, w, 2] between two grey pictures [h, w], sought near `guess`."""
    shapes = [older.shape]
    while min(shapes[-1]) >= 2 * _LEAST:
        shapes.append((-(-shapes[-1][0] // 2), -(-shapes[-1][1] // 2)))
    found = np.zeros((*older.shape, 2), np.float32) if guess is None else guess
    for height, width in reversed(shapes):
        found = resize_flow(found, height, width)
        found = _at_level(even(resize(older, height, width)), even(resize(newer, height, width)), found)
    return found


def _at_level(older: F32, newer: F32, found: F32) -> F32:
    """`found` made better on one level of the pyramid."""
    down, right = (np.asarray(slope, np.float32) for slope in np.gradient(newer))
    xx, xy, yy = _window(right * right), _window(right * down), _window(down * down)
    xx, yy = xx + _FAINT, yy + _FAINT
    scale = 1.0 / (xx * yy - xy * xy)
    for _ in range(_REFINEMENTS):
        apart = (newer - warp_plane(older, found)) * inside(found)
        bx, by = _window(right * apart), _window(down * apart)
        step = np.stack([(yy * bx - xy * by) * scale, (xx * by - xy * bx) * scale], axis=-1)
        found = found + np.clip(step, -_REACH_PX, _REACH_PX)
        found = _ndimage().gaussian_filter(found, (_SMOOTHING_PX, _SMOOTHING_PX, 0), mode="nearest", truncate=2.0)
    return found.astype(np.float32)


def _ndimage() -> Any:
    """SciPy's, when there is a picture to look at: it takes long to import, and a show without the stage has none."""
    from scipy import ndimage

    return ndimage


def _window(plane: F32) -> F32:
    return np.asarray(_ndimage().gaussian_filter(plane, _WINDOW_PX, mode="nearest", truncate=2.0))


def resize_flow(found: F32, height: int, width: int) -> F32:
    """`found` for pictures of another size: as much of the picture, in their pixels."""
    h, w = found.shape[:2]
    if (h, w) == (height, width):
        return found
    right = resize(found[..., 0], height, width) * np.float32(width / w)
    return np.stack([right, resize(found[..., 1], height, width) * np.float32(height / h)], axis=-1)


def warp_plane(plane: F32, found: F32) -> F32:
    """`plane` [h, w] carried along the flow [h, w, 2]: newer(p) = older(p + flow(p)), edges held."""
    rows, columns = np.indices(plane.shape, np.float32)
    where = [rows + found[..., 1], columns + found[..., 0]]
    return np.asarray(_ndimage().map_coordinates(plane, where, order=1, mode="nearest"), np.float32)


def warp(pixels: F32, found: F32) -> F32:
    """`pixels` [H, W, C] carried along the flow [H, W, 2], linear between pixels, edges held."""
    height, width, channels = pixels.shape
    x = np.clip(np.arange(width, dtype=np.float32) + found[..., 0], 0, width - 1.001)
    y = np.clip(np.arange(height, dtype=np.float32)[:, None] + found[..., 1], 0, height - 1.001)
    left, top = x.astype(np.int32), y.astype(np.int32)
    x -= left
    y -= top
    flat, first = pixels.reshape(-1, channels), (top * width + left).ravel()
    result = np.zeros_like(flat)
    for step, share in ((0, (1 - x) * (1 - y)), (1, x * (1 - y)), (width, (1 - x) * y), (width + 1, x * y)):
        part = np.take(flat, first + step, axis=0, mode="clip")
        part *= share.reshape(-1, 1)
        result += part
    return result.reshape(pixels.shape)


def compose(first: F32, then: F32) -> F32:
    """The flow of `first` and `then` one after the other: `then` leads into the picture that `first` comes from."""
    return then + np.stack([warp_plane(first[..., c], then) for c in range(2)], axis=-1)


def trust(older: F32, newer: F32, found: F32) -> F32:
    """[h, w] 0..1: how far `newer` is at each place what the flow says it should be, both pictures made `even`."""
    apart = _ndimage().uniform_filter(np.abs(warp_plane(older, found) - newer), 5, mode="nearest")
    return np.asarray(np.exp(-np.square(apart / _ALIKE)) * inside(found), np.float32)


def inside(found: F32) -> F32:
    """[h, w] 1 where the flow comes from within the older picture, falling to 0 half a pixel outside."""
    height, width = found.shape[:2]
    x = np.arange(width, dtype=np.float32) + found[..., 0]
    y = np.arange(height, dtype=np.float32)[:, None] + found[..., 1]
    room = np.minimum(np.minimum(x, width - 1 - x), np.minimum(y, height - 1 - y))
    return np.asarray(np.clip(1 + 2 * room, 0, 1), np.float32)


def warping_error(before: U8, after: U8, found: F32, weight: F32) -> float:
    """E_warp: root mean square of `after` less `before` carried along, 0..1 of full range, each pixel of its `weight`.

    The usual measure of temporal coherence (Lai et al. 2018); `found` is the true motion, or that of the generator's
    own pictures, and `weight` [H, W] tells where it is to be trusted.
    """
    apart = (after.astype(np.float32) - warp(before.astype(np.float32), found)) / 255.0
    weights = weight[..., None] * np.ones(3, np.float32)
    return float(np.sqrt((weights * apart * apart).sum() / max(float(weights.sum()), 1e-9)))
