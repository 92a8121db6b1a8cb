"""How fast it goes and where in the beat we are."""

import math
from dataclasses import dataclass

import numpy as np

from vj.core.dsp import band_weights, log_edges
from vj.core.interp import ease, follow
from vj.core.params import Param, Values
from vj.core.types import F32, Hop
from vj.features._pulse import comb, favour, fold, score, self_similarity, shortest

#: Range the tracker hears, BPM. Taps and the fader go beyond it.
SLOWEST, FASTEST = 56.0, 190.0
#: Seconds between frames of the onset envelope, seconds remembered, and seconds between estimates.
FRAME, MEMORY, EVERY = 0.01, 8.0, 0.25
#: Centre and width (octaves) of the tempi that people tap.
FAVOURITE, WIDTH = 120.0, 0.9
BANDS, LOW_HZ, HIGH_HZ = 24, 40.0, 10000.0
#: The beat is carried by the low end: the lowest third of the bands counts this much more.
LOW_WEIGHT = 2.0
#: Seconds by which the envelope's rise lags the sound: the rolling window hears an attack when it reaches its middle.
LATENCY = 0.018
#: A new tempo must look this much better than the present one, this many estimates in a row.
BETTER, STUBBORN = 1.15, 3
#: Most that phase correction may bend the tempo.
BEND = 0.4
#: The nudge at full deflection bends the tempo by this.
NUDGE = 0.05
#: Seconds after which a new tap starts a new count; taps averaged.
TAP_GAP, TAPS = 2.5, 8
#: Seconds in which confidence falls in silence, and follows otherwise.
FORGET, FOLLOW = 2.0, 0.8
#: How far the tracker may wander from a tapped tempo.
TAPPED = 0.04


@dataclass(frozen=True, slots=True)
class Tempo:
    """bpm; phase 0..1 within the beat; beat, a count of beats; confidence 0..1; source "auto", "tap" or "fixed"."""

    bpm: float
    phase: float
    beat: int
    confidence: float
    source: str


class HearTempo:
    """Tracks tempo and beat: log-spectral flux, its self-similarity at beat multiples, a phase-locked oscillator.

    Taps win over the tracker, which from then on only follows small drifts round the tapped tempo.
    """

    address = "/tempo"
    bpm = Param(120.0, 20.0, 999.0, unit="BPM", doc="The tempo when the source is `fixed`.")
    source = Param(
        "auto", choices=("auto", "tap", "fixed"), doc="Who sets the tempo: the tracker (and taps), taps, bpm."
    )
    tap = Param(0, kind="trigger", doc="Tap the beat; two taps set tempo and phase.")
    resync = Param(0, kind="trigger", doc="Now is the first beat of a bar of four.")
    nudge = Param(0.0, -1.0, 1.0, doc="Push (+) or drag (-) the beat while held, by up to 5 %.")
    lock = Param(False, doc="Hold the tempo; the phase still follows the music.")

    def __init__(self, rate: int, hop_length: int, window_length: int) -> None:
        dt = hop_length / rate
        self._skip = max(1, round(FRAME / dt))
        self._dt = self._skip * dt
        edges = log_edges(LOW_HZ, HIGH_HZ, BANDS)
        self._weights = band_weights(edges, window_length, rate)
        accent = np.where(np.arange(BANDS) < BANDS // 3, LOW_WEIGHT, 1.0)
        self._accent = (accent / accent.sum()).astype(np.float32)
        self._frames = round(MEMORY / self._dt)
        tempi = np.geomspace(SLOWEST, FASTEST, 240)
        self._lags = 60.0 / tempi / self._dt
        self._liking = favour(tempi, FAVOURITE, WIDTH)
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._logs: F32 | None = None
        self._level = 0.0
        self._heard = 0.0
        self._envelope = np.zeros(self._frames, np.float32)
        self._hops = 0
        self._since = 0.0
        self._bpm = FAVOURITE
        self._rival = 0
        self._beats = 0.0
        self._error = 0.0
        self._confidence = 0.0
        self._tapped = 0.0
        self._taps: list[float] = []
        self._counts: tuple[int, int] | None = None

    def step(self, hop: Hop, p: Values) -> Tempo:
        """Tempo after this hop."""
        self._hops += 1
        if self._hops % self._skip == 0:
            self._listen(hop)
        self._since += hop.dt
        if self._since >= EVERY and p.source != "fixed":
            self._since = 0.0
            self._estimate(p)
        if p.source == "fixed":
            self._bpm, self._error = p.bpm, 0.0
        self._touch(hop.t, p)
        self._advance(hop.dt, p.nudge)
        beat = math.floor(self._beats)
        source = "tap" if p.source == "auto" and self._tapped else p.source
        return Tempo(self._bpm, self._beats - beat, beat, self._confidence, source)

    def _listen(self, hop: Hop) -> None:
        """Append one frame of flux to the envelope."""
        magnitudes = hop.spectrum
        power = (magnitudes * magnitudes) @ self._weights
        amplitude = np.sqrt(power)
        level = float(amplitude.mean())
        if hop.open:
            self._heard = min(self._heard + self._dt, MEMORY)
            self._level += (level - self._level) * ease(self._dt, self._heard)
        logs = np.log1p(amplitude * np.float32(10.0 / max(self._level, 1e-6)))
        flux = 0.0
        if self._logs is not None:
            flux = float(np.dot(np.maximum(logs - self._logs, 0.0), self._accent))
        self._logs = logs
        self._envelope[:-1] = self._envelope[1:]
        self._envelope[-1] = flux

    def _estimate(self, p: Values) -> None:
        """Look for the pulse in what is remembered."""
        awake = float(self._envelope[-round(2.0 / self._dt) :].max()) > 0.02
        similarity = self_similarity(self._envelope, int(4 * self._lags[0]) + 1)
        rated = score(similarity, self._lags) * self._liking
        centre = 60.0 / self._bpm / self._dt
        if awake and not p.lock and p.source == "auto":
            self._choose(similarity, rated, centre)
        likeness = float(comb(similarity, np.array([60.0 / self._bpm / self._dt]))[0])
        wanted = min(max(1.6 * likeness, 0.0), 1.0) if awake else 0.0
        self._confidence = follow(self._confidence, wanted, EVERY, FOLLOW, FOLLOW if awake else FORGET)
        self._error = self._phase_error() if awake and p.source == "auto" else 0.0

    def _choose(self, similarity: np.ndarray, rated: np.ndarray, centre: float) -> None:
        """Keep, refine or replace the tempo."""
        best = float(self._lags[int(rated.argmax())])
        if self._tapped:
            best = 60.0 / self._tapped / self._dt
        elif abs(best / centre - 1.0) > 0.06:
            now = float(np.interp(-centre, -self._lags, rated))
            self._rival = self._rival + 1 if float(rated.max()) > BETTER * max(now, 0.0) + 0.01 else 0
            if self._rival < STUBBORN and self._confidence > 0.2:
                best = centre
        else:
            self._rival = 0
        fine = best * np.linspace(1.0 - TAPPED, 1.0 + TAPPED, 81)
        likeness = comb(similarity, fine)
        if likeness.max() > 0.15:
            bpm = 60.0 / (float(fine[int(likeness.argmax())]) * self._dt)
            near = abs(bpm / self._bpm - 1.0) < TAPPED
            self._bpm = follow(self._bpm, bpm, EVERY, 0.8, 0.8) if near else bpm

    def _phase_error(self) -> float:
        """Where the beats really fall, less where we thought they do, in beats."""
        back = np.arange(self._frames - 1, -1, -1, dtype=np.float64) * self._dt + LATENCY
        beats = self._beats - back * (self._bpm / 60.0)
        weight = np.exp(-back * (self._bpm / 60.0) / 6.0)
        return -shortest(fold((self._envelope * weight).astype(np.float32), beats % 1.0, 48))

    def _touch(self, t: float, p: Values) -> None:
        """Answer taps and resync; their parameters count firings."""
        counts = (p.tap, p.resync)
        tapped, synced = (
            self._counts is not None and now != was for now, was in zip(counts, self._counts or counts, strict=True)
        )
        self._counts = counts
        if tapped:
            self._taps = [*self._taps, t][-TAPS:] if self._taps and t - self._taps[-1] < TAP_GAP else [t]
            self._beats = float(round(self._beats))
            self._error = 0.0
            if len(self._taps) > 1 and p.source != "fixed":
                bpm = 60.0 * (len(self._taps) - 1) / (self._taps[-1] - self._taps[0])
                self._bpm = self._tapped = min(max(bpm, 20.0), 999.0)
        if synced:
            self._beats, self._error = 4.0 * math.ceil(self._beats / 4.0), 0.0

    def _advance(self, dt: float, nudge: float) -> None:
        """Run the oscillator; it never goes backwards."""
        step = dt * self._bpm / 60.0
        pull = min(max(self._error * dt / EVERY * 0.5, -BEND * step), BEND * step)
        self._error -= pull
        self._beats += step * (1.0 + NUDGE * nudge) + pull
