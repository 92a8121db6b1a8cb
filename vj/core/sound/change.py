"""How much a sound changes from one spectrum to the next, and where that change turns: switches of a story.

After GANterpretations (Castro, arXiv 2011.05158), in seconds instead of columns, in bands of pitch instead of bins, and
relative to what is usual instead of to the loudest jump of the track.
"""

import math
from dataclasses import dataclass

import numpy as np

from vj.core.interp import ease
from vj.core.sound.dsp import band_weights, log_edges
from vj.core.types import F32, F64

#: Bands of pitch.
BANDS = 24
LOW_HZ = 40.0
#: What every sample rate in use has.
HIGH_HZ = 11000.0
#: Amplitudes count by the logarithm of 1 and so many times what they are to the running level: under a tenth of it they
#: hardly do.
COMPRESSION = 10.0
#: Of that level.
MEAN_TAU_S = 4.0
SILENCE_AMPLITUDE = 1e-6
#: Seconds between the points at which the curve of change is held.
STEP_S = 0.02

_EACH = np.full(BANDS, 1.0 / BANDS, np.float32)


class Change:
    """Total variation of successive spectra in bands of pitch: of log amplitudes, so that it is the same at any volume
    and bass counts as treble does, and of plain amplitudes, as the original has it."""

    def __init__(self, n_fft: int, rate: int, dt: float) -> None:
        self._top = math.ceil(HIGH_HZ * n_fft / rate + 0.5)  # bins from here on are in no band
        self._weights = band_weights(log_edges(LOW_HZ, min(HIGH_HZ, rate / 2), BANDS), n_fft, rate)[: self._top]
        self._dt = dt
        self._level = self._heard = 0.0
        self._last: F32 | None = None  # [2, BANDS] of the last spectrum: logarithms and plain

    def step(self, magnitudes: F32) -> tuple[float, float]:
        """(nepers, amplitude): mean changes per band to this spectrum [n_fft // 2 + 1] from the one `dt` before."""
        return self.step_power(magnitudes * magnitudes)

    def step_power(self, power: F32) -> tuple[float, float]:
        """The same of a spectrum of power [n_fft // 2 + 1]."""
        now = np.empty((2, BANDS), np.float32)
        logs, plain = now
        power[: self._top].dot(self._weights, out=plain)
        np.sqrt(plain, out=plain)
        np.multiply(plain, self._scale(float(plain.dot(_EACH))), out=logs)
        np.log1p(logs, out=logs)
        change = now - (now if self._last is None else self._last)
        self._last = now
        both: list[float] = np.abs(change, out=change).dot(_EACH).tolist()
        return both[0], both[1]

    def plain(self, magnitudes: F32) -> F32:
        """Amplitudes [..., BANDS] of one spectrum or of many [..., n_fft // 2 + 1]."""
        return np.asarray(np.sqrt(np.square(magnitudes[..., : self._top]) @ self._weights), np.float32)

    def _scale(self, level: float) -> float:
        """What amplitudes are multiplied by, after another whose mean is `level`."""
        if level > SILENCE_AMPLITUDE:
            self._heard = min(self._heard + self._dt, MEAN_TAU_S)
            self._level += (level - self._level) * ease(self._dt, self._heard)
        return COMPRESSION / max(self._level, SILENCE_AMPLITUDE)

    def judge(self, plains: F32) -> F64:
        """[n, 2] the same for one spectrum after the other, whose amplitudes [n, BANDS] are known already."""
        scales = [self._scale(level) for level in plains.mean(axis=1).tolist()]
        logs = np.log1p(plains * np.array(scales, np.float32)[:, None])
        if self._last is None:
            self._last = np.stack([logs[0], plains[0]])
        changes = [
            np.abs(np.diff(np.concatenate([last[None], values]), axis=0)).mean(axis=1)
            for last, values in zip(self._last, (logs, plains), strict=True)
        ]
        self._last = np.stack([logs[-1], plains[-1]])
        return np.stack(changes, axis=1).astype(np.float64)


@dataclass(frozen=True)
class Turning:
    """When the curve of change turns.

    kind       "min" (it quietens), "max" (it peaks) or "both"
    threshold  how far the point must lie from the means of the `before` seconds before it and `after` seconds after
    absolute   minima above this do not count; 0 takes all
    rest       seconds between two points at least
    """

    kind: str = "both"
    threshold: float = 0.1
    before: float = 0.58
    after: float = 0.58
    absolute: float = 0.0
    rest: float = 2.0

    def points(self, curve: F64, last: int | None = None) -> list[int]:
        """Indices of the points of `curve`, which is sampled every STEP_S; those after `last` if there was one."""
        wide, far = self._columns
        if len(curve) < wide + far + 2:
            return []
        sums = np.concatenate([[0.0], np.cumsum(curve)])
        p = np.arange(wide, len(curve) - far)
        here, earlier = curve[p], (sums[p] - sums[p - wide]) / wide
        later = (sums[p + far + 1] - sums[p + 1]) / far
        soon = self.threshold * min(self.after / self.before, 1.0)  # in less time a curve gets less far
        step = curve[p] - curve[p - 1], curve[p] - curve[p + 1]
        low = (here < earlier - self.threshold) & (here < later - soon) & (step[0] <= 0) & (step[1] <= 0)
        high = (here > earlier + self.threshold) & (here > later + soon) & (step[0] >= 0) & (step[1] >= 0)
        if self.absolute > 0:
            low &= here <= self.absolute
        wanted = {"min": low, "max": high, "both": low | high}[self.kind]
        found: list[int] = []
        apart = max(round(self.rest / STEP_S), 1)
        for k in p[wanted]:
            if last is None or k - last >= apart:
                found.append(int(k))
                last = int(k)
        return found

    @property
    def _columns(self) -> tuple[int, int]:
        return max(round(self.before / STEP_S), 1), max(round(self.after / STEP_S), 1)

    @property
    def reach(self) -> int:
        """Samples of the curve that a decision needs, of which the last `late` lie after the point."""
        return sum(self._columns) + 2

    @property
    def late(self) -> int:
        """Samples after a point before it can be told."""
        return self._columns[1]


def smoothed(curve: F64, seconds: float) -> F64:
    """The centred mean of `curve` over about `seconds`: no delay, and the same length."""
    half = max(math.floor(0.5 * seconds / STEP_S), 0)
    sums = np.concatenate([[0.0], np.cumsum(curve)])
    k = np.arange(len(curve))
    low, high = np.maximum(k - half, 0), np.minimum(k + half + 1, len(curve))
    return np.asarray((sums[high] - sums[low]) / (high - low))
