"""Input conditioning: manual gain, automatic gain and noise gate, in that order of trust."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from vj.core.interp import ease, follow
from vj.core.params import Param
from vj.core.sound.clean import clean
from vj.core.sound.dsp import from_db, rms, to_db
from vj.core.types import F32

#: Level that automatic gain aims at, dBFS RMS: loud, with room for drum peaks.
TARGET_DB = -20.0
#: Automatic gain never adds or takes more than this.
AGC_RANGE_DB = 30.0
#: Seconds in which automatic gain goes 63 % of the way.
AGC_TAU = {"slow": 8.0, "fast": 1.5}
#: The gate closes this far below where it opens, so a level at the threshold does not chatter.
HYSTERESIS_DB = 6.0
#: Seconds below the threshold before the gate closes: longer than the gap between two hits of a slow beat's decay.
HOLD = 0.3
#: Seconds of the fade when the gate opens or closes.
RAMP = 0.002
#: Seconds to learn the DC offset of a cheap sound card.
DC_TAU = 0.5
#: A sample this large was cut off by the converter.
CLIP = 0.999


@dataclass(slots=True)
class Conditioned:
    """One hop after conditioning: `samples` [hop_length]; `gain_db` manual and automatic; `open` the gate."""

    samples: F32
    gain_db: float
    open: bool
    clipped: bool


class Gain:
    """Makes any input usable: cleans it, brings it to level, and turns noise below the gate into exact zeros."""

    address = "/audio"
    gain = Param(0.0, -24.0, 48.0, unit="dB", doc="Input gain.")
    gate = Param(-60.0, -90.0, 0.0, unit="dBFS", doc="Below this level (after input gain) the input counts as silence.")
    agc = Param("slow", choices=("off", "slow", "fast"), doc="Automatic gain; it rests while the gate is closed.")

    def __init__(self, rate: int, hop_length: int) -> None:
        self._dt = hop_length / rate
        self._dc_ease = ease(self._dt, DC_TAU)
        ramp = max(1, min(hop_length, round(RAMP * rate)))
        self._rise = np.ones(hop_length, np.float32)
        self._rise[:ramp] = np.linspace(0.0, 1.0, ramp, dtype=np.float32)
        self._fall = np.zeros(hop_length, np.float32)
        self._fall[:ramp] = np.linspace(1.0, 0.0, ramp, dtype=np.float32)
        self._line = np.linspace(0.0, 1.0, hop_length + 1, dtype=np.float32)[1:]
        self._zeros = np.zeros(hop_length, np.float32)
        self._each = np.full(hop_length, 1.0 / hop_length, np.float32)
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._dc = 0.0
        self._open = False
        self._quiet = HOLD
        self._power = 0.0
        self._heard = 0.0
        self._agc_db = 0.0
        self._factor: float | None = None

    def step(self, raw: F32, p: Self) -> Conditioned:
        """Condition one hop of raw mono samples [hop_length] float32."""
        samples = self._without_dc(clean(raw))
        level, by_hand, was_open = rms(samples), from_db(p.gain) if p.gain else 1.0, self._open
        self._move_gate(to_db(level) + p.gain, p.gate)
        self._move_agc(level * by_hand, p.agc)
        gain_db = p.gain + self._agc_db
        factor = from_db(gain_db)
        before = factor if self._factor is None or not was_open else self._factor
        self._factor = factor
        if not (self._open or was_open):
            return Conditioned(self._zeros, gain_db, False, False)
        peak = float(np.maximum.reduce(np.abs(samples)))
        clipped = peak >= CLIP or peak * by_hand >= 1.0
        if before == factor:
            out: F32 = samples * factor
        else:
            out = self._line * (factor - before)
            out += before
            out *= samples
        if self._open != was_open:
            out *= self._rise if self._open else self._fall
        return Conditioned(out, gain_db, self._open, clipped)

    def _without_dc(self, samples: F32) -> F32:
        before = self._dc
        self._dc += (float(samples.dot(self._each)) - before) * self._dc_ease
        if abs(self._dc) < 1e-5 and abs(before) < 1e-5:
            return samples
        return samples - (before + (self._dc - before) * self._line).astype(np.float32)

    def _move_gate(self, level_db: float, threshold_db: float) -> None:
        if level_db >= threshold_db:
            self._open, self._quiet = True, 0.0
        elif level_db < threshold_db - HYSTERESIS_DB:
            self._quiet += self._dt
            if self._quiet > HOLD:
                self._open = False
        else:
            self._quiet = 0.0

    def _move_agc(self, level: float, mode: str) -> None:
        if mode == "off":
            self._agc_db = follow(self._agc_db, 0.0, self._dt, 0.5, 0.5)
            self._heard = 0.0
            return
        if not self._open:
            return
        tau = AGC_TAU[mode]
        # The running mean of power starts as a plain mean, so the first second of a show is not mistaken for silence.
        self._heard = min(self._heard + self._dt, tau)
        self._power += (level * level - self._power) * ease(self._dt, self._heard)
        wanted = min(max(TARGET_DB - to_db(math.sqrt(self._power)), -AGC_RANGE_DB), AGC_RANGE_DB)
        self._agc_db = follow(self._agc_db, wanted, self._dt, tau, tau / 4)
