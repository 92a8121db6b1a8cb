"""The tempo and the beat that fingers mean: a line through the last taps."""

import math
import statistics
from itertools import accumulate, pairwise

#: Seconds after which a new tap starts a new count, and how many taps count.
TAP_GAP, TAPS = 2.5, 16
#: An interval this far from the others, in beats, is another tempo: the count starts afresh with it.
OTHER = 0.3
#: Seconds by which a practised finger misses the beat.
JITTER = 0.025


class Fingers:
    """Counts taps. From two on, `bpm` is their tempo and `phase` where in the beat the last one was, -0.5..0.5.

    `loose` is the standard deviation of the tempo as a part of it, `off` that of the beat in seconds.
    """

    def __init__(self) -> None:
        self.times: list[float] = []
        self.bpm = self.phase = 0.0
        self.loose, self.off = 1.0, JITTER

    @property
    def count(self) -> int:
        """Taps in one go."""
        return len(self.times)

    def tap(self, t: float) -> None:
        """A tap at `t` seconds."""
        times = [*self.times, t][-TAPS:] if self.times and t - self.times[-1] < TAP_GAP else [t]
        if len(times) > 3:
            gap = (times[-1] - times[-2]) / _interval(times[:-1])
            if abs(gap - max(round(gap), 1)) > OTHER:
                times = times[-2:]
        self.times = times
        self.phase = 0.0
        if len(times) < 2:
            self.bpm, self.loose, self.off = 0.0, 1.0, JITTER
            return
        beats = _beats(times)
        middle, mean = statistics.fmean(beats), statistics.fmean(times)
        square = sum((beat - middle) ** 2 for beat in beats)
        seconds = sum((b - middle) * (s - mean) for b, s in zip(beats, times, strict=True)) / square
        self.bpm = 60.0 / seconds
        late = (times[-1] - mean) / seconds - (beats[-1] - middle)
        self.phase = late if len(times) > 2 else 0.0
        self.loose = JITTER / seconds / math.sqrt(square)
        self.off = JITTER * math.sqrt(1.0 / len(times) + (beats[-1] - middle) ** 2 / square)

    @property
    def centre(self) -> float:
        """The moment at which the taps say the beat best."""
        return statistics.fmean(self.times)


def _interval(times: list[float]) -> float:
    """Seconds between two taps, as most of them have it."""
    return max(statistics.median(b - a for a, b in pairwise(times)), 1e-3)


def _beats(times: list[float]) -> list[float]:
    """How many beats each tap is after the first; a tap that was left out leaves its beat in the count."""
    interval = _interval(times)
    gaps = (max(round((b - a) / interval), 1) for a, b in pairwise(times))
    return [float(beat) for beat in accumulate(gaps, initial=0)]
