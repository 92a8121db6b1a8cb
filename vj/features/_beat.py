"""The record of tempo, in a file of its own so that what is concluded from it need not import who hears it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tempo:
    """How fast, and where in the beat.

    bpm         beats a minute
    phase       0..1 within the beat
    beat        a count of beats
    confidence  0..1, how sure the tempo is; 1 where a clock or the desk says so
    source      "auto", "tap", "fixed" or "music" as chosen; "clock" while one leads, "lost" while its tempo is held
    counted     whether bars are known to begin at beats 0, 4, 8 ...
    """

    bpm: float
    phase: float
    beat: int
    confidence: float
    source: str
    counted: bool = False
