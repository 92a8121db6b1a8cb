"""Sound that goes round, as it is heard: one round of real hearing, repeated for ever, with the beat that is known."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vj.core.params import Snapshot
from vj.core.types import F32, Features
from vj.engine.analyzer import Analyzer
from vj.engine.looping.span import Span
from vj.features.phrase import Phrase
from vj.features.state import Name, State
from vj.features.tempo import Tempo

#: Sound that is heard at least before the round that counts, ...
SETTLE_S = 16.0
#: ... and whole rounds.
LEAST_ROUNDS = 2
#: Parts of records that grow with every round by what they grew in one, and those that are moments.
GROWING = frozenset({"count", "time", "activity", "plain", "energy"})
MOMENTS = frozenset({"last"})
#: Bars of the phrases that are told, the longest first.
PHRASES = (16, 8, 4)


class Heard:
    """What is heard at any frame of a loop that has gone round since before it began.

    All that is felt is that of the one round that was heard; counts go on, moments are those of the latest round. The
    beat is not guessed: it is told, and with it the state of the music, which does not change.
    """

    def __init__(self, round_: Sequence[Features], before: Features, span: Span, state: Name) -> None:
        self._span, self._state = span, state
        self._hops = round_
        self._times = np.array([hop.t for hop in round_]) - before.t
        self._began, self._before = before.t, before

    def at(self, frame: int) -> Features:
        """The newest Features at frame number `frame`, which counts on over rounds."""
        turn, place = divmod(frame, self._span.frames)
        t = self._span.time(place)
        index = int(np.searchsorted(self._times, t + 1e-9, side="right")) - 1
        if index < 0:
            turn, index = turn - 1, len(self._hops) - 1
        hop, began = self._hops[index], turn * float(self._span.seconds)
        then = float(self._times[index]) + began
        records = {kind: self._moved(kind, record, turn) for kind, record in hop.records.items()}
        return Features(then, hop.dt, index + turn * len(self._hops), {**records, **self._told(then, hop)})

    def _moved(self, kind: type, record: Any, turns: int) -> Any:
        """`record`, so many turns later than the round that was heard."""
        first, last = self._before.records[kind], self._hops[-1].records[kind]
        return later(record, first, last, turns, turns * float(self._span.seconds) - self._began)

    def _told(self, t: float, hop: Features) -> Mapping[type, Any]:
        """The beat at show time `t`, and what follows from it."""
        bpm, metre = float(self._span.bpm), self._span.metre
        beats = t * bpm / 60.0
        beat = math.floor(beats + 1e-9)
        soon, seconds = (beat + 1) * 60.0 / bpm, 60.0 / bpm
        tempo = Tempo(
            bpm, max(beats - beat, 0.0), beat, 1.0, "fixed", True, metre, beat % metre, 1.0, (soon, soon + seconds)
        )
        # It began two bars ago: eased in, and not yet over.
        since = (beat - beat % metre - 2 * metre) * seconds
        energy = hop[State].energy if State in hop.records else 0.5
        state = State(self._state, since, 1, 0.0, energy, 0, 0, metre)
        return {Tempo: tempo, State: state, Phrase: self._phrase(beats)}

    def _phrase(self, beats: float) -> Phrase:
        bars, metre = self._span.bars, self._span.metre
        length = next((n for n in PHRASES if bars % n == 0), None)
        if length is None:
            return Phrase()
        gone = beats % (length * metre)
        return Phrase(length, int(gone // metre), length * metre - gone, gone / (length * metre), 1.0)


def later(record: Any, first: Any, last: Any, turns: int, seconds: float) -> Any:
    """`record` as it is `turns` rounds and `seconds` on; a round grew from `first` to `last`, records of its kind."""
    changed: dict[str, Any] = {}
    for part in dataclasses.fields(record):
        value, name = getattr(record, part.name), part.name
        if dataclasses.is_dataclass(value):
            changed[name] = later(value, getattr(first, name), getattr(last, name), turns, seconds)
        elif name in GROWING:
            changed[name] = value + turns * (getattr(last, name) - getattr(first, name))
        elif name in MOMENTS and value >= 0.0:
            changed[name] = value + seconds
    return dataclasses.replace(record, **changed) if changed else record


def hear(sound: F32, analyzer: Analyzer, snapshot: Snapshot, span: Span, state: Name) -> Heard:
    """Let `sound` [n], mono at the analyzer's rate and one round long, go round until it is heard as it will be."""
    hop, length = analyzer.hop_length, len(sound)
    rounds = max(LEAST_ROUNDS, math.ceil(SETTLE_S * analyzer.rate / length))
    starts = range(0, (rounds + 1) * length - hop + 1, hop)
    places = np.arange(hop)
    before, kept = None, []
    analyzer.reset()
    for start in starts:
        features = analyzer.step(sound[(start + places) % length], snapshot)
        if start + hop <= rounds * length:
            before = features
        else:
            kept.append(features)
    assert before is not None
    began = rounds * length / analyzer.rate
    return Heard(kept, dataclasses.replace(before, t=began), span, state)
