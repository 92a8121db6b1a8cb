"""Turns noise that a foreign network draws for itself into inputs, so that the same latent keeps its picture.

`RandomNormal` and `RandomNormalLike` of a size that is known become an input `noise.drawn0` [1, ...] of standard
normals, times their scale, plus their mean. Operators: the standard of ONNX.
"""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper, shape_inference

#: Operators that this takes out of a graph.
NORMAL = frozenset({"RandomNormal", "RandomNormalLike"})
_NAME = "noise.drawn"


def fed(model: onnx.ModelProto) -> onnx.ModelProto:
    """`model` with an input for each draw of normals in its main graph whose size is known; others stay as they are."""
    if not any(node.op_type in NORMAL for node in model.graph.node):
        return model
    sides = _sides(model)
    made = onnx.ModelProto()
    made.CopyFrom(model)
    del made.graph.node[:], made.graph.value_info[:]
    count = 0
    for node in model.graph.node:
        shape = _shape(node, sides) if node.op_type in NORMAL else None
        if shape is None:
            made.graph.node.append(node)
            continue
        _feed(made.graph, node, f"{_NAME}{count}", shape)
        count += 1
    return made


def _sides(model: onnx.ModelProto) -> dict[str, list[int | str]]:
    """Tensor -> its sides, numbers or names, "" for those that nobody knows."""
    inferred = shape_inference.infer_shapes(model, data_prop=True).graph
    found: dict[str, list[int | str]] = {tensor.name: list(tensor.dims) for tensor in model.graph.initializer}
    for value in (*inferred.input, *inferred.value_info, *inferred.output):
        sort = value.type.tensor_type
        if sort.HasField("shape"):
            found[value.name] = [
                side.dim_value if side.HasField("dim_value") else side.dim_param for side in sort.shape.dim
            ]
    return found


def _shape(node: onnx.NodeProto, sides: dict[str, list[int | str]]) -> list[int] | None:
    """The shape of one draw, its first side 1; None where it cannot be known."""
    if node.op_type == "RandomNormal":
        drawn: list[int | str] = list(next((a.ints for a in node.attribute if a.name == "shape"), []))
    else:
        drawn = sides.get(node.input[0], [])
    if not drawn:
        return None
    first = [] if isinstance(drawn[0], str) or drawn[0] == 1 else [drawn[0]]
    rest = [side for side in (*first, *drawn[1:]) if isinstance(side, int) and side > 0]
    return [1, *rest] if rest and len(rest) == len(drawn) - 1 + len(first) else None


def _feed(graph: onnx.GraphProto, node: onnx.NodeProto, name: str, shape: list[int]) -> None:
    """Put an input in the place of `node`, with its mean, scale, number format and number of sides."""
    said = {attribute.name: attribute for attribute in node.attribute}
    mean, scale = (float(said[n].f) if n in said else usual for n, usual in (("mean", 0.0), ("scale", 1.0)))
    graph.input.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    at = name
    if node.op_type == "RandomNormal" and len(said["shape"].ints) < len(shape):  # it has no side for the batch
        at = _step(graph, "Reshape", at, np.array(shape[1:], np.int64))
    if scale != 1.0:
        at = _step(graph, "Mul", at, np.array(scale, np.float32))
    if mean:
        at = _step(graph, "Add", at, np.array(mean, np.float32))
    kind = int(said["dtype"].i) if "dtype" in said else TensorProto.FLOAT
    graph.node.append(helper.make_node("Cast", [at], [node.output[0]], to=kind))


def _step(graph: onnx.GraphProto, kind: str, at: str, operand: NDArray[Any]) -> str:
    """A node on `at` and a constant; the name of what it gives."""
    made = f"{at}.{kind}"
    graph.initializer.append(numpy_helper.from_array(operand, f"{made}.by"))
    graph.node.append(helper.make_node(kind, [at, f"{made}.by"], [made]))
    return made
