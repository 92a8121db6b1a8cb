"""The record of tempo, in a file of its own so that what is concluded from it need not import who hears it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tempo:
    """How fast, and where in the beat.

    bpm         beats a minute
    phase       0..1 within the beat
    beat        a count of beats
    confidence  0..1, how sure the tempo is
    source      "auto", "tap" or "fixed"
    """

    bpm: float
    phase: float
    beat: int
    confidence: float
    source: str
