"""Where in the phrase a bar is: odds of every length and place, moved on from bar to bar by how new each one sounds."""

from dataclasses import dataclass

import numpy as np

from vj.core.types import F64

#: Bars of a phrase.
LENGTHS = (4, 8, 16)
#: How common each is.
PRIOR = (0.35, 0.5, 0.15)
#: What a bar is to its phrase: the first, the second, another first of four, any other.
FIRST, SECOND, FOUR, OTHER = range(4)
#: How new bars of each kind sound in phrases of each length, and the spread: `bench/beat/sections/phrases.py`.
NEW = np.array([(0.75, 0.2, 0.0, -0.5), (1.25, 0.7, -0.15, -0.4), (1.4, 0.7, 0.0, -0.4)])
SPREAD = 0.9
#: What every bar keeps of the evidence before it.
KEPT = 0.97
#: The odds that phrases begin anew somewhere else.
MOVED = 0.01


@dataclass(frozen=True)
class Place:
    """`bars` of the phrase, number of the present one, 0..1 how sure that is."""

    bars: int
    bar: int
    sure: float


def kinds(length: int) -> list[int]:
    """What each bar of a phrase of `length` bars is to it."""
    return [FIRST, SECOND, *(OTHER if k % 4 else FOUR for k in range(2, length))]


class PhraseFilter:
    """Odds over (length, bar) of the present bar: a row a length, bars beyond it impossible."""

    def __init__(self) -> None:
        most = max(LENGTHS)
        self._means = np.zeros((len(LENGTHS), most))
        self._may = np.zeros((len(LENGTHS), most), bool)
        for row, length in enumerate(LENGTHS):
            self._means[row, :length] = NEW[row, kinds(length)]
            self._may[row, :length] = True
        common = np.array(PRIOR)[:, None] / np.array(LENGTHS)[:, None]
        self._prior: F64 = np.where(self._may, common, 0.0)
        self.reset()

    def reset(self) -> None:
        """Nothing known."""
        self.odds = self._prior.copy()

    def heard(self, new: float) -> None:
        """The present bar is over, and sounded as new as `new` standard deviations above the mean."""
        likely = np.exp(-0.5 * ((new - self._means) / SPREAD) ** 2)
        odds = np.where(self._may, self.odds, 0.0) ** KEPT * (likely + 0.02) * self._may
        self.odds = odds / odds.sum()

    def turn(self) -> None:
        """The next bar begins."""
        self.odds = (1.0 - MOVED) * self.odds + MOVED * self._prior
        for row, length in enumerate(LENGTHS):
            self.odds[row, :length] = np.roll(self.odds[row, :length], 1)

    def place(self, sure: float) -> Place:
        """The longest phrase of which the place is known at least `sure`, else that of four bars."""
        for row in range(len(LENGTHS) - 1, -1, -1):
            length = LENGTHS[row]
            folded = sum(self.odds[r, : LENGTHS[r]].reshape(-1, length).sum(axis=0) for r in range(row, len(LENGTHS)))
            bar = int(np.argmax(folded))
            if folded[bar] >= sure or row == 0:
                return Place(length, bar, float(folded[bar]))
        raise AssertionError
