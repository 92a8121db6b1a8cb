"""Puts our own graphs before and after a foreign network, and lets one that was fixed to one picture make several."""

from collections.abc import Iterator

import numpy as np
import onnx
from onnx import compose, helper, numpy_helper

from vj.workshop.graph import Graph

#: Names of the foreign network's tensors begin with this, so that none meets one of ours.
INNER = "decoder/"
_BATCH = "batch"


def spliced(before: Graph, network: onnx.ModelProto, after: Graph) -> onnx.ModelProto:
    """One model of the three, with the inputs of `before` and the outputs of `after`.

    `before` outputs, and `after` reads, the network's ports by INNER + their names; `after` may read inputs, too.
    """
    first, last = before.proto("before"), after.proto("after")
    kept = {"rename_inputs": False, "rename_outputs": False}
    first = compose.add_prefix(first, "before/", **kept)
    last = compose.add_prefix(last, "after/", **kept)
    inner = compose.add_prefix(network, INNER)
    parts = [part.graph for part in (first, inner, last)]
    graph = helper.make_graph(
        [node for part in parts for node in part.node],
        "spliced",
        first.graph.input,
        last.graph.output,
        [tensor for part in parts for tensor in part.initializer],
        sparse_initializer=[tensor for part in parts for tensor in part.sparse_initializer],
    )
    model = helper.make_model(graph, opset_imports=network.opset_import, functions=inner.functions, producer_name="vj")
    model.ir_version = max(network.ir_version, 8)
    return model


def freed(network: onnx.ModelProto, batch: int = 1) -> onnx.ModelProto:
    """A copy whose inputs and outputs have a free batch in place of `batch`, and whose constant reshapes keep it.

    It may be wrong, where a first side of `batch` meant something else: whoever asks must compare pictures.
    """
    copy = onnx.ModelProto()
    copy.CopyFrom(network)
    for value in (*copy.graph.input, *copy.graph.output):
        sides = value.type.tensor_type.shape.dim
        if sides and sides[0].dim_value == batch:
            sides[0].dim_param = _BATCH
    del copy.graph.value_info[:]
    for tensor in _shapes(copy):
        shape = numpy_helper.to_array(tensor)
        if shape.ndim == 1 and shape.size > 1 and shape[0] == batch:
            tensor.CopyFrom(numpy_helper.from_array(np.concatenate([[0], shape[1:]]), tensor.name))
    return copy


def single(network: onnx.ModelProto, batch: int) -> onnx.ModelProto:
    """`network`, which makes `batch` pictures at once, as one that makes the first: all rows are fed the same."""
    wide = compose.add_prefix(network, "wide/")
    constants = {tensor.name for tensor in wide.graph.initializer}
    before, after, inputs, outputs = [], [], [], []
    ends = [numpy_helper.from_array(np.array([n]), f"single/{n}") for n in (0, 1)]
    for value in wide.graph.input:
        if value.name not in constants:
            plain = value.name.removeprefix("wide/")
            many = bool(_sides(value)) and _sides(value)[0] == batch
            inputs.append(_first_of_batch(value, plain, many))
            before.append(
                helper.make_node(*(("Concat", [plain] * batch) if many else ("Identity", [plain])), [value.name])
            )
            if many:
                before[-1].attribute.append(helper.make_attribute("axis", 0))
    for value in wide.graph.output:
        plain = value.name.removeprefix("wide/")
        outputs.append(_first_of_batch(value, plain, True))
        after.append(helper.make_node("Slice", [value.name, ends[0].name, ends[1].name, ends[0].name], [plain]))
    graph = helper.make_graph(
        [*before, *wide.graph.node, *after],
        network.graph.name,
        inputs,
        outputs,
        [*wide.graph.initializer, *ends],
        sparse_initializer=wide.graph.sparse_initializer,
    )
    model = helper.make_model(graph, opset_imports=network.opset_import, functions=wide.functions, producer_name="vj")
    model.ir_version = network.ir_version
    return model


def _first_of_batch(value: onnx.ValueInfoProto, name: str, many: bool) -> onnx.ValueInfoProto:
    sides = _sides(value)
    sort = value.type.tensor_type.elem_type
    return helper.make_tensor_value_info(name, sort, [1, *sides[1:]] if many and sides else sides or None)


def _shapes(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    """Constants that say the new shape of a Reshape, where 0 keeps the side that is there."""
    reshapes = [node for node in model.graph.node if node.op_type == "Reshape"]
    asked = {node.input[1] for node in reshapes if not any(a.name == "allowzero" and a.i for a in node.attribute)}
    yield from (tensor for tensor in model.graph.initializer if tensor.name in asked)
    for node in model.graph.node:
        if node.op_type == "Constant" and node.output[0] in asked and node.attribute[0].name == "value":
            yield node.attribute[0].t


def repeated(model: onnx.ModelProto) -> onnx.ModelProto:
    """`model`, good for a batch of one only, run once for each of the batch (an ONNX Scan)."""
    zero, one = (numpy_helper.from_array(np.array([n]), f"scan/{n}") for n in (0, 1))
    body = compose.add_prefix_graph(model.graph, "one/")  # a graph within may not use names of the one around it
    nodes = [helper.make_node("Shape", [model.graph.input[0].name], ["scan/sides"])]
    nodes.append(helper.make_node("Slice", ["scan/sides", zero.name, one.name], ["scan/count"]))
    fed, constants = [], [zero, one]
    for value in model.graph.input:
        fed.append(value.name)
        if value.name.startswith("noise"):  # one draw may serve the whole batch
            ones = numpy_helper.from_array(np.ones(len(_sides(value)) - 1, np.int64), f"scan/ones/{value.name}")
            constants.append(ones)
            fed[-1] = f"scan/{value.name}"
            nodes.append(helper.make_node("Concat", ["scan/count", ones.name], [f"scan/shape/{value.name}"], axis=0))
            nodes.append(helper.make_node("Expand", [value.name, f"scan/shape/{value.name}"], [fed[-1]]))
    _one_of_batch(body, zero.name)
    scan = helper.make_node("Scan", fed, [model.graph.output[0].name], body=body, num_scan_inputs=len(fed))
    graph = helper.make_graph([*nodes, scan], model.graph.name, model.graph.input, model.graph.output, constants)
    whole = helper.make_model(graph, opset_imports=model.opset_import, functions=model.functions, producer_name="vj")
    whole.ir_version = model.ir_version
    return whole


def _one_of_batch(body: onnx.GraphProto, zero: str) -> None:
    """Give every input and the output of `body` without their batch."""
    inputs = [_without_batch(value) for value in body.input]
    first = [helper.make_node("Unsqueeze", [f"row/{value.name}", zero], [value.name]) for value in body.input]
    last = helper.make_node("Squeeze", [body.output[0].name, zero], [f"row/{body.output[0].name}"])
    output = _without_batch(body.output[0])
    nodes = [*first, *body.node, last]
    for field in (body.input, body.output, body.node):
        del field[:]
    body.input.extend(inputs)
    body.output.append(output)
    body.node.extend(nodes)


def _without_batch(value: onnx.ValueInfoProto) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(f"row/{value.name}", onnx.TensorProto.FLOAT, _sides(value)[1:])


def _sides(value: onnx.ValueInfoProto) -> list[int | str]:
    return [side.dim_value or side.dim_param for side in value.type.tensor_type.shape.dim]
