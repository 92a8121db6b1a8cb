"""Teach which beat begins a bar: `python bench/beat/teach/bars.py MATERIAL... [--batches N]`.

Shows the network of `vj/features/beat/bar_places.py` what the last beats look like in bars of every metre, from each
place on, at many moments of songs whose bars are known; it learns to tell the true ones. Splits, seed and time are
those of `levels.py`. It comes after `beats.py` and before `sure.py`.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch

from bench.beat.teach import _choosing, _lessons, beats
from bench.beat.teach._told import moments, told
from vj.features.beat import bar_places as bars
from vj.features.beat.bar_filter import METRES
from vj.features.beat.levels import PAST_HALVES

#: Seconds between two moments of a piece; how far off a beat is, of one, and its tempo.
EVERY, OFF, WRONG = 1.5, 0.03, 0.0015


class Show:
    """Makes pictures of a piece."""

    def __init__(self) -> None:
        self._net = beats.restored()
        self._chance = np.random.default_rng(_choosing.SEED)

    def __call__(self, lesson: _lessons.Lesson, every: float) -> list[_choosing.Moment]:
        """What bars of every metre and place look like, one moment about `every` seconds."""
        out: list[_choosing.Moment] = []
        if lesson.metre not in METRES or not (lesson.places > 0).any():
            return out
        heard, chance = told(self._net, lesson), self._chance
        there = np.ones(len(bars.METRE), bool)
        for n, beat, gap in moments(lesson, len(heard), every, WRONG, chance):
            count = beat + OFF * chance.normal()
            before = int(np.floor(count + bars.EARLY_BEATS)) - 1
            seen = bars.vectors(heard[max(n - PAST_HALVES, 0) : n], count, gap)
            if before >= 0 and lesson.places[before] > 0 and len(seen) >= bars.LEAST_BEATS:
                right = np.flatnonzero((lesson.metre == bars.METRE) & (lesson.places[before] - 1 == bars.PLACE))
                if len(right):
                    out.append((bars.pictures(seen, gap).astype(np.float16), there, int(right[0])))
        return out


def main(argv: list[str]) -> None:
    """Learn, telling how it goes, and keep the best."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("material", type=Path, nargs="+")
    parser.add_argument("--cache", type=Path, default=Path("beat-cache"))
    parser.add_argument("--batches", type=int, default=8000)
    parser.add_argument("--out", type=Path, default=bars.WEIGHTS)
    chosen = parser.parse_args(argv)
    torch.set_num_threads(1)
    _choosing.teach(_choosing.collect(chosen.material, chosen.cache, Show(), EVERY), chosen.batches, chosen.out)


if __name__ == "__main__":
    main(sys.argv[1:])
