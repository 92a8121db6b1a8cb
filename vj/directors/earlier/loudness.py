"""How loud it is, 0..1 of the loudest: measured of a whole track, or as it is heard with a gain of its own."""

import math
from collections.abc import Iterable
from typing import Protocol

import numpy as np

from vj.core.frames import overlapping
from vj.core.interp import ease, follow
from vj.core.track import Findings, Track
from vj.core.types import F32, F64
from vj.features.novelty import Novelty

#: The rate at which a survey hears.
RATE_HZ = 24000
#: Its values a second.
VALUES_HZ = 100
#: Part of a track's moments that are quieter than "quiet".
QUIET_QUANTILE = 0.1
#: Part of them that are quieter than "loudest".
LOUDEST_QUANTILE = 0.98
#: "Quiet" is at most this part of "loudest".
DEEP = 0.5
#: Live: how soon "loudest" follows up, ...
RISE_TAU_S = 0.05
#: ... and is forgotten.
FALL_TAU_S = 40.0
#: What counts as nothing.
SILENCE_AMPLITUDE = 1e-5
#: Column of an imported table that is loudness.
COLUMN = "Amplitude"


class Loudness(Protocol):
    """Tells loudness."""

    def step(self, t: float, heard: Novelty, dt: float, attack: float, release: float) -> float:
        """Loudness 0..1 at show time `t`; `heard` is the newest novelty. Time constants in seconds."""
        ...


class Measured:
    """Loudness of a whole track, from its sound or from an imported column: `values`, `rate` a second."""

    def __init__(self, values: F64, rate: float) -> None:
        self.values, self.rate = values, rate
        self._level = 0.0

    def step(self, t: float, heard: Novelty, dt: float, attack: float, release: float) -> float:
        """Loudness at show time `t`: the most since the last step, followed."""
        last = min(max(int(t * self.rate + 1e-6), 0), len(self.values) - 1)
        first = min(max(int((t - dt) * self.rate + 1e-6) + 1, 0), last)
        self._level = follow(self._level, float(self.values[first : last + 1].max()), dt, attack, release)
        return self._level


class Heard:
    """Loudness as it is heard: power since the last step, relative to a running top. The delay is that of a hop."""

    def __init__(self) -> None:
        self._energy: tuple[float, float] | None = None
        self._amplitude = self._top = self._level = 0.0

    def step(self, t: float, heard: Novelty, dt: float, attack: float, release: float) -> float:
        """Loudness at show time `t`."""
        t_before, before = self._energy or (t - dt, 0.0)
        if heard.energy != before or self._energy is None:
            grown = max(heard.energy - before, 0.0) if self._energy else 0.0
            self._amplitude = math.sqrt(grown / max(t - t_before, dt, 1e-3))
            self._energy = (t, heard.energy)
        elif t - t_before > 0.1:
            self._amplitude = 0.0  # exact silence: nothing has been added for a while
        up = self._amplitude > self._top
        self._top += (self._amplitude - self._top) * ease(dt, RISE_TAU_S if up else FALL_TAU_S)
        loud = self._amplitude > SILENCE_AMPLITUDE
        now = min(self._amplitude / max(self._top, SILENCE_AMPLITUDE), 1.0) if loud else 0.0
        self._level = follow(self._level, now, dt, attack, release)
        return self._level


def survey(track: Track) -> Measured:
    """Loudness of a track: an imported column relative to its most, or RMS between what is quiet and loud in it."""
    if COLUMN in track.columns:
        column = np.abs(track.columns[COLUMN])
        return Measured(column / max(float(column.max()), 1e-12), track.column_rate)
    amplitudes = rms(track.sound(RATE_HZ), RATE_HZ // VALUES_HZ)
    heard = amplitudes[amplitudes > SILENCE_AMPLITUDE]
    quiet, top = np.quantile(heard, (QUIET_QUANTILE, LOUDEST_QUANTILE)) if len(heard) else (0.0, 1.0)
    quiet = min(float(quiet), DEEP * float(top))
    values = np.clip((amplitudes - quiet) / (float(top) - quiet), 0.0, 1.0)
    return Measured(values if len(values) else np.zeros(1), VALUES_HZ)


def found(loudness: Loudness) -> Findings:
    """The curve of loudness, where it was measured."""
    return Findings({"loudness": (loudness.rate, loudness.values)}) if isinstance(loudness, Measured) else Findings()


def rms(blocks: Iterable[F32], length: int) -> F64:
    """[n] root mean square of every `length` samples."""
    parts = [np.sqrt((views.astype(np.float64) ** 2).mean(axis=1)) for views in overlapping(blocks, length, length)]
    return np.concatenate(parts) if parts else np.zeros(0)


def decimated(blocks: Iterable[F32], step: int) -> F64:
    """Every `step`-th sample, from the first: what the film VAE of 2023 took for loudness, divided by the largest."""
    kept, skip = [], 0
    for block in blocks:
        kept.append(np.asarray(block[skip::step], np.float64))
        skip = (skip - len(block)) % step
    values = np.concatenate(kept) if kept else np.zeros(0)
    top = float(values.max()) if len(values) else 0.0
    return np.asarray(values / top if top > 0 else values)


def app_levels(blocks: Iterable[F32]) -> F64:
    """[blocks] what its live app reckons of blocks of 4096 samples: ceil(1000 mean |x|), mean of the last 20, rounded.

    -1 while there are fewer than 20.
    """
    loud = [np.ceil(1000.0 * np.abs(views).mean(axis=1)) for views in overlapping(blocks, 4096, 4096)]
    values = np.concatenate(loud) if loud else np.zeros(0)
    out = np.full(len(values), -1.0)
    if len(values) >= 20:
        sums = np.concatenate([[0.0], np.cumsum(values)])
        out[19:] = np.round((sums[20:] - sums[:-20]) / 20.0)
    return out
