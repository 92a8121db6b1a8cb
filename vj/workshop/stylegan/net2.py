"""StyleGAN2 in torch, from its papers: what an exported bundle is compared with.

Styles scale activations rather than weights (conv(x s, W) = conv(x, W s)), so a batch is one plain convolution; where
the picture doubles, a transposed convolution of stride 2 is low-passed. All in float32.
"""

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  its usual name
from torch import Tensor, nn

from vj.core.types import F32
from vj.workshop.stylegan.plan2 import EPSILON, GAIN, SLOPE, Plan, margins


class Linear(nn.Module):
    """x W + b with the rate equalised: weights were learnt at deviation 1 / rate."""

    def __init__(self, tensors: Mapping[str, F32], name: str, rate: float = 1.0) -> None:
        super().__init__()
        weight, bias = (torch.tensor(tensors[f"{name}.{part}"]) for part in ("weight", "bias"))
        self.weight = nn.Parameter(weight * (rate / weight.shape[1] ** 0.5))
        self.bias = nn.Parameter(bias * rate)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight, self.bias)


class Mapper(nn.Module):
    """z [N, Z], class weights [N, C] (unconditional: any) and psi [N] -> w [N, W].

    A label is the class weights divided by the sum of their sizes, so one class alone is the one-hot label that
    training knew, and a mixture is embedded as one label and brought to unit size like any other. psi 0 is the mean w
    of training, over all classes.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.embed = Linear(plan.tensors, "mapping.embed") if plan.c else None
        self.layers = nn.ModuleList(Linear(plan.tensors, f"mapping.fc{k}", plan.rate) for k in range(plan.depth))
        self.mean = nn.Parameter(torch.tensor(plan.tensors["mapping.w_avg"]))

    def forward(self, z: Tensor, mix: Tensor, psi: Tensor) -> Tensor:
        x = unit(z)
        if self.embed is not None:
            x = torch.cat([x, unit(self.embed(label(mix)))], 1)
        for layer in self.layers:
            x = F.leaky_relu(layer(x), SLOPE) * GAIN
        return self.mean + (x - self.mean) * psi[:, None]


def label(mix: Tensor) -> Tensor:
    """Class weights [N, C] -> weights whose sizes sum to 1; the first class where all are (nearly) nothing."""
    least = torch.relu(1e-3 - mix.abs().sum(1, keepdim=True))
    some = mix + least * torch.eye(1, mix.shape[1])
    return some / some.abs().sum(1, keepdim=True)


def unit(x: Tensor) -> Tensor:
    """Each row with mean square 1."""
    return x * torch.rsqrt(x.square().mean(1, keepdim=True) + EPSILON)


class Styled(nn.Module):
    """A styled convolution, its noise, bias and bend; `conv0` doubles the picture."""

    def __init__(self, plan: Plan, name: str) -> None:
        super().__init__()
        full = f"synthesis.{name}"
        self.affine = Linear(plan.tensors, f"{full}.affine")
        self.weight = nn.Parameter(torch.tensor(plan.tensors[f"{full}.weight"]))
        self.bias = nn.Parameter(torch.tensor(plan.tensors[f"{full}.bias"]))
        self.fir = nn.Parameter(torch.tensor(plan.fir(name)))
        constant, self.strength = plan.noise(name) or (np.zeros((1, 1), np.float32), 0.0)
        self.noise = nn.Parameter(torch.tensor(constant))
        self._grows, self._clamp = name.endswith("conv0"), plan.clamp

    def forward(self, x: Tensor, w: Tensor, noise: Tensor | None = None, gain: float = 1.0) -> Tensor:
        """`noise` [N or 1, 1, H, W] takes the place of the constants."""
        s = self.affine(w)
        x = x * s[:, :, None, None]
        y = doubled(x, self.weight, self.fir) if self._grows else same(x, self.weight)
        size = s.square() @ self.weight.square().sum((2, 3)).t()
        y = y * torch.rsqrt(size + EPSILON)[:, :, None, None]
        y = y + (self.noise if noise is None else noise) * self.strength + self.bias[:, None, None]
        return clamped(F.leaky_relu(y, SLOPE) * (GAIN * gain), self._clamp, gain)


class Colour(nn.Module):
    """A block's say on the picture: a styled 1 x 1 convolution without demodulation."""

    def __init__(self, plan: Plan, size: int) -> None:
        super().__init__()
        full = f"synthesis.b{size}.torgb"
        self.affine = Linear(plan.tensors, f"{full}.affine")
        self.weight = nn.Parameter(torch.tensor(plan.tensors[f"{full}.weight"]))
        self.bias = nn.Parameter(torch.tensor(plan.tensors[f"{full}.bias"]))
        self._clamp = plan.clamp

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        s = self.affine(w) / self.weight.shape[1] ** 0.5
        return clamped(F.conv2d(x * s[:, :, None, None], self.weight, self.bias), self._clamp)


class Synthesizer(nn.Module):
    """styles [N, L, W] -> picture [N, 3 or 1, height, width], about -1..1 but not limited to it."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self._plan = plan
        self.start = nn.Parameter(torch.tensor(plan.tensors["synthesis.b4.const"]))
        self.styled = nn.ModuleDict({name.replace(".", "_"): Styled(plan, name) for name in plan.convolutions})
        painted = [size for size in plan.sizes if plan.colour_layer(size) is not None]
        self.colours = nn.ModuleDict({f"b{size}": Colour(plan, size) for size in painted})
        self.filters = nn.ParameterDict({f"b{size}": torch.tensor(plan.fir(f"b{size}")) for size in plan.sizes})
        self.past = nn.ParameterDict()
        if plan.architecture == "resnet":
            self.past.update(
                {f"b{s}": torch.tensor(plan.tensors[f"synthesis.b{s}.skip.weight"]) for s in plan.sizes[1:]}
            )

    def forward(self, styles: Tensor, noise: Mapping[str, Tensor] | None = None) -> Tensor:
        """`noise` by layer ("b8.conv0") takes the place of the constants there."""
        x, image = self.start.expand(len(styles), -1, -1, -1), None
        for block in (f"b{size}" for size in self._plan.sizes):
            x = self._styled(x, styles, block, noise or {})
            image = self._painted(image, x, styles, block)
        assert image is not None
        return image

    def _styled(self, x: Tensor, styles: Tensor, block: str, noise: Mapping[str, Tensor]) -> Tensor:
        """The convolutions of a block; a resnet block adds the picture past them."""
        y, gain = x, 0.5**0.5 if block in self.past else 1.0
        for name, layer in self._plan.convolutions.items():
            if name.startswith(f"{block}."):
                last = name.endswith("conv1")
                y = self.styled[name.replace(".", "_")](y, styles[:, layer], noise.get(name), gain if last else 1.0)
        if block in self.past:
            weight = self.past[block]
            y = y + doubled(x, weight * (0.5 / weight.shape[1]) ** 0.5, self.filters[block])
        return y

    def _painted(self, image: Tensor | None, x: Tensor, styles: Tensor, block: str) -> Tensor | None:
        """The picture so far at the size of the block, and what the block adds."""
        if image is not None:
            each = torch.ones(image.shape[1], 1, 1, 1)
            image = doubled(image, each, self.filters[block], groups=image.shape[1])
        layer = self._plan.colour_layer(int(block[1:]))
        if layer is None:
            return image
        said: Tensor = self.colours[block](x, styles[:, layer])
        return said if image is None else image + said


def same(x: Tensor, weight: Tensor) -> Tensor:
    """A plain convolution that keeps the size."""
    return F.conv2d(x, weight, padding=weight.shape[-1] // 2)


def doubled(x: Tensor, weight: Tensor, fir: Tensor, groups: int = 1) -> Tensor:
    """`x` at twice the size: zeros between its samples, a convolution with `weight` [O, I, k, k], then `fir` [T, T]."""
    side, taps = weight.shape[-1], fir.shape[-1]
    kernel = weight if groups > 1 else weight.transpose(0, 1)
    y = F.conv_transpose2d(x, kernel, stride=2, groups=groups)
    y = F.pad(y, margins(side, taps) * 2)
    spread = (fir.flip((0, 1)) * 4.0).expand(y.shape[1], 1, -1, -1)
    return F.conv2d(y, spread, groups=y.shape[1])


def clamped(x: Tensor, clamp: float | None, gain: float = 1.0) -> Tensor:
    """`x` within -clamp..clamp times `gain`."""
    return x if clamp is None else x.clamp(-clamp * gain, clamp * gain)
