"""Random StyleGAN2 generators by the official names and by rosinality's: every part has a say."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
FILTER = np.outer([1, 3, 3, 1], [1, 3, 3, 1]).astype(np.float32) / 64


class Weights:
    """Tensors in the making."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.tensors: dict[str, Array] = {}

    def normal(self, *shape: int, size: float = 1.0, mean: float = 0.0) -> Array:
        return np.asarray(mean + size * self.rng.standard_normal(shape), np.float32)

    def linear(self, name: str, ins: int, outs: int, mean: float = 0.0, rate: float = 1.0) -> None:
        self.tensors[f"{name}.weight"] = self.normal(outs, ins, size=1 / rate)
        self.tensors[f"{name}.bias"] = self.normal(outs, size=0.3 / rate, mean=mean / rate)


def official(
    size: int = 32,
    channels: Mapping[int, int] | None = None,
    architecture: str = "skip",
    colours: int = 3,
    classes: int = 0,
    sides: tuple[int, int] = (24, 16),
    depth: int = 3,
    rate: float = 0.01,
    fir: Array = FILTER,
    seed: int = 0,
    start: tuple[int, int] = (4, 4),
) -> dict[str, Array]:
    """`sides` are Z and W; `channels` by size of block, 12 where it is silent; `start` height and width at first."""
    made, (z, w) = Weights(seed), sides
    tensors = made.tensors
    many = {2**k: (channels or {}).get(2**k, 12) for k in range(2, size.bit_length())}
    if classes:
        made.linear("mapping.embed", classes, w)
    for k in range(depth):
        made.linear(f"mapping.fc{k}", (z + (w if classes else 0)) if k == 0 else w, w, rate=rate)
    tensors["mapping.w_avg"] = made.normal(w, size=0.2)
    for at, outs in many.items():
        block = f"synthesis.b{at}"
        tensors[f"{block}.resample_filter"] = fir
        if at == 4:
            tensors[f"{block}.const"] = made.normal(outs, *start)
        for name in ("conv0", "conv1")[at == 4 :]:
            ins = many[at // 2] if name == "conv0" else outs
            tensors[f"{block}.{name}.weight"] = made.normal(outs, ins, 3, 3)
            tensors[f"{block}.{name}.bias"] = made.normal(outs, size=0.2)
            tensors[f"{block}.{name}.noise_const"] = made.normal(*(side * at // 4 for side in start))
            tensors[f"{block}.{name}.noise_strength"] = made.normal(size=0.05, mean=0.2)
            tensors[f"{block}.{name}.resample_filter"] = fir
            made.linear(f"{block}.{name}.affine", w, ins, mean=1.0)
        if architecture == "resnet" and at > 4:
            tensors[f"{block}.skip.weight"] = made.normal(outs, many[at // 2], 1, 1)
            tensors[f"{block}.skip.resample_filter"] = fir
        if architecture == "skip" or at == size:
            tensors[f"{block}.torgb.weight"] = made.normal(colours, outs, 1, 1, size=0.5)
            tensors[f"{block}.torgb.bias"] = made.normal(colours, size=0.1)
            made.linear(f"{block}.torgb.affine", w, outs, mean=1.0)
    return tensors


def rosinality(
    size: int = 32,
    channels: int = 12,
    width: int = 16,
    depth: int = 3,
    seed: int = 1,
    start: tuple[int, int] = (4, 4),
) -> dict[str, Array]:
    """The state dict of `g_ema`."""
    made = Weights(seed)
    tensors = made.tensors
    for k in range(depth):
        made.linear(f"style.{k + 1}", width, width, rate=0.01)
    tensors["input.input"] = made.normal(1, channels, *start)
    levels = size.bit_length() - 2
    for k in range(2 * levels - 1):
        side = 2 ** ((k + 5) // 2)
        tensors[f"noises.noise_{k}"] = made.normal(1, 1, *(first * side // 4 for first in start))
        name = f"convs.{k - 1}" if k else "conv1"
        made.linear(f"{name}.conv.modulation", width, channels, mean=1.0)
        tensors[f"{name}.conv.weight"] = made.normal(1, channels, channels, 3, 3)
        tensors[f"{name}.noise.weight"] = made.normal(1, size=0.05, mean=0.2)
        tensors[f"{name}.activate.bias"] = made.normal(channels, size=0.2)
        if k % 2:
            tensors[f"{name}.conv.blur.kernel"] = FILTER * 4
    for k in range(levels):
        name = f"to_rgbs.{k - 1}" if k else "to_rgb1"
        made.linear(f"{name}.conv.modulation", width, channels, mean=1.0)
        tensors[f"{name}.conv.weight"] = made.normal(1, 3, channels, 1, 1, size=0.5)
        tensors[f"{name}.bias"] = made.normal(1, 3, 1, 1, size=0.1)
        if k:
            tensors[f"{name}.upsample.kernel"] = FILTER * 4
    return tensors


def basicsr(size: int = 32, seed: int = 1) -> dict[str, Array]:
    """The state dict of BasicSR's generator, `params_ema`; its low-pass filters are not in it."""
    tensors: dict[str, Array] = {}
    for name, value in rosinality(size, seed=seed).items():
        if name.endswith("kernel"):
            continue
        part, _, rest = name.partition(".")
        styled = part in ("conv1", "convs")
        new = name.replace("conv.modulation", "modulated_conv.modulation").replace(
            "conv.weight", "modulated_conv.weight"
        )
        new = f"style_{new}" if styled else new
        new = new.replace(".noise.weight", ".weight") if styled else new
        new = {"style": f"style_mlp.{rest}", "input": "constant_input.weight"}.get(part, new)
        tensors[new.replace("noises.noise_", "noises.noise")] = value
    return tensors
