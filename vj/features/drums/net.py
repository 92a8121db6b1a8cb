"""A small network that knows kicks and snares by their sound: the share of the hearing that rules could not take.

A kick under a rolling bass hardly raises the level of its band, and a snare is one of many things in a wall of guitars.
What gives them away is a shape in time and pitch (a click, a sweep, a body) and what this drum sounded like before: a
layer looks at the shape, and one that remembers compares. `bench/hearing/teach_drums.py` made the weights.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np

from vj.core.interp import ease
from vj.core.sound.short import HOP_S
from vj.core.types import F32
from vj.features._gates import Gates, biased, halved
from vj.features._short_bands import DRUMS, OF_DRUMS, short_bands
from vj.features.drums.fader import SILENCE_AMPLITUDE, Fader

BANDS = DRUMS[0]
#: Levels are relative to the running mean of the whole sound. Parts of it that are not told apart.
FLOOR = 0.01
#: The network sees the newest LATEST frames, and what was before them through followers of these time constants.
LATEST = 3
BEFORE = (0.03, 0.12, 0.5, 4.0)
INPUTS = (LATEST + len(BEFORE)) * BANDS
WEIGHTS = Path(__file__).with_name("net.npz")
#: Weights by name: into the first layer, from there and from itself into the one that remembers, and out of both.
NAMES = ("into", "into_bias", "fresh", "fresh_bias", "again", "again_bias", "out", "out_bias")

_NONE = np.float32(0.0)
_FLOOR = np.float32(FLOOR)
_QUIET = np.float32(np.log(FLOOR))
_BEFORE = np.array([[ease(HOP_S, tau)] for tau in BEFORE], np.float32)


@cache
def weights() -> dict[str, F32]:
    """The arrays of NAMES: [INPUTS, a], [a], [a, 3 b], [3 b], [b, 3 b], [3 b], [a + b, 2] and [2]."""
    with np.load(WEIGHTS, allow_pickle=False) as stored:
        return {name: stored[name].astype(np.float32) for name in NAMES}


class Shapes:
    """What the network looks at in a short spectrum: log amplitudes of the bands, now and before.

    `turned` says by how much the sound was turned up there, as a factor.
    """

    def __init__(self, rate: int) -> None:
        self._bands = short_bands(rate)
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        # The newest LATEST frames, the newest first, and the followers.
        self._seen = np.full((LATEST + len(BEFORE), BANDS), _QUIET, np.float32)
        self._inputs, self._now, self._before = self._seen.reshape(INPUTS), self._seen[0], self._seen[LATEST:]
        self._last, self._newer, self._older = self._seen[LATEST - 1], self._seen[: LATEST - 1], self._seen[1:LATEST]
        self._far = np.empty_like(self._before)
        self._fader = Fader()
        self.turned = 1.0

    def turn(self, factor: float) -> None:
        """The gain is louder by `factor` now."""
        self._fader.turn(factor)

    def frames(self, powers: F32) -> Iterator[F32]:
        """[INPUTS] of each of the frames `powers` [k, bins]: a view good until the next, as `turned` is."""
        amplitudes = self._bands.of(powers)[:, OF_DRUMS]
        fader, turns, scales = self._fader, [], []
        for level in amplitudes[:, BANDS].tolist():
            turns.append(fader.step(level))
            scales.append(1.0 / (fader.mean + SILENCE_AMPLITUDE))
        logs = amplitudes[:, :BANDS] * np.array(scales, np.float32).reshape(-1, 1)
        logs += _FLOOR
        np.log(logs, out=logs)
        before, far = self._before, self._far
        for self.turned, now in zip(turns, logs, strict=True):
            self._older[:] = self._newer
            if self.turned != 1.0:
                self._forget()
            np.subtract(self._last, before, out=far)
            far *= _BEFORE
            before += far
            self._now[:] = now
            yield self._inputs

    def _forget(self) -> None:
        """A fader was moved: all but the slowest follower remember only what came after."""
        past = self._seen[1:-1]
        late = np.maximum(np.exp(past) - _FLOOR, 0.0) * np.float32(1.0 / self.turned)
        past[:] = np.log(late + _FLOOR)


class Drums:
    """How likely it is, frame by frame, that a kick or a snare began 5 to 30 ms ago.

    `turns` says of each of the last frames by how much the sound was turned up there, as a factor.
    """

    def __init__(self, rate: int) -> None:
        self._shapes = Shapes(rate)
        w = weights()
        self._into, self._into_bias, self._out = w["into"], w["into_bias"], biased(w["out"], w["out_bias"])
        self._gates = Gates(*(halved(w[name]) for name in ("fresh", "fresh_bias", "again", "again_bias")))
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._shapes.reset()
        self._gates.reset()
        self.turns: list[float] = []

    def turn(self, factor: float) -> None:
        """The gain is louder by `factor` now."""
        self._shapes.turn(factor)

    def step(self, powers: F32) -> list[list[float]]:
        """[frames, 2] log odds of kick and snare for each of `powers` [frames, bins]."""
        odds, turns, shapes, gates = [], [], self._shapes, self._gates
        hidden = gates.inputs
        for seen in shapes.frames(powers):
            seen.dot(self._into, out=hidden)
            hidden += self._into_bias
            np.maximum(hidden, _NONE, out=hidden)
            gates.step()
            odds.append(gates.known.dot(self._out).tolist())
            turns.append(shapes.turned)
        self.turns = turns
        return odds
