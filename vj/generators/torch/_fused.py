"""Operators that follow one another and are quicker as one."""

from collections import Counter

import torch
from torch import Tensor

from vj.generators.torch._node import Node, Part, Parts, names_of

#: relu(x * scale + offset), which a norm comes down to: two walks through the picture in place of three, and one
#: rounding in place of two.
SCALED = "vj.ScaledRelu"
_CHAIN = ("Mul", "Add", "Relu")


def scaled(node: Node, x: Tensor, scale: Tensor, offset: Tensor) -> Tensor:
    """relu(x * scale + offset)."""
    return torch.addcmul(offset, x, scale).relu_()


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
