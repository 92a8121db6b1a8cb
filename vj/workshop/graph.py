"""A small language for writing ONNX graphs as arithmetic: `Value`s are tensors, operators on them are nodes.

    g = Graph()
    x = g.input("x", ["batch", 3])
    g.output("y", g.tanh(x * 2.0 + 1.0), ["batch", 3])
    g.save(path)

Constants are shared, names are counted from zero, so the same program writes the same bytes. `choose` writes an ONNX
`If`: its branch runs only where it is needed and may use every Value made before it.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Union

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
Operand = Union["Value", float, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Value:
    """A tensor in `graph`, known by its `name`."""

    graph: "Graph"
    name: str
    __array_ufunc__ = None  # numpy arrays on the left leave the arithmetic to us

    def __add__(self, other: Operand) -> "Value":
        return self.graph.op("Add", self, other)

    def __radd__(self, other: Operand) -> "Value":
        return self.graph.op("Add", other, self)

    def __sub__(self, other: Operand) -> "Value":
        return self.graph.op("Sub", self, other)

    def __rsub__(self, other: Operand) -> "Value":
        return self.graph.op("Sub", other, self)

    def __mul__(self, other: Operand) -> "Value":
        return self.graph.op("Mul", self, other)

    def __rmul__(self, other: Operand) -> "Value":
        return self.graph.op("Mul", other, self)

    def __truediv__(self, other: Operand) -> "Value":
        return self.graph.op("Div", self, other)

    def __rtruediv__(self, other: Operand) -> "Value":
        return self.graph.op("Div", other, self)

    def __neg__(self) -> "Value":
        return self.graph.op("Neg", self)

    def __matmul__(self, other: Operand) -> "Value":
        return self.graph.op("MatMul", self, other)

    def __rmatmul__(self, other: Operand) -> "Value":
        return self.graph.op("MatMul", other, self)


class Graph:
    """An ONNX graph in the making."""

    def __init__(self) -> None:
        self._scopes: list[list[onnx.NodeProto]] = [[]]
        self._constants: dict[tuple[str, tuple[int, ...], bytes], Value] = {}
        self._initializers: list[onnx.TensorProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._count = 0

    def input(self, name: str, shape: Sequence[int | str]) -> Value:
        """A float input of the whole graph."""
        self._inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)))
        return Value(self, name)

    def optional(self, name: str, shape: Sequence[int | str], array: NDArray[np.float32]) -> Value:
        """A float input that is `array` where nobody feeds it; runtimes do not list it among those they need."""
        self._initializers.append(numpy_helper.from_array(np.ascontiguousarray(array, np.float32), name))
        return self.input(name, shape)

    def output(self, name: str, value: Value, shape: Sequence[int | str]) -> None:
        """Name `value` as an output of the whole graph."""
        self._scopes[-1].append(helper.make_node("Identity", [value.name], [name]))
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)))

    def constant(self, array: Any, dtype: type = np.float32) -> Value:
        """`array` as an initialiser, shared with every equal one, which is known by its digest."""
        data = np.ascontiguousarray(array, dtype=dtype).reshape(np.shape(array))
        key = (data.dtype.str, data.shape, hashlib.sha256(data.reshape(-1).view(np.uint8).data).digest())
        if key not in self._constants:
            name = f"c{len(self._constants)}"
            self._initializers.append(numpy_helper.from_array(data, name))
            self._constants[key] = Value(self, name)
        return self._constants[key]

    def op(self, kind: str, *operands: Any, **attributes: Any) -> Value:
        """One node of ONNX operator `kind`; plain numbers and arrays become constants, single precision or half."""
        return self.ops(kind, 1, *operands, **attributes)[0]

    def ops(self, kind: str, outputs: int, *operands: Any, **attributes: Any) -> list[Value]:
        """A node with several outputs."""
        names = [o.name if isinstance(o, Value) else "" if o is None else self._plain(o).name for o in operands]
        made = [self._fresh() for _ in range(outputs)]
        self._scopes[-1].append(helper.make_node(kind, names, made, **attributes))
        return [Value(self, name) for name in made]

    def choose(self, condition: Value, then: Callable[[], Value], otherwise: Callable[[], Value]) -> Value:
        """The result of `then()` where the boolean scalar `condition` holds, else of `otherwise()`; only one runs."""
        branches = {"then_branch": self._branch(then), "else_branch": self._branch(otherwise)}
        return self.ops("If", 1, condition, **branches)[0]

    def proto(self, name: str) -> onnx.ModelProto:
        """The finished and checked model."""
        frame = helper.make_graph(self._scopes[0], name, self._inputs, self._outputs)
        model = helper.make_model(frame, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="vj")
        model.ir_version = 8
        model.graph.initializer.extend(self._initializers)  # helpers would copy the weights three times
        onnx.checker.check_model(model)
        return model

    def save(self, path: Path) -> None:
        """Write the model, named after its file."""
        path.write_bytes(self.proto(path.stem).SerializeToString(deterministic=True))

    def _plain(self, operand: Any) -> Value:
        half = isinstance(operand, np.ndarray) and operand.dtype == np.float16
        return self.constant(operand, np.float16 if half else np.float32)

    def _fresh(self) -> str:
        self._count += 1
        return f"v{self._count}"

    def _branch(self, body: Callable[[], Value]) -> onnx.GraphProto:
        self._scopes.append([])
        result = body()
        nodes = self._scopes.pop()
        name = self._fresh()
        nodes.append(helper.make_node("Identity", [result.name], [name]))
        return helper.make_graph(nodes, f"branch_{name}", [], [helper.make_empty_tensor_value_info(name)])

    # Operators by the names that mathematics gives them.

    def sin(self, x: Value) -> Value:
        return self.op("Sin", x)

    def cos(self, x: Value) -> Value:
        return self.op("Cos", x)

    def tanh(self, x: Value) -> Value:
        return self.op("Tanh", x)

    def exp(self, x: Value) -> Value:
        return self.op("Exp", x)

    def fading(self, x: Value) -> Value:
        """exp(x), but never under exp(-30): numbers below the normal ones take a processor many times as long."""
        return self.exp(self.op("Max", x, -30.0))

    def sqrt(self, x: Value) -> Value:
        return self.op("Sqrt", x)

    def abs(self, x: Value) -> Value:
        return self.op("Abs", x)

    def floor(self, x: Value) -> Value:
        return self.op("Floor", x)

    def relu(self, x: Value) -> Value:
        return self.op("Relu", x)

    def sigmoid(self, x: Value) -> Value:
        return self.op("Sigmoid", x)

    def clip(self, x: Value, low: float, high: float) -> Value:
        return self.op("Clip", x, low, high)

    def concat(self, values: Sequence[Value], axis: int) -> Value:
        return self.op("Concat", *values, axis=axis)

    def reshape(self, x: Value, *shape: int) -> Value:
        """`x` in a new shape; 0 keeps a side, -1 takes what is left."""
        return self.op("Reshape", x, self.constant(shape, np.int64))

    def take(self, x: Value, axis: int, start: int, stop: int) -> Value:
        """The slice [start, stop) of `axis`."""
        ends = [self.constant([n], np.int64) for n in (start, stop, axis)]
        return self.op("Slice", x, *ends)

    def sum(self, x: Value, axis: int) -> Value:
        """Sum over `axis`, which stays as a side of 1."""
        return self.op("ReduceSum", x, self.constant([axis], np.int64), keepdims=1)


def alike(a: onnx.ModelProto, b: onnx.ModelProto) -> bool:
    """Whether two models are the same but for the last digits of their constants."""
    constants = [{t.name: numpy_helper.to_array(t) for t in model.graph.initializer} for model in (a, b)]
    if constants[0].keys() != constants[1].keys():
        return False
    for name, array in constants[0].items():
        other = constants[1][name]
        if array.shape != other.shape or not np.allclose(array, other, rtol=1e-3, atol=1e-5):
            return False
    bare = [onnx.ModelProto.FromString(model.SerializeToString()) for model in (a, b)]
    for model in bare:
        del model.graph.initializer[:]
    return bool(bare[0] == bare[1])
