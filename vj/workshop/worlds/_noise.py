"""The one texture of the worlds: periodic noise in four channels, from whole-number hashes, so always the same bytes.

Gradient noise after Perlin (2002): random gradients on a lattice, quintic blending. Only additions and products of
float64 are used, which every machine rounds alike.
"""

import numpy as np
from numpy.typing import NDArray

from vj.core.types import F32, F64

SIDE = 384
#: Lattice cells across the texture in its smooth channels and in the first octave of the rough ones.
CELLS = 8
_OCTAVES = 5


def texture() -> F32:
    """[4, SIDE + 1, SIDE + 1]: two smooth fields, one rough, one of ridges; the last row and column repeat the first.

    Smooth and rough channels have mean 0 and standard deviation 1; ridges run from 0 to 1.
    """
    rough = sum(_layer(CELLS * 2**k, 10 + k) * 0.5**k for k in range(_OCTAVES))
    ridges = sum((1 - np.abs(_layer(CELLS * 2**k, 30 + k))) * 0.5**k for k in range(_OCTAVES))
    channels = [_normal(_layer(CELLS, 1)), _normal(_layer(CELLS, 2)), _normal(np.asarray(rough)), np.asarray(ridges)]
    channels[3] = (channels[3] - channels[3].min()) / (channels[3].max() - channels[3].min())
    return np.pad(np.stack(channels), ((0, 0), (0, 1), (0, 1)), mode="wrap").astype(np.float32)


def _normal(field: F64) -> F64:
    return np.asarray((field - field.mean()) / field.std())


def _layer(cells: int, seed: int) -> F64:
    """[SIDE, SIDE] of gradient noise with `cells` x `cells` lattice cells, about -1 to 1."""
    at = np.arange(SIDE) * cells / SIDE
    whole = at.astype(np.int64)
    part = at - whole
    ease = part**3 * (part * (part * 6 - 15) + 10)
    gx, gy = (_hashed(cells, 2 * seed + axis) for axis in (0, 1))
    corner = {}
    for dy in (0, 1):
        for dx in (0, 1):
            rows, cols = (whole + dy) % cells, (whole + dx) % cells
            near = np.ix_(rows, cols)
            corner[dy, dx] = gx[near] * (part - dx)[None, :] + gy[near] * (part - dy)[:, None]
    top = corner[0, 0] + (corner[0, 1] - corner[0, 0]) * ease[None, :]
    bottom = corner[1, 0] + (corner[1, 1] - corner[1, 0]) * ease[None, :]
    return np.asarray(2.0 * (top + (bottom - top) * ease[:, None]))


def _hashed(cells: int, seed: int) -> F64:
    """[cells, cells] numbers from -1 to 1 by an integer hash (the finaliser of MurmurHash3)."""
    key = np.arange(cells * cells, dtype=np.uint64) + np.uint64(seed * 7919 + 1) * np.uint64(2654435761)
    bits: NDArray[np.uint64] = key & np.uint64(0xFFFFFFFF)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        bits = ((bits ^ (bits >> np.uint64(shift))) * np.uint64(factor)) & np.uint64(0xFFFFFFFF)
    return (bits.astype(np.float64) / 2**31 - 1.0).reshape(cells, cells)
