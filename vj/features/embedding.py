"""Sixteen numbers for the timbre that sounds, as an encoder of musical notes tells it.

The encoder that ships is small, ours, and looks back only. NSynth's (Engel et al., 2017, arXiv 1704.01279), converted
by `python -m vj.workshop.embedding --convert`, looks 192 ms ahead and takes thousands of times as much work.
"""

from dataclasses import dataclass
from math import ceil, gcd
from typing import Self

import numpy as np

from vj.core.params import Param
from vj.core.sound.framing import Frames
from vj.core.types import F32, Hop
from vj.features._embedding_rank import Ranking
from vj.features.embedding_net import CHANNELS, SHIPPED, Encoder, open_encoder, own_file

#: Seconds from one vector to the next: 512 samples at 16 kHz.
HOP_S = 0.032
#: Under which nothing is heard.
SILENCE_POWER = 1e-10


@dataclass(frozen=True, slots=True)
class Embedding:
    """What the encoder heard.

    channels  [16] float32, around 0, about 1 in size for the shipped encoder; 0 in silence and while it is off
    ranking   numbers of the 14 channels that change most, most first, for style layers 0 to 13
    count     vectors of sound so far, told or not
    """

    channels: F32
    ranking: tuple[int, ...]
    count: int


class HearEmbedding:
    """Asks the encoder 31.25 times a second, where somebody wants to know: it is off until a look turns it on.

    Look-ahead of the shipped encoder: none, it has heard the last 256 ms. An encoder that looks ahead (NSynth's: 192
    ms, and a mean over 32 ms) is told silence for what has not sounded yet, or waited for, by `wait`: then what it says
    is exact and that much late.
    """

    address = "/feature/embedding"
    on = Param(False, doc="Ask the encoder of timbre, a percent of a core; else its channels stay 0.")
    encoder = Param("small", choices=("small", "nsynth"), doc="The shipped encoder, or NSynth's, converted by you.")
    wait = Param(False, doc="Wait for as much sound as the encoder looks ahead, rather than assume silence.")

    def __init__(self, rate: int, hop_length: int, window_length: int) -> None:
        self._rate = rate
        self._hop_length = hop_length
        self._choice = ""
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._encoder: Encoder | None = None
        self._open("small", load=False)
        self._ranking = Ranking(CHANNELS)
        self._record = Embedding(np.zeros(CHANNELS, np.float32), self._ranking.order, 0)

    def step(self, hop: Hop, p: Self) -> Embedding:
        """The record after this hop."""
        if p.on and str(p.encoder) != self._choice:
            self._open(str(p.encoder))  # one that cannot be opened is told once, and the show hears on without it
        for frame in self._frames.push(hop.samples):
            self._record = self._heard(frame, bool(p.on), bool(p.wait))
        return self._record

    def _open(self, choice: str, load: bool = True) -> None:
        """Make ready for an encoder, and for frames as long as it sees."""
        self._choice = choice if load else ""
        if load:
            self._encoder = open_encoder(SHIPPED if choice == "small" else own_file())
        window, rate = (self._encoder.window, self._encoder.rate) if self._encoder else (4096, 16000)
        self._common = gcd(self._rate, rate)
        length = ceil(window * self._rate / rate)
        self._frames = Frames(self._rate, HOP_S, length, self._hop_length)

    def _heard(self, frame: F32, on: bool, wait: bool) -> Embedding:
        """The record after one more frame."""
        quiet = float(frame.dot(frame)) <= SILENCE_POWER * len(frame)
        count = self._record.count + (not quiet)
        if quiet or not on or self._encoder is None:
            return Embedding(np.zeros(CHANNELS, np.float32), self._ranking.order, count)
        from scipy.signal import resample_poly  # takes long to import, and few listen so closely

        encoder = self._encoder
        sound = resample_poly(frame, encoder.rate // self._common, self._rate // self._common).astype(np.float32)
        sound = np.pad(sound, (max(0, encoder.window - len(sound)), 0))[-encoder.window :]
        if encoder.ahead and not wait:
            sound = np.concatenate([sound[encoder.ahead :], np.zeros(encoder.ahead, np.float32)])
        channels = encoder.vector(np.clip(sound, -1.0, 1.0))
        return Embedding(channels, self._ranking.step(channels, HOP_S), count)
