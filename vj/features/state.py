"""Where the music stands: silence, groove, break, build or drop, as a listener would name it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from vj.core.dsp import FLOOR_DB, band_pass, rms, run_filter, to_db
from vj.core.interp import ease, follow
from vj.core.params import Values
from vj.core.types import F32, F64, Hop
from vj.features._beat import Tempo

Name = Literal["silence", "groove", "break", "build", "drop"]

#: What carries a groove, Hz; brightness is heard above OVER, so that a bass that stops does not look like a rise.
BASS, OVER = (30.0, 150.0), 250.0
#: Seconds below the gate that are silence, and amplitude below which nothing sounds.
QUIET, NOTHING = 1.5, 1e-5
#: Attack and release of the bass envelope, and seconds of the mean it is compared with, while there is bass and not.
ATTACK, RELEASE, MEAN, FORGET = 0.01, 0.3, 8.0, 40.0
#: Under this part of its mean the bass is gone; this much over it, it hits.
GONE, HIT = 0.35, 1.6
#: Parts of a bar for which it must be gone to be a break, and be back to be a groove.
BREAK, BACK = 0.75, 0.5
#: Seconds without bass before a drop, seconds from one drop to the next, and seconds in which a returning bass hits.
WITHOUT, APART, RETURN = 4.0, 12.0, 0.15
#: Brightness or busyness rises by this a bar in a build, octaves; bars in a row that it must; bars of a build to 63 %.
RISE, BARS, WHOLE = 0.07, 2, 3.0
#: Bars that a drop lasts.
FULL = 8.0
#: Beats that the beat does not run in one hop.
LEAP = 0.2
#: Confidence from which bar lines count, and the length of a "bar" of seconds below it.
SURE, BAR = 0.6, 2.0
#: Seconds in which energy follows a louder and a quieter passage; of the moment; in which the top rises and falls; dB.
UP, DOWN, FAST, TOP_RISE, TOP_FALL, RANGE_DB = 2.0, 4.0, 0.3, 1.0, 60.0, 20.0


@dataclass(frozen=True, slots=True)
class State:
    """The state of the music.

    name     silence, groove, break (no bass), build (a break that rises) or drop (the bass hits again)
    since    show time of its beginning, seconds
    count    rises by one at every change
    build    0..1, how far a build has got; 0 in every other state
    energy   0..1, slow loudness in its running range of 20 dB
    drops    drops so far
    downbeat number of a beat, as Tempo counts them, that begins a bar: that of the last drop, or of a resync
    """

    name: Name
    since: float
    count: int
    build: float
    energy: float
    drops: int
    downbeat: int = 0


class HearState:
    """Rules on the bass, on brightness and on busyness (fast against slow), kept to bar lines while these are sure.

    A drop and silence begin at once. Entry rules: a break is a bar without bass; a build is a break that grows brighter
    or busier for two bars; a drop is a hit of the bass after four seconds without.
    """

    address = "/feature/state"
    needs = (Tempo,)

    def __init__(self, rate: int, hop_length: int, window_length: int) -> None:
        self._bass = _Bass(rate)
        self._rising = _Rising(rate, window_length)
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._bass.reset()
        self._rising.reset()
        self._energy = _Energy()
        self._bars = _Bars()
        self._name: Name = "silence"
        self._since = 0.0
        self._count = self._drops = 0
        self._quiet = QUIET
        self._dropped = -math.inf
        self._build = 0.0

    def step(self, hop: Hop, p: Values, heard: Mapping[type, Any]) -> State:
        """The state after this hop."""
        scale = 10.0 ** (-hop.gain_db / 20.0)
        level = rms(hop.samples)
        sounds = hop.open and level > NOTHING
        self._quiet = 0.0 if sounds else self._quiet + hop.dt
        energy = self._energy.step(level * scale, sounds, hop.dt)
        self._bass.step(hop, scale, sounds)
        self._rising.step(hop, sounds)
        line = self._bars.step(hop.dt, heard.get(Tempo))
        if line:
            self._rising.line()
        self._decide(hop.t, line)
        if self._name == "build":
            self._build = max(self._build, -math.expm1(-(hop.t - self._since) / (WHOLE * self._bars.seconds)))
        return State(self._name, self._since, self._count, self._build, energy, self._drops, self._bars.downbeat)

    def _decide(self, t: float, line: bool) -> None:
        """Change the state if its rules say so: drop and silence at once, the others at a bar `line`."""
        bar = self._bars.seconds
        if self._quiet >= QUIET:
            self._enter("silence", t)
        elif self._name == "silence":
            self._enter("groove", t)
        elif self._bass.hits and t - self._dropped >= APART:
            self._dropped = t
            self._drops += 1
            self._bars.align()
            self._enter("drop", t)
        elif not line:
            return
        elif self._bass.gone >= BREAK * bar:
            rises = self._name == "build" or (self._name == "break" and self._rising.bars >= BARS)
            self._enter("build" if rises else "break", t)
        elif self._name in ("break", "build"):
            if self._bass.back >= BACK * bar:
                self._enter("groove", t)
        elif self._name == "drop" and t - self._since >= (FULL - 0.5) * bar:
            self._enter("groove", t)

    def _enter(self, name: Name, t: float) -> None:
        if name == self._name:
            return
        self._name, self._since, self._build = name, t, 0.0
        self._count += 1


class _Bass:
    """How long the bass has been gone and back, in seconds, and whether it `hits` right now after a long absence."""

    def __init__(self, rate: int) -> None:
        self._filter = band_pass(*BASS, rate)
        self.reset()

    def reset(self) -> None:
        self._state = np.zeros(self._filter.shape[1] - 1)
        self._envelope = self._mean = self._heard = self._without = 0.0
        self.gone = self.back = 0.0
        self.hits = False

    def step(self, hop: Hop, scale: float, sounds: bool) -> None:
        out, self._state = run_filter(self._filter, hop.samples, self._state)
        amplitude = math.sqrt(float(np.dot(out, out)) / len(out)) * scale
        self._envelope = follow(self._envelope, amplitude, hop.dt, ATTACK, RELEASE)
        self.hits = False
        if not sounds:
            return
        if self._envelope < GONE * self._mean:
            self.gone, self.back = self.gone + hop.dt, 0.0
            self._without = self.gone
            self._mean *= math.exp(-hop.dt / FORGET)
            return
        self.gone, self.back = 0.0, self.back + hop.dt
        self.hits = self._without >= WITHOUT and self.back <= RETURN and amplitude > HIT * self._mean
        if self.back > RETURN:
            self._without = 0.0
        self._heard += hop.dt
        self._mean += (self._envelope - self._mean) * ease(hop.dt, min(self._heard, MEAN))


class _Rising:
    """For how many `bars` in a row the sound has grown brighter or busier."""

    def __init__(self, rate: int, window_length: int) -> None:
        hz = np.arange(window_length // 2 + 1) * rate / window_length
        self._low, self._high = (int(np.searchsorted(hz, edge)) for edge in (OVER, min(16000.0, rate / 2)))
        self._octaves: F32 = np.log2(hz[self._low : self._high]).astype(np.float32)
        self.reset()

    def reset(self) -> None:
        self._before = np.zeros(len(self._octaves), np.float32)
        self._sums = np.zeros(4)
        self._last: F64 | None = None
        self.bars = 0

    def step(self, hop: Hop, sounds: bool) -> None:
        """Add up power, power by octave, magnitude and what of it is new, over this bar."""
        if not sounds:
            return
        now = hop.spectrum[self._low : self._high]
        power = now * now
        newly = np.maximum(now - self._before, 0.0)
        self._sums += (power.sum(), power @ self._octaves, now.sum(), newly.sum())
        self._before = now

    def line(self) -> None:
        """A bar is over: compare its mean octave and its busyness with those of the one before."""
        power, pitch, total, newly = self._sums.tolist()
        self._sums = np.zeros(4)
        if power <= 0.0 or newly <= 0.0:
            self._last, self.bars = None, 0
            return
        bar = np.array([pitch / power, math.log2(newly / total)])
        rises = self._last is not None and bool(np.any(bar > self._last + RISE))
        self.bars = self.bars + 1 if rises else 0
        self._last = bar


class _Bars:
    """Bar lines: of the tempo while it is sure, else every BAR seconds.

    `seconds` is the length of a bar, `downbeat` the number of a beat that begins one.
    """

    def __init__(self) -> None:
        self.seconds = BAR
        self._since = 0.0
        self._beats = 0.0
        self._counted = False
        self.downbeat = 0

    def step(self, dt: float, tempo: Tempo | None) -> bool:
        """Whether a bar begins."""
        self._since += dt
        sure = tempo is not None and tempo.confidence >= SURE
        self.seconds = 240.0 / tempo.bpm if tempo is not None and sure else BAR
        beats = tempo.beat + tempo.phase if tempo is not None else 0.0
        crossed = (beats - self.downbeat) // 4 != (self._beats - self.downbeat) // 4
        crossed = crossed and self._since >= 0.5 * self.seconds if sure else self._since >= BAR
        self._counted = tempo is not None and tempo.counted
        if self._counted or (beats - self._beats > LEAP and beats % 4.0 < LEAP):
            self.downbeat = 0  # else only a performer's resync leaps, and to a multiple of four
        self._beats = beats
        if crossed:
            self._since = 0.0
        return crossed

    def align(self) -> None:
        """A bar begins now, whatever was thought: drops come on the first beat."""
        if not self._counted:
            self.downbeat, self._since = round(self._beats), 0.0


class _Energy:
    """Slow loudness before gain, 0..1 in a range below its own running top."""

    def __init__(self) -> None:
        self._power = self._felt = 0.0
        self._top = FLOOR_DB

    def step(self, level: float, sounds: bool, dt: float) -> float:
        self._power = follow(self._power, level * level, dt, FAST, FAST)
        db = to_db(self._power**0.5)
        if sounds:
            self._top = follow(self._top, db, dt, TOP_RISE, TOP_FALL) if self._top > FLOOR_DB else db
        now = min(max(1.0 + (db - self._top) / RANGE_DB, 0.0), 1.0) if db > FLOOR_DB else 0.0
        self._felt = follow(self._felt, now, dt, UP, DOWN)
        return self._felt
