"""BigGAN-deep in torch as the paper and the package pytorch-pretrained-biggan have it: the reference for export.

    mapped   z [N, Z], mix [N, C], psi [N]   -> w [N, 2 Z] = bent z, embedding of the class
    forward  styles [N, L, 2 Z], psi [N]     -> image [N, 3, side, side] in [-1, 1]

Two things differ from the package: every block has a style of its own, and statistics between two knots of psi are
interpolated the right way round, unless the package's way is asked for.

Source: Brock, Donahue and Simonyan, "Large Scale GAN Training for High Fidelity Natural Image Synthesis", 2019; Zhang
et al., "Self-Attention Generative Adversarial Networks", 2019.
"""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from vj.workshop.biggan.weights import FIRST, Block, Shape, Tensors, attention_sides, folded, shape_of

#: A standard normal through x / (1 + (x / 2)^BEND)^(1 / BEND), x = SLOPE z, is within 0.017 of one cut off at +-2.
SLOPE = 0.93
BEND = 6


class BigGAN(nn.Module):
    """The generator. `package_truncation` mixes the statistics of its norms as the package does."""

    def __init__(self, shape: Shape, package_truncation: bool = False) -> None:
        super().__init__()
        self.shape = shape
        self.package_truncation = package_truncation
        self.embeddings = nn.Linear(shape.classes, shape.z, bias=False)
        self.generator = _Generator(shape)

    def mapped(self, z: Tensor, mix: Tensor, psi: Tensor) -> Tensor:
        """z [N, Z] of standard normals, class weights [N, C] and psi [N] -> w [N, 2 Z].

        The package draws z from a normal cut off at +-2 and multiplies it by psi; ours is bent into that shape.
        """
        x = SLOPE * z
        bent = x / (1 + (x / 2) ** BEND) ** (1 / BEND)
        return torch.cat([bent * psi.clamp(0, 1)[:, None], self.embeddings(mix)], 1)

    def forward(self, styles: Tensor, psi: Tensor) -> Tensor:
        rows = torch.stack([self._shares(float(p)) for p in psi]).to(styles.dtype)
        image: Tensor = self.generator(styles, rows)
        return image

    def _shares(self, psi: float) -> Tensor:
        """[knots] weight of the statistics at each knot."""
        last = self.shape.knots - 1
        step = 1.0 / last
        shares = torch.zeros(last + 1)
        psi = round(min(max(psi, 0.0), 1.0), 6)  # what was typed, before it became float32
        share, low = math.modf(psi / step)
        row = int(low)
        if self.package_truncation and share:
            shares[row], shares[row + 1] = share, 1 - share
        elif share:
            shares[row], shares[row + 1] = 1 - share, share
        else:
            shares[row] = 1.0
        return shares


class _Generator(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.first, last = shape.blocks[0].inputs, shape.blocks[-1].outputs
        self.gen_z = nn.Linear(2 * shape.z, FIRST * FIRST * self.first)
        places: dict[int, nn.Module] = {block.place: _Block(block, shape) for block in shape.blocks}
        for block in shape.blocks:
            if block.place - 1 == shape.attention:
                places[shape.attention] = _Attention(block.inputs)
        self.layers = nn.ModuleList(places[place] for place in sorted(places))
        self.bn = _Norm(last, shape, styled=False)
        self.conv_to_rgb = nn.Conv2d(last, 3, 3, padding=1)

    def forward(self, styles: Tensor, rows: Tensor) -> Tensor:
        first, *others = styles.unbind(1)
        x = self.gen_z(first).view(-1, FIRST, FIRST, self.first).permute(0, 3, 1, 2)
        for layer in self.layers:
            x = layer(x, others.pop(0), rows) if isinstance(layer, _Block) else layer(x)
        return torch.tanh(self.conv_to_rgb(torch.relu(self.bn(x, rows))))


class _Norm(nn.Module):
    """Batch norm with statistics known at several psi; where `styled`, its scale and offset come from a style."""

    running_means: Tensor
    running_vars: Tensor

    def __init__(self, channels: int, shape: Shape, styled: bool) -> None:
        super().__init__()
        self.eps = shape.eps
        self.register_buffer("running_means", torch.zeros(shape.knots, channels))
        self.register_buffer("running_vars", torch.ones(shape.knots, channels))
        if styled:
            self.scale = nn.Linear(2 * shape.z, channels, bias=False)
            self.offset = nn.Linear(2 * shape.z, channels, bias=False)
        else:
            self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, rows: Tensor, style: Tensor | None = None) -> Tensor:
        scale, offset = (self.weight, self.bias) if style is None else (1 + self.scale(style), self.offset(style))
        mean, variance = rows @ self.running_means, rows @ self.running_vars
        return (x - _spread(mean)) / _spread(torch.sqrt(variance + self.eps)) * _spread(scale) + _spread(offset)


class _Block(nn.Module):
    """Four norms and convolutions, 1x1, 3x3, 3x3, 1x1, around a quarter of the channels; what is skipped is cut."""

    def __init__(self, block: Block, shape: Shape) -> None:
        super().__init__()
        self.block = block
        middle = block.channels[1]
        for k, channels in enumerate(block.channels):
            kernel = 3 if k in (1, 2) else 1
            conv = nn.Conv2d(channels, block.outputs if k == 3 else middle, kernel, padding=kernel // 2)
            self.add_module(f"bn_{k}", _Norm(channels, shape, styled=True))
            self.add_module(f"conv_{k}", conv)

    def forward(self, x: Tensor, style: Tensor, rows: Tensor) -> Tensor:
        skipped = x[:, : self.block.kept]
        for k in range(4):
            x = torch.relu(self.get_submodule(f"bn_{k}")(x, rows, style))
            if k == 1 and self.block.doubles:
                x = functional.interpolate(x, scale_factor=2)
            x = self.get_submodule(f"conv_{k}")(x)
        return x + (functional.interpolate(skipped, scale_factor=2) if self.block.doubles else skipped)


class _Attention(nn.Module):
    """Every place looks at all others, pooled by two."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        for part, (made, taken) in attention_sides(channels).items():
            self.add_module(f"snconv1x1_{part}", nn.Conv2d(taken, made, 1, bias=False))
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        asking = self.get_submodule("snconv1x1_theta")(x).flatten(2)
        asked, told = (
            functional.max_pool2d(self.get_submodule(f"snconv1x1_{part}")(x), 2).flatten(2) for part in ("phi", "g")
        )
        looks = torch.softmax(asking.transpose(1, 2) @ asked, -1)
        seen = (told @ looks.transpose(1, 2)).reshape(len(x), -1, *x.shape[2:])
        said: Tensor = self.get_submodule("snconv1x1_o_conv")(seen)
        return x + self.gamma * said


def _spread(x: Tensor) -> Tensor:
    """[..., C] -> [..., C, 1, 1]."""
    return x[..., None, None]


def loaded(tensors: Tensors, arguments: Mapping[str, Any], package_truncation: bool = False) -> BigGAN:
    """The network of a checkpoint, ready to run; raises CheckpointError."""
    shape = shape_of(arguments, tensors)
    network = BigGAN(shape, package_truncation)
    network.load_state_dict({name: torch.from_numpy(weight) for name, weight in folded(tensors, shape).items()})
    return network.eval().requires_grad_(False)
