"""The beat at the moment that a frame is seen, which is later than what was heard of it."""

from dataclasses import replace

from vj.core.types import Features
from vj.features.tempo import Tempo

#: For so long the beat runs on without anything heard.
FREEWHEEL_S = 1.0
#: By so much it waits rather than go back.
BACK_BEATS = 0.5


class Onward:
    """Carries the beat of the newest Features on to show times that grow; a count corrected by a little waits."""

    def __init__(self) -> None:
        self._count = 0.0

    def step(self, features: Features, t: float) -> Features:
        """`features`, with the beat that is to be at show time `t`."""
        tempo = features.records.get(Tempo)
        if tempo is None:
            return features
        count = tempo.count(min(t, features.t + FREEWHEEL_S))
        if 0.0 < self._count - count < BACK_BEATS:
            count = self._count
        self._count = count
        return replace(features, records={**features.records, Tempo: tempo.at(count)})
