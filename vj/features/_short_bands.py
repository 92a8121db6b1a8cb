"""The bands of short spectra that onsets, levels, drums and the beat are heard in: one product a frame for them all.

Whatever is chosen to be heard, all bands are made, in one order: what each of them is must not hang on the others.
"""

from functools import cache

import numpy as np

from vj.core.sound.dsp import band_weights
from vj.core.sound.short import HIGHEST, bands, bins, size
from vj.core.types import F32, F64

#: Number, lowest and highest Hz of the bands of onsets, evenly spaced in pitch.
ONSET = (24, 60.0, 16000.0)
#: The same of the bands of the beat.
BEAT = (24, 30.0, 14000.0)
#: (low, high) in Hz of bass, snare, mids, highs. The lowest edge keeps rumble out; the spectra end with the highs.
LEVELS = [(30.0, 150.0), (200.0, 350.0), (500.0, 5000.0), (5000.0, HIGHEST)]
#: The same of the bands of drums, which are about as wide as a line of the spectrum up to KNEE_HZ, evenly spaced in
#: pitch above.
DRUMS = (26, 25.0, 14000.0)
KNEE_HZ = 220.0
# Where they lie, side by side.
#: Mean power of a line, rather than their sum.
OF_ONSET = slice(0, 24)
#: Root mean squares.
OF_LEVELS = slice(24, 28)
#: Power, that of all bands together last.
OF_DRUMS = slice(28, 55)
#: Power.
OF_BEAT = slice(55, 79)


class ShortBands:
    """Amplitudes in all bands of short spectra at `rate` Hz. `lines` [24] is how many lines those of onsets have."""

    def __init__(self, rate: int) -> None:
        onset = bands(rate, *ONSET[1:], ONSET[0])
        self.lines = onset.sum(axis=0)
        drums = band_weights(_drum_edges(rate), size(rate), rate)[: bins(rate)] / 4.0
        levels = [band_weights(edges, size(rate), rate)[: bins(rate), 0] for edges in LEVELS]
        self._weights = np.column_stack(
            [
                onset / (4.0 * self.lines),
                # The window halves a sine's amplitude, and spreads it: a root mean square needs a third of the power.
                np.column_stack(levels) / np.float32(3.0),
                drums,
                drums.sum(axis=1),
                bands(rate, *BEAT[1:], BEAT[0]),
            ]
        ).astype(np.float32)
        self._kept: tuple[F32, F32] = (np.zeros((0, 0), np.float32), np.zeros((0, OF_BEAT.stop), np.float32))

    def of(self, powers: F32) -> F32:
        """[k, 79] amplitudes of frames [k, bins]; worked out once for all who ask for the same frames in turn."""
        asked, known = self._kept
        if asked is powers:
            return known
        out = np.empty((len(powers), OF_BEAT.stop), np.float32)
        for frame, row in zip(powers, out, strict=True):  # of few frames a product of matrices takes four times as long
            frame.dot(self._weights, out=row)
        np.sqrt(out, out=out)
        self._kept = powers, out
        return out


@cache
def short_bands(rate: int) -> ShortBands:
    """Those of `rate`, made once."""
    return ShortBands(rate)


def _drum_edges(rate: int) -> F64:
    count, *ends = DRUMS
    low, high = (float(np.arcsinh(hz / KNEE_HZ)) for hz in (ends[0], min(ends[1], rate / 2)))
    edges: F64 = KNEE_HZ * np.sinh(np.linspace(low, high, count + 1))
    return edges
