"""How sure the beat is: what the network said at each part of the last beats, judged by what such pictures were worth.

Odds of a filter that takes its looks for independent are far too sure of themselves. This looks at the evidence in
another way: folded over two beats, it shows whether beats stand out, whether every other one does, and whether there is
as much between them; a small network that saw many right and wrong ones says how often such a picture was right.
"""

import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from vj.core.types import F32

WEIGHTS = Path(__file__).with_name("sure.npz")
#: Parts that two beats are folded into.
PARTS = 24
#: In which a part is forgotten to 37 %.
FADE_BEATS = 6.0
INPUTS = PARTS + 6
#: Odds of a level that cannot be told from none.
UNSURE = 0.005

_FEW = np.float32(0.2)
_TWO = np.float32(2.0)


class Fold:
    """What the network said, folded over two beats of whoever asks."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._both = np.zeros((2, PARTS), np.float32)
        self.sums, self.counts = self._both

    def step(self, beats: float, interval: float, chance: float) -> None:
        """A half at `beats` of a beat of `interval` halves, that the network takes for a beat with `chance` 0..1."""
        part = int(beats * (PARTS // 2)) % PARTS
        self._both *= math.exp(-1.0 / (FADE_BEATS * interval))
        self.sums[part] += chance
        self.counts[part] += 1.0

    def seen(self, interval: float, mass: float, spread: float, meant: float, known: float) -> F32:
        """[INPUTS] what is judged: the fold with the stronger beat first, tempo, the filter's mass and spread.

        Also how likely it is the one of its family that is meant, 0..1, and on how much that rests, 0..1.
        """
        fold = self.sums / (self.counts + _FEW)
        np.sqrt(fold, out=fold)
        fold *= _TWO
        out, half = np.empty(INPUTS, np.float32), PARTS // 2
        if fold[half] > fold[0]:
            out[:half], out[half:PARTS] = fold[half:], fold[:half]
        else:
            out[:PARTS] = fold
        total = float(np.add.reduce(self.counts)) / (FADE_BEATS * interval)
        level = 0.5 * math.log((meant + UNSURE) / (1.0 - meant + UNSURE))
        out[PARTS:] = math.log2(interval / 47.0), mass, 10.0 * spread, total, level, known
        return out


@cache
def _weights() -> dict[str, Any]:
    with np.load(WEIGHTS, allow_pickle=False) as stored:
        w: dict[str, Any] = {name: stored[name].astype(np.float32) for name in stored.files}
    return {**w, "bias": float(w["out_bias"][0])}


def judge(seen: F32) -> float:
    """0..1 how often such a picture [INPUTS] was right."""
    w = _weights()
    hidden = seen.dot(w["into"])
    hidden += w["into_bias"]
    odds = float(np.tanh(hidden, out=hidden).dot(w["out"])) + w["bias"]
    return 1.0 / (1.0 + math.exp(-min(max(odds, -20.0), 20.0)))


def judge_bar(mass: float) -> float:
    """0..1 how often metre and place were right, the beat being right, that their filter held for `mass` probable."""
    w = _weights()
    return float(np.interp(mass, w["bar_mass"], w["bar_right"]))
