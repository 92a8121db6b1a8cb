"""Hears the beat: what a small network takes for beats, made into odds over tempo, phase and bar, as it goes."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from vj.core.dsp import band_weights, log_edges
from vj.core.types import F32, Hop
from vj.features._bar_filter import BarFilter
from vj.features._beat_ear import BANDS, HALF, HIGH_HZ, LOW_HZ, Look
from vj.features._beat_filter import Belief, Filter
from vj.features._beat_net import DELAY, BeatNet
from vj.features._short import FRAME, N_FFT  # noqa

#: Halves round a beat in which the network is asked whether it began a bar.
ASKED = 2


@dataclass(frozen=True, slots=True)
class Pulse:
    """The beat at one moment.

    bpm             beats a minute
    phase           0..1 within the beat
    confidence      0..1 probability that tempo and phase are right
    metre           beats in a bar, 2 to 7
    place           of the present beat in its bar, from 0
    bar_confidence  0..1 probability that metre and place are right
    spread          standard deviation of the next beat's time, seconds
    """

    bpm: float
    phase: float
    confidence: float
    metre: int = 4
    place: int = 0
    bar_confidence: float = 0.0
    spread: float = 0.0
