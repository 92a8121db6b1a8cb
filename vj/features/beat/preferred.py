"""The range that tempi are preferred in: as it comes it leans, set by the performer it settles octaves."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vj.core.types import F32, F64
from vj.features.beat.ear import HALF_S

#: By how much less a tempo is believed an octave outside the range, in nepers.
OUTSIDE = 1.0
#: By how much less one is that is settled against, in nepers.
SETTLED = 30.0
#: By how much of itself a tempo may miss the range and yet stay what it is.
EDGE = 0.02
#: Octaves that are tried.
OCTAVES = (0.125, 0.25, 0.5, 2.0, 4.0, 8.0)


@dataclass(frozen=True, slots=True)
class Preferred:
    """`low` to `high` BPM; `strict`: of a tempo outside of which one octave lies within, that one is meant."""

    low: float
    high: float
    strict: bool = False

    def liking(self, intervals: NDArray[np.generic]) -> F32:
        """[n] how much tempi of `intervals` [n] halves are believed: 1 within, outside less."""
        bpm = 60.0 / (intervals.astype(np.float64) * HALF_S)
        octaves = np.log2(np.stack([self.low / bpm, bpm / self.high])).max(axis=0).clip(0.0)
        liked: F32 = np.exp(-OUTSIDE * octaves).astype(np.float32)
        return liked

    def odds(self, intervals: F64) -> F64:
        """[n] log odds of `intervals` [n] halves, the first of which is that of the present beat."""
        odds: F64 = np.log(self.liking(intervals)).astype(np.float64)
        if not self.strict:
            return odds
        bpm = 60.0 / (intervals * HALF_S)
        wanted = self._wanted(float(bpm[0]))
        if wanted is None:
            return odds
        nearer = np.abs(np.log2(bpm / wanted)) < np.abs(np.log2(bpm[0] / wanted)) - 0.4
        octave = np.abs(np.log2(bpm / wanted) - np.round(np.log2(bpm / wanted))) < EDGE
        within = (bpm >= self.low * (1.0 - EDGE)) & (bpm <= self.high * (1.0 + EDGE))
        settled: F64 = odds - SETTLED * ~(within | (nearer & octave))
        return settled

    def _wanted(self, bpm: float) -> float | None:
        """The tempo within that is meant by `bpm`; None where nothing is settled."""
        low, high = self.low * (1.0 - EDGE), self.high * (1.0 + EDGE)
        if low <= bpm <= high:
            return bpm
        within = [bpm * times for times in OCTAVES if low <= bpm * times <= high]
        return within[0] if len(within) == 1 else None
