"""The short spectra that attacks are seen in: made once for every hop, on a grid that no hop and no rate moves."""

import math

import numpy as np

from vj.core.cheap.compiled import next_fast_len, rfft
from vj.core.sound.dsp import asymmetric_window, band_weights, log_edges
from vj.core.sound.framing import Frames
from vj.core.types import F32

#: From frame to frame; these are 256, 1024 and 64 samples at 48 kHz.
HOP_S = 256 / 48000
#: Of a frame.
LENGTH_S = 1024 / 48000
#: Of the fall of its window: so steep, it lets an attack be seen 1 ms after it begins; the long rise tells the bands
#: apart.
FALL_S = 64 / 48000
#: The spectra end here; what lies above differs between sample rates.
HIGHEST = 16000.0


def size(rate: int) -> int:
    """Length of the transform, in samples."""
    return next_fast_len(round(LENGTH_S * rate))


def bins(rate: int) -> int:
    """Number of bins of a spectrum, `rate / size(rate)` Hz apart from 0 to HIGHEST."""
    return min(math.ceil(HIGHEST * size(rate) / rate + 0.5), size(rate) // 2 + 1)


def bands(rate: int, low_hz: float, high_hz: float, count: int) -> F32:
    """[bins, count] weights: `powers @ weights` is the power in bands evenly spaced in pitch."""
    return band_weights(log_edges(low_hz, min(high_hz, rate / 2), count), size(rate), rate)[: bins(rate)]


class Short:
    """Power spectra of short frames; frame k (from 1) ends `k * HOP_S` seconds after the first sample."""

    def __init__(self, rate: int, hop_length: int) -> None:
        length = round(LENGTH_S * rate)
        self._frames = Frames(rate, HOP_S, length, hop_length)
        self._bins = bins(rate)
        # A full-scale sine peaks at 1, as it does in `Hop.spectrum`.
        self._window = asymmetric_window(length, max(2, round(FALL_S * rate))) * np.float32(4.0 / length)
        self._shaped = np.zeros((2 + int(hop_length / (HOP_S * rate)), size(rate)), np.float32)

    def reset(self) -> None:
        """Back to the state after construction; the sound begins with silence."""
        self._frames.reset()

    def step(self, samples: F32) -> F32:
        """[k, bins] power spectra of the frames that `samples` [n] complete, the oldest first; k is 0 to 3 in a hop."""
        frames = self._frames.push(samples)
        if not frames:
            return np.zeros((0, self._bins), np.float32)
        shaped = self._shaped[: len(frames)]
        for row, frame in zip(shaped, frames, strict=True):
            np.multiply(frame, self._window, out=row[: len(frame)])
        powers: F32 = np.abs(rfft(shaped)[:, : self._bins])
        powers *= powers
        return powers
