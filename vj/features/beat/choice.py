"""A small network that was taught to choose: of several pictures, the likelier each, the higher its odds."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from vj.core.types import F32, F64


@dataclass(frozen=True, slots=True)
class Choice:
    """Two rectified layers and a sum; `bench/beat/teach/_choosing.py` makes their weights.

    into [inputs, 48] and mid [48, 16] with biases, out [16]
    """

    into: F32
    into_bias: F32
    mid: F32
    mid_bias: F32
    out: F32

    def odds(self, pictures: F32) -> F64:
        """[n] log odds of pictures [n, inputs] against each other."""
        x = np.maximum(pictures @ self.into + self.into_bias, 0.0)
        x = np.maximum(x @ self.mid + self.mid_bias, 0.0)
        odds: F64 = (x @ self.out).astype(np.float64)
        return odds


@cache
def choice(weights: Path) -> Choice:
    """The network as it ships, in float32."""
    with np.load(weights, allow_pickle=False) as stored:
        return Choice(**{name: stored[name].astype(np.float32) for name in stored.files})
