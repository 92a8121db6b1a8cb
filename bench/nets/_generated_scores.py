"""Scores of pictures against pictures: variety, sharpness, modes. Pure functions of luminance [N, height, width]."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.cluster.vq import kmeans2, vq

from vj.core.types import F32, F64, U8

#: Variety and modes are judged on pictures pooled to about this (height, width).
COARSE = (12, 21)
#: Sharpness is what a mean over blocks of this many pixels takes away.
BLOCK = 4
#: k-means modes of a class, found along so many principal axes.
MODES, AXES = 8, 6
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


def luminance(images: U8) -> F32:
    """[N, height, width] 0..1 of [N, height, width, 3] bytes: gamma-coded, as it is seen."""
    return np.asarray(images.astype(np.float32) @ _LUMA / 255.0, np.float32)


def pooled(y: F32, size: tuple[int, int]) -> F32:
    """Means of equal blocks, as near to `size` (height, width) as whole blocks allow; what is over is cut."""
    by = max(y.shape[1] // size[0], 1), max(y.shape[2] // size[1], 1)
    rows, columns = y.shape[1] // by[0], y.shape[2] // by[1]
    blocks = y[:, : rows * by[0], : columns * by[1]].reshape(len(y), rows, by[0], columns, by[1])
    return np.asarray(blocks.mean(axis=(2, 4)), np.float32)


def thumbnails(y: F32) -> F32:
    """[N, pixels] coarse luminance without each picture's mean."""
    small = pooled(y, COARSE).reshape(len(y), -1)
    return np.asarray(small - small.mean(axis=1, keepdims=True), np.float32)


def spread(thumbs: F32) -> float:
    """Mean distance of two different pictures."""
    square = (thumbs * thumbs).sum(axis=1)
    between = np.sqrt(np.maximum(square[:, None] + square - 2.0 * thumbs @ thumbs.T, 0.0))
    return float(between.sum() / max(len(thumbs) * (len(thumbs) - 1), 1) / np.sqrt(thumbs.shape[1]))


def fine_energy(y: F32, block: int = BLOCK) -> float:
    """Energy that pooling by `block` takes away, mean over all pixels."""
    size = y.shape[1] // block * block, y.shape[2] // block * block
    y = y[:, : size[0], : size[1]]
    small = pooled(y, (size[0] // block, size[1] // block))
    return float(((y - small.repeat(block, axis=1).repeat(block, axis=2)) ** 2).mean())


def spectrum(y: F32, octaves: int = 5) -> F64:
    """[octaves] mean power of the octaves below the Nyquist frequency of the rows, lowest first."""
    window = np.hanning(y.shape[1])[:, None] * np.hanning(y.shape[2])
    centred = (y - y.mean(axis=(1, 2), keepdims=True)) * window
    power = (np.abs(np.fft.rfft2(centred)) ** 2).mean(axis=0)
    radius = np.hypot(np.fft.fftfreq(y.shape[1])[:, None], np.fft.rfftfreq(y.shape[2]))
    edges = 0.5 * 2.0 ** np.arange(-octaves, 1.0)
    return np.array([power[(radius >= a) & (radius < b)].mean() for a, b in pairwise(edges)])


@dataclass(frozen=True)
class Coverage:
    """Share of the data's modes that hold at least one picture, and the share that hold a third of their due."""

    any: float
    fair: float


def coverage(data: F32, made: F32, modes: int = MODES, seed: int = 0) -> Coverage:
    """Which k-means modes of `data` thumbnails [N, pixels] the thumbnails `made` fall into."""
    middle = data.mean(axis=0)
    axes = np.linalg.svd(data - middle, full_matrices=False)[2][:AXES].T  # else an odd picture is a mode of its own
    data, made = (data - middle) @ axes, (made - middle) @ axes
    centres, owner = kmeans2(data.astype(np.float64), modes, minit="++", rng=np.random.default_rng(seed))
    due = np.bincount(owner, minlength=modes) / len(data)
    got = np.bincount(vq(made.astype(np.float64), centres)[0], minlength=modes) / len(made)
    held = due > 0
    return Coverage(float((got[held] > 0).mean()), float((got[held] >= due[held] / 3.0).mean()))
