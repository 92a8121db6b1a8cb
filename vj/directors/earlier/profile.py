"""What is usual in each band, and which kind of sound is on: known of a whole track, or learnt as it is heard."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from vj.core.frames import overlapping
from vj.core.interp import ease
from vj.core.params import Snapshot
from vj.core.track import Track
from vj.core.types import F32, F64, I64, Hop
from vj.directors._kmeans import OnlineMeans, kmeans, steady
from vj.features.spectrum import BANDS, HearSpectrum

#: The rate at which a survey hears.
RATE_HZ = 48000
WINDOW_SAMPLES = 2048
HOP_SAMPLES = 1024
#: Over how long a kind of sound is felt.
FELT_TAU_S = 0.5
#: Kinds told a second.
KINDS_HZ = 10
#: Length of a live profile.
LEARN_TAU_S = 20.0
#: What it begins with.
FIRST_MEAN = 0.45
FIRST_SPREAD = 0.25
#: The least spread that is reckoned with.
LEAST_SPREAD = 0.06


@dataclass(frozen=True)
class Judged:
    """`deviation` [BANDS] of a spectrum from what is usual, in standard deviations, and the kind of sound."""

    deviation: F64
    kind: int


class Profile(Protocol):
    """Judges spectra."""

    def step(self, t: float, bands: F32, dt: float, kinds: int, dwell: float) -> Judged:
        """The judgement on `bands` [BANDS], heard for `dt` seconds until show time `t`."""
        ...


class Surveyed:
    """The profile of a whole track: mean and spread of its bands, and its kinds by K-means."""

    def __init__(self, mean: F64, spread: F64, kinds: I64) -> None:
        self.mean, self.spread, self.kinds = mean, spread, kinds

    def step(self, t: float, bands: F32, dt: float, kinds: int, dwell: float) -> Judged:
        """The judgement at show time `t`."""
        k = min(max(int(t * KINDS_HZ), 0), len(self.kinds) - 1)
        return Judged((bands - self.mean) / self.spread, int(self.kinds[k]) if len(self.kinds) else 0)


class Learning:
    """The profile of what was heard so far; no delay, but it must get to know a kind before it can name it."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._means = OnlineMeans(count)
        self._mean: F64 = np.full(BANDS, FIRST_MEAN)
        self._square: F64 = np.full(BANDS, FIRST_SPREAD**2)
        self._felt: F64 = np.zeros(BANDS)
        self._heard = 1.0

    def step(self, t: float, bands: F32, dt: float, kinds: int, dwell: float) -> Judged:
        """The judgement now. Another number of kinds begins to learn them anew."""
        if kinds != self._count:
            self._count, self._means = kinds, OnlineMeans(kinds)
        away = bands - self._mean
        deviation = away / np.maximum(np.sqrt(self._square), LEAST_SPREAD)
        if bands.any():  # silence is no music to get used to
            self._heard = min(self._heard + dt, LEARN_TAU_S)
            share = ease(dt, self._heard)
            self._mean = self._mean + away * share
            self._square = self._square + (away * away - self._square) * share
        self._felt = self._felt + (bands - self._felt) * ease(dt, FELT_TAU_S)
        return Judged(deviation, self._means.step(self._felt, dt, dwell))


def survey(track: Track, kinds: int, dwell: float, seed: int) -> Surveyed:
    """The profile of a whole track, of `kinds` kinds of sound that last `dwell` seconds at least."""
    ear = HearSpectrum(RATE_HZ, HOP_SAMPLES, WINDOW_SAMPLES)
    nothing = Snapshot({}).of(HearSpectrum)
    rows: list[F32] = []
    for views in overlapping(track.sound(RATE_HZ), WINDOW_SAMPLES, HOP_SAMPLES):
        for window in views:
            rows.append(ear.step(Hop(window[-HOP_SAMPLES:], window, len(rows), RATE_HZ), nothing).bands)
    if not rows:
        return Surveyed(np.full(BANDS, FIRST_MEAN), np.full(BANDS, FIRST_SPREAD), np.zeros(1, np.int64))
    bands = np.array(rows, np.float64)
    felt, now = [], np.zeros(BANDS)
    share = ease(HOP_SAMPLES / RATE_HZ, FELT_TAU_S)
    for row in bands:
        now = now + (row - now) * share
        felt.append(now)
    count = int(len(bands) * HOP_SAMPLES / RATE_HZ * KINDS_HZ) + 1
    times = np.minimum(np.arange(count) / KINDS_HZ * RATE_HZ / HOP_SAMPLES, len(bands) - 1)
    _, labels = kmeans(np.array(felt)[times.astype(int)], kinds, seed)
    heard = bands[bands.any(axis=1)] if bands.any() else bands
    spread = np.maximum(heard.std(axis=0), LEAST_SPREAD)
    return Surveyed(heard.mean(axis=0), spread, steady(labels, round(dwell * KINDS_HZ)))
