"""A small recurrent network that says where beats and downbeats are; `bench/beat/teach.py` made the weights.

What is a beat among many attacks is easier shown than said: a backbeat, a bass that begins a bar, a hat between. Two
gated recurrent layers (Cho et al. 2014) behind a dense one, 33 thousand weights, run once a look (21 ms).
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from vj.core.types import F32
from vj.features._gates import Gates as Gates
from vj.features._gates import halved

#: Halves by which the network tells of a beat late: what it has seen of an attack by then.
DELAY = 4
WEIGHTS = Path(__file__).with_name("net.npz")

_NONE = np.float32(0.0)


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
        return Gates(*(halved(kept[f"{name}_{part}"]) for part in ("into", "into_bias", "back", "back_bias")))

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
        self._first = np.zeros(self._layers.first.size, np.float32)
        self._second = np.zeros(self._layers.second.size, np.float32)

    def step(self, seen: F32) -> F32:
        """[2, 2] log odds that each of two halves, DELAY halves ago, is a beat, and a downbeat."""
        net = self._layers
        x = seen.dot(net.into)
        x += net.into_bias
        np.maximum(x, _NONE, out=x)
        self._first = net.first.step(x, self._first)
        self._second = net.second.step(self._first, self._second)
        odds: F32 = np.concatenate((self._first, self._second)).dot(net.out)
        odds += net.out_bias
        return odds.reshape(2, 2)
