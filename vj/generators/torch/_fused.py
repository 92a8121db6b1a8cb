"""Operators that follow one another and are quicker as one."""

from collections import Counter
from functools import lru_cache

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from vj.generators.torch._node import Node, Part, Parts, names_of

#: relu(x * scale + offset), which a norm comes down to: two walks through the picture in place of three, and one
#: rounding in place of two.
SCALED = "vj.ScaledRelu"
_CHAIN = ("Mul", "Add", "Relu")


def scaled(node: Node, x: Tensor, scale: Tensor, offset: Tensor) -> Tensor:
    """relu(x * scale + offset), the larger of the first two in what precision it comes."""
    x, scale = (x, scale) if x.numel() >= scale.numel() else (scale, x)
    if x.dtype != torch.bfloat16:
        return torch.addcmul(offset, x, scale).relu_()
    sides = {(1, x.shape[1], 1, 1), (x.shape[1], 1, 1)} if x.dim() == 4 else set()
    if {tuple(scale.shape), tuple(offset.shape)} <= sides and x.is_contiguous(memory_format=torch.channels_last):
        means, variances = _no_norm(x.shape[1])
        made = F.batch_norm(x, means, variances, scale.float().view(-1), offset.float().view(-1), eps=0.0)
    else:
        made = torch.addcmul(offset.to(x.dtype), x, scale.to(x.dtype))
    # What is below 0 is so as a whole number too, and these are compared in a third of the time.
    made.view(torch.int16).clamp_min_(0)
    return made


@lru_cache(maxsize=64)
def _no_norm(count: int) -> tuple[Tensor, Tensor]:
    """Means and variances of `count` channels that a norm leaves as they are."""
    return torch.zeros(count), torch.ones(count)


def fused(graph: Parts) -> Parts:
    """`graph` with every Mul, Add, Relu of which nobody else reads what lies between as one part."""
    read = Counter(names_of(graph))
    makers = {name: part for part in graph.parts for name in part.writes}
    gone: set[int] = set()
    made: dict[int, Part] = {}
    for last in graph.parts:
        chain = _chain(last, makers, read)
        if chain:
            product, total = chain
            offset = next(name for name in total.reads if name != product.writes[0])
            node = Node(SCALED, {}, last.node.opset, 1, last.node.file)
            made[id(last)] = Part(node, (*product.reads, offset), last.writes)
            gone |= {id(product), id(total)}
    parts = tuple(made.get(id(part), part) for part in graph.parts if id(part) not in gone)
    return Parts(parts, graph.inputs, graph.outputs, graph.constants)


def _chain(last: Part, makers: dict[str, Part], read: Counter[str]) -> tuple[Part, Part] | None:
    """The Mul and the Add that end in `last`, if it is such a Relu."""
    if last.node.kind != _CHAIN[2] or read[last.reads[0]] != 1:
        return None
    total = makers.get(last.reads[0])
    if total is None or total.node.kind != _CHAIN[1] or total.reads[0] == total.reads[1]:
        return None
    for name in total.reads:
        product = makers.get(name)
        if product is not None and product.node.kind == _CHAIN[0] and read[name] == 1:
            return product, total
    return None
