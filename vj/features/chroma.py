"""Which of the twelve pitch classes sound, and how much the harmony moves."""

from typing import Self

import numpy as np

from vj.core.cheap.compiled import next_fast_len, rfft
from vj.core.interp import ease
from vj.core.sound.dsp import hann, pitch_classes
from vj.core.types import F32, Hop
from vj.features._chroma import Chroma as Chroma

#: Of the window: semitones above LOW_HZ are told apart only by one this long.
WINDOW_S = 0.34
#: From analysis to analysis; harmony needs no more.
HOP_S = 0.064
LOW_HZ = 100.0
HIGH_HZ = 4000.0
#: Of the harmony "now".
NOW_TAU_S = 0.25
#: Of the harmony it is compared with.
BEFORE_TAU_S = 3.0
#: Under which nothing is heard.
SILENCE_POWER = 1e-10


class HearChroma:
    """Folds a long spectrum onto the pitch classes, 16 times a second."""

    address = "/feature/chroma"

    def __init__(self, rate: int, hop_length: int, window_length: int) -> None:
        length = max(round(WINDOW_S * rate), hop_length)
        self._n_fft = next_fast_len(length)
        self._shape = hann(length)
        top = int(HIGH_HZ * self._n_fft / rate) + 1
        self._top = top
        self._fold = pitch_classes(self._n_fft, rate, LOW_HZ, HIGH_HZ)[:top]
        self._length = length
        self._every = max(1, round(HOP_S * rate / hop_length))
        dt = self._every * hop_length / rate
        self._now_ease, self._before_ease = ease(dt, NOW_TAU_S), ease(dt, BEFORE_TAU_S)
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._ring = np.zeros(2 * self._length, np.float32)
        self._end = self._length
        self._wait = 0
        self._now = np.zeros(12, np.float32)
        self._before = np.zeros(12, np.float32)
        self._record = Chroma(np.zeros(12, np.float32), 0.0)

    def step(self, hop: Hop, p: Self) -> Chroma:
        """Chroma after this hop."""
        n = len(hop.samples)
        if self._end + n > len(self._ring):
            self._ring[: self._length] = self._ring[self._end - self._length : self._end].copy()
            self._end = self._length
        self._ring[self._end : self._end + n] = hop.samples
        self._end += n
        self._wait += 1
        if self._wait >= self._every:
            self._wait = 0
            self._record = self._listen(self._ring[self._end - self._length : self._end])
        return self._record

    def _listen(self, window: F32) -> Chroma:
        lines = rfft(window * self._shape, self._n_fft)[: self._top]
        # The square root tames the loudest partial, so a chord shows all its notes.
        folded = np.sqrt(np.abs(lines)).dot(self._fold)
        power = float(window.dot(window)) / len(window)
        # Noise fills all classes alike: what is common to all says nothing about harmony.
        folded = folded - folded.min()
        total = float(folded.sum())
        heard = folded / np.float32(total) if power > SILENCE_POWER and total > 0 else np.zeros(12, np.float32)
        self._now += (heard - self._now) * np.float32(self._now_ease)
        self._before += (heard - self._before) * np.float32(self._before_ease)
        now = float(self._now.sum())
        if power <= SILENCE_POWER or now < 1e-6:
            return Chroma(np.zeros(12, np.float32), 0.0)
        values = self._now / np.float32(now)
        before = self._before / np.float32(max(float(self._before.sum()), 1e-6))
        change = 0.5 * float(np.abs(values - before).sum())
        return Chroma(values.astype(np.float32, copy=False), min(change, 1.0))
