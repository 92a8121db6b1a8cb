"""Directions of any bundle without learning: in closed form from its weights, or from how its styles spread.

    Shen and Zhou, "Closed-Form Factorization of Latent Semantics in GANs", CVPR 2021 (SeFa): the eigenvectors of A^T A,
        A being the affine weights that styles meet first, all layers stacked
    Härkönen et al., "GANSpace: Discovering Interpretable GAN Controls", NeurIPS 2020: principal directions of w

Weights are found in the graph: from the input `styles`, through whatever only chooses among its numbers, to products
with a constant. A graph whose styles meet none (a procedural one) gets the second kind.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from vj.core.errors import BundleError
from vj.core.types import F32, F64
from vj.generators.bundle.manifest import Bundle
from vj.workshop.walks.probe import Probe

#: Operators that only choose or lay out numbers.
_CHOOSING = frozenset({"Split", "Slice", "Gather", "Squeeze", "Unsqueeze", "Reshape", "Flatten", "Identity", "Cast"})
#: Deviations of w that 1 on the fader goes.
_REACH = 3.0
#: Styles that they are measured on.
_DRAWN = 512
_TINY = 1e-12


@dataclass(frozen=True)
class Found:
    """`directions` name -> [L, W], strongest first, and the `source` they come from, in words."""

    directions: Mapping[str, F32]
    source: str


def directions(bundle: Bundle, count: int = 8, group: str | None = None) -> Found:
    """`count` directions of `bundle` for all layers, or those of one style group; raises BundleError."""
    if group is not None and group not in bundle.groups:
        raise BundleError(f"{group!r} is no style group of {bundle.name}", "--group", f"one of {list(bundle.groups)}")
    layers = bundle.groups[group] if group else (0, bundle.shapes["layers"])
    probe, rng = Probe(bundle), np.random.default_rng(0)
    labels = rng.integers(0, len(bundle.classes), _DRAWN)
    drawn = np.concatenate([probe.styles(rng, int(label), 1) for label in labels])
    styles = drawn.reshape(_DRAWN, probe.layers, probe.width)[:, layers[0]]
    weights = affines(bundle.folder / "synthesizer.onnx", probe.width)
    if weights:
        vectors, source, stem = factorised(weights, count), f"{len(weights)} affine layers (SeFa)", "sefa"
    else:
        inner = styles - np.stack([styles[labels == label].mean(0) for label in labels])
        vectors, source, stem = principal(inner, count), "spread of w, for no weights meet the styles", "pca"
    found = {}
    for k, vector in enumerate(vectors):
        step = np.zeros((probe.layers, probe.width), np.float32)
        step[layers[0] : layers[1]] = vector * (_REACH * (styles @ vector).std())
        found[f"{stem} {k + 1}" if group is None else f"{stem} {group} {k + 1}"] = step
    return Found(found, source)


def factorised(weights: Sequence[F32], count: int) -> F64:
    """[count, W] unit eigenvectors of A^T A, strongest first, their largest number positive.

    `weights` are [outputs, W] each; every output has the same say, its weights being brought to size 1.
    """
    stacked = np.concatenate(weights).astype(np.float64)
    stacked /= np.maximum(np.linalg.norm(stacked, axis=1, keepdims=True), _TINY)
    return _signed(np.linalg.eigh(stacked.T @ stacked)[1].T[::-1][:count])


def principal(spread: F32, count: int) -> F64:
    """[count, W] principal directions of `spread` [N, W], whose mean is 0; fewer where it has fewer."""
    _, sizes, vectors = np.linalg.svd(spread.astype(np.float64), full_matrices=False)
    return _signed(vectors[sizes > sizes[0] * 1e-6][:count])


def affines(file: Path, width: int) -> list[F32]:
    """[outputs, width] of every product of the styles with constant weights, in the order of the graph."""
    graph = onnx.load(str(file)).graph
    constants = dict(_constants(graph))
    chosen, found = {"styles"}, []
    for node in graph.node:
        if node.op_type in _CHOOSING and node.input[0] in chosen:
            chosen.update(node.output)
        elif node.op_type in ("Gemm", "MatMul") and node.input[0] in chosen and node.input[1] in constants:
            weight = constants[node.input[1]]
            turned = any(a.name == "transB" and a.i for a in node.attribute)
            weight = weight if turned else weight.T
            if weight.ndim == 2 and weight.shape[1] == width:
                found.append(weight.astype(np.float32))
    return found


def _constants(graph: Any) -> Iterator[tuple[str, Any]]:
    """Every constant of a graph by name; a transposed or renamed one as well."""
    known = {tensor.name: tensor for tensor in graph.initializer}
    values = {name: numpy_helper.to_array(tensor) for name, tensor in known.items()}
    for node in graph.node:
        if node.op_type == "Constant":
            tensors = [numpy_helper.to_array(a.t) for a in node.attribute if a.name == "value"]
            values.update(zip(node.output, tensors, strict=False))
        elif node.op_type in ("Identity", "Transpose") and node.input[0] in values:
            value = values[node.input[0]]
            order = next((list(a.ints) for a in node.attribute if a.name == "perm"), None)
            values[node.output[0]] = value if node.op_type == "Identity" else np.transpose(value, order)
    yield from values.items()


def _signed(vectors: F64) -> F64:
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(1)[:, None], 1)
    return vectors * np.sign(largest)
