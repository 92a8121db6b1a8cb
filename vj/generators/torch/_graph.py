"""An ONNX file read as numbers and names, to be run by torch. Nothing in it is code; unknown operators are refused."""

import copy
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import AttributeProto, helper, inliner
from torch import Tensor

from vj.core.errors import BundleError
from vj.generators.bundle.settled import settled
from vj.generators.torch._fused import fused
from vj.generators.torch._nets import NARROW
from vj.generators.torch._node import Node, Part, Parts, Way
from vj.generators.torch._numbers import Numbers, Place, read_model, tensor_of
from vj.generators.torch._plan import KNOWN, Plan

#: Plans for so many shapes of inputs are kept: one picture, a batch, the rest of a batch.
_PLANS = 4


class Program:
    """One network. `inputs` and `outputs` are as declared: numbers, or names of free sizes, by name.

    Inputs that have a value of their own need not be fed and are not listed. Raises BundleError for a file that is no
    ONNX graph, and for an operator that torch does not run here, by name.
    """

    def __init__(self, file: Path, way: Way) -> None:
        self.file = file
        model, places, numbers = _model(file)
        constants = Numbers(model.graph, file.name, places, numbers)
        self._graph = replace(_parts(model.graph, _opset(model), file.name, own=False), constants=constants)
        unknown = sorted(_kinds(self._graph) - KNOWN)
        if unknown:
            raise BundleError(
                f"torch runs no {' or '.join(unknown)} here", str(file), "it plays on ONNX Runtime, which does"
            )
        self.inputs = {i.name: _sides(i) for i in model.graph.input if i.name not in self._graph.constants}
        self.outputs = {o.name: _sides(o) for o in model.graph.output}
        if way.device == "cpu":
            self._graph = fused(self._graph)
        #: What each convolution writes, in order.
        self.convolutions = tuple(_convolutions(self._graph))
        self._forms = self._checked(way.layers)
        self._way = way
        self._kept: dict[Any, Any] = {}
        self._plans: dict[tuple[Any, ...], Plan] = {}
        self._making = threading.Lock()

    def run(self, feeds: Mapping[str, Tensor]) -> Tensor:
        """The first output for `feeds`, tensors on the device; a new shape of inputs is made ready first.

        Threads may run it side by side.
        """
        return self._plan(feeds).run(feeds)

    def layered(self, layers: str) -> "Program":
        """The same network with other letters (see Way); whatever both need is kept once."""
        made = copy.copy(self)
        made._forms, made._plans, made._making = self._checked(layers), {}, threading.Lock()
        return made

    def tiled(self, name: str) -> bool:
        """Whether the convolution that writes `name` is done in tiles in some plan made so far."""
        return any(name in plan.tiled for plan in self._plans.values())

    def spent(self, feeds: Mapping[str, Tensor]) -> dict[str, float]:
        """Seconds of this thread's processor that each step takes now, by the first name that it writes."""
        found: dict[str, float] = {}
        plan, last = self._plan(feeds), time.thread_time()

        def told(name: str) -> None:
            nonlocal last
            before, last = last, time.thread_time()
            found[name] = last - before

        last = time.thread_time()
        plan.run(feeds, told)
        return found

    def _checked(self, layers: str) -> dict[str, str]:
        """Letters by what the convolutions write; raises BundleError where they are not as many."""
        if layers and len(layers) != len(self.convolutions):
            raise BundleError("the choice is for other layers", str(self.file), "vj models optimize it again")
        return dict(zip(self.convolutions, layers, strict=False))

    def _plan(self, feeds: Mapping[str, Tensor]) -> Plan:
        key = tuple((name, *value.shape) for name, value in sorted(feeds.items()))
        with self._making:
            plan = self._plans.pop(key, None)
            if plan is None:
                plan = Plan(self._graph, feeds, self._way, self._kept, self._forms)
                settled()
                for old in list(self._plans)[: 1 - _PLANS]:
                    del self._plans[old]
            self._plans[key] = plan
        return plan


def _model(file: Path) -> tuple[onnx.ModelProto, dict[str, Place], BinaryIO | None]:
    try:
        model, places, numbers = read_model(file)  # nothing but the bundle's own file is opened
        if model.functions:
            model = inliner.inline_local_functions(model)
    except (OSError, DecodeError, ValueError, onnx.checker.ValidationError) as error:
        reason = str(error).strip().split("\n")[0]
        raise BundleError(
            f"{file.name} is not a usable ONNX file", f"{file}: {reason}", "copy the bundle again"
        ) from error
    if not model.graph.node:
        raise BundleError(f"{file.name} is not a usable ONNX file", str(file), "copy the bundle again")
    return model, places, numbers


def _opset(model: onnx.ModelProto) -> int:
    return max((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), default=17)


def _parts(graph: onnx.GraphProto, opset: int, file: str, own: bool = True) -> Parts:
    """Those of a graph, with its constants where they are its `own` to keep."""
    constants = {tensor.name: tensor_of(tensor, file) for tensor in graph.initializer} if own else {}
    parts = []
    for proto in graph.node:
        told = {a.name: _attribute(a, opset, file) for a in proto.attribute}
        kind = proto.op_type if proto.domain in ("", "ai.onnx") else f"{proto.domain}.{proto.op_type}"
        within = {name: value for name, value in told.items() if isinstance(value, Parts)}
        node = Node(kind, told, opset, len(proto.output), file)
        parts.append(Part(node, tuple(proto.input), tuple(proto.output), within))
    return Parts(tuple(parts), tuple(i.name for i in graph.input), tuple(o.name for o in graph.output), constants)


def _attribute(attribute: AttributeProto, opset: int, file: str) -> Any:
    if attribute.type == AttributeProto.GRAPH:
        return _parts(attribute.g, opset, file)
    value = helper.get_attribute_value(attribute)
    if attribute.type == AttributeProto.TENSOR:
        return tensor_of(value, file)
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value


def _kinds(graph: Parts) -> set[str]:
    inner = (_kinds(side) for part in graph.parts for side in part.within.values())
    return {part.node.kind for part in graph.parts}.union(*inner)


def _convolutions(graph: Parts) -> list[str]:
    """What convolutions write, those of inner graphs where they stand."""
    found = []
    for part in graph.parts:
        found += [part.writes[0]] if part.node.kind in NARROW else []
        found += [name for side in part.within.values() for name in _convolutions(side)]
    return found


def _sides(value: onnx.ValueInfoProto) -> list[Any]:
    return [side.dim_value or side.dim_param for side in value.type.tensor_type.shape.dim]
