"""Reads a foreign ONNX file: nothing outside its folder is opened, and what cannot be played is said in a sentence."""

from collections.abc import Iterator
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import checker, version_converter
from onnx.external_data_helper import ExternalDataInfo, load_external_data_for_model

from vj.core.errors import BundleError
from vj.workshop.onnx._noise import NORMAL, fed

#: Bytes of a graph with its weights; the largest public decoders have about 4 GB.
MAX_BYTES = 8 << 30
#: Depth of subgraphs in subgraphs.
MAX_DEPTH = 8
#: Nodes in all; real decoders have some thousand.
MAX_NODES = 200_000
#: Operators older than this are translated; the graphs put around the decoder need it.
MIN_OPSET = 13
#: What they are translated to.
TO_OPSET = 17
#: Operators that draw new numbers at each run: the same latent would give another picture.
RANDOM = frozenset(
    {"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli"}
)
_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})
_EXPORT = "export the network again, in evaluation mode"


def read_model(file: Path) -> onnx.ModelProto:
    """The checked model in `file` with all its weights in memory and its noise as inputs; raises BundleError."""
    try:
        if file.stat().st_size > MAX_BYTES:
            raise BundleError(f"{file.name} is larger than {MAX_BYTES >> 30} GB", str(file), "is it a decoder?")
        model = onnx.load(file, load_external_data=False)
    except (OSError, DecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is cut short, or something else"
        raise BundleError(f"{file.name} is not a readable ONNX file: {reason}", str(file), "copy it again") from error
    if not model.graph.node:
        raise BundleError(f"{file.name} is an ONNX file without a network", str(file), _EXPORT)
    _check_nodes(file, model)
    _bring_in(file, model)
    try:
        checker.check_model(model)
        return _fed(file, _modern(file, model))
    except (checker.ValidationError, ValueError, RuntimeError) as error:
        raise BundleError(f"{file.name} is damaged: {_first_line(error)}", str(file), _EXPORT) from error


def graphs(graph: onnx.GraphProto, depth: int = 0) -> Iterator[onnx.GraphProto]:
    """`graph` and every graph within it; raises ValueError below MAX_DEPTH."""
    if depth > MAX_DEPTH:
        raise ValueError(f"its graphs are nested more than {MAX_DEPTH} deep")
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs):
                yield from graphs(inner, depth + 1)


def _check_nodes(file: Path, model: onnx.ModelProto) -> None:
    """Only operators that ONNX Runtime may have, and none that plays dice but for normals, which can be fed."""
    known = _DOMAINS | {function.domain for function in model.functions}
    try:
        nodes = [node for graph in graphs(model.graph) for node in graph.node]
    except ValueError as error:
        raise BundleError(f"{file.name} is refused: {error}", str(file), _EXPORT) from None
    nodes += [node for function in model.functions for node in function.node]
    if len(nodes) > MAX_NODES:
        raise BundleError(f"{file.name} has {len(nodes)} nodes, more than {MAX_NODES}", str(file), _EXPORT)
    for node in nodes:
        if node.domain not in known:
            what = f"{file.name} needs the operator {node.domain}.{node.op_type}, which ONNX Runtime does not have"
            raise BundleError(what, str(file), "export it with standard operators only")
        _refuse_dice(file, node, RANDOM - NORMAL)


def _refuse_dice(file: Path, node: onnx.NodeProto, kinds: frozenset[str]) -> None:
    if node.op_type in kinds:
        what = f"{file.name} draws its own noise ({node.op_type}), so a latent would not keep its picture"
        raise BundleError(what, str(file), "export it with noise as an input whose name begins with 'noise'")


def _fed(file: Path, model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with noise as inputs; what cannot be made one is refused."""
    made = fed(model)
    nodes = [node for graph in graphs(made.graph) for node in graph.node]
    for node in (*nodes, *(node for function in made.functions for node in function.node)):
        _refuse_dice(file, node, RANDOM)
    return made


def _bring_in(file: Path, model: onnx.ModelProto) -> None:
    """Load weights kept beside the file, from its own folder only."""
    home = file.parent.resolve()
    outside = [tensor for tensor in _tensors(model) if tensor.data_location == onnx.TensorProto.EXTERNAL]
    total = 0
    for tensor in outside:
        try:
            kept = ExternalDataInfo(tensor)
        except ValueError as error:
            raise BundleError(f"the weights of {tensor.name!r} are nowhere: {error}", str(file), _EXPORT) from error
        place = (home / kept.location).resolve()
        if not kept.location or not place.is_relative_to(home) or place == home:
            what = f"{file.name} asks for weights outside its folder: {kept.location!r}"
            raise BundleError(what, str(file), "put its weights into its folder and export it again")
        if not place.is_file():
            what = f"the weights of {file.name} are missing: {kept.location!r}"
            raise BundleError(what, str(home), "copy all files of the export into one folder")
        start, size = kept.offset or 0, kept.length or 0
        if start < 0 or size < 0 or start + size > place.stat().st_size:
            what = f"{kept.location} is cut short: {tensor.name!r} ends at byte {start + size}"
            raise BundleError(what, str(place), "copy it again")
        total += size or place.stat().st_size
        if total > MAX_BYTES:
            raise BundleError(f"{file.name} has more than {MAX_BYTES >> 30} GB of weights", str(file), _EXPORT)
    try:
        load_external_data_for_model(model, str(home))
    except (OSError, ValueError, checker.ValidationError) as error:
        what = f"the weights of {file.name} cannot be read: {_first_line(error)}"
        raise BundleError(what, str(home), "copy all files of the export into one folder") from error


def _tensors(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    """Every tensor that could be kept outside."""
    for graph in graphs(model.graph):
        yield from graph.initializer
        for sparse in graph.sparse_initializer:
            yield from (sparse.values, sparse.indices)
    nodes = [node for graph in graphs(model.graph) for node in graph.node]
    nodes += [node for function in model.functions for node in function.node]
    for node in nodes:
        for attribute in node.attribute:
            yield from (*([attribute.t] if attribute.HasField("t") else []), *attribute.tensors)


def _modern(file: Path, model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with operators of MIN_OPSET or later."""
    if opset(model) >= MIN_OPSET:
        return model
    try:
        modern: onnx.ModelProto = version_converter.convert_version(model, TO_OPSET)
    except (version_converter.ConvertError, RuntimeError, ValueError) as error:
        what = f"{file.name} is of operator set {opset(model)} and cannot be translated: {_first_line(error)}"
        raise BundleError(what, str(file), f"export it with opset_version={TO_OPSET}") from error
    return modern


def opset(model: onnx.ModelProto) -> int:
    """The version of the standard operators it is written in."""
    return max((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), default=0)


def _first_line(error: Exception) -> str:
    return (str(error).strip().split("\n") or [""])[0][:200]
