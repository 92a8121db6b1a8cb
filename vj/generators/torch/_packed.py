"""Convolutions whose kernels are laid out for this processor beforehand, alone or with what follows them.

Otherwise a kernel is laid out anew for every picture, which for one picture and many weights takes longer than the
convolution. What torch's own compiler uses for that is taken where this build has it.

A transposed convolution is done as plain ones, one for each place between two steps of its stride: of a kernel of 3 x 3
in steps of 2, these are 2 x 2, 2 x 1, 1 x 2 and 1 x 1. They are the same products, at the rate of plain convolutions,
which is up to four times that of transposed ones.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from vj.generators.torch._nets import ends, no_shape
from vj.generators.torch._node import Node, Op

#: Scales are at least so large: an offset is divided by them.
_LEAST_SCALE = 1e-6


class Ready:
    """A convolution of pictures shaped like those that it was laid out for, alone or with what follows.

    It is called as the operators are, with None for the kernel. A number a channel is the same for all pictures.
    """

    def __call__(self, node: Node, x: Tensor, weight: None, bias: Tensor | None = None) -> Tensor:
        raise NotImplementedError

    def bent(self, node: Node, x: Tensor, weight: None, bias: Tensor | None, slope: float) -> Tensor:
        """The convolution, times `slope` where it is below 0."""
        return F.leaky_relu_(self(node, x, None, bias), slope)

    def plus(self, node: Node, x: Tensor, weight: None, bias: Tensor | None, other: Tensor) -> Tensor:
        """The convolution + other, which is as large."""
        return self(node, x, None, bias).add_(other)

    def times(self, node: Node, x: Tensor, weight: None, bias: Tensor | None, scale: Tensor) -> Tensor:
        """The convolution * scale, a number a channel."""
        raise NotImplementedError

    def scaled(self, node: Node, x: Tensor, weight: None, bias: Tensor | None, scale: Tensor, offset: Tensor) -> Tensor:
        """relu(convolution * scale + offset), a number a channel each."""
        raise NotImplementedError


class Packed(Ready):
    """What follows is done in the same walk through the picture, on numbers that are not rounded yet."""

    def __init__(self, laid: Tensor, pads: list[int], strides: list[int], dilations: list[int], group: int) -> None:
        self._laid, self._how = laid, (pads, strides, dilations, group)
        self._run: Any = torch.ops.mkldnn._convolution_pointwise

    def __call__(self, node: Node, x: Tensor, weight: None, bias: Tensor | None = None) -> Tensor:
        made: Tensor = self._run(x, self._laid, bias, *self._how, "none", [], "")
        return made

    def bent(self, node: Node, x: Tensor, weight: None, bias: Tensor | None, slope: float) -> Tensor:
        made: Tensor = self._run(x, self._laid, bias, *self._how, "leaky_relu", [slope], "")
        return made

    def plus(self, node: Node, x: Tensor, weight: None, bias: Tensor | None, other: Tensor) -> Tensor:
        return self._and(x, other.contiguous(memory_format=torch.channels_last), bias, "add", None)

    def times(self, node: Node, x: Tensor, weight: None, bias: Tensor | None, scale: Tensor) -> Tensor:
        return self._and(x, scale.to(x.dtype).reshape(1, -1, 1, 1), bias, "mul", None)

    def scaled(self, node: Node, x: Tensor, weight: None, bias: Tensor | None, scale: Tensor, offset: Tensor) -> Tensor:
        wide = scale.to(x.dtype).float().reshape(-1)
        wide = torch.where(wide.abs() < _LEAST_SCALE, _LEAST_SCALE, wide)
        shift = offset.reshape(-1) / wide
        shift = shift if bias is None else shift + bias
        return self._and(x, wide.to(x.dtype).reshape(1, -1, 1, 1), shift.to(x.dtype), "mul", "relu")

    def _and(self, x: Tensor, other: Tensor, bias: Tensor | None, what: str, then: str | None) -> Tensor:
        made: Tensor = self._run.binary(x, other, self._laid, bias, *self._how, what, None, then, [], None)
        return made


@cache
def joins(dtype: torch.dtype) -> bool:
    """Whether this build does what follows a convolution of `dtype` in its walk, and rightly: few know that it can."""
    if dtype not in (torch.float32, torch.bfloat16):  # an offset over a scale may be more than others hold
        return False
    node = Node("Conv", {"pads": [1, 1, 1, 1]}, 17, 1, "")
    x = torch.linspace(-1.0, 1.0, 8 * 8 * 8).view(1, 8, 8, 8).sin().to(dtype, memory_format=torch.channels_last)
    weight = torch.linspace(-3.0, 3.0, 16 * 8 * 9).view(16, 8, 3, 3).cos().to(dtype)
    bias, scale = (torch.linspace(-1.0, 1.0, 16).to(dtype), torch.linspace(-2.0, 2.0, 16).view(1, 16, 1, 1))
    truth = F.conv2d(x.float(), weight.float(), bias.float(), padding=1)
    try:
        run = packed(node, x, weight)
        if not isinstance(run, Packed):
            return False
        pairs = [
            (run.times(node, x, None, bias, scale), truth * scale),
            (run.scaled(node, x, None, bias, scale, scale + 1.0), (truth * scale + scale + 1.0).relu()),
            (run.plus(node, x, None, bias, truth.to(dtype)), truth + truth),
            (run.bent(node, x, None, bias, 0.2), F.leaky_relu(truth, 0.2)),
        ]
    except (RuntimeError, AttributeError):
        return False
    return all(float((made - right).abs().max()) < 0.03 * float(right.abs().max()) for made, right in pairs)


def packed(node: Node, x: Tensor, weight: Tensor) -> Op | None:
    """The convolution, plain or transposed, of pictures shaped like `x`; None where the library does not take it."""
    if x.dim() != 4 or ends(node, 2)[0] != ends(node, 2)[1]:
        return None
    if node.kind == "ConvTranspose":
        return _phases(node, x, weight)
    pads, _ = ends(node, 2)
    strides, dilations = (list(node.get(name, [1, 1])) for name in ("strides", "dilations"))
    return _laid_out(x, weight, pads, strides, dilations, node.get("group", 1))


def _laid_out(
    x: Tensor, weight: Tensor, pads: list[int], strides: list[int], dilations: list[int], group: int
) -> Packed | None:
    reorder: Any = getattr(torch._C._nn, "mkldnn_reorder_conv2d_weight", None)
    if reorder is None:
        return None
    last = weight.contiguous(memory_format=torch.channels_last)
    try:
        laid = reorder(last.to_mkldnn(), pads, strides, dilations, group, list(x.shape))
    except RuntimeError:  # a precision or a shape that the library does not take
        return None
    return Packed(laid, pads, strides, dilations, group)


def _phases(node: Node, x: Tensor, weight: Tensor) -> Op | None:
    """A transposed convolution as plain ones: `weight` is [I, O, rows, columns].

    Row u of what comes out, before `pads` are cut off, is the sum over m of rows u // s - m of what comes in, with row
    u % s + s m of the kernel, s being the stride.
    """
    no_shape(node)
    strides, dilations = (list(node.get(name, [1, 1])) for name in ("strides", "dilations"))
    if node.get("group", 1) != 1 or set(dilations) != {1} or max(strides) == 1:
        return None
    pads, more = ends(node, 2)[0], list(node.get("output_padding", [0, 0]))
    sides = [weight.shape[2 + k] for k in (0, 1)]
    if any(sides[k] < strides[k] or more[k] > pads[k] for k in (0, 1)):
        return None
    parts = []
    for row in range(strides[0]):
        for column in range(strides[1]):
            kernel = weight[:, :, row :: strides[0], column :: strides[1]].transpose(0, 1).flip(2, 3)
            around = [kernel.shape[2] - 1, kernel.shape[3] - 1]
            part = _laid_out(x, kernel, around, [1, 1], [1, 1], 1)
            if part is None:
                return None
            parts.append((part, slice(row, None, strides[0]), slice(column, None, strides[1])))
    whole = [(x.shape[2 + k] - 1) * strides[k] + sides[k] for k in (0, 1)]
    return _Phases(parts, weight.shape[1], whole, pads, more)


class _Phases:
    """See `_phases`."""

    def __init__(
        self,
        parts: Sequence[tuple[Packed, slice, slice]],
        channels: int,
        whole: list[int],
        pads: list[int],
        more: list[int],
    ) -> None:
        self._parts, self._shape = parts, (*whole, channels)
        self._cut = [
            slice(before, side - before + after) for side, before, after in zip(whole, pads, more, strict=True)
        ]

    def __call__(self, node: Node, x: Tensor, weight: None, bias: Tensor | None = None) -> Tensor:
        made = torch.empty(len(x), *self._shape, dtype=x.dtype).permute(0, 3, 1, 2)
        for part, rows, columns in self._parts:
            made[:, :, rows, columns] = part(node, x, None, bias)
        return made[:, :, self._cut[0], self._cut[1]]
