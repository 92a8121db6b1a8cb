"""Teach which of the beats that fit is meant: `python bench/beat/teach/levels.py MATERIAL... [--batches N]`.

Shows the network of `vj/features/beat/levels.py` what two beats look like of the true beat of a song, at many moments,
beside those of all others that go with it; it learns to tell the true one. Only pieces of the split `train` are learnt
from; `valid` says which weights are kept. Seeded; about four minutes on one core. It comes after `beats.py`, whose
network it listens to, and before `sure.py`.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch

from bench.beat.teach import _choosing, _lessons, beats
from bench.beat.teach._told import moments, told
from vj.features.beat import levels

#: Seconds between two moments of a piece; halves that are heard at least; how far off a beat is, of one, and its tempo.
EVERY, LEAST, OFF, WRONG = 1.5, 110, 0.03, 0.0015


class Show:
    """Makes pictures of a piece."""

    def __init__(self) -> None:
        self._net = beats.restored()
        self._chance = np.random.default_rng(_choosing.SEED)

    def __call__(self, lesson: _lessons.Lesson, every: float) -> list[_choosing.Moment]:
        """What is seen of the family of the true beat, one moment about `every` seconds; the first is right."""
        heard, chance = told(self._net, lesson), self._chance
        out: list[_choosing.Moment] = []
        for n, beat, gap in moments(lesson, len(heard), every, WRONG, chance):
            fits = levels.likely(gap)
            past = heard[max(n - levels.PAST_HALVES, 0) : n]
            if fits[0] and len(past) > LEAST:
                count = beat + OFF * chance.normal() + chance.integers(levels.GRID_BEATS)
                pictures = np.zeros((len(fits), levels.INPUTS), np.float16)
                pictures[fits] = levels.pictures(past, count, gap, fits)
                out.append((pictures, fits, 0))
        return out


def turned(x: torch.Tensor) -> torch.Tensor:
    """Each picture [n, family, INPUTS] from its other beat on, by chance: nobody knows which of two comes first."""
    folds = x[..., :-1].reshape(*x.shape[:2], levels.PARTS, levels.CHANNELS)
    other = torch.roll(folds, levels.PARTS // 2, 2)
    which = torch.rand(*x.shape[:2], 1, 1) < 0.5
    return torch.cat([torch.where(which, other, folds).flatten(2), x[..., -1:]], 2)


def main(argv: list[str]) -> None:
    """Learn, telling how it goes, and keep the best."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("material", type=Path, nargs="+")
    parser.add_argument("--cache", type=Path, default=Path("beat-cache"))
    parser.add_argument("--batches", type=int, default=8000)
    parser.add_argument("--out", type=Path, default=levels.WEIGHTS)
    chosen = parser.parse_args(argv)
    torch.set_num_threads(1)
    _choosing.teach(_choosing.collect(chosen.material, chosen.cache, Show(), EVERY), chosen.batches, chosen.out, turned)


if __name__ == "__main__":
    main(sys.argv[1:])
