"""The record of phrases, in a file of its own so that what is concluded from it need not import who hears it."""

from dataclasses import dataclass

#: Confidence from which phrases are kept to.
PHRASE_SURE = 0.6


@dataclass(frozen=True, slots=True)
class Phrase:
    """The phrase.

    bars        bars that it has: 4, 8 or 16
    bar         number of the present one, 0 for the first
    left        beats until it is over
    gone        0..1, how much of it is over; 0 while that is not sure
    confidence  0..1, how sure that is, bars included; 0 while these are not; below 0.6 nothing keeps to it
    """

    bars: int = 4
    bar: int = 0
    left: float = 0.0
    gone: float = 0.0
    confidence: float = 0.0
