"""Writes a bundle that has learned directions: a copy of another one, which stays as it is.

Plain directions are vectors in `directions.safetensors`. A flow is more than a vector, for it depends on where it
starts: there the graphs are widened. w gets a number a fader, which the mapper leaves at 0; the fader's direction
raises that number in layer 0; and the synthesizer begins with the flow, which reads it. The contract of a bundle is
kept, so whatever plays bundles plays this one. New names come first, and so get the first faders.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import safetensors.numpy
import tomlkit
from onnx import AttributeProto, helper, numpy_helper
from tomlkit.items import Table

from vj.core.errors import BundleError
from vj.core.types import F32
from vj.generators.bundle.directions import read_directions
from vj.generators.bundle.manifest import DIRECTIONS, MANIFEST, Bundle
from vj.workshop.manifest import checksums
from vj.workshop.walks._net import STEPS, Flow

#: Slice has its limits as inputs from this opset on.
_OPSET = 10
_BESIDE = ("README.md", "poster.png", "classes.txt")


@dataclass(frozen=True)
class Learned:
    """`directions` name -> [L, W], or the `faders` of a `flow`; `made_by` says by what, for the manifest."""

    made_by: str
    directions: Mapping[str, F32]
    faders: Sequence[str] = ()
    flow: Flow | None = None


def write(bundle: Bundle, folder: Path, name: str, learned: Learned) -> None:
    """Write the bundle `name` into `folder`, which is there and empty; raises BundleError."""
    for file in (*bundle.files, *_BESIDE):
        if (bundle.folder / file).is_file():
            shutil.copyfile(bundle.folder / file, folder / file)
    old = dict(zip(bundle.directions, read_directions(bundle), strict=True))
    new = dict(learned.directions)
    if learned.flow is not None:
        count = len(learned.faders)
        _widen_mapper(folder / "mapper.onnx", bundle.shapes["w"], count)
        _put_before(folder / "synthesizer.onnx", learned.flow, bundle.shapes, count)
        old = {key: np.pad(value, ((0, 0), (0, count))) for key, value in old.items()}
        for d, fader in enumerate(learned.faders):
            new[fader] = np.zeros((bundle.shapes["layers"], bundle.shapes["w"] + count), np.float32)
            new[fader][0, bundle.shapes["w"] + d] = 1.0
    kept = {key: value for key, value in old.items() if key not in new}
    tensors = {key: np.ascontiguousarray(value, np.float32) for key, value in {**new, **kept}.items()}
    (folder / DIRECTIONS).write_bytes(safetensors.numpy.save(tensors))
    _tell(bundle, folder, name, [*new, *kept], learned)


def _tell(bundle: Bundle, folder: Path, name: str, directions: Sequence[str], learned: Learned) -> None:
    """The manifest of the old bundle, with what is new."""
    told = tomlkit.parse((bundle.folder / MANIFEST).read_text(encoding="utf-8"))
    told["name"], told["directions"] = name, list(directions)
    count = len(learned.faders) if learned.flow is not None else 0
    shapes, latent, learnt = told["shapes"], told.get("latent", {}), tomlkit.table()
    assert isinstance(shapes, Table)
    for key, value in latent.items():
        if count and isinstance(value, list) and len(value) == bundle.shapes["w"]:
            latent[key] = [*value, *[0.0] * count]
    shapes["w"] = bundle.shapes["w"] + count
    learnt.update({"from": bundle.name, "made_by": learned.made_by, "learned": [*learned.directions, *learned.faders]})
    told["walks"], told["files"] = learnt, checksums(folder)
    (folder / MANIFEST).write_text(tomlkit.dumps(told), encoding="utf-8")


def _widen_mapper(file: Path, width: int, count: int) -> None:
    """Append `count` zeros to w."""
    model = _loaded(file)
    output = model.graph.output[0]
    _renamed(model.graph, {output.name: "walk.narrow"})
    for node in model.graph.node:
        node.output[:] = ["walk.narrow" if name == output.name else name for name in node.output]
    # a product with ones and zeros works for any batch and opset
    widen = np.eye(width, width + count, dtype=np.float32)
    model.graph.initializer.append(numpy_helper.from_array(widen, "walk.widen"))
    model.graph.node.append(helper.make_node("MatMul", ["walk.narrow", "walk.widen"], [output.name]))
    output.type.tensor_type.shape.dim[-1].dim_value = width + count
    _saved(model, file)


def _put_before(file: Path, flow: Flow, shapes: Mapping[str, int], count: int) -> None:
    """Let the synthesizer take wider styles and begin with `flow`."""
    model = _loaded(file)
    layers, width = shapes["layers"], shapes["w"]
    styles = next((i for i in model.graph.input if i.name == "styles"), None)
    if (
        styles is None
        or max((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), default=0) < _OPSET
    ):
        raise BundleError(f"{file.name} cannot be widened: it has no styles, or its opset is below {_OPSET}", str(file))
    _renamed(model.graph, {"styles": "walk.styles"})
    styles.type.tensor_type.shape.dim[-1].dim_value = width + count
    writer = _Writer()
    plain = writer.op("Slice", "styles", writer.whole([0]), writer.whole([width]), writer.whole([2]))
    x = writer.op("Reshape", plain, writer.whole([-1, layers * width]))
    said = writer.op(
        "Slice", "styles", writer.whole([0, width]), writer.whole([1, width + count]), writer.whole([1, 2])
    )
    alphas = writer.op("Reshape", said, writer.whole([-1, count]))
    shares = [
        writer.op("MatMul", alphas, writer.number(np.eye(count, dtype=np.float32)[:, d : d + 1] / np.float32(STEPS)))
        for d in range(count)
    ]
    first, bias = writer.number(flow.first), writer.number(flow.bias)
    ways = [(writer.number(flow.second[d]), writer.number(flow.rest[d])) for d in range(count)]
    for _ in range(STEPS):
        hidden = writer.op("Relu", writer.op("Add", writer.op("MatMul", x, first), bias))
        for share, (second, rest) in zip(shares, ways, strict=True):
            step = writer.op("Add", writer.op("MatMul", hidden, second), rest)
            x = writer.op("Add", x, writer.op("Mul", step, share))
    writer.op("Reshape", x, writer.whole([-1, layers, width]), out="walk.styles")
    nodes = [*writer.nodes, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(writer.constants)
    _saved(model, file)


class _Writer:
    """Nodes and constants in the making, by names that no graph has."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def op(self, kind: str, *inputs: str, out: str = "") -> str:
        """Add a node and say what its output is called."""
        made = out or f"walk.{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [made]))
        return made

    def number(self, value: F32) -> str:
        """Add a constant of float32."""
        return self._constant(np.ascontiguousarray(value, np.float32))

    def whole(self, value: Sequence[int]) -> str:
        """Add a constant of whole numbers."""
        return self._constant(np.array(value, np.int64))

    def _constant(self, value: Any) -> str:
        name = f"walk.c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(value, name))
        return name


def _renamed(graph: Any, names: Mapping[str, str]) -> None:
    """Let every node read other names, in graphs within graphs too."""
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        for attribute in node.attribute:
            if attribute.type == AttributeProto.GRAPH:
                _renamed(attribute.g, names)


def _loaded(file: Path) -> Any:
    return onnx.load(str(file))


def _saved(model: Any, file: Path) -> None:
    """Write the graph, its weights in it; what was kept beside it is no longer needed."""
    beside = [path for path in file.parent.glob("*.data") if path.name.startswith(file.stem)]
    try:
        onnx.save(model, str(file))
    except ValueError as error:
        raise BundleError(f"{file.name} cannot be widened: {error}", str(file), "learn a linear walk") from error
    for path in beside:
        path.unlink()
