"""Trains dream's sharpener: fields four times as large, in field space, before any colour.

It learns pairs of pictures of the worlds (whole and pooled), which fixes where every line lies, and from a second judge
what lines look like close up; part of what that judge sees are dreams, so that it also mends the trunk's faults.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812  its usual name
from torch import Tensor, nn

from vj.workshop.dream._data import Drawn
from vj.workshop.dream._net import Convolution, Linear
from vj.workshop.dream._palette import anchors, colour
from vj.workshop.dream._shapes import DREAMT, FULL, GROUPS, PALETTE, REACH, SCALE, Z
from vj.workshop.dream._train import Dreamer

BATCH = 8
#: Side of a patch at the dreamt size.
PATCH = 24
RATES = {"sharpener": 1e-3, "judge": 4e-4}
#: Steps before the judge has a say.
ALONE_STEPS = 400
#: Weight of what it says.
JUDGE_WEIGHT = 0.06
#: Weight of the pairs.
PAIRS_WEIGHT = 1.0
#: Weight of the gradient penalty, taken every LAZY_STEPS.
GAMMA = 2.0
LAZY_STEPS = 16
#: Channels and layers in the middle of the sharpener.
_CHANNELS = 32
_LAYERS = 4
_SLOPE = 0.2
_GAIN = 2.0**0.5


class Sharpener(nn.Module):
    """Fields [N, 3, h, w] and class weights [N, C] -> fields [N, 3, SCALE h, SCALE w].

    What it adds to the plain enlargement may not leave the fields' range. Each world scales its channels its own way.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.enter = Convolution(3, _CHANNELS, 3)
        self.middle = nn.ModuleList(Convolution(_CHANNELS, _CHANNELS, 3) for _ in range(_LAYERS))
        self.leave = Convolution(_CHANNELS, 3 * SCALE * SCALE, 3)
        self.classes = nn.Parameter(torch.ones(_LAYERS + 1, classes, _CHANNELS))

    def forward(self, fields: Tensor, mix: Tensor) -> Tensor:
        scale = torch.einsum("nc,dcw->dnw", mix, self.classes)[..., None, None]
        x = F.leaky_relu(self.enter(fields), _SLOPE) * _GAIN * scale[0]
        for k, convolution in enumerate(self.middle):
            x = x + F.leaky_relu(convolution(x), _SLOPE) * scale[k + 1]
        added = F.pixel_shuffle(self.leave(x) * 0.1, SCALE)
        large = F.interpolate(fields, scale_factor=SCALE, mode="bilinear", align_corners=False)
        return clamped(large + added)


def clamped(fields: Tensor) -> Tensor:
    """Value and glow within 0..1, hue travel within -1..1."""
    return torch.cat([fields[:, :1].clamp(0, 1), fields[:, 1:2].clamp(-1, 1), fields[:, 2:].clamp(0, 1)], 1)


class Loupe(nn.Module):
    """Judges patches of colour [N, 3, h, w] in -1..1 of known worlds [N, C], many places of each patch at once."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.enter = Convolution(3, 16, 3)
        self.halve = nn.ModuleList(Convolution(a, b, 3) for a, b in ((16, 32), (32, 64), (64, 64)))
        self.score = Convolution(64, 1, 1)
        self.classes = Linear(classes, 64)

    def forward(self, x: Tensor, mix: Tensor) -> Tensor:
        x = F.leaky_relu(self.enter(x), _SLOPE) * _GAIN
        for convolution in self.halve:
            x = F.avg_pool2d(F.leaky_relu(convolution(x), _SLOPE) * _GAIN, 2)
        told = (x * self.classes(mix)[:, :, None, None]).mean(1, keepdim=True)
        out: Tensor = self.score(x) + told
        return out


@dataclass
class Workbench:
    """Sharpener, its judge, and how to keep and resume them."""

    sharpener: Sharpener
    judge: Loupe
    step: int = 0

    @classmethod
    def new(cls, classes: int, seed: int) -> "Workbench":
        """Before the first step."""
        torch.manual_seed(seed)
        return cls(Sharpener(classes), Loupe(classes))

    def keep(self, file: Path) -> None:
        """Write everything but the optimisers' moments, which are soon found again."""
        state = {"sharpener": self.sharpener.state_dict(), "judge": self.judge.state_dict(), "step": self.step}
        torch.save(state, file.with_suffix(".part"))
        file.with_suffix(".part").replace(file)

    def resume(self, file: Path) -> None:
        """Go on from what `keep` wrote."""
        state = torch.load(file, weights_only=True)
        self.sharpener.load_state_dict(state["sharpener"])
        self.judge.load_state_dict(state["judge"])
        self.step = state["step"]


def train(
    bench: Workbench,
    dreamer: Dreamer,
    data: Mapping[str, Drawn],
    steps: int,
    seconds: float,
    say: Callable[[str], None],
) -> None:
    """Sharpen until `steps` are done or `seconds` are over, with `dreamer` as it is."""
    full = [torch.from_numpy(drawn.full) for drawn in data.values()]
    rest, rng = anchors(), torch.Generator().manual_seed(bench.step + 1)
    optimisers = [
        torch.optim.Adam(bench.sharpener.parameters(), RATES["sharpener"], (0.5, 0.99)),
        torch.optim.Adam(bench.judge.parameters(), RATES["judge"], (0.0, 0.99)),
    ]
    began, first, error = time.monotonic(), bench.step, 0.0
    while bench.step < steps and time.monotonic() - began < seconds:
        late = max(bench.step / steps - 0.6, 0.0) / 0.4
        optimisers[0].param_groups[0]["lr"] = RATES["sharpener"] * (1.0 - 0.9 * late)
        error += 0.02 * (_round(bench, dreamer, full, rest, optimisers, rng) - error)
        bench.step += 1
        if bench.step % 100 == 0:
            pace = (time.monotonic() - began) / (bench.step - first)
            say(f"sharpening {bench.step}  {pace:.2f} s a step  error {error:.4f}")


def _round(
    bench: Workbench,
    dreamer: Dreamer,
    full: list[Tensor],
    rest: Tensor,
    optimisers: list[torch.optim.Adam],
    rng: torch.Generator,
) -> float:
    labels = torch.randint(len(full), (BATCH,), generator=rng)
    mix = F.one_hot(labels, len(full)).float()
    truth = torch.stack([_patch(full[k], rng) for k in labels.tolist()])
    pooled = F.avg_pool2d(truth, SCALE)
    worn = clamped(pooled + torch.randn(pooled.shape, generator=rng) * 0.02 * torch.rand(BATCH, 1, 1, 1, generator=rng))
    sharp = bench.sharpener(worn, mix)
    loss = PAIRS_WEIGHT * ((sharp - truth).abs().mean() + _slopes(sharp, truth))
    error = float(loss.detach())
    if bench.step >= ALONE_STEPS:
        dreams = bench.sharpener(_dreams(dreamer, mix, rng), mix)
        made, told = torch.cat([sharp, dreams]), torch.cat([mix, mix])
        seen = _seen(made, told @ rest, rng)
        real = _seen(truth, mix @ rest, rng)
        _judge(bench, optimisers[1], real, mix, seen.detach(), told)
        bench.judge.requires_grad_(False)
        loss = loss + JUDGE_WEIGHT * F.softplus(-bench.judge(seen, told)).mean()
    optimisers[0].zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(bench.sharpener.parameters(), 1.0)
    optimisers[0].step()
    bench.judge.requires_grad_(True)
    return error


def _judge(
    bench: Workbench, optimiser: torch.optim.Adam, real: Tensor, mix: Tensor, made: Tensor, told: Tensor
) -> None:
    loss = F.softplus(-bench.judge(real, mix)).mean() + F.softplus(bench.judge(made, told)).mean()
    if bench.step % LAZY_STEPS == 0:
        shown = real.detach().requires_grad_(True)
        (slope,) = torch.autograd.grad(bench.judge(shown, mix).mean((1, 2, 3)).sum(), shown, create_graph=True)
        loss = loss + slope.square().sum((1, 2, 3)).mean() * (GAMMA / 2 * LAZY_STEPS)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    optimiser.step()


def _patch(pictures: Tensor, rng: torch.Generator) -> Tensor:
    """A random patch [3, side, side] of a random picture, as fields."""
    k, y, x = (
        int(torch.randint(n, (1,), generator=rng))
        for n in (len(pictures), DREAMT[0] - PATCH + 1, DREAMT[1] - PATCH + 1)
    )
    side = PATCH * SCALE
    cut = pictures[k, :, y * SCALE : y * SCALE + side, x * SCALE : x * SCALE + side].float() / 255.0
    return torch.cat([cut[:1], cut[1:2] * 2 - 1, cut[2:]])


def _dreams(dreamer: Dreamer, mix: Tensor, rng: torch.Generator) -> Tensor:
    """A patch of a dream of each of the worlds [N, C]."""
    z = torch.randn(len(mix), len(GROUPS), Z, generator=rng)
    with torch.no_grad():
        fields = dreamer(z, mix, torch.randn(len(mix), 1, *FULL, generator=rng))
    y, x = (int(torch.randint(n - PATCH + 1, (1,), generator=rng)) for n in DREAMT)
    patch: Tensor = fields[:, :, y : y + PATCH, x : x + PATCH]
    return patch


def _seen(fields: Tensor, rest: Tensor, rng: torch.Generator) -> Tensor:
    numbers = torch.tanh(torch.randn(len(fields), PALETTE, generator=rng) / REACH) * REACH
    return colour(fields, rest, numbers) * 2 - 1


def _slopes(a: Tensor, b: Tensor) -> Tensor:
    """Mean difference of the slopes across and down."""
    across = ((a[..., 1:] - a[..., :-1]) - (b[..., 1:] - b[..., :-1])).abs().mean()
    down = ((a[..., 1:, :] - a[..., :-1, :]) - (b[..., 1:, :] - b[..., :-1, :])).abs().mean()
    return across + down
