"""A gated recurrent layer (Cho et al. 2014), one step at a time: what small networks remember with."""

import numpy as np

from vj.core.types import F32

_ONE = np.float32(1.0)
_HALF = np.float32(0.5)


class Gates:
    """From [inputs, 3 n] and [n, 3 n] weights with [3 n] biases: reset, update and candidate, as PyTorch has them.

    Those of reset and update come halved: a sigmoid is half a hyperbolic tangent of half, and a half. A step is one
    product with all weights side by side, in places that stay: calls cost more here than what they compute.

    inputs  [inputs] where what comes is written before a step
    state   [n] what is remembered, which a step makes anew; a view, as `inputs` is
    known   [inputs + n + 1] both, side by side, and a one, for whoever has a bias
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
        self.known = np.zeros(inputs + n + 1, np.float32)
        self.known[-1] = 1.0
        self.inputs, self.state = self.known[:inputs], self.known[inputs:-1]
        self._parts = np.zeros(4 * n, np.float32)
        self._gates, self._new, self._candidate = self._parts[: 2 * n], self._parts[2 * n : 3 * n], self._parts[3 * n :]
        self._reset, self._update = self._gates[:n], self._gates[n:]

    def reset(self) -> None:
        """Remember nothing."""
        self.state[:] = 0.0

    def step(self) -> F32:
        """`state` after what `inputs` are now."""
        gates, candidate, state = self._gates, self._candidate, self.state
        self.known.dot(self._weights, out=self._parts)
        np.tanh(gates, out=gates)
        gates += _ONE  # twice the sigmoid
        candidate *= self._reset
        candidate += self._new
        np.tanh(candidate, out=candidate)
        state -= candidate
        state *= self._update
        state *= _HALF
        state += candidate
        return state


def biased(weights: F32, bias: F32) -> F32:
    """[n + 1, m] weights of `known`: those [n, m] and their bias [m]."""
    return np.concatenate([weights, bias[None]])


def halved(part: F32) -> F32:
    """Weights or biases [..., 3 n] as PyTorch has them, as `Gates` take them."""
    n = part.shape[-1] // 3
    return part * np.repeat(np.array([0.5, 0.5, 1.0], np.float32), n)
