"""What the hearing's judges of level and bar are told of a piece."""

from collections.abc import Iterator

import numpy as np
import torch

from bench.beat.teach import _lessons, beats
from vj.core.types import F32
from vj.features.beat import levels
from vj.features.beat.ear import HALF_S
from vj.features.beat.net import DELAY


def told(net: beats.Net, lesson: _lessons.Lesson) -> F32:
    """[halves, KEPT] what `Levels` is told of a piece; the network's opinion where it belongs."""
    rows = np.exp(lesson.heard[: len(lesson.heard) // 2 * 2].astype(np.float32))
    looks = _lessons.looks(rows[None])
    with torch.no_grad():
        said = torch.sigmoid(net(torch.from_numpy(looks))[0]).numpy().reshape(-1, 2)
    shown = np.concatenate([levels.shown(look) for look in looks[0]])
    return np.concatenate([said[DELAY:], shown[:-DELAY]], axis=1)


def moments(
    lesson: _lessons.Lesson, halves: int, every: float, wrong: float, chance: np.random.Generator
) -> Iterator[tuple[int, float, float]]:
    """Moments of a piece about `every` seconds apart: halves heard by then, the count of the true beat, its interval.

    The interval, in halves, is the mean of the last beats and off by a part of `wrong` (one sigma).
    """
    beats = lesson.beats
    numbers = np.arange(len(beats))
    t = beats[0] + chance.uniform(1.2, 1.2 + every)
    while t < beats[-1] - 0.5 and int(t / HALF_S) < halves:
        now = int(t / HALF_S)
        at = (now + 0.5) * HALF_S
        near = int(np.searchsorted(beats, at))
        gap = float(np.diff(beats[max(near - 8, 0) : max(near + 1, 4)]).mean()) / HALF_S
        yield now + 1, float(np.interp(at, beats, numbers)), gap * (1.0 + wrong * chance.normal())
        t += every
