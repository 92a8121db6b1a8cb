"""TensorFlow's operators in numpy as StyleGAN uses them: pictures are [C, H, W], kernels [k, k, in, out]."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def leaky(x: Array) -> Array:
    return np.where(x > 0, x, 0.2 * x)


def bent(x: Array) -> Array:
    """As StyleGAN2 has it: with its gain."""
    return np.asarray(leaky(x) * np.sqrt(2.0))


def unit(x: Array) -> Array:
    return np.asarray(x / np.sqrt(np.mean(x * x) + 1e-8))


def correlated(x: Array, w: Array) -> Array:
    """tf.nn.conv2d of [C, H, W] with [k, k, in, out], same size."""
    k = len(w)
    wide = np.pad(x, ((0, 0), (k // 2, k // 2), (k // 2, k // 2)))
    rows, columns = x.shape[1:]
    parts = (
        np.einsum("ihw,io->ohw", wide[:, a : a + rows, b : b + columns], w[a, b]) for a in range(k) for b in range(k)
    )
    return np.asarray(sum(parts))


def filtered(x: Array, taps: Array, before: int, after: int) -> Array:
    """upfirdn_2d without its up and down: padded, then a true convolution."""
    wide = np.pad(x, ((0, 0), (before, after), (before, after)))
    n = len(taps)
    rows, columns = wide.shape[1] - n + 1, wide.shape[2] - n + 1
    turned = taps[::-1, ::-1]
    parts = (turned[a, b] * wide[:, a : a + rows, b : b + columns] for a in range(n) for b in range(n))
    return np.asarray(sum(parts))


def doubled(x: Array, w: Array, fir: Array) -> Array:
    """upsample_conv_2d: tf.nn.conv2d_transpose scatters the kernel, which is turned before; then the filter."""
    k, turned = len(w), w[::-1, ::-1]
    y = np.zeros((w.shape[3], 2 * x.shape[1] + k - 2, 2 * x.shape[2] + k - 2))
    for a in range(k):
        for b in range(k):
            y[:, a : a + 2 * x.shape[1] : 2, b : b + 2 * x.shape[2] : 2] += np.einsum("ihw,io->ohw", x, turned[a, b])
    p = len(fir) - 2 - (k - 1)
    return filtered(y, fir * 4, (p + 1) // 2 + 1, p // 2 + 1)


def larger(x: Array, fir: Array) -> Array:
    """upsample_2d."""
    wide = np.zeros((len(x), 2 * x.shape[1], 2 * x.shape[2]))
    wide[:, ::2, ::2] = x
    p = len(fir) - 2
    return filtered(wide, fir * 4, (p + 1) // 2 + 1, p // 2)


def repeated(x: Array) -> Array:
    """StyleGAN's upscale2d: each pixel four times."""
    return x.repeat(2, 1).repeat(2, 2)


def fused(x: Array, w: Array) -> Array:
    """StyleGAN's upscale2d_conv2d where it is fused: conv2d_transpose with a kernel that is the sum of four shifts."""
    wide = np.pad(w, ((1, 1), (1, 1), (0, 0), (0, 0)))
    wide = wide[1:, 1:] + wide[:-1, 1:] + wide[1:, :-1] + wide[:-1, :-1]
    y = np.zeros((w.shape[3], 2 * x.shape[1] + 2, 2 * x.shape[2] + 2))
    for a in range(4):
        for b in range(4):
            y[:, a : a + 2 * x.shape[1] : 2, b : b + 2 * x.shape[2] : 2] += np.einsum("ihw,io->ohw", x, wide[a, b])
    return y[:, 1:-1, 1:-1]


def normalised(x: Array) -> Array:
    """instance_norm."""
    x = x - x.mean((1, 2), keepdims=True)
    return np.asarray(x / np.sqrt((x * x).mean((1, 2), keepdims=True) + 1e-8))
