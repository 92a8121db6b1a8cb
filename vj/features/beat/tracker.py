"""Hears tempo, beat and bar in the music alone; knows of no performer but what it is told."""

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from vj.core.interp import ease
from vj.core.types import F32, Hop
from vj.features._short_bands import OF_BEAT, short_bands
from vj.features.beat.bar_filter import Bar, BarFilter
from vj.features.beat.bar_places import BarPlaces
from vj.features.beat.ear import BANDS, HALF_S, SILENCE_AMPLITUDE, Look
from vj.features.beat.envelope import Envelope
from vj.features.beat.levels import GROUPS, PAST_HALVES, shown
from vj.features.beat.meant import Meant
from vj.features.beat.net import DELAY, BeatNet
from vj.features.beat.pointer import USUAL_ODDS, Belief, Filter
from vj.features.beat.preferred import Preferred
from vj.features.beat.sure import INPUTS, Fold, judge, judge_bar

#: Silence after which the beat goes on unheard.
HUSH_S = 0.3
#: Silence after which nothing is known for sure.
QUIET_S = 2.0
#: By which the network's beats lead the attacks, from clicks and made songs.
LEAD_S = 0.001
#: How far round a beat the network is asked whether it began a bar.
ASKED_BEATS = 0.12
#: A filter that leaps by more hears another beat.
ELSEWHERE_BEATS = 0.2
#: It does, too, if its tempo leaps by more than this part.
ELSEWHERE_TEMPO = 0.1
#: The part of knowing the bar that is lost with a beat that was meant.
LOST = 0.6
#: How much what the last bars look like counts at a beat against what was believed of bars so far.
LAID = 0.3
#: How fast it becomes sure, a look: within a second, as single looks are sure of noise.
SURELY = ease(2.0 * HALF_S, 1.0)
#: Correction at once, from which on what was before says nothing of the tempo.
NUDGED_BEATS = 0.12
#: Over which tempo is measured.
LINE_LOOKS = 560
#: How many halves that takes at least.
LINE_HALVES = 80
#: The part by which it may correct the filter.
CORRECTION = 0.045
#: After a beat was found it still finds its place for so many, so that they tell nothing of the tempo.
FRESH_LOOKS = 16
#: A tempo that differs by this part is another, and taken at once.
ANOTHER = 0.045
#: The same is followed by such a part a look, if it was measured ...
QUICK = 0.2
#: ... and by such a part if it is the filter's ...
SLOW = 0.005
#: ... but by more in the first looks, about so many.
EARLY_LOOKS = 2.0

_HALF = np.float32(0.5)
_ONE = np.float32(1.0)


@dataclass(slots=True)
class Pulse:
    """What the music says.

    bpm             beats a minute
    phase           0..1 of the beat at `hop.t`, as it sounds there
    confidence      0..1, the probability that both are right
    metre, place    2..7 beats in a bar, and the 0-based place of the present one
    bar_confidence  0..1, the probability that these are right, given the beat
    spread          standard deviation of the next beat's time, seconds
    """

    bpm: float
    phase: float
    confidence: float
    metre: int
    place: int
    bar_confidence: float
    spread: float


class Tracker:
    """A network's opinion of every half (10.7 ms), made into odds over tempo, phase and bar.

    The network knows an attack DELAY halves after it began; the filter runs on from there, so that a beat is told when
    it sounds. `envelope` is the sound's onsets, which whoever refines a tempo may read; `seen` [INPUTS] is what the
    confidence was judged by last.
    """

    def __init__(self, rate: int, hop_length: int, window_length: int) -> None:
        self._bands = short_bands(rate)
        self.envelope = Envelope()
        self._look, self._net, self._places = Look(), BeatNet(), BarPlaces()
        self._filter, self._meant, self._fold, self._bar_filter = Filter(), Meant(), Fold(), BarFilter()
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        for part in (self.envelope, self._look, self._net, self._filter, self._meant, self._fold, self._bar_filter):
            part.reset()
        self._range = Preferred(80.0, 160.0)
        self._liking = self._range.liking(self._filter.intervals)
        self._two, self._frames = np.zeros((2, BANDS), np.float32), 0  # halves of the next look; frames in them
        self._heard = 0  # halves told of so far
        self._quiet = QUIET_S
        self._belief = Belief(0.5 / HALF_S, 0.0, 0.0, 0.3)
        self._sure, self._steady = 0.0, self._belief.interval
        self._heard_beats = 0.0  # the filter's count at the last half that was told
        self._beats = 0.0  # that of the beat that is meant
        self._shown: deque[F32] = deque([np.zeros((2, GROUPS + BANDS), np.float32)] * (DELAY // 2))
        self._asked = True
        self._bar: Bar | None = None
        self._bar_sure = 0.0
        self.seen = np.zeros(INPUTS, np.float32)
        self._recent: deque[tuple[float, float, float]] = deque(maxlen=40)
        self._line: deque[tuple[int, float]] = deque(maxlen=LINE_LOOKS)
        self._fresh = 0

    def step(self, hop: Hop, preferred: Preferred) -> Pulse:
        """The pulse after this hop."""
        self.prefer(preferred)
        amplitudes = self._bands.of(hop.short)[:, OF_BEAT]
        for power in amplitudes * amplitudes:
            half = self._two[self._frames // 2]
            half += power
            self._frames += 1
            if self._frames % 2 == 0:
                half *= _HALF
                self.envelope.step(np.sqrt(half, out=half))
            if self._frames == 4:
                self.tell(self._two)
                self._two[:], self._frames = 0.0, 0
        return self.pulse(hop.t)

    def prefer(self, preferred: Preferred) -> None:
        """Believe some tempi more than others."""
        if self._range is not preferred and self._range != preferred:
            self._range, self._liking = preferred, preferred.liking(self._filter.intervals)

    def told(self, bpm: float, phase: float, sure: float) -> None:
        """The performer or a clock says that it goes at `bpm` BPM and is at `phase` 0..1 now, by 0..1 `sure` of it."""
        interval = 60.0 / (bpm * HALF_S)
        self._filter.lean(interval, (phase - (DELAY + 0.5) / interval) % 1.0, sure)
        self._meant.say()

    def tell(self, look: F32) -> None:
        """Ask the network about two halves more, [2, BANDS] amplitudes, and move the odds on."""
        self._quiet = 0.0 if np.maximum.reduce(look, None) > SILENCE_AMPLITUDE else self._quiet + 2.0 * HALF_S
        seen = self._look.step(look)
        said = self._net.step(seen)
        self._shown.append(shown(seen))
        odds = said.tolist()
        silent = self._quiet > HUSH_S
        for beat, down in odds:
            self._filter.step(USUAL_ODDS if silent else beat)
            self._recent.append((self._heard - DELAY, beat, down))
            self._heard += 1
        look_then = self._shown.popleft()
        chances = np.exp(-said)
        chances += _ONE
        np.divide(_ONE, chances, out=chances)
        if silent:  # what nobody hears tells nothing of where the beat is: it goes on
            self._heard_beats += 2.0 / (self._steady * self._meant.factor)
            self._beats += 2.0 / self._steady
            self._meant.levels.hear(chances, look_then)
            if self._quiet > QUIET_S:  # shorter is the rest between two clicks of a metronome
                self._begin_line()
            return
        before = self._beats
        self._hear()
        if self._meant.hear(chances, look_then, self._heard_beats, self._steady * self._meant.factor, self._range):
            self._beats = self._meant.count(self._heard_beats)
            self._fold.reset()
            self._bar_filter.doubt(LOST)
            self._begin_line()
        interval = self._belief.interval / self._meant.factor
        if self._fresh <= 0:
            self._line.append((self._heard, self._beats))
        self._fresh -= 1
        self._settle(interval)
        for ago, chance in zip((1, 0), chances[:, 0].tolist(), strict=True):
            self._fold.step(self._beats - ago / interval, interval, chance)
        known = len(self._meant.levels.heard) / PAST_HALVES
        self.seen = self._fold.seen(interval, self._belief.mass, self._belief.spread, self._meant.sure, known)
        self._sure += (judge(self.seen) - self._sure) * SURELY
        if math.floor(self._beats) > math.floor(before):
            self._asked = False
        if not self._asked and self._beats % 1.0 > ASKED_BEATS + 2.0 / interval:
            self._asked = True
            self._ask(interval)

    def _hear(self) -> None:
        """Follow what the filter hears, and the beat that is meant with it."""
        last, meant = self._belief, self._meant
        belief = self._filter.belief(self._liking, last.interval)
        step = 2.0 / belief.interval
        error = (belief.phase - self._heard_beats - step + 0.5) % 1.0 - 0.5
        expected, interval = self._beats + 2.0 / self._steady, self._steady
        self._heard_beats += step + error
        self._belief = belief
        leapt = abs(error) > ELSEWHERE_BEATS or abs(math.log(belief.interval / last.interval)) > ELSEWHERE_TEMPO
        if leapt and not meant.keep(expected, interval, self._heard_beats, belief.interval):
            self._bar_filter.doubt(LOST)
            self._begin_line()
        self._beats = meant.count(self._heard_beats)
        if abs(self._beats - expected) > NUDGED_BEATS:
            self._begin_line()

    def _ask(self, interval: float) -> None:
        """Ask whether the last beat began a bar."""
        now = self._heard - 1 - DELAY
        beat_at = now - (self._beats % 1.0) * interval
        reach = max(ASKED_BEATS * interval, 2.0)
        near = [(beat, down) for at, beat, down in self._recent if abs(at - beat_at) <= reach]
        if not near:  # the tempo has just become another
            return
        beat, down = max(b for b, _ in near), max(d for _, d in near)
        part = math.log1p(math.exp(-beat)) - math.log1p(math.exp(-down))
        self._bar_filter.step(math.exp(min(part, 0.0)))
        before = self._places.odds(self._meant.levels.heard, self._beats, self._steady)
        if before is not None:
            self._bar_filter.weigh(self._bar_filter.following(before), LAID)

    def _begin_line(self) -> None:
        """What was before tells nothing of the tempo."""
        self._line.clear()
        self._fresh = FRESH_LOOKS

    def _settle(self, rough: float) -> None:
        """The filter knows tempi in whole halves; how far its beat got in the last seconds says more."""
        (then, less), (now, more) = (self._line[0], self._line[-1]) if self._line else ((0, 0.0), (0, 0.0))
        measured = now - then >= LINE_HALVES
        fine = (now - then) / (more - less) if measured and more > less else rough
        if abs(fine / rough - 1.0) > CORRECTION:
            fine, measured = rough, False
        if abs(fine / self._steady - 1.0) > ANOTHER:
            self._steady = fine
            self._begin_line()
        else:
            part = QUICK if measured else max(SLOW, EARLY_LOOKS / (EARLY_LOOKS + len(self._line)))
            self._steady += (fine - self._steady) * part

    @property
    def bar_mass(self) -> float:
        """0..1 the probability of metre and place, as their filter has it."""
        return self._bar_filter.bar().mass

    def pulse(self, t: float) -> Pulse:
        """What is believed of show time `t`, seconds, now or soon after what was told last."""
        belief = self._belief
        seconds = self._steady * HALF_S
        since = t - (self._heard - 0.5 - DELAY) * HALF_S - LEAD_S
        beats = self._beats + since / seconds
        bar = self._bar_filter.bar()
        if bar is not self._bar:
            self._bar, self._bar_sure = bar, judge_bar(bar.mass)
        # The bar filter stands at the beat that it was last asked about.
        asked = math.floor(self._beats) - (0 if self._asked else 1)
        place = (bar.place + math.floor(beats) - asked) % bar.metre
        quiet = 1.0 if self._quiet <= QUIET_S else QUIET_S / self._quiet if self._quiet < 2.0 * QUIET_S else 0.0
        return Pulse(
            bpm=60.0 / seconds,
            phase=beats % 1.0,
            confidence=self._sure * quiet,
            metre=bar.metre,
            place=place,
            bar_confidence=self._bar_sure * quiet,
            spread=belief.spread * seconds,
        )
