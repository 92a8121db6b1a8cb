"""Two encoders of sound with one interface: 16 kHz sound [N, samples] -> embedding [N, 16, vectors].

`WaveNetEncoder` is that of NSynth, so that its published weights fit: Engel et al., "Neural Audio Synthesis of Musical
Notes with WaveNet Autoencoders", 2017 (arXiv 1704.01279), configuration h512_bo16. It looks 192 ms either way.
`SmallEncoder` is ours: a hundredth of the size, and it looks back only.
"""

import math

import torch
import torch.nn.functional as F  # noqa: N812  its usual name
from torch import Tensor, nn

#: Numbers of a vector.
CHANNELS = 16
#: Samples from one vector to the next.
HOP = 512
#: Samples a second.
RATE = 16000


def mu_law(sound: Tensor) -> Tensor:
    """[-1, 1] -> 256 levels by the logarithm, mu 255, as numbers in [-1, 1)."""
    level = torch.sign(sound) * torch.log1p(255.0 * sound.abs()) / math.log(256.0)
    return torch.floor(level * 128.0) / 128.0


class WaveNetEncoder(nn.Module):
    """30 residual layers of dilated convolutions 2^(i mod 10), then a mean over each 512 samples.

    The number of samples must be a multiple of 512. `window` samples hold one vector with all it sees, the middle one.
    """

    window = 13 * HOP
    ahead = 6 * HOP

    def __init__(self, width: int = 128, layers: int = 30) -> None:
        super().__init__()
        self.start = nn.Conv1d(1, width, 3, padding=1)
        dilations = [2 ** (k % 10) for k in range(layers)]
        self.dilated = nn.ModuleList(nn.Conv1d(width, width, 3, padding=d, dilation=d) for d in dilations)
        self.joined = nn.ModuleList(nn.Conv1d(width, width, 1) for _ in dilations)
        self.bottleneck = nn.Conv1d(width, CHANNELS, 1)

    def forward(self, sound: Tensor) -> Tensor:
        """[N, samples] -> [N, 16, samples / 512]."""
        x = self.start(mu_law(sound)[:, None])
        for dilated, joined in zip(self.dilated, self.joined, strict=True):
            x = x + joined(torch.relu(dilated(torch.relu(x))))
        return F.avg_pool1d(self.bottleneck(x), HOP)


class SmallEncoder(nn.Module):
    """Strided convolutions over the 4096 samples (256 ms) up to now."""

    window = 4096
    ahead = 0

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(1, 32, 64, 16),
            nn.ReLU(),
            nn.Conv1d(32, 48, 8, 4),
            nn.ReLU(),
            nn.Conv1d(48, 64, 4, 2),
            nn.ReLU(),
            nn.Conv1d(64, 64, 4, 2),
            nn.ReLU(),
            nn.Conv1d(64, CHANNELS, 14),
        )

    def forward(self, sound: Tensor) -> Tensor:
        """[N, 4096] -> [N, 16, 1]."""
        made: Tensor = self.layers(mu_law(sound)[:, None])
        return made
