"""Which of our beats begin bars: what the tracker hears, what a clock counts, what the performer says."""

import math

from vj.core.interp import shortest
from vj.features.beat.tracker import Pulse

#: Within which the tracker's beat is ours.
SAME_BEATS = 0.15
#: Part of the tempo within which it is.
SAME_TEMPO = 0.04


class Bars:
    """`metre` beats in a bar, `sure` 0..1 of which begins one."""

    def __init__(self) -> None:
        self.metre, self.sure = 4, 0.0
        self._first = 0  # number of a beat that begins a bar
        self._said = False

    def place(self, beats: float) -> int:
        """0-based place in its bar of our present beat."""
        return (math.floor(beats) - self._first) % self.metre

    def say(self, beat: int) -> None:
        """A bar begins with `beat`: the performer, or a clock, says so, and it counts on until it is forgotten."""
        self._first, self._said, self.sure = beat, True, 1.0

    def count(self, metre: int = 4) -> None:
        """A clock counts bars of `metre` beats, from our beat 0 on."""
        self.metre = metre
        self.say(0)

    def forget(self) -> None:
        """Another song, or another beat: what was said of bars is over."""
        self._said, self.sure = False, 0.0

    def hear(self, pulse: Pulse, beats: float, bpm: float) -> None:
        """Take the tracker's bars, where its beats are ours and nobody said otherwise."""
        same = abs(pulse.bpm / bpm - 1.0) < SAME_TEMPO and abs(shortest(pulse.phase - beats)) < SAME_BEATS
        if self._said:
            return
        self.sure = pulse.bar_confidence if same else 0.0
        if same:
            self.metre = pulse.metre
            self._first = round(beats - pulse.phase) - pulse.place
