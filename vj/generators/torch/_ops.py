"""ONNX operators as torch functions: arithmetic. `_moves` and `_nets` have the others.

Each takes its Node and its operands, tensors or None where the graph leaves one out. The operands that HOST names come
as lists of numbers, for they say shapes, axes and limits. Semantics: the ONNX operator documentation, opsets 7 to 21.
"""

import operator
from collections.abc import Callable
from functools import reduce
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from vj.generators.torch._fused import SCALED, scaled
from vj.generators.torch._moves import axes_of, concat
from vj.generators.torch._node import Node, Op


def _unary(function: Op) -> Op:
    return lambda node, x: function(x)


def _binary(function: Op) -> Op:
    return lambda node, a, b: function(a, b)


def _many(function: Op) -> Op:
    return lambda node, *xs: reduce(function, xs)


def _div(node: Node, a: Any, b: Any) -> Tensor:
    if any(isinstance(value, Tensor) and not value.is_floating_point() for value in (a, b)):
        return torch.div(a, b, rounding_mode="trunc")
    result: Tensor = a / b
    return result


def _clip(node: Node, x: Tensor, low: list[float] | None = None, high: list[float] | None = None) -> Tensor:
    least = low[0] if low else node.get("min", None)
    most = high[0] if high else node.get("max", None)
    return x if least is None and most is None else x.clamp(least, most)


def _reduced(function: Callable[[Tensor, list[int], bool], Tensor]) -> Op:
    def op(node: Node, x: Tensor, axes: list[int] | None = None) -> Tensor:
        found = axes_of(node, axes)
        if not found and node.get("noop_with_empty_axes", 0):
            return x
        return function(x, found or list(range(x.dim())), bool(node.get("keepdims", 1)))

    return op


def _product(x: Tensor, axes: list[int], keep: bool) -> Tensor:
    for axis in sorted((axis % x.dim() for axis in axes), reverse=True):
        x = x.prod(axis, keepdim=keep)
    return x


def _arg_most(node: Node, x: Tensor) -> Tensor:
    return x.argmax(node.get("axis", 0), keepdim=bool(node.get("keepdims", 1)))


def _where(node: Node, condition: Tensor, a: Tensor, b: Tensor) -> Tensor:
    return torch.where(condition, a, b)


def _modulo(node: Node, a: Tensor, b: Any) -> Tensor:
    return torch.fmod(a, b) if node.get("fmod", 0) else torch.remainder(a, b)


def _power(node: Node, a: Any, b: Any) -> Tensor:
    result: Tensor = a**b
    return result


def _leaky(node: Node, x: Tensor) -> Tensor:
    return F.leaky_relu(x, node.get("alpha", 0.01))


def _hard_sigmoid(node: Node, x: Tensor) -> Tensor:
    slope, middle = float(node.get("alpha", 0.2)), float(node.get("beta", 0.5))
    return (x * slope + middle).clamp(0.0, 1.0)


#: Operators in which the operand of most numbers says the precision.
ELEMENTWISE: dict[str, Op] = {
    "Add": _binary(operator.add),
    "Sub": _binary(operator.sub),
    "Mul": _binary(operator.mul),
    "Div": _div,
    "Max": _many(torch.maximum),
    "Min": _many(torch.minimum),
    "Sum": _many(operator.add),
    "Mod": _modulo,
    "Equal": _binary(torch.eq),
    "Less": _binary(torch.lt),
    "LessOrEqual": _binary(torch.le),
    "Greater": _binary(torch.gt),
    "GreaterOrEqual": _binary(torch.ge),
    "PRelu": lambda node, x, slope: torch.where(x < 0, x * slope, x),
    "Where": _where,
    "Concat": concat,
    SCALED: scaled,
}
#: Operators whose error grows with rounding: always in single precision.
DELICATE: dict[str, Op] = {
    "Exp": _unary(torch.exp),
    "Log": _unary(torch.log),
    "Sqrt": _unary(torch.sqrt),
    "Reciprocal": _unary(torch.reciprocal),
    "Sin": _unary(torch.sin),
    "Cos": _unary(torch.cos),
    "Atan": _unary(torch.atan),
    "Erf": _unary(torch.erf),
    "Pow": _power,
    "ReduceSum": _reduced(lambda x, axes, keep: x.sum(axes, keepdim=keep)),
    "ReduceMean": _reduced(lambda x, axes, keep: x.mean(axes, keepdim=keep)),
    "ReduceProd": _reduced(_product),
    "ReduceL2": _reduced(lambda x, axes, keep: x.square().sum(axes, keepdim=keep).sqrt()),
    "ReduceSumSquare": _reduced(lambda x, axes, keep: x.square().sum(axes, keepdim=keep)),
}
#: Operators that take numbers as they come.
PLAIN: dict[str, Op] = {
    "Abs": _unary(torch.abs),
    "Neg": _unary(torch.neg),
    "Not": _unary(torch.logical_not),
    "And": _binary(torch.logical_and),
    "Or": _binary(torch.logical_or),
    "Floor": _unary(torch.floor),
    "Ceil": _unary(torch.ceil),
    "Round": _unary(torch.round),
    "Sign": _unary(torch.sign),
    "Relu": _unary(torch.relu),
    "LeakyRelu": _leaky,
    "Elu": lambda node, x: F.elu(x, node.get("alpha", 1.0)),
    "Selu": _unary(F.selu),
    "HardSigmoid": _hard_sigmoid,
    "HardSwish": _unary(F.hardswish),
    "Softplus": _unary(F.softplus),
    "Tanh": _unary(torch.tanh),
    "Sigmoid": _unary(torch.sigmoid),
    "Gelu": lambda node, x: F.gelu(x, approximate=node.get("approximate", "none")),
    "Clip": _clip,
    "ReduceMax": _reduced(lambda x, axes, keep: x.amax(axes, keepdim=keep)),
    "ReduceMin": _reduced(lambda x, axes, keep: x.amin(axes, keepdim=keep)),
    "ArgMax": _arg_most,
}
#: Operands that are no tensors but say how: by operator, their places.
HOST: dict[str, tuple[int, ...]] = {
    "Clip": (1, 2),
    **{f"Reduce{what}": (1,) for what in ("Sum", "Mean", "Prod", "Max", "Min", "L2", "SumSquare")},
}
#: Operators that take a plain number where the graph has a constant without sides.
SCALARS = ("Add", "Sub", "Mul", "Div", "Pow", "Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Equal", "Where")
