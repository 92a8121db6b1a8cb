"""The network of `film`: a variational autoencoder whose decoder takes its latents at three depths.

Each style group has latents of its own: the encoder reads them from features of three depths and the decoder is told
them at three sizes, so that coarse latents come to say where things are and fine ones how they look (Zhao, Song and
Ermon, "Learning Hierarchical Features from Generative Models", 2017). Their prior is a standard normal (Kingma and
Welling, "Auto-Encoding Variational Bayes", 2014).
"""

from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F  # noqa: N812  its usual name
from torch import Tensor, nn

#: Style groups, one style layer each.
GROUPS = {"coarse": (0, 1), "middle": (1, 2), "fine": (2, 3)}
SLOPE = 0.2
#: Channels of the decoder's levels and of the encoder's, coarsest first, in units of `Shape.width`.
_DECODER = (8, 6, 4, 2, 1.5, 1)
_ENCODER = (6, 4, 3, 2, 1.5, 1)
#: The coarsest level has at most this many rows or columns.
_COARSEST_PX = 8
#: Level -> channels of the maps that its latents draw: those of the middle and of the fine ones.
_DRAWN = {1: 16, 2: 4}
#: Deviations of a posterior are kept within exp of half of these.
_LOGVAR = (-9.0, 3.0)


@dataclass(frozen=True)
class Shape:
    """What fixes the network's layers: picture (width, height) in pixels, latents of a group, units of channels."""

    size: tuple[int, int]
    z: int = 16
    width: int = 16

    @property
    def levels(self) -> list[tuple[int, int]]:
        """(rows, columns) of the decoder's levels, coarsest first; the last is half the picture, rounded up."""
        found = [(-(-self.size[1] // 2), -(-self.size[0] // 2))]
        while len(found) < len(GROUPS) or (min(found[0]) > _COARSEST_PX and len(found) < len(_DECODER)):
            found.insert(0, (-(-found[0][0] // 2), -(-found[0][1] // 2)))
        return found

    @property
    def channels(self) -> list[int]:
        """Channels of the decoder's levels."""
        return [round(part * self.width) for part in _DECODER[: len(self.levels)]]

    @property
    def latents(self) -> int:
        """Latents of all groups together."""
        return len(GROUPS) * self.z


def doubled(x: Tensor, rows: int, columns: int) -> Tensor:
    """`x` at twice the size, cropped to `rows` and `columns`."""
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)[:, :, :rows, :columns]


class Level(nn.Module):
    """Grows the picture so far, bends it by the latents of its group, and adds a convolution's say."""

    def __init__(self, shape: Shape, k: int) -> None:
        super().__init__()
        before, channels = shape.channels[k - 1], shape.channels[k]
        self.rows, self.columns = shape.levels[k]
        self.drawn = _DRAWN.get(k, 0)
        hidden = 4 * shape.width
        self.enter = nn.Conv2d(before, channels, 3, padding=1)
        self.told = nn.Linear(shape.z, hidden)
        self.scale = nn.Linear(hidden, channels)
        self.more = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.scale.weight)
        nn.init.zeros_(self.scale.bias)
        if self.drawn:
            self.draw = nn.Linear(hidden, self.drawn * self.rows * self.columns)
            self.spread = nn.Conv2d(self.drawn, channels, 1)

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        """Features of the level before and z [N, Z] of this level's group -> features."""
        x = doubled(self.enter(x), self.rows, self.columns)
        told = F.leaky_relu(self.told(z), SLOPE)
        x = x * (1.0 + self.scale(told))[:, :, None, None]
        if self.drawn:
            x = x + self.spread(self.draw(told).reshape(-1, self.drawn, self.rows, self.columns))
        x = F.leaky_relu(x, SLOPE)
        out: Tensor = x + F.leaky_relu(self.more(x), SLOPE)
        return out


class Decoder(nn.Module):
    """Latents [N, G * Z] -> pictures [N, 3, height, width], -1 black to 1 white; not limited to that."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        rows, columns = shape.levels[0]
        self.told = nn.Linear(shape.z, 8 * shape.width)
        self.draw = nn.Linear(8 * shape.width, shape.channels[0] * rows * columns)
        self.more = nn.Conv2d(shape.channels[0], shape.channels[0], 3, padding=1)
        self.levels = nn.ModuleList(Level(shape, k) for k in range(1, len(shape.levels)))
        self.leave = nn.Conv2d(shape.channels[-1], 12, 3, padding=1)

    def forward(self, latents: Tensor) -> Tensor:
        z = latents.reshape(len(latents), len(GROUPS), -1)
        x = self.draw(F.leaky_relu(self.told(z[:, 0]), SLOPE)).reshape(len(z), -1, *self.shape.levels[0])
        x = F.leaky_relu(x.contiguous(memory_format=torch.channels_last), SLOPE)
        x = x + F.leaky_relu(self.more(x), SLOPE)
        for k, level in enumerate(self.levels, 1):
            x = level(x, z[:, min(k, len(GROUPS) - 1)])
        width, height = self.shape.size
        return F.pixel_shuffle(self.leave(x), 2)[:, :, :height, :width]


class Encoder(nn.Module):
    """Pictures [N, 3, height, width] -> mean and log variance of the latents, [N, G * Z] each."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        count = len(shape.levels)
        channels = [3, *(round(part * shape.width) for part in reversed(_ENCODER[:count]))]
        self.halve = nn.ModuleList(
            nn.Conv2d(a, b, 5 if a == 3 else 3, stride=2, padding=2 if a == 3 else 1) for a, b in pairwise(channels)
        )
        self.more = nn.Conv2d(channels[-1], channels[-1], 3, padding=1)
        rows, columns = shape.levels[0]
        kept = 2 * shape.width
        steps = ((0, 1), (1, 2), (2, 4))  # how many levels above the coarsest a group reads, and by how much it shrinks
        self.read = nn.ModuleList(
            nn.Conv2d(channels[count - up], kept, 2 * step - 1, stride=step, padding=step - 1) for up, step in steps
        )
        self.say = nn.ModuleList(nn.Linear(kept * rows * columns, 2 * shape.z) for _ in steps)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        seen: list[Tensor] = []
        for halve in self.halve:
            x = F.leaky_relu(halve(x), SLOPE)
            seen.insert(0, x)
        seen[0] = x + F.leaky_relu(self.more(x), SLOPE)
        said = []
        for features, read, say in zip(seen, self.read, self.say, strict=False):
            said.append(say(F.leaky_relu(read(features), SLOPE).flatten(1)).float())
        mean, logvar = (torch.cat([part.chunk(2, 1)[k] for part in said], 1) for k in (0, 1))
        return mean, logvar.clamp(*_LOGVAR)


class Autoencoder(nn.Module):
    """Encoder and decoder of one shape."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.encoder, self.decoder = Encoder(shape), Decoder(shape)

    def forward(self, x: Tensor, noise: Tensor, heard: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Pictures, noise and which latents are heard (1 or 0), [N, G * Z] each -> pictures, mean, log variance."""
        mean, logvar = self.encoder(x)
        return self.decoder((mean + noise * torch.exp(0.5 * logvar)) * heard), mean, logvar
