"""The steps of "Stylizing Audio Reactive Visuals" (hanhung, NeurIPS 2019 workshop), and their causal likeness.

Checked against its code: three bands by filtfilt at 22 050 Hz, RMS per sixteenth of a beat in centred frames (the sound
mirrored at its ends, as librosa did then), rises of it divided by the greatest. z of each band starts at one place and
goes length x rise x a fresh random direction a step, without end: that is why it slows down as it gets away.
"""

import math
from collections.abc import Iterator, Mapping

import numpy as np

from vj.core.frames import overlapping
from vj.core.sound.filters import zero_phase
from vj.core.track import Track
from vj.core.types import F32, F64
from vj.features.bands import Band

#: Bands in the order in which their directions are drawn; "high" of the original is the mids.
BANDS = ("bass", "mids", "snare")
#: Hz at which it hears.
RATE = 22050
#: The greatest rise of late is forgotten to 37 % in this many seconds.
FORGET = 20.0


def hop_of(bpm: float, steps: int) -> int:
    """Samples of a step: 551 at 150 BPM and 16 steps a beat, for 551.25 is cut off."""
    return int(RATE * (60.0 / (bpm * steps)))


def steps_of(track: Track, bpm: float, steps: int) -> tuple[float, dict[str, F64]]:
    """Steps a second, and for each band the rise [n] of every step, the greatest 1."""
    hop = hop_of(bpm, steps)
    return RATE / hop, {band: rises(levels(track, band, hop)) for band in BANDS}


def levels(track: Track, band: str, hop: int) -> F64:
    """[n] RMS of a band in frames of `hop` samples centred on the multiples of `hop`."""
    views = overlapping(_mirrored(zero_phase(track.sound(RATE), band, RATE), hop // 2), hop, hop)
    parts = [np.sqrt((view**2).mean(axis=1)) for view in views]
    return np.concatenate(parts) if parts else np.zeros(0)


def rises(values: F64) -> F64:
    """[n - 1] differences divided by the greatest, which a fall may exceed."""
    steps = np.diff(values)
    top = float(steps.max()) if len(steps) else 0.0
    return steps / top if top > 0 else steps


class Walk:
    """z of each band after each step. It is walked as time goes on, so no memory but the steps is held."""

    def __init__(self, steps: Mapping[str, F64], rate: float, rng: np.random.Generator, z_dim: int) -> None:
        self._steps, self._rate = steps, rate
        self._start = rng.standard_normal(z_dim)
        self._seed = int(rng.integers(1 << 31))
        self._scale = math.sqrt(z_dim / 512.0)
        self._begin()

    def at(self, t: float, lengths: Mapping[str, float]) -> dict[str, F32]:
        """z [Z] by band at show time `t`, having gone `lengths` at a full rise (for Z of 512; less in smaller ones)."""
        wanted = min(int(t * self._rate + 1e-6), min(len(steps) for steps in self._steps.values()))
        if wanted < self._done:
            self._begin()
        while self._done < wanted:
            for band in BANDS:
                u = self._rng.standard_normal(len(self._start))
                length = lengths[band] * self._scale * self._steps[band][self._done]
                self._z[band] = self._z[band] + length * u / np.linalg.norm(u)
            self._done += 1
        return {band: z.astype(np.float32) for band, z in self._z.items()}

    def curves(self) -> dict[str, tuple[float, F64]]:
        """Steps a second and size of each step, by band."""
        return {f"steps of {band}": (self._rate, np.abs(steps)) for band, steps in self._steps.items()}

    def _begin(self) -> None:
        self._rng = np.random.default_rng(self._seed)
        self._z = dict.fromkeys(BANDS, self._start)
        self._done = 0


class Steps:
    """The same rises as they are heard: mean level of each step against the step before, 1 at the most of late.

    A rise is walked in the step after it, so the delay is one step. Falls count as rises do: the original's signs are
    lost in its random directions.
    """

    def __init__(self) -> None:
        self._step: int | None = None
        self._t = 0.0
        self._times = dict.fromkeys(BANDS, 0.0)
        self._levels = dict.fromkeys(BANDS, 0.0)
        self._tops = dict.fromkeys(BANDS, 1e-3)
        self._rises = dict.fromkeys(BANDS, 0.0)
        self._at = 0.0

    def step(self, at: float, t: float, bands: Mapping[str, Band]) -> dict[str, float]:
        """0..1 by band: the share of a full step walked until step number `at` (a real one) at show time `t`."""
        gone = min(max(at - self._at, 0.0), 1.0)
        walked = {band: self._rises[band] * gone for band in BANDS}
        self._at = at
        if self._step is None or math.floor(at) != self._step:
            span = max(t - self._t, 1e-3)
            for band in BANDS:
                level = max(bands[band].time - self._times[band], 0.0) / span if self._step is not None else 0.0
                rise = abs(level - self._levels[band]) if self._step is not None else 0.0
                self._tops[band] = max(rise, self._tops[band] * math.exp(-span / FORGET))
                self._rises[band] = rise / self._tops[band]
                self._levels[band], self._times[band] = level, bands[band].time
            self._step, self._t = math.floor(at), t
        return walked


def _mirrored(blocks: Iterator[F64], pad: int) -> Iterator[F64]:
    """The stream with `pad` samples before and after it, mirrored at its first and last."""
    head = np.zeros(0)
    for block in blocks:
        head = np.concatenate([head, block])
        if len(head) > pad:
            break
    if len(head) <= pad:
        return
    yield np.concatenate([head[pad:0:-1], head])
    tail = head[-pad - 1 :]
    for block in blocks:
        yield block
        tail = np.concatenate([tail, block])[-pad - 1 :]
    yield tail[-2::-1]
