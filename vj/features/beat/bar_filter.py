"""Which beat of the bar it is, and how many there are: odds over metre and place, moved on once a beat."""

from dataclasses import dataclass

import numpy as np

from vj.core.types import F64

#: Beats in a bar, and how usual that is.
METRES = (2, 3, 4, 5, 6, 7)
USUAL = (0.04, 0.12, 0.72, 0.03, 0.06, 0.03)
#: Chance, at a beat, of another metre.
OTHER = 0.002
#: Chance, at a beat, of a beat too many or too few.
SLIP = 0.006
#: How much what is told of one beat counts.
WEIGHT = 0.7
#: Its floor.
FLOOR = 0.02
#: Odds that cannot be told from none.
TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Bar:
    """`place` of the present beat, from 0, in a bar of `metre` beats, and the probability 0..1 of both together."""

    metre: int
    place: int
    mass: float


class BarFilter:
    """Odds [27] over metre and place of the present beat."""

    def __init__(self) -> None:
        self.metres = np.repeat(METRES, METRES)
        self.places = np.concatenate([np.arange(m) for m in METRES])
        self._fresh = np.repeat(np.array(USUAL) / METRES, METRES)
        starts = np.concatenate([[0], np.cumsum(METRES)[:-1]])
        self._from = np.where(self.places > 0, np.arange(27) - 1, np.repeat(starts, METRES) + self.metres - 1)
        same = (self.metres[:, None] == self.metres[None, :]) / self.metres[None, :]
        self._slip: F64 = same
        self._first = self.places == 0
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction: nothing is known."""
        self.odds: F64 = self._fresh.copy()
        self._told: Bar | None = None

    def doubt(self, part: float) -> None:
        """A beat may have been lost or found: mix in `part` 0..1 of knowing nothing."""
        self.odds = (1.0 - part) * self.odds + part * self._fresh
        self._told = None

    def step(self, down: float) -> None:
        """Move on to a beat that begins a bar with probability `down` 0..1, as the network sees it."""
        odds = self.odds[self._from]
        odds = (1.0 - SLIP - OTHER) * odds + SLIP * (self._slip @ odds) + OTHER * self._fresh
        down = min(max(down, FLOOR), 1.0 - FLOOR)
        odds *= np.where(self._first, down, 1.0 - down) ** WEIGHT
        self.odds = odds / odds.sum()
        self._told = None

    def weigh(self, odds: F64, part: float) -> None:
        """Believe log `odds` [27] of metre and place of the present beat by `part` 0..1, and what was by the rest."""
        mixed = (1.0 - part) * np.log(self.odds + TINY) + part * (odds - odds.max())
        self.odds = np.exp(mixed - mixed.max())
        self.odds /= self.odds.sum()
        self._told = None

    def following(self, odds: F64) -> F64:
        """Log odds [27] of a beat from those of the beat before it."""
        return odds[self._from]

    def bar(self) -> Bar:
        """The likeliest metre and place. Bars of two are told as part of four where both are possible."""
        if self._told is None:
            top = int(self.odds.argmax())
            self._told = Bar(int(self.metres[top]), int(self.places[top]), float(self.odds[top]))
        return self._told
