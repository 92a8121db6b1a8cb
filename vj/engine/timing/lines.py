"""Where beats, bars and phrases begin, as they are shown on the wall."""

import math

from vj.core.types import Features
from vj.features.phrase import Phrase
from vj.features.sections.bar_lines import TEMPO_SURE
from vj.features.sections.phrases import PHRASE_SURE
from vj.features.state import State
from vj.features.tempo import Tempo

#: What can be waited for.
WORDS = ("now", "beat", "bar", "phrase")
#: A line that is met within this part of a beat is met.
NEAR_BEATS = 1e-6
#: So far a count that was set back is said to have come.
STEP_BEATS = 0.3
#: Tempo, and beats of a bar, where nothing says how many.
USUAL_BPM = 120.0
USUAL_METRE = 4


class Lines:
    """Counts beats up to the frame that is shown, and knows on which of them bars and phrases begin.

    `count` is the running beat, `bpm` its speed and `metre` the beats of a bar; `origin` begins a bar, and a phrase
    while these are sure. `known` says whether there is a tempo at all: one that was sure once, and no silence since.
    `name` is the state of the music and `dropped` that a drop began just now, `drop` that it did at this show time.
    """

    def __init__(self) -> None:
        self.t = self.count = self._before = 0.0
        self.bpm, self.metre, self.origin = USUAL_BPM, USUAL_METRE, 0
        self.known = self.dropped = self.phrased = False
        self.name = "silence"
        self.drop = -math.inf
        self._drops: int | None = None
        self._phrase = USUAL_METRE

    def step(self, t: float, features: Features | None) -> None:
        """Go on to show time `t`; `features` have the beat of then."""
        records = features.records if features is not None else {}
        self._follow(t, records.get(Tempo), records.get(State))
        self._hear(t, records.get(State), records.get(Phrase))

    def _follow(self, t: float, tempo: Tempo | None, state: State | None) -> None:
        self._before = self.count
        if tempo is None:
            self.count += max(t - self.t, 0.0) * self.bpm / 60.0
            self.known = False
        else:
            silent = state is None or state.name == "silence"
            known = tempo.confidence >= TEMPO_SURE or (self.known and not silent)
            self.count, self.bpm = tempo.beat + tempo.phase, tempo.bpm
            if not self.known or self.count < self._before:
                self._before = self.count - STEP_BEATS if self.known else self.count
            self.known = known
        self.t = t

    def _hear(self, t: float, state: State | None, phrase: Phrase | None) -> None:
        self.dropped = False
        if state is None:
            return
        self.name, self.origin, self.metre = state.name, state.downbeat, state.metre
        self.dropped = self._drops is not None and state.drops > self._drops
        self._drops = state.drops
        if self.dropped:
            self.drop = t
        self.phrased = phrase is not None and phrase.confidence >= PHRASE_SURE
        if phrase is not None and self.phrased:
            self._phrase = phrase.bars * state.metre

    def span(self, word: str) -> int:
        """Beats from one line to the next of "beat", "bar" or "phrase"; where phrases are not sure, those of a bar."""
        if word == "beat":
            return 1
        return self._phrase if word == "phrase" and self.phrased else self.metre

    def crossed(self, word: str) -> bool:
        """Whether a line lies between the last step and this one. "now" has one everywhere, as has what is unknown."""
        if word == "now" or not self.known:
            return True
        return self._line(word, self.count) > self._line(word, self._before)

    def crossed_beats(self, beats: int) -> bool:
        """Whether a line that comes every so many `beats` from where a bar began lies there."""
        before, now = (math.floor((count - self.origin) / beats + NEAR_BEATS) for count in (self._before, self.count))
        return not self.known or now > before

    def ago(self, word: str) -> float:
        """Seconds since the last line."""
        return self._in(word) * 60.0 / self.bpm

    def left(self, word: str) -> float:
        """Beats to the next line; 0 where there is nothing to wait for."""
        return 0.0 if word == "now" or not self.known else self.span(word) - self._in(word)

    @property
    def beats(self) -> float:
        """Beats since a bar began."""
        return self.count - self.origin

    def _in(self, word: str) -> float:
        return (self.beats + NEAR_BEATS) % self.span(word)

    def _line(self, word: str, count: float) -> int:
        return math.floor((count - self.origin) / self.span(word) + NEAR_BEATS)
