"""Trains film's autoencoder: bit for bit the same whether or not it is interrupted.

The loss is what the picture is off by, in values and in slopes at three sizes, and beta times the divergence of the
latents' posterior from a standard normal (Higgins et al., "beta-VAE", 2017). Beta rises from zero over the first part,
so that the latents mean something before they are asked to be few. In some pictures the finer groups are left out:
the coarse latents must say what they can by themselves (Rippel, Gelbart and Adams, "Nested Dropout", 2014).
"""

import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  its usual name
from torch import Tensor, nn

from vj.core.errors import VjError
from vj.core.types import F32, U8
from vj.workshop.film._net import GROUPS, Autoencoder, Shape

BATCH = 16
#: It rises over the first steps and falls to its twentieth part by a cosine.
LEARNING_RATE = 2e-3
#: How many these first steps are.
RISE_STEPS = 50
#: What one unit of the picture's loss is worth.
LOSS_NATS = 2150.0
#: The part of the steps over which beta rises.
BETA_RISE = 0.2
#: Weight of squared errors beside absolute ones.
SQUARED = 8.0
#: The part of a batch in which only coarse latents are heard. Without this and the next the fine ones, which are
#: nearest to the picture, come to say everything.
ONLY_COARSE = 0.1
#: The part in which fine ones are not.
NOT_FINE = 0.15
#: Half-life, in steps, of the mean of weights that is kept.
MEMORY = 100.0


@dataclass(frozen=True)
class Plan:
    """What is trained, and how long: `beta` weighs the divergence, `seed` draws everything."""

    shape: Shape
    steps: int
    beta: float = 1.0
    seed: int = 1


@dataclass
class Lesson:
    """Everything that training changes, and how to keep and resume it."""

    plan: Plan
    net: Autoencoder
    mean: Autoencoder
    optimiser: torch.optim.Adam
    step: int = 0

    @classmethod
    def new(cls, plan: Plan) -> "Lesson":
        """A lesson before its first step."""
        torch.manual_seed(plan.seed)
        net = Autoencoder(plan.shape).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        mean = deepcopy(net).requires_grad_(False)
        return cls(plan, net, mean, torch.optim.Adam(net.parameters(), LEARNING_RATE, (0.9, 0.99)))

    def keep(self, file: Path) -> None:
        """Write everything to `file`, which is never half written."""
        state = {
            "net": self.net.state_dict(),
            "mean": self.mean.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
        }
        torch.save(state, file.with_suffix(".part"))
        file.with_suffix(".part").replace(file)

    def resume(self, file: Path) -> None:
        """Go on from what `keep` wrote; raises VjError where that is damaged."""
        try:
            state = torch.load(file, weights_only=True)
            for name, part in (("net", self.net), ("mean", self.mean), ("optimiser", self.optimiser)):
                part.load_state_dict(state[name])
            self.step = int(state["step"])
        except (OSError, RuntimeError, KeyError, ValueError, EOFError) as error:
            hint = "begin anew with --force"
            raise VjError("the training is damaged, or of another version", str(file), hint) from error


def train(
    lesson: Lesson,
    images: U8,
    seconds: float,
    stopped: Callable[[], bool],
    told: Callable[[int, dict[str, float]], None],
) -> None:
    """Train until the plan's steps are done, `seconds` are over or `stopped()`; `told` hears of every step.

    images are [N, height, width, 3] uint8. `told` gets the steps done and running means of loss, off (mean absolute
    error, 1 is black to white), kl (nats a picture).
    """
    began = time.monotonic()
    means: dict[str, float] = {}
    while lesson.step < lesson.plan.steps and time.monotonic() - began < seconds and not stopped():
        found = _round(lesson, images)
        lesson.step += 1
        means |= {name: means.get(name, value) * 0.95 + 0.05 * value for name, value in found.items()}
        told(lesson.step, means)


def step_seconds(plan: Plan, images: U8, tries: int = 5) -> float:
    """Seconds that one step takes: the median of `tries` after a first one, on a lesson that is thrown away."""
    with torch.random.fork_rng():
        lesson, took = Lesson.new(plan), []
        for _ in range(tries + 1):
            began = time.perf_counter()
            _round(lesson, images)
            lesson.step += 1
            took.append(time.perf_counter() - began)
    return sorted(took[1:])[tries // 2]


def encoded(net: Autoencoder, images: U8, chosen: Sequence[int]) -> tuple[F32, F32]:
    """Means and variances [N, G * Z] of the posteriors of the chosen ones of `images`."""
    parts = []
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for start in range(0, len(chosen), 64):
            parts.append(torch.stack(net.encoder(as_tensor(images[chosen[start : start + 64]])), 1))
    mean, logvar = np.moveaxis(torch.cat(parts).numpy(), 1, 0)
    return mean, np.exp(logvar)


def decoded(net: Autoencoder, latents: F32) -> U8:
    """[N, height, width, 3] pictures of latents [N, G * Z]."""
    with torch.no_grad():
        image = net.decoder(torch.from_numpy(latents)).permute(0, 2, 3, 1)
        found: U8 = ((image.clamp(-1, 1) + 1) * 127.5 + 0.5).to(torch.uint8).numpy()
    return found


def as_tensor(images: U8) -> Tensor:
    """[N, height, width, 3] bytes -> [N, 3, height, width] in -1..1, channels last in memory."""
    return torch.tensor(images).permute(0, 3, 1, 2).float() / 127.5 - 1.0


def distance(made: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
    """What the loss is made of, and the mean absolute error of values alone.

    Absolute errors of slopes and of values, at three sizes; and squared errors of values, since absolute ones alone let
    what is small and moves about be left out: the median of a place that it seldom visits is without it.
    """
    apart = made - truth
    off = apart.abs().mean()
    total = torch.zeros(())
    for size in range(3):
        apart = F.avg_pool2d(apart, 2) if size else apart
        total = total + apart.abs().mean() + SQUARED * apart.square().mean()
        for axis in (2, 3):
            total = total + apart.diff(dim=axis).abs().mean()
    return total, off


def divergence(mean: Tensor, logvar: Tensor) -> Tensor:
    """[G * Z] KL(N(mean, exp logvar) || N(0, 1)) of every latent in nats, mean over pictures."""
    return 0.5 * (mean.square() + logvar.exp() - 1.0 - logvar).mean(0)


def _round(lesson: Lesson, images: U8) -> dict[str, float]:
    """One step, whose luck depends on nothing but seed and step."""
    plan = lesson.plan
    rng = torch.Generator().manual_seed(plan.seed * 1_000_003 + lesson.step)
    chosen = torch.randint(len(images), (BATCH,), generator=rng).numpy()
    x = as_tensor(images[chosen])
    noise = torch.randn(BATCH, plan.shape.latents, generator=rng)
    with torch.autocast("cpu", torch.bfloat16):
        made, mean, logvar = lesson.net(x, noise, _heard(plan.shape.z, rng))
    loss, off = distance(made.float() / 2, x / 2)
    kl = divergence(mean, logvar).sum()
    beta = plan.beta * min(lesson.step / (BETA_RISE * plan.steps), 1.0)
    _learn(lesson, loss + kl * (beta / LOSS_NATS))
    return {"loss": float(loss.detach()), "off": float(off.detach()), "kl": float(kl.detach())}


def _heard(z: int, rng: torch.Generator) -> Tensor:
    """[BATCH, G * Z] 1 for latents that are heard: all, all but fine ones, or coarse ones alone."""
    luck = torch.rand(BATCH, 1, generator=rng)
    heard = torch.ones(BATCH, len(GROUPS))
    heard[:, 1:] *= (luck > ONLY_COARSE).float()
    heard[:, 2:] *= (luck > ONLY_COARSE + NOT_FINE).float()
    return heard.repeat_interleave(z, 1)


def _learn(lesson: Lesson, loss: Tensor) -> None:
    done = lesson.step / lesson.plan.steps
    fall = 0.05 + 0.95 * 0.5 * float(1.0 + torch.cos(torch.tensor(done * torch.pi)))
    for group in lesson.optimiser.param_groups:
        group["lr"] = LEARNING_RATE * min((lesson.step + 1) / RISE_STEPS, 1.0) * fall
    lesson.optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(lesson.net.parameters(), 1.0)
    lesson.optimiser.step()
    fresh = 1.0 - 0.5 ** (1.0 / min(MEMORY, max(lesson.step * 0.1, 1.0)))
    with torch.no_grad():
        for mean, now in zip(lesson.mean.parameters(), lesson.net.parameters(), strict=True):
            mean.lerp_(now, fresh)
