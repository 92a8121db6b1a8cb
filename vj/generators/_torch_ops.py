"""ONNX operators as torch functions: arithmetic, and what moves numbers about. `_torch_nets` has those of networks.

Each takes its Node and its operands, tensors or None where the graph leaves one out. The operands that HOST names come
as lists of numbers, for they say shapes, axes and limits. Semantics: the ONNX operator documentation, opsets 7 to 21.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from vj.core.errors import BundleError

#: Numbers of ONNX element types.
DTYPES = {
    1: torch.float32,
    2: torch.uint8,
    3: torch.int8,
    5: torch.int16,
    6: torch.int32,
    7: torch.int64,
    9: torch.bool,
    10: torch.float16,
    11: torch.float64,
    16: torch.bfloat16,
}
Operand = Tensor | list[Any] | float | None
Op = Callable[..., Any]


@dataclass(frozen=True)
class Node:
    """An operator of a graph by its `kind`, and what it is told; `file` says whose."""

    kind: str
    attributes: Mapping[str, Any]
    opset: int
    outputs: int
    file: str

    def get(self, name: str, usual: Any) -> Any:
        """An attribute, or the usual value."""
        return self.attributes.get(name, usual)

    def refused(self, why: str) -> BundleError:
        """The error that says that this operator cannot be run so."""
        return BundleError(f"torch cannot run {self.kind} of {self.file}: {why}", self.file, "it plays on ONNX Runtime")


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


def _cast(node: Node, x: Tensor) -> Tensor:
    kind = node.get("to", 1)
    if kind not in DTYPES:
        raise node.refused(f"element type {kind}")
    return x.to(DTYPES[kind])


def _reshape(node: Node, x: Tensor, shape: list[int]) -> Tensor:
    kept = shape if node.get("allowzero", 0) else [x.shape[k] if n == 0 else n for k, n in enumerate(shape)]
    return x.reshape(kept)


def _axes(node: Node, axes: list[int] | None) -> list[int] | None:
    """From the operand, or the attribute of older opsets."""
    found = node.get("axes", None) if axes is None else axes
    return None if found is None else list(found)


def _unsqueeze(node: Node, x: Tensor, axes: list[int] | None = None) -> Tensor:
    found = _axes(node, axes) or []
    rank = x.dim() + len(found)
    for axis in sorted(axis % rank for axis in found):
        x = x.unsqueeze(axis)
    return x


def _squeeze(node: Node, x: Tensor, axes: list[int] | None = None) -> Tensor:
    found = _axes(node, axes)
    return x.squeeze() if found is None else x.squeeze(tuple(found))


def _slice(
    node: Node,
    x: Tensor,
    starts: list[int] | None = None,
    ends: list[int] | None = None,
    axes: list[int] | None = None,
    steps: list[int] | None = None,
) -> Tensor:
    starts, ends = starts or node.get("starts", []), ends or node.get("ends", [])
    axes = _axes(node, axes) or list(range(len(starts)))
    for start, end, axis, step in zip(starts, ends, axes, steps or [1] * len(starts), strict=True):
        if step > 0:
            x = x[(slice(None),) * (axis % x.dim()) + (slice(start, end, step),)]
        else:
            rows = range(x.shape[axis])[start:end:step]
            x = x.index_select(axis, torch.tensor(list(rows), device=x.device))
    return x


def _gather(node: Node, x: Tensor, index: Tensor) -> Tensor:
    axis = node.get("axis", 0) % x.dim()
    flat = torch.where(index < 0, index + x.shape[axis], index).reshape(-1)
    return x.index_select(axis, flat).reshape((*x.shape[:axis], *index.shape, *x.shape[axis + 1 :]))


def _concat(node: Node, *xs: Tensor) -> Tensor:
    return torch.cat(xs, node.get("axis", 0))


def _split(node: Node, x: Tensor, sizes: list[int] | None = None) -> tuple[Tensor, ...]:
    axis = node.get("axis", 0)
    sizes = sizes or node.get("split", None)
    if not sizes:
        each = -(-x.shape[axis] // node.outputs)
        return x.split(each, axis)
    return x.split(list(sizes), axis)


def _expand(node: Node, x: Tensor, shape: list[int]) -> Tensor:
    return x.expand(torch.broadcast_shapes(x.shape, tuple(shape)))


def _transpose(node: Node, x: Tensor) -> Tensor:
    return x.permute(node.get("perm", list(range(x.dim()))[::-1]))


def _flatten(node: Node, x: Tensor) -> Tensor:
    axis = node.get("axis", 1)
    first = 1
    for side in x.shape[: axis if axis >= 0 else axis + x.dim()]:
        first *= side
    return x.reshape(first, -1)


def _range(node: Node, start: list[Any], end: list[Any], step: list[Any]) -> Tensor:
    return torch.arange(start[0], end[0], step[0])


def _filled(node: Node, shape: list[int]) -> Tensor:
    value = node.get("value", torch.zeros(1))
    return torch.full(shape, value.item(), dtype=value.dtype)


def _tile(node: Node, x: Tensor, counts: list[int]) -> Tensor:
    return x.repeat(counts)


def _pad(
    node: Node,
    x: Tensor,
    pads: list[int] | None = None,
    value: list[float] | None = None,
    axes: list[int] | None = None,
) -> Tensor:
    pads = pads or node.get("pads", [])
    mode = node.get("mode", "constant")
    known = {"constant": "constant", "reflect": "reflect", "edge": "replicate"}
    if mode not in known:
        raise node.refused(f"mode {mode!r}")
    half = len(pads) // 2
    ends = {axis % x.dim(): (pads[k], pads[half + k]) for k, axis in enumerate(axes or range(half))}
    sides = [end for axis in reversed(range(x.dim())) for end in ends.get(axis, (0, 0))]
    if mode == "constant":
        return F.pad(x, sides, value=value[0] if value else node.get("value", 0.0))
    while len(sides) > 2 and sides[-2:] == [0, 0]:
        sides = sides[:-2]
    return F.pad(x, sides, mode=known[mode])


def _reduced(function: Callable[[Tensor, list[int], bool], Tensor]) -> Op:
    def op(node: Node, x: Tensor, axes: list[int] | None = None) -> Tensor:
        found = _axes(node, axes)
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
    return (x * node.get("alpha", 0.2) + node.get("beta", 0.5)).clamp(0.0, 1.0)


def _shuffled(node: Node, x: Tensor) -> Tensor:
    """DepthToSpace; CRD is what torch calls pixel shuffle."""
    side = node.get("blocksize", 1)
    if node.get("mode", "DCR") == "CRD":
        return F.pixel_shuffle(x, side)
    n, c, h, w = x.shape
    parts = x.reshape(n, side, side, c // side**2, h, w).permute(0, 3, 4, 1, 5, 2)
    return parts.reshape(n, c // side**2, h * side, w * side)


def _unshuffled(node: Node, x: Tensor) -> Tensor:
    """SpaceToDepth."""
    side = node.get("blocksize", 1)
    n, c, h, w = x.shape
    parts = x.reshape(n, c, h // side, side, w // side, side).permute(0, 3, 5, 1, 2, 4)
    return parts.reshape(n, c * side**2, h // side, w // side)


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
    "Concat": _concat,
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
    "Identity": _unary(lambda x: x),
    "Dropout": lambda node, x, *rest: x,
    "Clip": _clip,
    "Cast": _cast,
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Unsqueeze": _unsqueeze,
    "Squeeze": _squeeze,
    "Slice": _slice,
    "Split": _split,
    "Gather": _gather,
    "Expand": _expand,
    "Transpose": _transpose,
    "Tile": _tile,
    "Pad": _pad,
    "Range": _range,
    "ConstantOfShape": _filled,
    "ReduceMax": _reduced(lambda x, axes, keep: x.amax(axes, keepdim=keep)),
    "ReduceMin": _reduced(lambda x, axes, keep: x.amin(axes, keepdim=keep)),
    "ArgMax": _arg_most,
    "DepthToSpace": _shuffled,
    "SpaceToDepth": _unshuffled,
}
#: Operands that are no tensors but say how: by operator, their places.
HOST: dict[str, tuple[int, ...]] = {
    "Clip": (1, 2),
    "Reshape": (1,),
    "Unsqueeze": (1,),
    "Squeeze": (1,),
    "Slice": (1, 2, 3, 4),
    "Split": (1,),
    "Expand": (1,),
    "Tile": (1,),
    "Pad": (1, 2, 3),
    "Range": (0, 1, 2),
    "ConstantOfShape": (0,),
    **{f"Reduce{what}": (1,) for what in ("Sum", "Mean", "Prod", "Max", "Min", "L2", "SumSquare")},
}
#: Operators that take a plain number where the graph has a constant without sides.
SCALARS = ("Add", "Sub", "Mul", "Div", "Pow", "Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Equal", "Where")
