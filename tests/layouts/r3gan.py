"""Random generators in the layout of R3GAN's snapshots, and what such a network computes, layer by layer.

Written from the paper and the shapes and names of the code's state dicts: `MainLayers.0.Layers.1.NonLinearity1.Bias`.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

Array = npt.NDArray[Any]


def random(
    widths: tuple[int, ...] = (12, 12, 8),
    blocks: tuple[int, ...] = (1, 2, 1),
    cardinality: int = 4,
    expansion: int = 2,
    z: int = 9,
    classes: int = 0,
    embedding: int = 5,
    taps: tuple[int, ...] = (1, 2, 1),
    colours: int = 3,
    early: bool = False,
    seed: int = 0,
) -> dict[str, Array]:
    """The state dict of a generator; `early` names convolutions as the first version of the code does."""
    rng = np.random.default_rng(seed)
    tensors: dict[str, Array] = {}
    layer = "" if early else ".Layer"

    def normal(*shape: int, size: float = 1.0) -> Array:
        return np.asarray(rng.standard_normal(shape) * size, np.float32)

    def conv(name: str, outs: int, ins: int, side: int = 1, size: float = 1.0) -> None:
        tensors[f"{name}{layer}.weight"] = normal(outs, ins, side, side, size=size / np.sqrt(ins * side * side))

    into = z + (embedding if classes else 0)
    tensors["MainLayers.0.Layers.0.Basis"] = normal(widths[0], 4, 4)
    tensors["MainLayers.0.Layers.0.LinearLayer.weight"] = normal(widths[0], into, size=into**-0.5)
    if classes:
        tensors["EmbeddingLayer.weight"] = normal(embedding, classes)
    for stage, (width, count) in enumerate(zip(widths, blocks, strict=True)):
        at = f"MainLayers.{stage}.Layers"
        if stage:
            if widths[stage - 1] != width:
                conv(f"{at}.0.LinearLayer", width, widths[stage - 1])
            kernel = np.convolve(taps, [1, 1])
            kernel = np.outer(kernel, kernel)
            tensors[f"{at}.0.Resampler.Kernel"] = np.asarray(kernel / kernel.sum(), np.float32)
        for k in range(1, count + 1):
            wide = width * expansion
            conv(f"{at}.{k}.LinearLayer1", wide, width, size=1.4)
            conv(f"{at}.{k}.LinearLayer2", wide, wide // cardinality, 3, size=1.4)
            conv(f"{at}.{k}.LinearLayer3", width, wide, size=0.7)
            tensors |= {f"{at}.{k}.NonLinearity{n}.Bias": normal(wide, size=0.3) for n in (1, 2)}
    conv("AggregationLayer", colours, widths[-1], size=0.4)
    return tensors


def original(tensors: dict[str, Array], z: Array, mix: Array | None, cardinality: int = 4) -> Array:
    """Pictures [N, 3 or 1, side, side] of z [N, Z] and class weights [N, C], in double precision."""
    t = {name.replace(".Layer.", "."): torch.tensor(value, dtype=torch.float64) for name, value in tensors.items()}

    def conv(name: str, x: Tensor, groups: int = 1) -> Tensor:
        kernel = t[f"{name}.weight"]
        return functional.conv2d(x, kernel, padding=kernel.shape[-1] // 2, groups=groups)

    def activated(name: str, x: Tensor) -> Tensor:
        return functional.leaky_relu(x + t[f"{name}.Bias"].view(1, -1, 1, 1), 0.2)

    def upsampled(x: Tensor, kernel: Tensor) -> Tensor:
        """Its own reference: each channel as a picture, through a transposed convolution."""
        n, c, height, width = x.shape
        radius = (len(kernel) - 1) // 2
        y = functional.conv_transpose2d(
            x.reshape(n * c, 1, height, width), 4 * kernel[None, None], stride=2, padding=radius
        )
        return y.view(n, c, *y.shape[2:])

    x = torch.tensor(z, dtype=torch.float64)
    if mix is not None:
        x = torch.cat([x, functional.linear(torch.tensor(mix, dtype=torch.float64), t["EmbeddingLayer.weight"])], 1)
    first = "MainLayers.0.Layers.0"
    x = t[f"{first}.Basis"][None] * functional.linear(x, t[f"{first}.LinearLayer.weight"])[:, :, None, None]
    stage = 0
    while any(name.startswith(f"MainLayers.{stage}.") for name in t):
        at = f"MainLayers.{stage}.Layers"
        if stage:
            x = conv(f"{at}.0.LinearLayer", x) if f"{at}.0.LinearLayer.weight" in t else x
            x = upsampled(x, t[f"{at}.0.Resampler.Kernel"])
        k = 1
        while f"{at}.{k}.NonLinearity1.Bias" in t:
            y = activated(f"{at}.{k}.NonLinearity1", conv(f"{at}.{k}.LinearLayer1", x))
            y = activated(f"{at}.{k}.NonLinearity2", conv(f"{at}.{k}.LinearLayer2", y, cardinality))
            x = x + conv(f"{at}.{k}.LinearLayer3", y)
            k += 1
        stage += 1
    return np.asarray(conv("AggregationLayer", x).numpy(), np.float32)


def module(tensors: dict[str, Array]) -> torch.nn.Module:
    """A network of plain modules that holds `tensors`, inside a wrapper's `Model` as training saves it."""
    root = torch.nn.Module()
    for name, values in tensors.items():
        *path, leaf = ["Model", *name.split(".")]
        at = root
        for part in path:
            if part not in at._modules:
                at.add_module(part, torch.nn.Module())
            at = at.get_submodule(part)
        if leaf == "Kernel":
            at.register_buffer(leaf, torch.tensor(values))
        else:
            at.register_parameter(leaf, torch.nn.Parameter(torch.tensor(values)))
    return root
