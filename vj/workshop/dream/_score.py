"""How good a snapshot is, by the three numbers that agreed with the eye; they choose the one that ships.

    accuracy  share of dreams that a small classifier, taught on pictures of the worlds, takes for their world
    variety   how much two dreams of a world differ over how much two of its pictures do, pooled; at most 1 counts
    detail    energy of dreams finer than 4 pixels over that of the pictures; 0 is blur, 2 is noise

The classifier is a ridge regression on means and deviations of fixed random convolutions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812  its usual name
from torch import Tensor

from vj.workshop.dream._data import Drawn
from vj.workshop.dream._shapes import FULL, GROUPS, Z
from vj.workshop.dream._train import Dreamer

#: Pictures of each world that teach the classifier.
TAUGHT = 120
#: Dreams of each that are judged.
JUDGED = 24
#: Channels of the random convolutions that it sees with.
_CHANNELS = 48
#: Weight of the ridge in its least squares.
_RIDGE = 1.0


@dataclass(frozen=True)
class Score:
    """Per world, in their order."""

    accuracy: tuple[float, ...]
    variety: tuple[float, ...]
    detail: tuple[float, ...]

    @property
    def total(self) -> float:
        """The mean over worlds of accuracy, variety up to 1 and nearness of detail to 1, multiplied: 0..1."""
        rows = zip(self.accuracy, self.variety, self.detail, strict=True)
        parts = [(0.2 + 0.8 * a) * min(v, 1.0) * min(d, 1.0 / max(d, 1e-6)) for a, v, d in rows]
        return sum(parts) / len(parts)

    def __str__(self) -> str:
        means = [sum(row) / len(row) for row in (self.accuracy, self.variety, self.detail)]
        return "total {:.3f}: accuracy {:.2f}, variety {:.2f}, detail {:.2f}".format(self.total, *means)


class Critic:
    """Taught once on the pictures, then scores any snapshot."""

    def __init__(self, data: Mapping[str, Drawn]) -> None:
        rng = torch.Generator().manual_seed(0)
        sides = ((3, 5), (_CHANNELS, 3), (_CHANNELS, 3))
        self._kernels = [
            torch.randn(_CHANNELS, ins, side, side, generator=rng) / (ins * side * side) ** 0.5 for ins, side in sides
        ]
        small = [_fields(torch.from_numpy(drawn.small)) for drawn in data.values()]
        held = min(JUDGED, min(len(p) for p in small) // 4)
        taught = min(TAUGHT, min(len(p) for p in small) - held)
        pictures = [p[:taught] for p in small]
        self._held = [p[-held:] for p in small]
        seen = torch.cat([self._features(p) for p in pictures])
        self._mean, self._scale = seen.mean(0), seen.std(0) + 1e-6
        labels = F.one_hot(torch.arange(len(pictures)).repeat_interleave(taught), len(pictures)).float()
        x = self._normal(seen)
        self._answer = torch.linalg.solve(x.t() @ x + _RIDGE * torch.eye(x.shape[1]), x.t() @ (labels * 2 - 1))
        self._variety = [_variety(p[:JUDGED]) for p in pictures]
        self._detail = [_detail(p[:JUDGED]) for p in pictures]

    def held_out(self) -> float:
        """Accuracy on pictures of the worlds that did not teach it."""
        return sum(self._accuracy(p, k) for k, p in enumerate(self._held)) / len(self._held)

    def score(self, dreamer: Dreamer) -> Score:
        """The score of a snapshot, always with the same z."""
        rng, classes = torch.Generator().manual_seed(1), len(self._variety)
        rows = []
        for k in range(classes):
            mix = F.one_hot(torch.full((JUDGED,), k), classes).float()
            z = torch.randn(JUDGED, len(GROUPS), Z, generator=rng)
            with torch.no_grad():
                fields = dreamer(z, mix, torch.randn(JUDGED, 1, *FULL, generator=rng))
            detail = _detail(fields) / self._detail[k]
            rows.append((self._accuracy(fields, k), _variety(fields) / self._variety[k], detail))
        accuracy, variety, detail_ = (tuple(column) for column in zip(*rows, strict=True))
        return Score(accuracy, variety, detail_)

    def _accuracy(self, fields: Tensor, label: int) -> float:
        guessed = (self._normal(self._features(fields)) @ self._answer).argmax(1)
        return float((guessed == label).float().mean())

    def _features(self, fields: Tensor) -> Tensor:
        found: list[Tensor] = []
        x = fields
        for kernel in self._kernels:
            x = F.leaky_relu(F.conv2d(x, kernel, stride=2, padding=1), 0.2) * 1.4
            found += [x.mean((2, 3)), x.std((2, 3))]
        return torch.cat(found, 1)

    def _normal(self, features: Tensor) -> Tensor:
        x = (features - self._mean) / self._scale
        return torch.cat([x, torch.ones(len(x), 1)], 1)


def best(scores: Sequence[Score]) -> int:
    """Number of the best score."""
    return max(range(len(scores)), key=lambda k: scores[k].total)


def _fields(pictures: Tensor) -> Tensor:
    x = pictures.float() / 255.0
    return torch.cat([x[:, :1], x[:, 1:2] * 2 - 1, x[:, 2:]], 1)


def _variety(fields: Tensor) -> float:
    """Mean difference of two pictures' value and glow, pooled, each picture's own mean removed."""
    pooled = F.avg_pool2d(fields[:, [0, 2]], 4)
    pooled = pooled - pooled.mean((2, 3), keepdim=True)
    half = len(pooled) // 2
    return float((pooled[:half] - pooled[half : 2 * half]).abs().mean()) + 1e-6


def _detail(fields: Tensor) -> float:
    """Energy of the value that a pooling by 4 takes away."""
    v = fields[:, :1]
    coarse = F.interpolate(F.avg_pool2d(v, 4), scale_factor=4, mode="bilinear", align_corners=False)
    return float((v - coarse).square().mean()) + 1e-9
