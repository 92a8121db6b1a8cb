"""A small recurrent network that says where beats and downbeats are; `bench/beat/teach/beats.py` made the weights.

What is a beat among many attacks is easier shown than said: a backbeat, a bass that begins a bar, a hat between. Two
gated recurrent layers (Cho et al. 2014) behind a dense one, 33 thousand weights, run once a look (21 ms).
"""

from functools import cache
from pathlib import Path

import numpy as np

from vj.core.types import F32
from vj.features._gates import Gates as Gates
from vj.features._gates import biased, halved

#: Halves by which the network tells of a beat late: what it has seen of an attack by then.
DELAY = 4
WEIGHTS = Path(__file__).with_name("net.npz")

_NONE = np.float32(0.0)


@cache
def _weights() -> dict[str, F32]:
    """The weights as they ship, in float32; those of the dense layer hold the scale of the inputs."""
    with np.load(WEIGHTS, allow_pickle=False) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}


def _gates(name: str) -> Gates:
    return Gates(*(halved(_weights()[f"{name}_{part}"]) for part in ("into", "into_bias", "back", "back_bias")))


class BeatNet:
    """Runs the network one look at a time."""

    def __init__(self) -> None:
        w = _weights()
        self._into, self._into_bias, self._out = w["into"], w["into_bias"], biased(w["out"], w["out_bias"])
        self._first, self._second = _gates("first"), _gates("second")

    def reset(self) -> None:
        """Back to the state after construction."""
        self._first.reset()
        self._second.reset()

    def step(self, seen: F32) -> F32:
        """[2, 2] log odds that each of two halves, DELAY halves ago, is a beat, and a downbeat."""
        x, between = self._first.inputs, self._second.inputs
        seen.dot(self._into, out=x)
        x += self._into_bias
        np.maximum(x, _NONE, out=x)
        between[:] = self._first.step()
        self._second.step()
        odds: F32 = self._second.known.dot(self._out)
        return odds.reshape(2, 2)
