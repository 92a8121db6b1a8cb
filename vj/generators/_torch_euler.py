"""From noise back to a picture in a few straight steps.

A model of variance-preserving noise (Ho et al. 2020) is read as one of added noise, x = picture + sigma noise with
sigma^2 = (1 - a) / a, a being the running product of 1 - beta; there a step is Euler's (Karras et al. 2022, algorithm 1
without its extras). Steps are spaced evenly in the model's time from where `strength` starts ("trailing", Lin et al.
2023), so that one step from the end is what Turbo models were taught.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from vj.core.types import F64


@dataclass(frozen=True)
class Stride:
    """One step: at `timestep` of the model there is noise of `sigma`, and afterwards of `after`."""

    timestep: int
    sigma: float
    after: float

    def step(self, x: Tensor, predict: Callable[[Tensor, int], Tensor], velocity: bool = False) -> Tensor:
        """`x` [1, 4, h, w] with less noise. `predict` tells the noise in x, scaled to variance 1, or its velocity."""
        scale = 1.0 / (self.sigma**2 + 1.0) ** 0.5
        found = predict(x * scale, self.timestep)
        picture = x * scale**2 - found * (self.sigma * scale) if velocity else x - self.sigma * found
        return x + (x - picture) * ((self.after - self.sigma) / self.sigma)


class Schedule:
    """The noise levels of a model, by the content of its scheduler_config.json."""

    def __init__(self, config: dict[str, Any]) -> None:
        count = int(config.get("num_train_timesteps", 1000))
        first, last = float(config.get("beta_start", 0.00085)), float(config.get("beta_end", 0.012))
        root = config.get("beta_schedule", "scaled_linear") == "scaled_linear"
        betas = np.linspace(first**0.5, last**0.5, count) ** 2 if root else np.linspace(first, last, count)
        left = np.cumprod(1.0 - betas)
        self.sigmas: F64 = np.sqrt((1.0 - left) / left)
        self.velocity = config.get("prediction_type", "epsilon") == "v_prediction"

    def strides(self, strength: float, steps: int) -> list[Stride]:
        """`steps` strides from the noise of `strength` 0..1 to none; no stride where there is no noise."""
        start = round(strength * len(self.sigmas))
        steps = min(steps, start)
        times = [round(start * (1 - n / steps)) - 1 for n in range(steps)] if steps else []
        sigmas = [float(self.sigmas[t]) for t in times] + [0.0]
        return [Stride(t, a, b) for t, a, b in zip(times, sigmas, sigmas[1:], strict=False)]
