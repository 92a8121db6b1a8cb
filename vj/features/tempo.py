"""How fast it goes and where in the beat we are."""

import math

import numpy as np

from vj.core.dsp import band_weights, log_edges
from vj.core.interp import ease, follow
from vj.core.params import Param, Values
from vj.core.types import F32, F64, Clock, Hop
from vj.features._beat import Tempo as Tempo
from vj.features._leader import Leader
from vj.features._pulse import comb, favour, fold, margin, score, self_similarity, shortest

#: Range the tracker hears, BPM. Taps and the fader go beyond it.
SLOWEST, FASTEST = 56.0, 190.0
#: Seconds between frames of the onset envelope, seconds remembered, and seconds between estimates.
FRAME, MEMORY, EVERY = 0.01, 8.0, 0.25
#: Centre and width (octaves) of the tempi that people tap.
FAVOURITE, WIDTH = 120.0, 0.9
BANDS, LOW_HZ, HIGH_HZ = 24, 40.0, 10000.0
#: The beat is carried by the low end: the lowest third of the bands counts this much more.
LOW_WEIGHT = 2.0
#: Seconds by which the envelope's rise lags the sound: logarithms rise as soon as an attack enters the window.
LATENCY = 0.004
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
#: Sources by which the tracker chooses tempo and phase where nobody else does.
TRACKED = ("auto", "music")
#: How far the tracker may wander from a tapped tempo.
TAPPED = 0.04
#: Beats by which it may correct a tapped phase; what it would correct by more, the fingers meant otherwise.
TAPPED_PHASE = 0.15
#: Seconds heard before the first estimate.
FIRST = 2.0
#: Flux under STILL is no music. FLOOR times its median is no peak, and only peaks this far above are STRIKING.
STILL, FLOOR, STRIKING = 0.02, 2.0, 0.3
#: Least likeness at beat multiples to refine a tempo by.
LIKE = 0.1
#: From a margin of 1 / CLEAR on, a tempo has no rival to speak of.
CLEAR = 5.0
#: Beats that phase looks back over (to 37 %).
LOOK_BACK = 6.0


class HearTempo:
    """Tracks tempo and beat: log-spectral flux, its self-similarity at beat multiples, a phase-locked oscillator.

    Taps win over the tracker, which from then on only follows small drifts round the tapped tempo; the clock of another
    machine wins over both while it runs, and its last tempo holds like a tapped one.
    """

    address = "/tempo"
    bpm = Param(120.0, 20.0, 999.0, unit="BPM", doc="The tempo when the source is `fixed`.")
    source = Param(
        "auto",
        choices=("auto", "tap", "fixed", "music"),
        doc="Who sets the tempo: a clock, else taps, else the tracker; taps; a clock, else bpm; taps or the tracker.",
    )
    clock = Param(
        Clock(), doc="The clock of another machine, as MIDI clock sets it: BPM and its beat now; BPM 0: none."
    )
    tap = Param(0, kind="trigger", doc="Tap the beat; two taps set tempo and phase.")
    resync = Param(0, kind="trigger", doc="Now is the first beat of a bar of four.")
    double = Param(0, kind="trigger", doc="Twice the tempo; holds like a tapped one.")
    halve = Param(0, kind="trigger", doc="Half the tempo; holds like a tapped one.")
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
        self._filled = 0
        self._since = 0.0
        self._bpm = FAVOURITE
        self._rival = 0
        self._beats = 0.0
        self._error = 0.0
        self._confidence = 0.0
        self._margin = 1.0
        self._tapped = 0.0
        self._taps: list[float] = []
        self._touched = 0.0
        self._counts: tuple[int, ...] | None = None
        self._leader = Leader()
        self._led = self._lost = False

    def step(self, hop: Hop, p: Values) -> Tempo:
        """Tempo after this hop."""
        self._hops += 1
        if self._hops % self._skip == 0:
            self._listen(hop)
        self._since += hop.dt
        self._obey(hop.t, p)
        if self._since >= EVERY and p.source != "fixed":
            self._since = 0.0
            self._estimate(hop.t, p)
        if p.source == "fixed":
            self._bpm, self._error = p.bpm, 0.0
        if self._led:
            self._bpm = self._leader.bpm(p.clock)
        self._touch(hop.t, p)
        counted = self._led and p.clock.beat is not None
        if counted:
            self._leader.shift(hop.dt * self._bpm / 60.0 * NUDGE * p.nudge)
            # a record stands for a whole hop, so the middle of it is the least wrong
            middle = hop.t - 0.5 * hop.dt
            self._beats, self._error = self._leader.beat(p.clock, middle, hop.dt, self._beats), 0.0
        else:
            self._leader.let_go()
            self._advance(hop.dt, p.nudge)
        beat = math.floor(self._beats)
        sure = 1.0 if self._led or p.source == "fixed" else self._confidence
        return Tempo(self._bpm, self._beats - beat, beat, sure, self._told(p), counted)

    def _obey(self, t: float, p: Values) -> None:
        """See whether a clock leads; one that fell silent leaves its tempo, which holds like a tapped one."""
        led, self._led = self._led, p.source in ("auto", "fixed") and p.clock.runs
        if led and not self._led and p.clock.lost:
            self._hold(self._bpm, p)
            self._lost, self._touched = True, t
        self._lost = self._lost and not self._led and p.clock.lost

    def _told(self, p: Values) -> str:
        """Whose tempo it is."""
        if self._led or self._lost:
            return "clock" if self._led else "lost"
        return "tap" if p.source in TRACKED and self._tapped else str(p.source)

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
        self._filled += 1

    def _estimate(self, t: float, p: Values) -> None:
        """Look for the pulse in what is remembered."""
        heard = self._envelope[-max(min(self._filled, self._frames), round(FIRST / self._dt)) :]
        floor = float(np.median(heard))
        peaks = np.maximum(heard - FLOOR * floor, 0.0)
        recent = heard[-round(FORGET / self._dt) :]
        awake = self._filled >= len(heard) and float(recent.max()) > STILL
        if not awake:
            self._error = 0.0
            self._confidence = follow(self._confidence, 0.0, EVERY, FORGET, FORGET)
            if heard.max() <= STILL and t - self._touched > MEMORY:
                self._tapped = 0.0  # the song is over: the next one may have another tempo
            return
        similarity = self_similarity(peaks, min(int(4 * self._lags[0]) + 1, int(0.8 * len(heard))))
        if not p.lock and p.source in TRACKED and not self._led:
            self._choose(similarity)
        likeness = float(comb(similarity, np.array([60.0 / self._bpm / self._dt]))[0])
        striking = (float(np.partition(heard, -len(heard) // 50)[-len(heard) // 50]) - floor) / STRIKING
        wanted = min(max(1.6 * likeness, 0.0), 1.0) * min(striking, 1.0) * min(CLEAR * self._margin, 1.0)
        self._confidence = follow(self._confidence, wanted, EVERY, FOLLOW, FOLLOW)
        if p.source in TRACKED:
            error = self._phase_error(peaks)
            self._error = 0.0 if self._tapped and abs(error) > TAPPED_PHASE else error

    def _choose(self, similarity: F64) -> None:
        """Keep, refine or replace the tempo."""
        self._lost = self._lost and self._tapped > 0.0
        rated = score(similarity, self._lags) * self._liking
        best, now = float(self._lags[int(rated.argmax())]), 60.0 / self._bpm / self._dt
        if self._tapped:
            best = 60.0 / self._tapped / self._dt
        elif abs(best / now - 1.0) > 0.06:
            better = float(rated.max()) > BETTER * max(float(np.interp(-now, -self._lags, rated)), 0.0) + 0.01
            self._rival = self._rival + 1 if better else 0
            # Within the first seconds anything may turn out better; later a phrase of fills must not win.
            if self._rival < STUBBORN and self._filled >= self._frames:
                best = now
        else:
            self._rival = 0
        fine = best * np.linspace(1.0 - TAPPED, 1.0 + TAPPED, 81)
        likeness = comb(similarity, fine)
        if likeness.max() > LIKE:
            # The top is flat between two frames: take its middle.
            bpm = 60.0 / (float(fine[likeness > 0.97 * likeness.max()].mean()) * self._dt)
            near = abs(bpm / self._bpm - 1.0) < TAPPED
            self._bpm = follow(self._bpm, bpm, EVERY, FOLLOW, FOLLOW) if near else bpm
        self._margin = 1.0 if self._tapped else margin(rated, self._lags, 60.0 / self._bpm / self._dt)

    def _phase_error(self, peaks: F32) -> float:
        """Where the beats really fall, less where we thought they do, in beats."""
        per_second = self._bpm / 60.0
        back = np.arange(len(peaks) - 1, -1, -1, dtype=np.float64) * self._dt + LATENCY
        weight = np.exp(back * (-per_second / LOOK_BACK)).astype(np.float32)
        return -shortest(fold(peaks * weight, (self._beats - back * per_second) % 1.0, 48))

    def _touch(self, t: float, p: Values) -> None:
        """Answer the triggers; their parameters count firings."""
        counts = (p.tap, p.resync, p.double, p.halve)
        fired = [now != was for now, was in zip(counts, self._counts or counts, strict=True)]
        self._counts = counts
        if not any(fired):
            return
        tapped, synced, doubled, halved = fired
        self._touched, self._error = t, 0.0
        before, led = self._beats, self._led and p.clock.beat is not None
        if tapped and not led:
            self._taps = [*self._taps, t][-TAPS:] if self._taps and t - self._taps[-1] < TAP_GAP else [t]
            self._beats = float(round(self._beats))
            if len(self._taps) > 1:
                self._hold(60.0 * (len(self._taps) - 1) / (self._taps[-1] - self._taps[0]), p)
        if doubled != halved and self._led:
            self._leader.times(2.0 if doubled else 0.5, p.clock, t, self._beats)
        elif doubled != halved:
            self._hold(self._bpm * (2.0 if doubled else 0.5), p)
        if synced:
            self._beats = 4.0 * math.ceil(self._beats / 4.0)
            self._leader.shift(self._beats - before)

    def _hold(self, bpm: float, p: Values) -> None:
        """Take a tempo from the performer's fingers, or from a clock that is gone."""
        self._lost = False
        if p.source != "fixed" and not self._led:
            self._bpm = self._tapped = min(max(bpm, 20.0), 999.0)

    def _advance(self, dt: float, nudge: float) -> None:
        """Run the oscillator; it never goes backwards."""
        step = dt * self._bpm / 60.0
        pull = min(max(self._error * dt / EVERY * 0.5, -BEND * step), BEND * step)
        self._error -= pull
        self._beats += step * (1.0 + NUDGE * nudge) + pull
