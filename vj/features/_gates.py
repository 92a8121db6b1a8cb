"""A gated recurrent layer (Cho et al. 2014), one step at a time: what small networks remember with."""

import numpy as np

from vj.core.types import F32

_ONE, _HALF = np.ones(1, np.float32), np.float32(0.5)


class Gates:
    """From [inputs, 3 n] and [n, 3 n] weights with [3 n] biases: reset, update and candidate, as PyTorch has them.

    Those of reset and update come halved: a sigmoid is half a hyperbolic tangent of half, and a half. A step is one
    product with all weights side by side, for calls cost more here than what they compute.
    """

    def __init__(self, into: F32, into_bias: F32, back: F32, back_bias: F32) -> None:
        inputs, n = len(into), len(back)
        self.size = n
        # What comes, what was and a one give both gates, what is new for the candidate, and half of what is old in it.
        self._weights = np.zeros((inputs + n + 1, 4 * n), np.float32)
        self._weights[:inputs, : 3 * n], self._weights[-1, : 3 * n] = into, into_bias
        self._weights[inputs:-1, : 2 * n] = back[:, : 2 * n]
        self._weights[-1, : 2 * n] += back_bias[: 2 * n]
        self._weights[inputs:-1, 3 * n :], self._weights[-1, 3 * n :] = 0.5 * back[:, 2 * n :], 0.5 * back_bias[2 * n :]

    def step(self, x: F32, h: F32) -> F32:
        """The next state [n] from the inputs [inputs] and the state `h` [n]."""
        n = self.size
        parts = np.concatenate((x, h, _ONE)).dot(self._weights)
        gates, candidate = parts[: 2 * n], parts[3 * n :]
        np.tanh(gates, out=gates)
        gates += _ONE  # twice the sigmoid
        candidate *= gates[:n]
        candidate += parts[2 * n : 3 * n]
        np.tanh(candidate, out=candidate)
        after: F32 = h - candidate
        after *= gates[n:]
        after *= _HALF
        after += candidate
        return after


def halved(part: F32) -> F32:
    """Weights or biases [..., 3 n] as PyTorch has them, as `Gates` take them."""
    n = part.shape[-1] // 3
    return part * np.repeat(np.array([0.5, 0.5, 1.0], np.float32), n)
