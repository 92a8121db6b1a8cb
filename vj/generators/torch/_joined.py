"""What follows a convolution done in the same walk, before its results are rounded and written out: see `_packed`."""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from vj.generators.torch._fused import SCALED
from vj.generators.torch._node import Node, Part, Step
from vj.generators.torch._operands import LIVE, call_of
from vj.generators.torch._packed import Ready


@dataclass(frozen=True)
class Open:
    """A convolution that something may follow: what it is called with, how that is changed, and names it reads."""

    node: Node
    ready: Ready
    operands: tuple[Any, ...]
    changes: tuple[Callable[[Tensor], Any] | None, ...]
    reads: tuple[str, ...]


def joined(
    part: Part, name: str, first: Open, operands: Mapping[str, Tensor], live: Container[str], made: Tensor
) -> Step | None:
    """`part` and the convolution before it, which nobody else reads, in one step; None where they cannot be.

    `name` is what the convolution wrote, `operands` are those of `part`, of which those that are not `live` are
    constants, and `made` is what came of it.
    """
    drawn = operands[name]
    if made.dtype != drawn.dtype or made.shape != drawn.shape:
        return None
    others = list(part.reads)
    others.remove(name)
    if any(other not in operands for other in others):
        return None
    each = all(_a_channel(operands[other], drawn) for other in others)
    more: list[Any] = [LIVE if other in live else _laid(operands[other]) for other in others]
    if part.node.kind == SCALED and each and name != part.reads[2]:
        function: Callable[..., Tensor] = first.ready.scaled
    elif part.node.kind == "Mul" and each:
        function = first.ready.times
    elif part.node.kind == "Add" and _alike(operands[others[0]], drawn):
        function = first.ready.plus
    elif part.node.kind == "LeakyRelu":
        function, more = first.ready.bent, [part.node.get("alpha", 0.01)]
    else:
        return None
    bias = [None] * (3 - len(first.operands))
    seen = tuple(other for other in others if other in live)
    changes = [*first.changes, *(None for _ in seen)]
    call = call_of(first.node, function, [*first.operands, *bias, *more], changes, False)
    return Step(call, (*first.reads, *seen), part.writes, convolution=name)


def _a_channel(value: Tensor, drawn: Tensor) -> bool:
    """Whether it is a number for each channel, the same for all pictures."""
    sides = (drawn.shape[1], 1, 1)
    return value.is_floating_point() and tuple(value.shape) in (sides, (1, *sides))


def _laid(constant: Tensor) -> Tensor:
    """As it is read in each run."""
    return constant.contiguous(memory_format=torch.channels_last) if constant.dim() == 4 else constant


def _alike(value: Tensor, drawn: Tensor) -> bool:
    return value.shape == drawn.shape and value.dtype == drawn.dtype
