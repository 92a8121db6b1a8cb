"""What steps read: live operands, each as its reader wants it in precision and layout; and which maps are pictures."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from vj.generators.torch._node import Node

#: Pictures, not features: as many channels at the most are kept in single precision.
COLOURS = 4
#: Stands for an operand that is read in each run.
LIVE: Any = object()


def call_of(
    node: Node, function: Callable[..., Any], operands: list[Any], changes: list[Any], widened: bool
) -> Callable[..., Any]:
    """`function` of live operands only, each changed as `changes` says."""
    places = [k for k, operand in enumerate(operands) if operand is LIVE]

    def call(*live: Tensor) -> Any:
        given = list(operands)
        for place, value, change in zip(places, live, changes, strict=True):
            given[place] = change(value) if change is not None else value
        made = function(node, *given)
        return made.float() if widened else made

    return call


def changed(value: Tensor, precision: torch.dtype | None, last: bool) -> Callable[[Tensor], Tensor] | None:
    """How a live operand is brought to `precision`, and for convolutions to channels last."""
    dtype = precision if precision is not None and value.is_floating_point() else value.dtype
    if last and value.dim() == 4:
        return lambda x: x.to(dtype, memory_format=torch.channels_last)
    return None if dtype == value.dtype else lambda x: x.to(dtype)


def wide(values: Sequence[Tensor]) -> bool:
    """Whether one of the largest maps is in single precision."""
    most = max((value.numel() for value in values), default=0)
    return any(value.dtype == torch.float32 and value.numel() == most for value in values)


def rows_of(value: Tensor) -> int:
    """The shorter side of a map; of what is none, more than any."""
    return min(value.shape[2:]) if value.dim() == 4 else 2**31


def few(value: Tensor) -> bool:
    """Whether it is a picture, not features."""
    return value.dim() == 4 and value.shape[1] <= COLOURS


def colours(weight: Tensor, node: Node) -> bool:
    """Whether a convolution makes a picture."""
    made = weight.shape[0] if node.kind == "Conv" else weight.shape[1] * node.get("group", 1)
    return bool(made <= COLOURS)


def listed(value: Tensor) -> list[Any]:
    """The numbers of a tensor that says how, not what."""
    return [value.item()] if value.dim() == 0 else list(value.tolist())
