"""StyleGAN2's synthesis in torch as its users run it: float32, one picture, what is quickest of the usual ways.

Styles scale the kernels, as NVIDIA's own program does for one picture, so that no map is walked through for it; noise,
bias and bend work in place. Made from a Plan of ours, whose numbers these are.
"""

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from vj.workshop.stylegan.plan2 import EPSILON, GAIN, SLOPE, Plan, margins


class Synthesis:
    """styles [1, L, W] -> picture [1, 3, H, W]; architecture "skip", constant noise."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._start = torch.tensor(plan.tensors["synthesis.b4.const"])
        self._layers = {name: self._layer(name) for name in plan.convolutions}
        self._colours = {size: self._affine(f"b{size}.torgb") for size in plan.sizes}
        self._filters = {size: torch.tensor(plan.fir(f"b{size}")) for size in plan.sizes}

    def _affine(self, name: str) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        tensors = self._plan.tensors
        weight, bias = (torch.tensor(tensors[f"synthesis.{name}.affine.{part}"]) for part in ("weight", "bias"))
        kernel, own = (torch.tensor(tensors[f"synthesis.{name}.{part}"]) for part in ("weight", "bias"))
        return weight / weight.shape[1] ** 0.5, bias, kernel, own

    def _layer(self, name: str) -> tuple[Any, ...]:
        constant, strength = self._plan.noise(name) or (None, 0.0)
        noise = None if constant is None else torch.tensor(constant) * strength
        return (*self._affine(name), noise, torch.tensor(self._plan.fir(name)))

    def __call__(self, styles: Tensor) -> Tensor:
        """Run it."""
        x, image = self._start[None] if self._start.dim() == 3 else self._start, None
        for size in self._plan.sizes:
            for name, layer in self._plan.convolutions.items():
                if name.startswith(f"b{size}."):
                    x = self._styled(x, styles[:, layer], self._layers[name], name.endswith("conv0"))
            painted = self._plan.colour_layer(size)
            weight, bias, kernel, own = self._colours[size]
            s = F.linear(styles[:, painted or 0], weight, bias) / kernel.shape[1] ** 0.5
            said = F.conv2d(x, kernel * s[0, :, None, None], own)
            image = said if image is None else _doubled(image, self._filters[size]).add_(said)
        assert image is not None
        return image

    @staticmethod
    def _styled(x: Tensor, w: Tensor, layer: tuple[Any, ...], grows: bool) -> Tensor:
        weight, bias, kernel, own, noise, fir = layer
        modulated = kernel * F.linear(w, weight, bias)[0, :, None, None]
        modulated *= modulated.square().sum((1, 2, 3), keepdim=True).add_(EPSILON).rsqrt_()
        if grows:
            y = F.conv_transpose2d(x, modulated.transpose(0, 1), stride=2)
            y = _filtered(F.pad(y, margins(kernel.shape[-1], fir.shape[-1]) * 2), fir)
        else:
            y = F.conv2d(x, modulated, padding=kernel.shape[-1] // 2)
        if noise is not None:
            y.add_(noise)
        return F.leaky_relu_(y.add_(own[:, None, None]), SLOPE).mul_(GAIN)


def _filtered(x: Tensor, fir: Tensor) -> Tensor:
    return F.conv2d(x, (fir.flip((0, 1)) * 4.0).expand(x.shape[1], 1, -1, -1), groups=x.shape[1])


def _doubled(image: Tensor, fir: Tensor) -> Tensor:
    """A picture at twice the size: zeros between, then low-passed."""
    y = F.conv_transpose2d(image, torch.ones(image.shape[1], 1, 1, 1), stride=2, groups=image.shape[1])
    return _filtered(F.pad(y, margins(1, fir.shape[-1]) * 2), fir)
