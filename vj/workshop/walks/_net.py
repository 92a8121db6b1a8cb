"""The non-linear walk: one hidden layer that says where styles should go, fitted to least squares of many places."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from vj.core.types import F32
from vj.workshop.walks.probe import Axes

#: Steps of a walk.
STEPS = 4
#: Numbers of the hidden layer.
_HIDDEN = 96
#: Rounds of learning.
FIT_ROUNDS = 1200
#: Places a round.
_BATCH = 48
_LEARNING_RATE = 3e-3
_WEIGHT_DECAY = 0.03


@dataclass(frozen=True, eq=False)
class Place:
    """Styles [F], and what steps from there do: pixels J J^T [K, K], channels [K, 3], and what is wanted [D, K]."""

    styles: F32
    pixels: F32
    channels: F32
    wanted: F32


@dataclass(frozen=True, eq=False)
class Flow:
    """relu(s `first` + `bias`) `second`[d] + `rest`[d] is where fader d takes styles s.

    first [F, H], bias [H], second [D, H, F], rest [D, F]; F is L * W.
    """

    first: F32
    bias: F32
    second: F32
    rest: F32

    def moved(self, styles: F32, alphas: F32) -> F32:
        """`styles` [N, F] after faders at `alphas` [N, D]: STEPS steps, each as long as the faders say."""
        x = styles
        for _ in range(STEPS):
            hidden = np.maximum(x @ self.first + self.bias, 0.0)
            for d in range(len(self.rest)):
                x = x + alphas[:, d : d + 1] / STEPS * (hidden @ self.second[d] + self.rest[d])
        return np.asarray(x, np.float32)


def fit(
    places: Sequence[Place], axes: tuple[Axes, Axes], means: Sequence[float], ridge: float, rounds: int = FIT_ROUNDS
) -> Flow:
    """The flow that makes the sum of f A f - 2 f wanted least, A being pixels + means channels channels^T + ridge.

    `means` [D] is what each fader gives for the means of channels. Styles are seen along the second axes, each brought
    to deviation 1, and moved along the first.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # with matrices as small as these two threads only wait for each other
    try:
        return _fit(places, axes, means, ridge, rounds)
    finally:
        torch.set_num_threads(threads)


def _fit(places: Sequence[Place], axes: tuple[Axes, Axes], means: Sequence[float], ridge: float, rounds: int) -> Flow:
    inner, outer = axes
    look = (outer.rows / np.linalg.norm(outer.rows, axis=1)[:, None] ** 2).T.astype(np.float32)
    x = torch.tensor(np.stack([place.styles for place in places]) - outer.mean) @ torch.tensor(look)
    pixels = torch.tensor(np.stack([place.pixels for place in places]))
    channels = torch.tensor(np.stack([place.channels for place in places]))
    wanted, worth = torch.tensor(np.stack([place.wanted for place in places])), torch.tensor(means)
    count, faders, k = wanted.shape
    rng = torch.Generator().manual_seed(0)
    first = (torch.randn(x.shape[1], _HIDDEN, generator=rng) / x.shape[1] ** 0.5).requires_grad_()
    bias = torch.randn(_HIDDEN, generator=rng).requires_grad_()
    second, rest = (torch.zeros(side, faders * k, requires_grad=True) for side in (_HIDDEN, 1))
    optimiser = torch.optim.AdamW([first, bias, second, rest], _LEARNING_RATE, weight_decay=_WEIGHT_DECAY)
    for step in range(rounds):
        for group in optimiser.param_groups:
            group["lr"] = _LEARNING_RATE * (1.0 - step / rounds)
        some = torch.randint(0, count, (min(_BATCH, count),), generator=rng)
        said = (torch.relu(x[some] @ first + bias) @ second + rest).reshape(-1, faders, k)
        cost = ((said @ pixels[some]) * said).sum(2) + worth * (said @ channels[some]).square().sum(2)
        loss = (cost + (ridge * said.square() - 2 * said * wanted[some]).sum(2)).sum(1).mean()
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
    return _folded(look, outer.mean, inner.rows, (first, bias, second, rest), faders)


def _folded(look: F32, mean: F32, rows: F32, found: Sequence[Tensor], faders: int) -> Flow:
    """The same on plain styles."""
    first, bias, second, rest = (one.detach().numpy() for one in found)
    wide = look @ first
    there = second.reshape(len(second), faders, -1).transpose(1, 0, 2) @ rows
    return Flow(
        wide.astype(np.float32),
        (bias - mean @ wide).astype(np.float32),
        there.astype(np.float32),
        (rest.reshape(faders, -1) @ rows).astype(np.float32),
    )
