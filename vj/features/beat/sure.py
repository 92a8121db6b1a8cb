"""How sure the beat is: what the network said at each part of the last beats, judged by what such pictures were worth.

Odds of a filter that takes its looks for independent are far too sure of themselves. This looks at the evidence in
another way: folded over two beats, it shows whether beats stand out, whether every other one does, and whether there is
as much between them; a small network that saw many right and wrong ones says how often such a picture was right.
"""

import math
from functools import cache
from pathlib import Path

import numpy as np

from vj.core.types import F32

WEIGHTS = Path(__file__).with_name("sure.npz")
#: Parts that two beats are folded into, and beats in which a part is forgotten to 37 %.
PARTS, FADE = 24, 6.0
INPUTS = PARTS + 6
#: Odds of a level that cannot be told from none.
UNSURE = 0.005


class Fold:
    """What the network said, folded over two beats of whoever asks."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self.sums = np.zeros(PARTS, np.float32)
        self.counts = np.zeros(PARTS, np.float32)

    def step(self, beats: float, interval: float, chance: float) -> None:
        """A half at `beats` of a beat of `interval` halves, that the network takes for a beat with `chance` 0..1."""
        part = int(beats * (PARTS // 2)) % PARTS
        fade = np.float32(math.exp(-1.0 / (FADE * interval)))
        self.sums *= fade
        self.counts *= fade
        self.sums[part] += chance
        self.counts[part] += 1.0

    def seen(self, interval: float, mass: float, spread: float, meant: float, known: float) -> F32:
        """[INPUTS] what is judged: the fold with the stronger beat first, tempo, the filter's mass and spread.

        Also how likely it is the one of its family that is meant, 0..1, and on how much that rests, 0..1.
        """
        fold = self.sums / (self.counts + np.float32(0.2))
        half = PARTS // 2
        if fold[half] > fold[0]:
            fold = np.roll(fold, half)
        total = float(self.counts.sum()) / (FADE * interval)
        level = 0.5 * math.log((meant + UNSURE) / (1.0 - meant + UNSURE))
        more = np.array([math.log2(interval / 47.0), mass, 10.0 * spread, total, level, known], np.float32)
        return np.concatenate([np.sqrt(fold) * np.float32(2.0), more])


@cache
def _weights() -> dict[str, F32]:
    with np.load(WEIGHTS, allow_pickle=False) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}


def judge(seen: F32) -> float:
    """0..1 how often such a picture [INPUTS] was right."""
    w = _weights()
    hidden = np.tanh(seen @ w["into"] + w["into_bias"])
    odds = float(hidden @ w["out"] + w["out_bias"][0])
    return 1.0 / (1.0 + math.exp(-min(max(odds, -20.0), 20.0)))


def judge_bar(mass: float) -> float:
    """0..1 how often metre and place were right, the beat being right, that their filter held for `mass` probable."""
    w = _weights()
    return float(np.interp(mass, w["bar_mass"], w["bar_right"]))
