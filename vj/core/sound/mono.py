"""What is heard of several channels: their mean, or their difference where left and right are inverted.

The mean of L and -L is silence: a plug with two wires swapped would switch the show off. So the stronger of mid and
side is heard.
"""

from itertools import pairwise

import numpy as np

from vj.core.types import F32

#: How often power is measured.
GRAIN_S = 0.005
#: What was measured counts half after so long.
HALF_LIFE_S = 0.5
#: How long the turn from one to the other takes.
TURN_S = 0.05
#: How much stronger, in power, the side must be to be heard.
SIDE_RATIO = 2.0
#: The least mean square that counts as sound.
SILENCE_POWER = 1e-9
#: How it is told.
INVERTED = "left and right are inverted: hearing the side"


def present(wanted: tuple[int, ...] | None, count: int) -> tuple[int, ...]:
    """Those channels (from 0) of `wanted` that a device with `count` of them has; where none is, its first two."""
    here = tuple(channel for channel in wanted or () if channel < count)
    return here or tuple(range(min(count, 2)))


class Mono:
    """Mixes sound of any number of channels to mono at `rate` Hz, without delay.

    Mid is the mean of the channels, side the mean with every second one inverted. Which is heard is decided every
    GRAIN_S by the power of both until then, and turned to within TURN_S, so nothing clicks. How the sound is cut into
    blocks makes no difference.

    inverted   True while the side is heard
    """

    def __init__(self, rate: int) -> None:
        self._grain = max(round(GRAIN_S * rate), 1)
        self._keep = 0.5 ** (GRAIN_S / HALF_LIFE_S)
        self._turn = max(round(TURN_S * rate), 1)
        self.reset()

    def reset(self) -> None:
        """Back to the mean, as if nothing had been heard."""
        self._held = np.zeros((2, 0), np.float32)  # mid and side of a grain that is not complete
        self._mid = self._side = 0.0
        self._turned = 0  # samples of the way from mid to side
        self.inverted = False

    def step(self, sound: F32) -> F32:
        """[n] of the next samples [n, channels]."""
        mid = mean(sound)
        if sound.shape[1] == 1:
            self.reset()
            return mid
        other = side(sound)
        begun = self._held.shape[1]
        joined = np.concatenate([self._held, np.stack([mid, other])], axis=1)
        count = joined.shape[1] // self._grain
        choices = [self.inverted, *self._judge(joined[:, : count * self._grain])]
        self._held = joined[:, count * self._grain :].copy()
        self.inverted = choices[-1]
        if not self._turned and not any(choices):
            return mid
        steps = np.repeat(np.where(choices, 1, -1), self._grain)[begun : begun + len(mid)]
        weight = (self._walk(steps) / np.float32(self._turn)).astype(np.float32)
        return mid + weight * (other - mid)

    def _judge(self, whole: F32) -> list[bool]:
        """After each of the grains in `whole` [2, grains * n]: whether the side is to be heard."""
        powers = np.square(whole.reshape(2, -1, self._grain)).mean(axis=2).astype(np.float64)
        choices, choice = [], self.inverted
        for mid, side in powers.T.tolist():
            self._mid = mid + self._keep * (self._mid - mid)
            self._side = side + self._keep * (self._side - side)
            if max(self._mid, self._side) > SILENCE_POWER:
                choice = self._side > self._mid * (1.0 if choice else SIDE_RATIO)
            choices.append(choice)
        return choices

    def _walk(self, steps: np.ndarray) -> np.ndarray:
        """How far the turn has come after each of `steps` [n], which are 1 (to the side) or -1, within its two ends."""
        come = np.empty(len(steps), np.int64)
        edges = [0, *(np.flatnonzero(np.diff(steps)) + 1).tolist(), len(steps)]
        for start, end in pairwise(edges):
            path = self._turned + np.cumsum(steps[start:end])
            come[start:end] = np.clip(path, 0, self._turn)
            self._turned = int(come[end - 1]) if end > start else self._turned
        return come


def mean(sound: F32) -> F32:
    """[n] mean of the channels of `sound` [n, channels]."""
    return _mean(sound, 1.0)


def side(sound: F32) -> F32:
    """[n] the same with every second one inverted."""
    return _mean(sound, -1.0)


def _mean(sound: F32, sign: float) -> F32:
    """[n] mean of [n, channels] with every second one times `sign`, added in order: the same for any length."""
    total = sound[:, 0].astype(np.float32)
    for channel in range(1, sound.shape[1]):
        total = total + sound[:, channel] * np.float32(sign if channel % 2 else 1.0)
    return np.asarray(total / np.float32(sound.shape[1]), np.float32)
