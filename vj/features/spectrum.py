"""The rolling spectrum: for display, for directors that map it, and its two best summaries."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from vj.core.interp import ease
from vj.core.sound.dsp import band_weights, log_edges
from vj.core.types import F32, Hop

BANDS = 32
LOW_HZ = 40.0
HIGH_HZ = 16000.0
#: The display shows so much below the loudest band of the last while.
RANGE_DB = 60.0
#: In which the top of the display forgets a louder passage.
TOP_FALL_TAU_S = 12.0
#: In which it follows one.
TOP_RISE_TAU_S = 0.15
#: Under which a spectrum counts as silent: -100 dBFS.
SILENCE_POWER = 1e-10

#: What keeps logarithms finite.
_NEXT_TO_NOTHING = np.float32(SILENCE_POWER * 1e-2)
#: Parts of the display's range in a neper of power.
_PER_NEPER = np.float32(10.0 / math.log(10.0) / RANGE_DB)


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Spectrum of the rolling window.

    magnitudes   [window_length // 2 + 1] float32, a full-scale sine peaks at 1
    bands        [32] float32, 0..1 in dB relative to the running loudest band, evenly spaced in pitch, 40 Hz to 16 kHz
    centroid_hz  centre of gravity of the magnitudes, 0 in silence
    flatness     0 a pure tone .. 1 white noise (geometric over arithmetic mean of band power density), 0 in silence
    """

    magnitudes: F32
    bands: F32
    centroid_hz: float
    flatness: float


class HearSpectrum:
    """Summarises the rolling FFT."""

    address = "/feature/spectrum"

    def __init__(self, rate: int, hop_length: int, window_length: int) -> None:
        edges = log_edges(LOW_HZ, min(HIGH_HZ, rate / 2), BANDS)
        hz = np.arange(window_length // 2 + 1) * rate / window_length
        heard = (hz > 0) & (hz <= HIGH_HZ)  # what lies above differs between sample rates
        self._top_bin = int(heard.nonzero()[0][-1]) + 2
        self._weights = band_weights(edges, window_length, rate)[: self._top_bin]
        self._moments = np.stack([hz * heard, heard], axis=1)[: self._top_bin].astype(np.float32)
        width = self._weights.sum(axis=0)
        self._log_width = float(np.log(width).mean())
        # Products with them are the mean of logarithms and the mean density of power.
        self._mean = np.full(BANDS, 1.0 / BANDS, np.float32)
        self._each = (1.0 / (BANDS * width)).astype(np.float32)
        dt = hop_length / rate
        self._rise, self._fall = ease(dt, TOP_RISE_TAU_S), ease(dt, TOP_FALL_TAU_S)
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._top = -math.inf

    def step(self, hop: Hop, p: Self) -> Spectrum:
        """Spectrum after this hop."""
        magnitudes = hop.spectrum
        power = hop.power[: self._top_bin].dot(self._weights)
        loudest = float(np.maximum.reduce(power))
        if loudest < SILENCE_POWER:
            return Spectrum(magnitudes, np.zeros(BANDS, np.float32), 0.0, 0.0)
        logs = np.log(power + _NEXT_TO_NOTHING)
        top = 10.0 * math.log10(loudest)
        if not math.isfinite(self._top):
            self._top = top
        self._top += (top - self._top) * (self._rise if top > self._top else self._fall)
        bands = logs * _PER_NEPER + np.float32(1.0 - self._top / RANGE_DB)
        np.maximum(bands, 0.0, out=bands)
        np.minimum(bands, 1.0, out=bands)
        moment, total = magnitudes[: self._top_bin].dot(self._moments).tolist()
        density = float(power.dot(self._each)) + SILENCE_POWER * 1e-2
        flatness = math.exp(float(logs.dot(self._mean)) - self._log_width) / density
        return Spectrum(magnitudes, bands, moment / max(total, 1e-12), min(flatness, 1.0))
