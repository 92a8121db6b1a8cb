"""Random generators in the layout of lucidrains/stylegan2-pytorch, and what such a network computes.

Written from the shapes and names of its state dicts: `GE.blocks.0.to_style1.weight`.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

Array = npt.NDArray[Any]


def random(
    filters: tuple[int, ...] = (12, 10, 8), z: int = 9, depth: int = 3, colours: int = 3, seed: int = 0
) -> dict[str, Array]:
    """The table 'GAN': S, G, their means SE and GE, which differ from them, and a part of D."""
    rng = np.random.default_rng(seed)
    tensors: dict[str, Array] = {}

    def normal(*shape: int, size: float = 1.0) -> Array:
        return np.asarray(rng.standard_normal(shape) * size, np.float32)

    def linear(name: str, outs: int, ins: int, size: float = 1.0) -> None:
        tensors[f"{name}.weight"], tensors[f"{name}.bias"] = normal(outs, ins, size=size), normal(outs, size=0.2)

    for mean in ("", "E"):
        for k in range(depth):
            linear(f"S{mean}.net.{2 * k}", z, z, size=8.0)
        at = f"G{mean}"
        tensors[f"{at}.initial_block"] = normal(1, filters[0], 4, 4)
        tensors[f"{at}.initial_conv.weight"] = normal(filters[0], filters[0], 3, 3, size=0.1)
        tensors[f"{at}.initial_conv.bias"] = normal(filters[0], size=0.1)
        for k, (ins, outs) in enumerate(zip((filters[0], *filters), filters, strict=False)):
            block = f"{at}.blocks.{k}"
            for number, into in ((1, ins), (2, outs)):
                linear(f"{block}.to_style{number}", into, z)
                linear(f"{block}.to_noise{number}", outs, 1, size=0.3)
                tensors[f"{block}.conv{number}.weight"] = normal(outs, into, 3, 3)
            linear(f"{block}.to_rgb.to_style", outs, z)
            tensors[f"{block}.to_rgb.conv.weight"] = normal(colours, outs, 1, 1, size=0.1)
            if k + 1 < len(filters):
                tensors[f"{block}.to_rgb.upsample.1.f"] = np.array([1, 2, 1], np.float32)
    tensors["D.blocks.0.conv_res.weight"] = normal(4, 3, 1, 1)
    return tensors


def mapped(tensors: dict[str, Array], z: Array, rate: float = 0.1) -> Tensor:
    """z [N, Z] -> w [N, Z], in double precision."""
    x = functional.normalize(torch.tensor(z, dtype=torch.float64), dim=1)
    k = 0
    while f"SE.net.{k}.weight" in tensors:
        weight, bias = (torch.tensor(tensors[f"SE.net.{k}.{part}"], dtype=torch.float64) for part in ("weight", "bias"))
        x = functional.leaky_relu(functional.linear(x, weight * rate, bias * rate), 0.2)
        k += 2
    return x


def original(tensors: dict[str, Array], styles: Tensor, noise: Array) -> Array:
    """Pictures [N, colours, side, side] in 0..1 of styles [N, L, W]; `noise` [side, side] is uniform."""
    t = {n[3:]: torch.tensor(v, dtype=torch.float64) for n, v in tensors.items() if n.startswith("GE.")}
    given = torch.tensor(noise, dtype=torch.float64)[None, :, :, None]
    n = len(styles)

    def modulated(name: str, x: Tensor, style: Tensor, demodulated: bool) -> Tensor:
        """Each picture by a kernel of its own, in one convolution of groups."""
        kernel = t[f"{name}.weight"][None] * (style[:, None, :, None, None] + 1)
        if demodulated:
            kernel = kernel * torch.rsqrt((kernel**2).sum((2, 3, 4), keepdim=True) + 1e-8)
        flat = x.reshape(1, -1, *x.shape[2:])
        y = functional.conv2d(flat, kernel.flatten(0, 1), padding=kernel.shape[-1] // 2, groups=n)
        return y.reshape(n, -1, *x.shape[2:])

    def affine(name: str, x: Tensor) -> Tensor:
        return functional.linear(x, t[f"{name}.weight"], t[f"{name}.bias"])

    def larger(x: Tensor) -> Tensor:
        return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)

    x = functional.conv2d(t["initial_block"], t["initial_conv.weight"], t["initial_conv.bias"], padding=1)
    x, image, k = x.expand(n, -1, -1, -1), None, 0
    while f"blocks.{k}.conv1.weight" in t:
        at, w = f"blocks.{k}", styles[:, k]
        x = larger(x) if k else x
        for number in (1, 2):
            seen = affine(f"{at}.to_noise{number}", given[:, : x.shape[2], : x.shape[3]]).permute(0, 3, 2, 1)
            x = modulated(f"{at}.conv{number}", x, affine(f"{at}.to_style{number}", w), True)
            x = functional.leaky_relu(x + seen, 0.2)
        said = modulated(f"{at}.to_rgb.conv", x, affine(f"{at}.to_rgb.to_style", w), False)
        image = said if image is None else image + said
        if f"{at}.to_rgb.upsample.1.f" in t:
            f = t[f"{at}.to_rgb.upsample.1.f"]
            blur = (f[:, None] * f[None, :] / 16).expand(image.shape[1], 1, 3, 3)
            wide = functional.pad(larger(image), (1, 1, 1, 1), mode="reflect")
            image = functional.conv2d(wide, blur, groups=image.shape[1])
        k += 1
    assert image is not None
    return np.asarray(image.numpy(), np.float32)
