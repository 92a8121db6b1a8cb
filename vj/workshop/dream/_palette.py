"""The palette head of `worlds` as a differentiable torch function: the same colours from the same numbers.

It must agree with `worlds.palette.colour`, which writes it as a graph; a test compares the two.
"""

from dataclasses import astuple
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vj.workshop.dream._shapes import LEARNT
from vj.workshop.worlds.forms import WORLDS
from vj.workshop.worlds.palette import CURVE, FROM_LAB, MOVES, OLIVE, TO_RGB


def anchors() -> Tensor:
    """[C, 6] where the palette of every world that is learnt rests: hue, span, lift, chroma, accent, bend."""
    return torch.tensor(np.array([astuple(WORLDS[name].anchor) for name in LEARNT], np.float32))


def colour(fields: Tensor, rest: Tensor, numbers: Tensor) -> Tensor:
    """Fields [N, 3, H, W] (value 0..1, hue travel -1..1, glow 0..1) -> sRGB [N, 3, H, W] in 0..1.

    `rest` [N, 6] are anchors, `numbers` [N, 6] the palette's style numbers. Gradients stay finite at black.
    """
    hue, span, lift, chroma, accent, bend = _moved(rest, numbers)
    v, t, glow = fields[:, :1].clamp(0.01, 1.0), fields[:, 1:2], fields[:, 2:3].clamp(0.0, 0.97)
    lightness = v * (1.0 + bend * (1.0 - v)) * 0.86
    vivid = chroma * 1.42 * (v * (1.45 - v)) ** 0.75
    angle = hue + span * t + lift * (v * 2.0 - 1.0)
    angle = angle + torch.sin(angle - OLIVE) * 0.5
    green_red = vivid * torch.cos(angle) * (1.0 - glow) + glow * torch.cos(hue + accent) * 0.07
    blue_yellow = vivid * torch.sin(angle) * (1.0 - glow) + glow * torch.sin(hue + accent) * 0.07
    lab = torch.cat([lightness * (1.0 - glow) + glow * 0.95, green_red, blue_yellow], 1)
    roots = _mixed(lab, FROM_LAB)
    linear = _mixed(roots**3, TO_RGB).clamp(1e-5, 1.0)
    half = linear.sqrt()
    quarter = half.sqrt()
    a, b, c = CURVE
    return (half * a + quarter * b - quarter.sqrt() * c).clamp(0.0, 1.0)


def _moved(rest: Tensor, numbers: Tensor) -> list[Tensor]:
    """The anchors moved by the palette's numbers, each [N, 1, 1, 1]; see `worlds.palette`."""
    values = []
    for k, (number, amount, grows) in enumerate(MOVES):
        move = numbers[:, number] * amount
        values.append(rest[:, k] * torch.exp(move) if grows else rest[:, k] + move)
    return [value.reshape(-1, 1, 1, 1) for value in values]


def _mixed(channels: Tensor, matrix: Any) -> Tensor:
    return torch.einsum("oc,nchw->nohw", torch.as_tensor(matrix, dtype=channels.dtype), channels)
