"""What the beat network is shown of a piece, made in one go: the same numbers as the hearing makes hop by hop."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.fft import next_fast_len, rfft

from vj.core.dsp import asymmetric_window, band_weights, log_edges
from vj.core.types import F32
from vj.features._beat_ear import BANDS, HIGH_HZ, LOW_HZ

EVERY, LENGTH, FALL = 256 / 48000, 1024 / 48000, 64 / 48000


def amplitudes(samples: F32, rate: int) -> F32:
    """[halves, BANDS] amplitudes of mono `samples` [n], one row for two short frames (10.7 ms)."""
    length = round(LENGTH * rate)
    n_fft = next_fast_len(length, real=True)
    window = asymmetric_window(length, max(2, round(FALL * rate)))
    weights = band_weights(log_edges(LOW_HZ, HIGH_HZ, BANDS), n_fft, rate) * np.float32((4.0 / length) ** 2)
    frames = int(len(samples) / (EVERY * rate)) // 2 * 2
    ends = np.round(np.arange(1, frames + 1) * EVERY * rate).astype(np.int64)
    padded = np.concatenate([np.zeros(length, np.float32), samples])
    cut = sliding_window_view(padded, length)
    out = np.empty((frames, BANDS), np.float32)
    for at in range(0, frames, 4096):
        lines = rfft(cut[ends[at : at + 4096]] * window, n_fft)
        out[at : at + 4096] = (lines.real**2 + lines.imag**2) @ weights
    halves: F32 = np.sqrt(out.reshape(-1, 2, BANDS).mean(axis=1))
    return halves
