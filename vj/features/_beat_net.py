"""A small recurrent network that says where beats and downbeats are; `bench/beat/teach.py` made the weights.

What is a beat among many attacks is easier shown than said: a backbeat, a bass that begins a bar, a hat between. Two
gated recurrent layers (Cho et al. 2014) behind a dense one, 33 thousand weights, run once a look (21 ms).
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from vj.core.types import F32

#: Halves by which the network tells of a beat late: what it has seen of an attack by then.
DELAY = 4
WEIGHTS = Path(__file__).with_name("_beat.npz")


@dataclass(frozen=True, slots=True)
class Gates:
    """One recurrent layer: [inputs, 3 n] and [n, 3 n] weights with [3 n] biases; reset, update and candidate."""

    into: F32
    into_bias: F32
    back: F32
    back_bias: F32

    def step(self, x: F32, h: F32) -> F32:
        """The next state [n] from the inputs [inputs] and the state `h` [n].

        Weights of both gates are stored halved: a sigmoid is half a hyperbolic tangent of half, and a half.
        """
        n = len(h)
        new, old = x @ self.into, h @ self.back
        new += self.into_bias
        old += self.back_bias
        gates = np.tanh(new[: 2 * n] + old[: 2 * n])
        gates *= np.float32(0.5)
        gates += np.float32(0.5)
        old[2 * n :] *= gates[:n]
        new[2 * n :] += old[2 * n :]
        candidate = np.tanh(new[2 * n :])
        after: F32 = candidate + gates[n:] * (h - candidate)
        return after


@dataclass(frozen=True, slots=True)
class Layers:
    """All weights; those of the dense layer hold the scale of the inputs."""

    into: F32
    into_bias: F32
    first: Gates
    second: Gates
    out: F32
    out_bias: F32


@cache
def layers() -> Layers:
    """The weights as they ship, in float32."""
    with np.load(WEIGHTS, allow_pickle=False) as stored:
        kept = {name: stored[name].astype(np.float32) for name in stored.files}

    def gates(name: str) -> Gates:
        parts = [kept[f"{name}_{part}"] for part in ("into", "into_bias", "back", "back_bias")]
        n = parts[2].shape[0]
        halved = np.concatenate([np.full(2 * n, 0.5), np.ones(n)]).astype(np.float32)
        return Gates(*(part * halved for part in parts))

    return Layers(
        kept["into"], kept["into_bias"], gates("first"), gates("second"), kept["out"], kept["out_bias"]
    )  # fmt: skip


class BeatNet:
    """Runs the network one look at a time."""

    def __init__(self) -> None:
        self._layers = layers()
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._first = np.zeros(self._layers.first.back.shape[0], np.float32)
        self._second = np.zeros(self._layers.second.back.shape[0], np.float32)

    def step(self, seen: F32) -> F32:
        """[2, 2] log odds that each of two halves, DELAY halves ago, is a beat, and a downbeat."""
        net = self._layers
        x = seen @ net.into + net.into_bias
        np.maximum(x, 0.0, out=x)
        self._first = net.first.step(x, self._first)
        self._second = net.second.step(self._first, self._second)
        odds: F32 = np.concatenate([self._first, self._second]) @ net.out + net.out_bias
        return odds.reshape(2, 2)
