"""Trains dream's trunk against a judge: an adversarial game over pictures of the worlds, resumable at any step.

Non-saturating loss (Goodfellow et al., 2014) with the gradient penalty R1 (Mescheder et al., 2018), a mean of weights
over time (Karras et al., 2018), and hinges that make every style group matter.
"""

import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  its usual name
from torch import Tensor, nn

from vj.workshop.dream._data import Drawn
from vj.workshop.dream._net import Judge, Mapper, Trunk
from vj.workshop.dream._palette import anchors, colour
from vj.workshop.dream._shapes import FORM, FULL, GROUPS, PALETTE, REACH, Z, layer_groups

BATCH = 16
#: Learning rates, high for weights of deviation 1: there are hours, not weeks.
RATES = {"dreamer": 6e-3, "judge": 3e-3}
#: Weight of the gradient penalty, taken every LAZY_STEPS. Too little, and in the end come rainbows and beads.
GAMMA = 0.5
LAZY_STEPS = 16
#: Share of dreams between two worlds; the judge is told the stronger one.
MIXED = 0.15
#: Two dreams of a world should differ by this part of what two of its pictures do when all, only the coarse or only
#: the middle styles differ.
VARIETY = ((None, 1.0), (0, 0.5), (1, 0.4))
#: What being short of that costs, times the missing share.
HINGE = 2.5
#: Half-life, in steps, of the mean of weights that is kept.
MEMORY = 500.0
#: From this part of the planned steps on, the rates fall to a tenth.
LATE = 0.75


class Dreamer(nn.Module):
    """Mapper and trunk: z [N, G, Z], class weights [N, C] and noise [N, 1, *FULL] -> fields [N, 3, *DREAMT]."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.mapper = Mapper(classes)
        self.trunk = Trunk()
        self._groups = layer_groups()[: 2 * len(self.trunk.levels)]

    def forward(self, z: Tensor, mix: Tensor, noise: Tensor) -> Tensor:
        fields: Tensor = self.trunk(self.styles(z, mix), noise)
        return fields

    def styles(self, z: Tensor, mix: Tensor) -> Tensor:
        """[N, 2 * levels, STYLE] the mapped styles of the trunk's layers."""
        n, groups = z.shape[:2]
        w: Tensor = self.mapper(z[:, :, :FORM].reshape(n * groups, FORM), mix.repeat_interleave(groups, 0))
        return w.reshape(n, groups, -1)[:, self._groups]


@dataclass
class Game:
    """Everything that training changes, and how to keep and resume it."""

    dreamer: Dreamer
    mean: Dreamer
    judge: Judge
    optimisers: dict[str, torch.optim.Adam]
    step: int = 0

    @classmethod
    def new(cls, classes: int, seed: int) -> "Game":
        """A game before its first step."""
        torch.manual_seed(seed)
        dreamer, judge = Dreamer(classes), Judge(classes)
        players: dict[str, nn.Module] = {"dreamer": dreamer, "judge": judge}
        optimisers = {
            name: torch.optim.Adam(player.parameters(), RATES[name], (0.0, 0.99)) for name, player in players.items()
        }
        return cls(dreamer, deepcopy(dreamer).requires_grad_(False), judge, optimisers)

    def keep(self, file: Path) -> None:
        """Write everything to `file`, which is never half written."""
        state = {
            "dreamer": self.dreamer.state_dict(),
            "mean": self.mean.state_dict(),
            "judge": self.judge.state_dict(),
            **{f"optimiser.{name}": optimiser.state_dict() for name, optimiser in self.optimisers.items()},
            "step": self.step,
        }
        torch.save(state, file.with_suffix(".part"))
        file.with_suffix(".part").replace(file)

    def resume(self, file: Path) -> None:
        """Go on from what `keep` wrote; worlds that are new since then begin as strangers."""
        state = torch.load(file, weights_only=True)
        for name, network in (("dreamer", self.dreamer), ("mean", self.mean), ("judge", self.judge)):
            network.load_state_dict(_fitted(state[name], network.state_dict()))
        for name, optimiser in self.optimisers.items():
            player = self.dreamer if name == "dreamer" else self.judge
            saved = state[f"optimiser.{name}"]
            for k, parameter in enumerate(player.parameters()):
                moments = saved["state"].get(k)
                for moment in ("exp_avg", "exp_avg_sq") if moments else ():
                    moments[moment] = _grown(moments[moment], torch.zeros_like(parameter))
            optimiser.load_state_dict(saved)
        self.step = state["step"]


def train(
    game: Game,
    data: Mapping[str, Drawn],
    steps: int,
    seconds: float,
    saved: Callable[[Game], None],
    say: Callable[[str], None],
    every: int = 500,
) -> None:
    """Play until `steps` are done or `seconds` are over; `saved` is called every so many steps and at the end."""
    small = [torch.from_numpy(drawn.small) for drawn in data.values()]
    apart = torch.tensor([_apart(pictures) for pictures in small])
    rest = anchors()
    began, first = time.monotonic(), game.step
    rng = torch.Generator().manual_seed(game.step + 1)
    sums: dict[str, float] = {}
    try:
        while game.step < steps and time.monotonic() - began < seconds:
            _slow_down(game, steps)
            told = _round(game, small, apart, rest, rng)
            game.step += 1
            sums |= {name: sums.get(name, value) * 0.98 + 0.02 * value for name, value in told.items()}
            if game.step % 50 == 0:
                pace = (time.monotonic() - began) / (game.step - first)
                say(f"step {game.step}  {pace:.2f} s a step  " + "  ".join(f"{k} {v:.3f}" for k, v in sums.items()))
            if game.step % every == 0:
                saved(game)
    finally:
        saved(game)


def _round(game: Game, small: list[Tensor], apart: Tensor, rest: Tensor, rng: torch.Generator) -> dict[str, float]:
    """One step of the judge and one of the dreamer."""
    classes = len(small)
    labels = torch.randint(classes, (BATCH // 2,), generator=rng).repeat(2)  # two of each, for `spread`
    real = _real(small, labels, rng)
    tint = rest[labels]
    shown = colour(real, tint, _palette(BATCH, rng)) * 2 - 1
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        z, mix, noise, told, _ = _asked(labels, classes, rng, all_differ=True)
        fields = game.dreamer(z, mix, noise)
    dreamt = colour(fields.float(), mix @ rest, _palette(BATCH, rng)) * 2 - 1
    with torch.autocast("cpu", torch.bfloat16):
        truth, lie = game.judge(shown, _hot(labels, classes)).float(), game.judge(dreamt, told).float()
    loss = F.softplus(-truth).mean() + F.softplus(lie).mean()
    sums = {"gap": float((truth - lie).detach().mean())}
    if game.step % LAZY_STEPS == 0:
        penalty = _penalty(game.judge, shown, _hot(labels, classes))
        loss = loss + penalty * (GAMMA / 2 * LAZY_STEPS)
        sums["penalty"] = float(penalty.detach())
    _learn(game.optimisers["judge"], game.judge, loss)

    labels = torch.randint(classes, (BATCH // 2,), generator=rng).repeat(2)
    z, mix, noise, told, (group, part) = _asked(labels, classes, rng)
    game.judge.requires_grad_(False)
    with torch.autocast("cpu", torch.bfloat16):
        fields = game.dreamer(z, mix, noise)
    fields = fields.float()
    dreamt = colour(fields, mix @ rest, _palette(BATCH, rng)) * 2 - 1
    with torch.autocast("cpu", torch.bfloat16):
        lie = game.judge(dreamt, told).float()
    differ = (_pooled(fields[: BATCH // 2]) - _pooled(fields[BATCH // 2 :])).abs().mean((1, 2, 3))
    short = F.relu(1.0 - differ / (apart[labels[: BATCH // 2]] * part)).mean()
    loss = F.softplus(-lie).mean() + short * HINGE + fields[:, 1].mean((1, 2)).square().mean() * 0.02
    _learn(game.optimisers["dreamer"], game.dreamer, loss)
    game.judge.requires_grad_(True)
    _remember(game)
    sums[f"short{'' if group is None else group}"] = float(short.detach())
    return sums


def _asked(
    labels: Tensor, classes: int, rng: torch.Generator, all_differ: bool = False
) -> tuple[Tensor, Tensor, Tensor, Tensor, tuple[int | None, float]]:
    """z, class weights, noise, what the judge is told, and what may differ between the two halves of the batch."""
    n = len(labels)
    z = torch.randn(n, len(GROUPS), Z, generator=rng)
    kind = VARIETY[int(torch.randint(4, (1,), generator=rng)) % 3]
    if kind[0] is not None and not all_differ:  # the two halves are of the same worlds: let only one style group differ
        others = [k for k in range(len(GROUPS)) if k != kind[0]]
        z[n // 2 :, others] = z[: n // 2, others]
    told = _hot(labels, classes)
    other = _hot(torch.randint(classes, (n,), generator=rng), classes)
    share = torch.rand(n, 1, generator=rng) * 0.5
    between = torch.rand(n, 1, generator=rng) < MIXED
    if len(labels) > 1 and torch.equal(labels[: n // 2], labels[n // 2 :]):
        for drawn in (other, share, between):  # partners must be the same mixture
            drawn[n // 2 :] = drawn[: n // 2].clone()
    mix = torch.where(between, told * (1 - share) + other * share, told)
    noise = torch.randn(n, 1, *FULL, generator=rng)
    return z, mix, noise, told, kind


def _real(small: list[Tensor], labels: Tensor, rng: torch.Generator) -> Tensor:
    """[N, 3, *DREAMT] fields of pictures of the worlds, half of them seen in a mirror."""
    rows = [small[k][int(torch.randint(len(small[k]), (1,), generator=rng))] for k in labels.tolist()]
    fields = torch.stack(rows).float() / 255.0
    flipped = torch.rand(len(labels), 1, 1, 1, generator=rng) < 0.5
    fields = torch.where(flipped, fields.flip(3), fields)
    return torch.cat([fields[:, :1], fields[:, 1:2] * 2 - 1, fields[:, 2:]], 1)


def _palette(n: int, rng: torch.Generator) -> Tensor:
    return torch.tanh(torch.randn(n, PALETTE, generator=rng) / REACH) * REACH


def _hot(labels: Tensor, classes: int) -> Tensor:
    return F.one_hot(labels, classes).float()


def _pooled(fields: Tensor) -> Tensor:
    return F.avg_pool2d(fields, 4)


def _apart(pictures: Tensor) -> float:
    """How much two pictures of a world differ, pooled: what two dreams of it should."""
    pooled = _pooled(pictures[:200].float() / 255.0)
    pooled[:, 1] *= 2.0
    half = len(pooled) // 2
    return float((pooled[:half] - pooled[half : 2 * half]).abs().mean())


def _penalty(judge: Judge, shown: Tensor, told: Tensor) -> Tensor:
    """R1: squared slope of the judge at real pictures."""
    shown = shown.detach().requires_grad_(True)
    (slope,) = torch.autograd.grad(judge(shown, told).sum(), shown, create_graph=True)
    return slope.square().sum((1, 2, 3)).mean()


def _learn(optimiser: torch.optim.Adam, player: nn.Module, loss: Tensor) -> None:
    optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(player.parameters(), 5.0)
    optimiser.step()


def _remember(game: Game) -> None:
    """Move the mean of weights on; early it forgets faster."""
    fresh = 1.0 - 0.5 ** (1.0 / min(MEMORY, max(game.step * 0.1, 1.0)))
    with torch.no_grad():
        for mean, now in zip(game.mean.parameters(), game.dreamer.parameters(), strict=True):
            mean.lerp_(now, fresh)


def _slow_down(game: Game, steps: int) -> None:
    """Let the learning rates fall to a tenth over the last part of the planned steps."""
    late = max(game.step / steps - LATE, 0.0) / (1.0 - LATE)
    for name, optimiser in game.optimisers.items():
        for group in optimiser.param_groups:
            group["lr"] = RATES[name] * (1.0 - 0.9 * late)


def _fitted(state: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    return {name: _grown(tensor, now[name]) for name, tensor in state.items()}


def _grown(saved: Tensor, now: Tensor) -> Tensor:
    """`saved`, with the rows of `now` that it lacks: those of new worlds."""
    if saved.shape == now.shape:
        return saved
    return torch.cat([saved, now[len(saved) :].to(saved.dtype)])
