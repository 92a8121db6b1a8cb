"""The record of tempo, in a file of its own so that what is concluded from it need not import who hears it."""

import math
from dataclasses import dataclass, replace

#: Confidence from which bar lines are kept to.
BARS_SURE = 0.6


@dataclass(frozen=True, slots=True)
class Tempo:
    """How fast, and where in the beat.

    bpm         beats a minute
    phase       0..1 within the beat
    beat        a count of beats
    confidence  0..1, how sure the tempo is; 1 where a clock or the desk says so
    source      as chosen, or "tap"; "link" or "clock" while one leads, "lost" while its tempo is held, "held" until the
                one that is chosen comes
    peers       the others in the Link session that leads
    counted     whether bars are known to begin at beats 0, metre, 2 metre ...
    metre       beats in a bar
    place       place of this beat in its bar, 0 for the first
    bar_confidence  0..1, how sure bar lines are where metre and place say; below 0.6 nothing keeps to them
    next        show times of the next two beats, seconds
    spread      standard deviation of when the next beat comes, seconds
    """

    bpm: float
    phase: float
    beat: int
    confidence: float
    source: str
    counted: bool = False
    metre: int = 4
    place: int = 0
    bar_confidence: float = 0.0
    next: tuple[float, float] = (0.0, 0.0)
    spread: float = 0.0
    peers: int = 0

    def count(self, t: float) -> float:
        """The beat that it will be, or was, at show time `t`: whole beats and the phase."""
        seconds = self.next[1] - self.next[0]
        return self.beat + 1 + (t - self.next[0]) / seconds if seconds > 0.0 else self.beat + self.phase

    def at(self, count: float) -> "Tempo":
        """The same tempo when it is at beat `count`."""
        beat = math.floor(count)
        more, seconds = beat - self.beat, self.next[1] - self.next[0]
        return replace(
            self,
            beat=beat,
            phase=count - beat,
            place=(self.place + more) % self.metre,
            next=(self.next[0] + more * seconds, self.next[1] + more * seconds),
        )
