"""Where the music stands: silence, groove, break, build or drop, as a listener would name it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np

from vj.core.interp import ease
from vj.core.sound.dsp import FLOOR_DB, band_pass, run_filter, to_db
from vj.core.types import F32, F64, Hop
from vj.features.beat.record import Tempo
from vj.features.sections.bar_lines import Bars
from vj.features.sections.phrases import Phrase
from vj.features.sections.presence import Presence

Name = Literal["silence", "groove", "break", "build", "drop"]

#: What carries a groove.
BASS_HZ = (30.0, 85.0)
#: What it is compared with.
REST_HZ = (250.0, 4000.0)
#: Brightness is heard above this, so that a bass that stops does not look like a rise.
BRIGHT_HZ = 250.0
#: Below the gate for so long is silence.
SILENCE_S = 1.5
#: Silence after which another song may begin.
NEW_SONG_S = 4.0
#: Amplitude of nothing.
SILENCE_AMPLITUDE = 1e-5
#: Fills end phrases and breaks begin them: in the first bar of a sure phrase the low end is gone this much sooner.
OPENING = 0.6
#: Brightness or busyness rises by this a bar in a build.
RISE_OCTAVES = 0.07
#: Bars in a row that it must.
RISE_BARS = 2
#: Bars of a build to 63 %.
BUILD_TAU_BARS = 3.0
#: How long a drop lasts.
DROP_BARS = 8.0
#: In which energy follows a louder passage.
UP_TAU_S = 2.0
#: In which it follows a quieter one.
DOWN_TAU_S = 4.0
#: Of the loudness of the moment.
FAST_TAU_S = 0.3
#: In which the top that it is measured from rises.
TOP_RISE_TAU_S = 1.0
#: In which that falls.
TOP_FALL_TAU_S = 60.0
#: Below the top.
RANGE_DB = 20.0

#: Added up together.
TOGETHER_HOPS = 16

_NONE = np.float32(0.0)


@dataclass(frozen=True, slots=True)
class State:
    """The state of the music.

    name     silence, groove, break (no low end), build (a break that rises) or drop (the low end hits again)
    since    show time of its beginning, seconds
    count    rises by one at every change
    build    0..1, how far a build has got; 0 in every other state
    energy   0..1, slow loudness in its running range of 20 dB
    drops    drops so far
    downbeat number of a beat, as Tempo counts them, that begins a bar: as heard while bars are sure, else that of the
             last drop, or of a resync. While phrases are sure it begins a phrase
    metre    beats in a bar: as heard while bars are sure, else 4
    """

    name: Name
    since: float
    count: int
    build: float
    energy: float
    drops: int
    downbeat: int = 0
    metre: int = 4


class HearState:
    """Breaks and drops by the presence of the low end, builds by brightness and busyness (fast against slow) per bar.

    A break begins once the low end has been gone for about a bar, so that a fill is none; where it is there again for
    half a bar, the groove is. A build is a break that grows brighter or busier for two bars. A drop begins at once,
    when the low end hits again after four seconds without; single blows in these do not count. An intro without a low
    end is a break. Music that has none at all is a groove again after a minute or so.
    """

    address = "/feature/state"
    needs = (Tempo, Phrase)

    def __init__(self, rate: int, hop_length: int, window_length: int) -> None:
        self._filter, self._dt = band_pass(*BASS_HZ, rate), hop_length / rate
        hz = np.arange(window_length // 2 + 1) * rate / window_length
        self._rest = slice(*(int(np.searchsorted(hz, edge)) for edge in REST_HZ))
        self._rising = _Rising(rate, window_length)
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._filtered = np.zeros(self._filter.shape[1] - 1)
        self._low = Presence()
        self._rising.reset()
        self._energy = _Energy(self._dt)
        self._bars = Bars()
        self._name: Name = "silence"
        self._since = 0.0
        self._count = self._drops = 0
        self._quiet = SILENCE_S
        self._build = 0.0

    def step(self, hop: Hop, p: Self, heard: Mapping[type, Any]) -> State:
        """The state after this hop."""
        scale = hop.before_gain
        level = math.sqrt(hop.mean_square)
        sounds = hop.open and level > SILENCE_AMPLITUDE
        self._quiet = 0.0 if sounds else self._quiet + hop.dt
        energy = self._energy.step(level * scale, sounds)
        self._rising.step(hop, sounds)
        line = self._bars.step(hop.dt, heard.get(Tempo), heard.get(Phrase))
        self._feel(hop, scale, sounds)
        if line:
            self._rising.line()
        self._decide(hop.t, line)
        if self._name == "build":
            self._build = max(self._build, -math.expm1(-(hop.t - self._since) / (BUILD_TAU_BARS * self._bars.seconds)))
        return State(
            self._name,
            self._since,
            self._count,
            self._build,
            energy,
            self._drops,
            self._bars.downbeat,
            self._bars.metre,
        )

    def _feel(self, hop: Hop, scale: float, sounds: bool) -> None:
        """Follow the low end before gain."""
        low, self._filtered = run_filter(self._filter, hop.samples, self._filtered)
        self._low.back = False
        if sounds:
            rest = hop.spectrum[self._rest]
            over = math.sqrt(float(rest.dot(rest)) / 3.0)  # a Hann window spreads a sine of peak 1 to 1.5 in power
            under = math.sqrt(float(low.dot(low)) / len(low))
            bar = self._bars.seconds * (OPENING if self._bars.opens else 1.0)
            self._low.step(under * scale, over * scale, hop.dt, bar, self._bars.likely)
        elif self._quiet >= NEW_SONG_S:
            self._low.restart()

    def _decide(self, t: float, line: bool) -> None:
        """Change the state if its rules say so: builds and the end of a drop at a bar `line`, all else at once."""
        if self._quiet >= SILENCE_S:
            self._enter("silence", t)
        elif self._name == "silence":
            self._enter("groove", t)
        elif self._low.back:
            self._drops += 1
            self._bars.align()
            self._enter("drop", t)
        elif self._name in ("break", "build"):
            if self._low.there:
                self._enter("groove", t)
            elif line and self._rising.bars >= RISE_BARS:
                self._enter("build", t)
        elif self._low.gone:
            self._enter("break", t)
        elif self._name == "drop" and line and t - self._since >= (DROP_BARS - 0.5) * self._bars.seconds:
            self._enter("groove", t)

    def _enter(self, name: Name, t: float) -> None:
        if name == self._name:
            return
        self._name, self._since, self._build = name, t, 0.0
        self._count += 1


class _Rising:
    """For how many `bars` in a row the sound has grown brighter or busier."""

    def __init__(self, rate: int, window_length: int) -> None:
        hz = np.arange(window_length // 2 + 1) * rate / window_length
        self._low, self._high = (int(np.searchsorted(hz, edge)) for edge in (BRIGHT_HZ, min(16000.0, rate / 2)))
        octaves = np.log2(hz[self._low : self._high])
        # Products with them are power and its pitch, and sums.
        self._moments: F32 = np.stack([np.ones_like(octaves), octaves], axis=1).astype(np.float32)
        self._each: F32 = np.ones(len(octaves), np.float32)
        self.reset()

    def reset(self) -> None:
        self._waiting = [np.zeros(len(self._each), np.float32)]
        self._sums = np.zeros(4)
        self._last: F64 | None = None
        self.bars = 0

    def step(self, hop: Hop, sounds: bool) -> None:
        """One hop more of this bar."""
        if sounds:
            self._waiting.append(hop.spectrum[self._low : self._high])
            if len(self._waiting) > TOGETHER_HOPS:
                self._add()

    def _add(self) -> None:
        """Add up power, power by octave, magnitude and what of it is new, over what waits: see `HearPhrase`."""
        spectra = np.stack(self._waiting)
        now, newly = spectra[1:], np.diff(spectra, axis=0)
        self._sums[2] += now.dot(self._each).sum()
        self._sums[3] += np.maximum(newly, _NONE, out=newly).dot(self._each).sum()
        self._sums[:2] += np.square(now).sum(axis=0).dot(self._moments)
        self._waiting = self._waiting[-1:]

    def line(self) -> None:
        """A bar is over: compare its mean octave and its busyness with those of the one before."""
        self._add()
        power, pitch, total, newly = self._sums.tolist()
        self._sums[:] = 0.0
        if power <= 0.0 or newly <= 0.0:
            self._last, self.bars = None, 0
            return
        bar = np.array([pitch / power, math.log2(newly / total)])
        rises = self._last is not None and bool(np.any(bar > self._last + RISE_OCTAVES))
        self.bars = self.bars + 1 if rises else 0
        self._last = bar


class _Energy:
    """Slow loudness before gain, 0..1 in a range below its own running top, in steps of `dt` seconds."""

    def __init__(self, dt: float) -> None:
        self._power = self._felt = 0.0
        self._top = FLOOR_DB
        self._fast, self._rise, self._fall = (ease(dt, tau) for tau in (FAST_TAU_S, TOP_RISE_TAU_S, TOP_FALL_TAU_S))
        self._up, self._down = ease(dt, UP_TAU_S), ease(dt, DOWN_TAU_S)

    def step(self, level: float, sounds: bool) -> float:
        self._power += (level * level - self._power) * self._fast
        db = to_db(math.sqrt(self._power))
        if sounds:
            more = db - self._top
            self._top += more * (self._rise if more > 0.0 else self._fall) if self._top > FLOOR_DB else more
        now = min(max(1.0 + (db - self._top) / RANGE_DB, 0.0), 1.0) if db > FLOOR_DB else 0.0
        more = now - self._felt
        self._felt += more * (self._up if more > 0.0 else self._down)
        return self._felt
