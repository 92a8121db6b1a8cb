"""The tempo and the beat that fingers mean: a line through the last taps."""

import math
import statistics
from itertools import accumulate, pairwise

#: A tap after so long starts a new count.
TAP_GAP_S = 2.5
#: How many taps count.
TAPS = 8
#: An interval this far from the others is of another tempo.
OTHER_BEATS = 0.4
#: Two alike are, that differ from the others by this part ...
BOTH_OTHER = 0.25
#: ... and from each other by less than this part.
ALIKE = 0.15
#: By which a practised finger misses the beat.
JITTER_S = 0.025


class Fingers:
    """Counts taps. From two on, `bpm` is their tempo and `phase` where in the beat the last one was, -0.5..0.5.

    `loose` is the standard deviation of the tempo as a part of it, `off` that of the beat in seconds.
    """

    def __init__(self) -> None:
        self.times: list[float] = []
        self.bpm = self.phase = 0.0
        self.loose, self.off = 1.0, JITTER_S

    @property
    def count(self) -> int:
        """Taps in one go."""
        return len(self.times)

    def tap(self, t: float) -> None:
        """A tap at `t` seconds."""
        times = [*self.times, t][-TAPS:] if self.times and t - self.times[-1] < TAP_GAP_S else [t]
        if len(times) > 3:
            times = times[_fresh(times) :]
        self.times = times
        self.phase = 0.0
        if len(times) < 2:
            self.bpm, self.loose, self.off = 0.0, 1.0, JITTER_S
            return
        beats = _beats(times)
        middle, mean = statistics.fmean(beats), statistics.fmean(times)
        square = sum((beat - middle) ** 2 for beat in beats)
        seconds = sum((b - middle) * (s - mean) for b, s in zip(beats, times, strict=True)) / square
        self.bpm = 60.0 / seconds
        late = (times[-1] - mean) / seconds - (beats[-1] - middle)
        self.phase = late if len(times) > 2 else 0.0
        self.loose = JITTER_S / seconds / math.sqrt(square)
        self.off = JITTER_S * math.sqrt(1.0 / len(times) + (beats[-1] - middle) ** 2 / square)

    @property
    def centre(self) -> float:
        """The moment at which the taps say the beat best."""
        return statistics.fmean(self.times)


def _fresh(times: list[float]) -> int:
    """Where the taps at the newest tempo begin: 0 while all are of one, else -3 or -2."""
    before, last = (b - a for a, b in pairwise(times[-3:]))
    interval = _interval(times[:-2] if len(times) > 4 else times[:-1])
    if len(times) > 4 and abs(before / last - 1.0) < ALIKE and abs((before + last) / 2 / interval - 1.0) > BOTH_OTHER:
        return -3
    return -2 if abs(last / interval - _whole(last / interval)) > OTHER_BEATS else 0


def _whole(beats: float) -> int:
    """The number of beats between two taps: two only where that is plain."""
    return max(math.floor(beats + 0.3), 1)


def _interval(times: list[float]) -> float:
    """Seconds between two taps, as most of them have it."""
    return max(statistics.median(b - a for a, b in pairwise(times)), 1e-3)


def _beats(times: list[float]) -> list[float]:
    """How many beats each tap is after the first; a tap that was left out leaves its beat in the count."""
    interval = _interval(times)
    gaps = (_whole((b - a) / interval) for a, b in pairwise(times))
    return [float(beat) for beat in accumulate(gaps, initial=0)]
