"""Elementwise operators that write their result over an operand which nobody reads after: a walk through a map in
memory that is at hand takes half of one into memory that has to be fetched."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from vj.generators.torch import _nets as nets
from vj.generators.torch._fused import SCALED
from vj.generators.torch._node import Node, Op, Part

#: Results over the first operand.
_OVER: Mapping[str, Op] = {
    "Add": lambda node, a, b: a.add_(b),
    "Sub": lambda node, a, b: a.sub_(b),
    "Mul": lambda node, a, b: a.mul_(b),
    "Relu": lambda node, x: x.relu_(),
    "LeakyRelu": lambda node, x: F.leaky_relu_(x, node.get("alpha", 0.01)),
    "Tanh": lambda node, x: x.tanh_(),
    "Sigmoid": lambda node, x: x.sigmoid_(),
}
#: Those whose first two operands may change places.
_EITHER = ("Add", "Mul")
#: Operators whose result is in memory of its own.
FRESH = frozenset({*_OVER, *nets.NARROW, SCALED, "Div"})


def over(
    part: Part, operands: Sequence[Tensor], free: Callable[[str], bool], precision: torch.dtype | None
) -> Op | None:
    """`part` over one of its operands that is `free` to be written over; None where none is or could hold the result.

    `operands` are its tensors, brought to `precision` before it is done.
    """
    function = _OVER.get(part.node.kind)
    if function is None or len(operands) != len(part.reads):
        return None
    kinds = [precision if precision and value.is_floating_point() else value.dtype for value in operands]
    for place in (0, 1) if part.node.kind in _EITHER else (0,):
        x, kind = operands[place], kinds[place]
        holds = x.is_floating_point() and all(
            _broadcast(value, x) and (value.dim() == 0 or torch.promote_types(other, kind) == kind)
            for other, value in zip(kinds, operands, strict=True)
        )
        if holds and free(part.reads[place]):
            return function if place == 0 else _swapped(function)
    return None


def _broadcast(value: Tensor, to: Tensor) -> bool:
    """Whether `value` with `to` makes something shaped like `to`."""
    sides = zip(reversed(value.shape), reversed(to.shape), strict=False)
    return value.dim() <= to.dim() and all(side in (1, other) for side, other in sides)


def _swapped(function: Op) -> Op:
    def op(node: Node, a: Any, b: Any) -> Any:
        return function(node, b, a)

    return op
