"""The networks behind `dream`: what maps, what dreams fields, what judges them, what sharpens them.

The generator is a style-based one after Karras et al. (StyleGAN 2, 2020), written for one CPU thread: styles scale
activations rather than weights, and pictures grow after a convolution rather than before. It ends in three fields
(value, hue travel, glow) that the palette head of `worlds` turns to colour, so it spends all its effort on form.
"""

import math
from itertools import pairwise

import torch
import torch.nn.functional as F  # noqa: N812  its usual name
from torch import Tensor, nn

from vj.workshop.dream._shapes import CHANNELS, FORM, LEVELS, NOISY_ROWS, REACH, STYLE

_SLOPE = 0.2
_GAIN = math.sqrt(2.0)


class Linear(nn.Module):
    """A linear layer with its rate equalised: weights drawn with deviation 1 / rate and scaled at run time."""

    def __init__(self, ins: int, outs: int, bias: float = 0.0, rate: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outs, ins) / rate)
        self.bias = nn.Parameter(torch.full((outs,), bias / rate))
        self._scale, self._rate = rate / math.sqrt(ins), rate

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight * self._scale, self.bias * self._rate)


class Mapper(nn.Module):
    """z [N, FORM] and class weights [N, C] -> w [N, STYLE]. Classes add up before the first bend, so they mix."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.place = Linear(FORM, 96)
        self.classes = nn.Parameter(torch.randn(classes, 96))
        self.middle = Linear(96, 96)
        self.last = Linear(96, STYLE)

    def forward(self, z: Tensor, mix: Tensor) -> Tensor:
        x = self.place(torch.tanh(z / REACH) * REACH) + mix @ self.classes
        x = F.leaky_relu(x, _SLOPE) * _GAIN
        x = F.leaky_relu(self.middle(x), _SLOPE) * _GAIN
        out: Tensor = self.last(x)
        return out


class Styled(nn.Module):
    """A convolution whose inputs are scaled by a style: y = conv(x s, W) / |s W| (modulation, demodulation)."""

    def __init__(self, ins: int, outs: int, side: int = 3, demodulated: bool = True) -> None:
        super().__init__()
        self.affine = Linear(STYLE, ins, bias=1.0)
        self.weight = nn.Parameter(torch.randn(outs, ins, side, side))
        self.scale = 1.0 / math.sqrt(ins * side * side)
        self._demodulated = demodulated

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        s = self.affine(w)
        kernel = self.weight * self.scale
        y = F.conv2d(x * s[:, :, None, None], kernel, padding=kernel.shape[-1] // 2)
        if self._demodulated:
            size = (s * s) @ (kernel * kernel).sum((2, 3)).t()
            y = y * torch.rsqrt(size + 1e-8)[:, :, None, None]
        return y


def doubled(x: Tensor, rows: int, columns: int) -> Tensor:
    """`x` at twice the size, cropped to `rows` and `columns`."""
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)[:, :, :rows, :columns]


class Level(nn.Module):
    """Two styled convolutions; the first makes the picture grow. Adds its say to the fields."""

    def __init__(self, level: int) -> None:
        super().__init__()
        self.rows, self.columns = LEVELS[level]
        self._grows = level > 0
        channels = CHANNELS[level]
        self.first = Styled(CHANNELS[max(level - 1, 0)], channels)
        self.second = Styled(channels, channels)
        self.fields = Styled(channels, 3, side=1, demodulated=False)
        self.biases = nn.Parameter(torch.zeros(2, channels))
        self.noisy = self.rows >= NOISY_ROWS
        self.strength = nn.Parameter(torch.full((2,), 0.05 if self.noisy else 0.0), requires_grad=self.noisy)

    def forward(self, x: Tensor, w: Tensor, said: Tensor | None, noise: Tensor) -> tuple[Tensor, Tensor]:
        """x, the two styles [N, 2, STYLE], the fields so far and noise [N, 1, *FULL] -> x and fields, both grown."""
        x = self.first(x, w[:, 0])
        if self._grows:
            x = doubled(x, self.rows, self.columns)
        x = self._bent(x, 0, noise)
        x = self._bent(self.second(x, w[:, 1]), 1, noise)
        fields: Tensor = self.fields(x, w[:, 1])
        return x, fields if said is None else fields + doubled(said, self.rows, self.columns)

    def _bent(self, x: Tensor, k: int, noise: Tensor) -> Tensor:
        if self.noisy:
            step = noise.shape[2] // self.rows
            x = x + noise[:, :, k::step, k::step][:, :, : self.rows, : self.columns] * self.strength[k]
        return F.leaky_relu(x + self.biases[k][:, None, None], _SLOPE) * _GAIN


class Trunk(nn.Module):
    """Styles [N, 2 * levels, STYLE] and noise [N, 1, *FULL] -> fields [N, 3, *DREAMT] as `bounded` leaves them."""

    def __init__(self) -> None:
        super().__init__()
        self.start = nn.Parameter(torch.randn(1, CHANNELS[0], *LEVELS[0]))
        self.levels = nn.ModuleList(Level(k) for k in range(len(LEVELS)))

    def forward(self, styles: Tensor, noise: Tensor) -> Tensor:
        x, said = self.start.expand(len(styles), -1, -1, -1), None
        for k, level in enumerate(self.levels):
            x, said = level(x, styles[:, 2 * k : 2 * k + 2], said, noise)
        assert said is not None
        return bounded(said)


def bounded(raw: Tensor) -> Tensor:
    """Raw fields [N, 3, H, W] -> value 0..1, hue travel -1..1, glow 0..1."""
    return torch.cat([torch.sigmoid(raw[:, :1]), torch.tanh(raw[:, 1:2]), torch.sigmoid(raw[:, 2:] - 2.0)], 1)


class Judge(nn.Module):
    """Colour [N, 3, *DREAMT] in -1..1 and class weights [N, C] -> how real it looks [N], a projection discriminator."""

    def __init__(self, classes: int, channels: tuple[int, ...] = (24, 32, 64, 96, 128)) -> None:
        super().__init__()
        self.enter = Convolution(3, channels[0], 1)
        self.blocks = nn.ModuleList(Halving(a, b) for a, b in pairwise(channels))
        self.meet = Convolution(channels[-1] + 1, channels[-1], 3)
        self.dense = Linear(channels[-1] * 3 * 6, channels[-1])
        self.score = Linear(channels[-1], 1)
        self.classes = nn.Parameter(torch.randn(classes, channels[-1]))

    def forward(self, x: Tensor, mix: Tensor) -> Tensor:
        x = F.leaky_relu(self.enter(x), _SLOPE) * _GAIN
        for block in self.blocks:
            x = block(x)
        x = torch.cat([x, spread(x)], 1)
        x = F.leaky_relu(self.meet(x), _SLOPE) * _GAIN
        x = F.leaky_relu(self.dense(x.flatten(1)), _SLOPE) * _GAIN
        told = (x * (mix @ self.classes)).sum(1) / math.sqrt(x.shape[1])
        out: Tensor = self.score(x)[:, 0] + told
        return out


class Convolution(nn.Module):
    """A plain convolution with its rate equalised."""

    def __init__(self, ins: int, outs: int, side: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outs, ins, side, side))
        self.bias = nn.Parameter(torch.zeros(outs))
        self._scale = 1.0 / math.sqrt(ins * side * side)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = F.conv2d(x, self.weight * self._scale, self.bias, padding=self.weight.shape[-1] // 2)
        return y


class Halving(nn.Module):
    """A residual block to half the size."""

    def __init__(self, ins: int, outs: int) -> None:
        super().__init__()
        self.first, self.second = Convolution(ins, ins, 3), Convolution(ins, outs, 3)
        self.past = Convolution(ins, outs, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = F.leaky_relu(self.first(x), _SLOPE) * _GAIN
        y = F.leaky_relu(self.second(_halved(y)), _SLOPE) * _GAIN
        both: Tensor = (y + self.past(_halved(x))) * math.sqrt(0.5)
        return both


def _halved(x: Tensor) -> Tensor:
    """Means of 2 x 2; an odd last column is doubled."""
    return F.avg_pool2d(F.pad(x, (0, x.shape[3] % 2, 0, x.shape[2] % 2), mode="replicate"), 2)


def spread(x: Tensor, group: int = 2) -> Tensor:
    """[N, 1, H, W] how much the pictures of a group differ (minibatch deviation): a judge must see sameness.

    Pictures k and k + N / 2 are a group; they should be of one world.
    """
    n = len(x)
    size = group if n % group == 0 else n
    apart = x.float().reshape(size, n // size, *x.shape[1:]).var(0, unbiased=False).add(1e-8).sqrt()
    mean = apart.mean((1, 2, 3), keepdim=True).repeat(size, 1, 1, 1)
    return mean.to(x.dtype).expand(-1, 1, *x.shape[2:])
