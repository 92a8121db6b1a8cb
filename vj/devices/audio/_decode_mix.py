"""From the samples of a file to what was asked for: mixed, cleaned, at one rate. Runs in the decoder's child only."""

from collections.abc import Iterator

import av
import numpy as np

from vj.core.sound.clean import clean, cleaned
from vj.core.sound.mixdown import mixdown
from vj.core.types import F32

#: Samples that go through mixer and resampler at once.
CHUNK = 8192


class Mixer:
    """Any channels at any rate in, `width` channels at `rate` out: finite, bounded and counted on the way."""

    def __init__(self, rate: int, width: int, places: tuple[str, ...], pick: tuple[int, ...]) -> None:
        self._rate, self._width = rate, width
        self._places, self._pick = places, pick
        self._from = (0, 0)  # channels and rate of what comes in
        self._gains: F32 | None = None
        self._plain = False
        self._resampler: av.AudioResampler | None = None
        self.unclean = 0
        self.peak = 0.0

    def mix(self, samples: F32, rate: int) -> list[F32]:
        """What comes out now for [n, channels] at `rate`; files may change both on the way."""
        ended = []
        if (samples.shape[1], rate) != self._from:
            ended = self.flush()
            self._turn(samples.shape[1], rate)
        samples, wrong = cleaned(samples)
        self.unclean += wrong
        self.peak = max(self.peak, float(np.abs(samples).max(initial=0.0)))
        mixed = self._mixed(samples)
        if self._resampler is None:
            return [*ended, clean(mixed)]
        frame = av.AudioFrame.from_ndarray(mixed.reshape(1, -1), "flt", "mono" if self._width == 1 else "stereo")
        frame.sample_rate = rate
        return [*ended, *map(self._out, self._resampler.resample(frame))]

    def flush(self) -> list[F32]:
        """What the resampler still holds. libswresample gives what went in times the ratio of rates, rounded once."""
        parts = [] if self._resampler is None else self._resampler.resample(None)
        self._resampler, self._from = None, (0, 0)
        return list(map(self._out, parts))

    def _turn(self, channels: int, rate: int) -> None:
        self._from = channels, rate
        places = self._places if len(self._places) == channels else ()
        gains = mixdown(channels, places, tuple(channel for channel in self._pick if channel < channels))
        straight = channels == self._width and np.array_equal(gains, np.eye(2)[: self._width, : self._width])
        self._gains = gains if self._width == 2 else gains.mean(axis=1, keepdims=True)
        self._plain = straight or (channels == 1 and self._width == 1)
        layout = "mono" if self._width == 1 else "stereo"
        self._resampler = None if rate == self._rate else av.AudioResampler("flt", layout, self._rate)

    def _mixed(self, samples: F32) -> F32:
        assert self._gains is not None
        return np.ascontiguousarray(samples if self._plain else samples @ self._gains, np.float32)

    def _out(self, part: av.AudioFrame) -> F32:
        # where sound as loud as may be jumps, a resampler rings beyond that
        return clean(np.asarray(part.to_ndarray(), np.float32).reshape(-1, self._width))


def joined(pieces: Iterator[tuple[F32, int]]) -> Iterator[tuple[F32, int]]:
    """`pieces` [n, channels] and their rates, joined to CHUNK samples or more where rate and channels stay the same."""
    held: list[F32] = []
    have = rate = 0
    for piece, now in pieces:
        if held and (now != rate or piece.shape[1] != held[0].shape[1] or have >= CHUNK):
            yield np.concatenate(held), rate
            held, have = [], 0
        held.append(piece)
        have += len(piece)
        rate = now
    if held:
        yield np.concatenate(held), rate
