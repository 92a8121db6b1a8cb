"""Directions of dream: those of its palette by design, those of its form found in closed form.

The candidates are the eigenvectors of A^T A, A being the affine weights of a style group's layers stacked (Shen and
Zhou, "Closed-Form Factorization of Latent Semantics in GANs", 2021). Each candidate is tried on dreams of all classes,
and what it changes names it: the one that moves a quality furthest for its size gets that quality's name.
"""

from collections.abc import Callable, Mapping

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  its usual name
from torch import Tensor

from vj.core.types import F32
from vj.workshop.dream._net import Level
from vj.workshop.dream._shapes import FULL, GROUPS, LAYERS, LEVELS, PALETTE, STYLE, Z
from vj.workshop.dream._train import Dreamer

#: Palette direction -> number of the palette, and what 1 on the fader adds to it.
_PALETTE = {"hue": (0, 3.0), "span": (2, 3.0), "chroma": (4, 3.0), "tone": (1, 3.0)}
#: Eigenvectors tried in each style group.
_EIGENVECTORS = 5
#: Dreams that each is tried on.
_DREAMS = 48
#: How far, in deviations of w along it.
_REACH = 2.5


def directions(dreamer: Dreamer, classes: int) -> dict[str, F32]:
    """Name -> [L, W] that 1 on the fader adds to the styles."""
    width = STYLE + PALETTE + classes
    found: dict[str, F32] = {}
    for name, (number, amount) in _PALETTE.items():
        found[name] = np.zeros((LAYERS, width), np.float32)
        found[name][LAYERS - 1, STYLE + number] = amount
    for name, (layers, vector) in _named(dreamer, classes).items():
        found[name] = np.zeros((LAYERS, width), np.float32)
        found[name][layers[0] : layers[1], :STYLE] = vector
    return found


def factorised(dreamer: Dreamer, layers: tuple[int, int], count: int) -> Tensor:
    """[count, STYLE] unit vectors of w that change the styles of `layers` most, strongest first."""
    trunk = dreamer.trunk
    rows = []
    for layer in range(layers[0], min(layers[1], 2 * len(LEVELS))):
        level = trunk.levels[layer // 2]
        assert isinstance(level, Level)
        rows.append((level.second if layer % 2 else level.first).affine.weight.detach())
    a = torch.cat(rows)
    vectors: Tensor = torch.linalg.eigh(a.t() @ a).eigenvectors
    return vectors.flip(1).t()[:count]


def _named(dreamer: Dreamer, classes: int) -> dict[str, tuple[tuple[int, int], F32]]:
    """Quality -> the layers and the vector that move it furthest, each candidate used once."""
    rng = torch.Generator().manual_seed(4)
    labels = torch.arange(_DREAMS) % classes
    mix = F.one_hot(labels, classes).float()
    z = torch.randn(_DREAMS, len(GROUPS), Z, generator=rng)
    noise = torch.randn(1, 1, *FULL, generator=rng).expand(_DREAMS, -1, -1, -1)
    with torch.no_grad():
        w = dreamer.styles(z, mix)
        tried: list[tuple[tuple[int, int], Tensor, dict[str, float]]] = []
        for layers in GROUPS.values():
            for vector in factorised(dreamer, layers, _EIGENVECTORS):
                step = vector * float((w[:, layers[0]] @ vector).std()) * _REACH
                tried.append((layers, step, _moved(dreamer, w, noise, layers, step)))
    named: dict[str, tuple[tuple[int, int], F32]] = {}
    spread = {name: float(np.std([moves[name] for *_, moves in tried])) + 1e-9 for name in _QUALITIES}
    while len(named) < len(_QUALITIES):
        # the clearest of all pairs of candidate and quality first
        _, name, k = max(
            (abs(tried[k][2][name]) / spread[name], name, k)
            for k in range(len(tried))
            for name in _QUALITIES
            if name not in named
        )
        layers, step, moves = tried.pop(k)
        named[name] = (layers, np.asarray(step.numpy() * np.sign(moves[name]), np.float32))
    return {name: named[name] for name in _QUALITIES}


def _moved(dreamer: Dreamer, w: Tensor, noise: Tensor, layers: tuple[int, int], step: Tensor) -> dict[str, float]:
    """What a step either way changes of every quality, on average over dreams."""
    ends = []
    for sign in (-1.0, 1.0):
        moved = w.clone()
        moved[:, layers[0] : layers[1]] += step * sign
        fields = dreamer.trunk(moved, noise)
        ends.append({name: quality(fields) for name, quality in _QUALITIES.items()})
    return {name: float((ends[1][name] - ends[0][name]).mean()) for name in _QUALITIES}


def _density(fields: Tensor) -> Tensor:
    """How much of the picture is edges."""
    v = fields[:, :1]
    return (v[..., 1:] - v[..., :-1]).abs().mean((1, 2, 3)) / (v.mean((1, 2, 3)) + 0.1)


def _scale(fields: Tensor) -> Tensor:
    """Share of the value's energy that is coarse."""
    v = fields[:, :1] - fields[:, :1].mean((2, 3), keepdim=True)
    coarse = F.avg_pool2d(v, 8).square().mean((1, 2, 3))
    return coarse / (v.square().mean((1, 2, 3)) + 1e-4)


def _glow(fields: Tensor) -> Tensor:
    return fields[:, 2].mean((1, 2))


def _symmetry(fields: Tensor) -> Tensor:
    """How alike the left half is to the right one in a mirror."""
    v = F.avg_pool2d(fields[:, :1], 4)
    v = v - v.mean((2, 3), keepdim=True)
    return (v * v.flip(3)).mean((1, 2, 3)) / (v.square().mean((1, 2, 3)) + 1e-4)


_QUALITIES: Mapping[str, Callable[[Tensor], Tensor]] = {
    "scale": _scale,
    "density": _density,
    "symmetry": _symmetry,
    "glow": _glow,
}
