"""3 x 3 convolutions after Winograd: fewer products, for which the picture is cut into tiles that overlap.

A tile of n x n numbers gives m x m results, n = m + 2, by n^2 products a channel in place of 9 m^2: a quarter of them
for m = 4, four ninths for m = 2. The products are one grouped convolution of 1 x 1, which torch's library does at its
full rate; what is done to tiles before and after is two small matrix products (Lavin and Gray, "Fast Algorithms for
Convolutional Neural Networks", 2016). In single precision nothing is lost that could be seen (above 110 dB); in
bfloat16 rounding is amplified, by some 6 dB for m = 2 and 16 for m = 4.
"""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor

from vj.generators.torch._node import Node, Op

#: Where the polynomials are looked at, besides infinity, for m results: few and near 1, or rounding is amplified.
_POINTS = {2: (0.0, 1.0, -1.0), 4: (0.0, 0.7, -0.7, 1.5, -1.5)}
#: Channels and rows below which tiles cost more than they save.
LEAST_CHANNELS = 32
LEAST_ROWS = 8


def fits(node: Node, x: Tensor, weight: Tensor) -> bool:
    """Whether a convolution of pictures shaped like `x` can be done so, and may be quicker."""
    plain = all(set(node.get(name, [1, 1])) == {1} for name in ("strides", "dilations")) and node.get("group", 1) == 1
    return (
        x.dim() == 4
        and plain
        and tuple(weight.shape[2:]) == (3, 3)
        and min(weight.shape[:2]) >= LEAST_CHANNELS
        and min(x.shape[2:]) >= LEAST_ROWS
        and node.get("auto_pad", "NOTSET") in ("NOTSET", "VALID")
    )


def convolution(node: Node, x: Tensor, weight: Tensor, tile: int, dtype: torch.dtype) -> Op | None:
    """The convolution with `tile` x `tile` results a tile, for pictures shaped like `x`; None where torch has it not.

    `weight` [O, I, 3, 3] in single precision; `dtype` is that of the products and of what comes and goes.
    """
    reorder = getattr(torch._C._nn, "mkldnn_reorder_conv2d_weight", None)
    if reorder is None or not fits(node, x, weight):
        return None
    (made, given), (count, _, height, width) = weight.shape[:2], x.shape
    top, left, bottom, right = node.get("pads", [0] * 4)
    rows, columns = height + top + bottom - 2, width + left + right - 2
    down, across, side = -(-rows // tile), -(-columns // tile), tile + 2
    after, kernel, before = (torch.from_numpy(each) for each in _matrices(tile))
    products = (kernel @ weight.double() @ kernel.T).permute(2, 3, 0, 1).reshape(-1, given, 1, 1)
    last = products.to(dtype).contiguous(memory_format=torch.channels_last)
    groups = side * side
    shape = [count, groups * given, down, across]
    try:
        laid = reorder(last.to_mkldnn(), [0, 0], [1, 1], [1, 1], groups, shape)
    except RuntimeError:  # a precision that the library does not take here
        return None
    into, out = torch.kron(before, before).to(dtype), torch.kron(after, after).to(dtype)
    tall, wide = down * tile + 2, across * tile + 2
    edges = (0, 0, left, wide - width - left, top, tall - height - top)
    tiles = (count, down, across, side, side, given)
    steps = (tall * wide * given, tile * wide * given, tile * given, wide * given, given, 1)
    run = torch.ops.mkldnn._convolution_pointwise

    def op(node: Node, x: Tensor, weight: None, bias: Tensor | None = None) -> Tensor:
        spread = F.pad(x.permute(0, 2, 3, 1), edges)
        cut = spread.as_strided(tiles, steps).reshape(-1, groups, given)
        seen = torch.matmul(into, cut).view(count, down, across, -1).permute(0, 3, 1, 2)
        told = run(seen, laid, None, [0, 0], [1, 1], [1, 1], groups, "none", [], "")
        drawn = torch.matmul(out, told.permute(0, 2, 3, 1).reshape(-1, groups, made))
        if bias is not None:
            drawn += bias
        drawn = drawn.view(count, down, across, tile, tile, made).permute(0, 1, 3, 2, 4, 5)
        drawn = drawn.reshape(count, down * tile, across * tile, made)[:, :rows, :columns]
        return drawn.permute(0, 3, 1, 2)

    return op


def _matrices(tile: int) -> Sequence[NDArray[np.float64]]:
    """[m, n] for results, [n, 3] for kernels and [n, n] for tiles: polynomials at n - 1 points and infinity."""
    points = np.array(_POINTS[tile])
    count = len(points) + 1
    after = np.vander(points, tile, increasing=True).T
    after = np.concatenate([after, np.eye(tile)[:, -1:]], 1)
    kernel = np.concatenate([np.vander(points, 3, increasing=True), [[0, 0, 1]]])
    before = np.zeros((count, count))
    for k, point in enumerate(points):
        others = np.delete(points, k)
        before[k, :-1] = np.poly(others)[::-1]
        kernel[k] /= np.prod(point - others)
    before[-1] = np.poly(points)[::-1]
    if tile > 2:  # else all are whole numbers, and right in any precision
        for matrix, other in ((before, kernel), (kernel, after.T)):
            size = np.linalg.norm(matrix, axis=1, keepdims=True)
            matrix /= size
            other *= size
    return after, kernel, before
