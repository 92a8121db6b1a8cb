"""Convolutions in whole numbers of 16 bits, as three products of bytes: processors do those four to sixteen times as
fast as products of single precision, and what comes of it is 75 dB and more like theirs, where bfloat16 is 50.

A number is 128 h + l in units of the largest one, and so is each of the kernel's; l l' is left out. h h' and l h' are
one product, of two pictures, for a kernel of many channels takes longer to be read than to be multiplied with. The
library takes what comes in as bytes from 0 to 255, of which 128 stand for 0.
"""

from functools import cache
from typing import Any

import torch
from torch import Tensor

from vj.generators.torch._nets import ends
from vj.generators.torch._node import Node
from vj.generators.torch._packed import Ready

#: What h counts, and what stands for 0 among bytes.
_STEP = 128
_ZERO = 128
#: The largest number is so many units.
_MOST = 127 * _STEP
#: Products of bytes are summed in 32 bits: of so many at most.
_MOST_SUMMED = 2**31 // (255 * 127)
#: The largest number is at least so large.
_LEAST = 1e-30


class Integer(Ready):
    """A convolution of pictures shaped like those that it was laid out for, in single precision outside."""

    def __init__(self, high: Tensor, low: Tensor, units: Tensor, pads: list[int], strides: list[int]) -> None:
        self._high, self._low, self._units = high, low, units
        self._pads, self._strides = pads, strides
        self._ones, self._none = torch.ones(len(units)), torch.zeros(len(units), dtype=torch.int32)

    def __call__(self, node: Node, x: Tensor, weight: None, bias: Tensor | None = None) -> Tensor:
        made, unit = self._drawn(x)
        return made.mul_(unit) if bias is None else torch.addcmul(bias.view(1, -1, 1, 1), made, unit)

    def times(self, node: Node, x: Tensor, weight: None, bias: Tensor | None, scale: Tensor) -> Tensor:
        made, unit = self._drawn(x)
        unit = unit * scale
        return made.mul_(unit) if bias is None else torch.addcmul(bias.view(1, -1, 1, 1) * scale, made, unit)

    def scaled(self, node: Node, x: Tensor, weight: None, bias: Tensor | None, scale: Tensor, offset: Tensor) -> Tensor:
        made, unit = self._drawn(x)
        shift = offset if bias is None else offset + bias.view(1, -1, 1, 1) * scale
        return torch.addcmul(shift, made, unit * scale, out=made).relu_()

    def _drawn(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The convolution in units, and what those are, a number a picture and channel."""
        count = len(x)
        least, most = x.aminmax() if count == 1 else (x.amin((1, 2, 3)), x.amax((1, 2, 3)))
        unit = torch.maximum(-least, most).clamp_min(_LEAST).view(-1, 1, 1, 1) / _MOST
        both = torch.empty(2 * count, *x.shape[2:], x.shape[1], dtype=torch.uint8).permute(0, 3, 1, 2)
        high = (x * (1 / (unit * _STEP))).round_()
        # Bytes are cut off, not rounded: hence the half.
        low = torch.addcmul(torch.tensor(_ZERO + 0.5), x, 1 / unit).add_(high, alpha=-_STEP)
        both[:count] = high.add_(_ZERO)
        both[count:] = low
        upper = self._run(both, self._high)
        made = self._run(both[:count], self._low).add_(upper[count:]).add_(upper[:count], alpha=_STEP)
        return made, self._units.view(1, -1, 1, 1) * (unit * _STEP)

    def _run(self, x: Tensor, laid: Tensor) -> Tensor:
        conv: Any = torch.ops.onednn.qconv2d_pointwise
        how: tuple[Any, ...] = (self._strides, self._pads, [1, 1], 1, 1.0, 0, torch.float32, "none", [], "")
        made: Tensor = conv(x, 1.0, _ZERO, laid, self._ones, self._none, None, *how)
        return made


def convolution(node: Node, x: Tensor, weight: Tensor) -> Integer | None:
    """The convolution of pictures shaped like `x` with `weight` in single precision; None where torch has it not, or
    this processor's products of bytes are not exact."""
    before, after = ends(node, 2) if x.dim() == 4 else ([], [])
    strides, dilations = (list(node.get(name, [1, 1])) for name in ("strides", "dilations"))
    plain = node.get("group", 1) == 1 and set(dilations) == {1} and before == after
    if x.dim() != 4 or not plain or weight[0].numel() > _MOST_SUMMED or not exact():
        return None
    weight = weight.float()
    units = weight.abs().amax((1, 2, 3)).clamp_min(_LEAST) / _MOST
    whole = (weight / units.view(-1, 1, 1, 1)).round()
    high = ((whole + _STEP // 2) / _STEP).floor()
    return _laid_out(x, high, whole - _STEP * high, units, before, strides)


@cache
def exact() -> bool:
    """Whether products of bytes are: processors without instructions for them sum two in 16 bits, which is too few."""
    x = torch.full((1, 64, 4, 4), 127.0).contiguous(memory_format=torch.channels_last)
    kernel, none = torch.full((16, 64, 3, 3), 127.0), torch.zeros(16, 64, 3, 3)
    run = _laid_out(x, kernel, none, torch.ones(16), [0, 0], [1, 1])
    if run is None:
        return False
    try:
        made = run(Node("Conv", {}, 17, 1, ""), x, None)
    except (RuntimeError, AttributeError):
        return False
    return bool((made == 127.0 * 127.0 * _STEP * 576).all())


def _laid_out(
    x: Tensor, high: Tensor, low: Tensor, units: Tensor, pads: list[int], strides: list[int]
) -> Integer | None:
    prepack: Any = getattr(torch.ops.onednn, "qconv_prepack", None)
    ones = torch.ones(len(units))

    def laid(kernel: Tensor, count: int) -> Tensor:
        sides = [count * len(x), *x.shape[1:]]
        made: Tensor = prepack(kernel.to(torch.int8), ones, 1.0, _ZERO, strides, pads, [1, 1], 1, sides)
        return made

    try:
        return Integer(laid(high, 2), laid(low, 1), units, pads, strides) if prepack is not None else None
    except RuntimeError:  # a shape or a processor that the library does not take
        return None
