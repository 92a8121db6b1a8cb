"""From noise back to a picture in a few straight steps: which ones.

A model of variance-preserving noise (Ho et al. 2020) is read as one of added noise, x = picture + sigma noise with
sigma^2 = (1 - a) / a, a being the running product of 1 - beta; there a step is Euler's (Karras et al. 2022, algorithm 1
without its extras). Steps are spaced evenly in the model's time from where `strength` starts ("trailing", Lin et al.
2023), so that one step from the end is what Turbo models were taught.
"""

from typing import Any

import numpy as np

from vj.core.types import F32, F64


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

    def strides(self, strength: float, steps: int) -> tuple[F32, F32]:
        """The timestep of each of `steps` steps [S] and the noise before and after them [S + 1], the last one 0.

        The first starts at the noise of `strength` 0..1; there is no step where there is no noise.
        """
        start = round(strength * len(self.sigmas))
        steps = min(steps, start)
        times = [round(start * (1 - n / steps)) - 1 for n in range(steps)]
        sigmas = [*(self.sigmas[t] for t in times), 0.0]
        return np.array(times, np.float32), np.array(sigmas, np.float32)
