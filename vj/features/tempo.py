"""How fast it goes and where in the beat we are."""

import math
from typing import Self

from vj.core.interp import shortest
from vj.core.params import Param
from vj.core.types import Clock, Hop
from vj.features.beat.bars import Bars
from vj.features.beat.fingers import JITTER_S, Fingers
from vj.features.beat.fingers import TAP_GAP_S as TAP_GAP_S
from vj.features.beat.held import Held
from vj.features.beat.leader import FASTEST_BPM, SLOWEST_BPM, Leader
from vj.features.beat.oscillator import Oscillator
from vj.features.beat.preferred import Preferred
from vj.features.beat.record import Tempo as Tempo
from vj.features.beat.sources import LINK, Sources
from vj.features.beat.tracker import Pulse, Tracker

#: Confidence under which what the tracker hears moves nothing: the beat goes on as it was.
IDLE = 0.1
#: The range that only weighs octaves; one that somebody set settles them.
USUAL = (80.0, 160.0)
#: The nudge at full deflection bends the tempo by this.
NUDGE = 0.05
#: Sources by which the music is heard.
TRACKED = ("auto", "music")
#: Sources by which only a hand, or a clock that is named, sets the tempo.
DEAF = ("tap", "link", "midi")
#: Silence after which the song is over: the next one may have another tempo.
OVER_S = 8.0
#: For which what a hand set holds whatever is heard.
HOLDS_S = 60.0
#: How sure a tempo is that a hand doubled or halved, or that a clock left.
HANDED = 0.9
#: A tracker this sure would drag back a bar that is said to begin so far from its beat.
SURE = 0.3
ELSEWHERE_BEATS = 0.15
#: Within which a clock begins its song.
BEGINS_BEATS = 1.0
#: Looseness of such a tempo, as a part of it; that of taps follows from their number.
EXACT = 0.004
#: Standard deviation of the next beat: of a clock, and of a held one that keeps step with the music.
CLOCKED_S = 0.002
IN_STEP_S = 0.008


class HearTempo:
    """Who leads, and our own count of beats that follows: a clock, else taps, else the tracker; or a fixed tempo.

    The performer rules: taps win over the tracker, which from then on hears what it likes, while the tapped beat keeps
    step with the music only where that agrees; the clock of another machine wins over both while it runs, Link over
    MIDI, and its last tempo holds like a tapped one. Whoever takes over, the count goes on.
    """

    address = "/tempo"
    bpm = Param(120.0, 20.0, 999.0, unit="BPM", doc="The tempo when the source is `fixed`.")
    source = Param(
        "auto",
        choices=("auto", "tap", "fixed", "music", "link", "midi"),
        doc="Who leads: Link, MIDI clock, taps, tracker in this order; taps; a clock, else bpm; no clock; one of them.",
    )
    low = Param(
        USUAL[0],
        40.0,
        240.0,
        unit="BPM",
        address="/tempo/range/low",
        doc="Tempi from here to the high end are meant: see there.",
    )
    high = Param(
        USUAL[1],
        40.0,
        240.0,
        unit="BPM",
        address="/tempo/range/high",
        doc="80 to 160, as it comes, only weighs half against double; any other range settles it: "
        "a tempo outside of which one octave lies within is shown as that.",
    )
    clock = Param(
        Clock(), doc="The clock of another machine, as MIDI clock sets it: BPM and its beat now; BPM 0: none."
    )
    link = Param(
        Clock(),
        address="/tempo/link/clock",
        doc="The session of Ableton Link, as Link sets it: the same, metre, peers.",
    )
    tap = Param(0, kind="trigger", doc="Tap the beat; two taps set tempo and phase.")
    resync = Param(0, kind="trigger", doc="Now is the first beat of a bar of four.")
    double = Param(0, kind="trigger", doc="Twice the tempo; holds like a tapped one.")
    halve = Param(0, kind="trigger", doc="Half the tempo; holds like a tapped one.")
    nudge = Param(0.0, -1.0, 1.0, doc="Push (+) or drag (-) the beat while held, by up to 5 %.")
    lock = Param(
        False, doc="Hold the tempo, and who leads; the phase still follows the music, or the clock that leads."
    )

    def __init__(self, rate: int, hop_length: int, window_length: int) -> None:
        self._tracker = Tracker(rate, hop_length, window_length)
        self._ends, self._preferred = USUAL, Preferred(*USUAL)
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._tracker.reset()
        self._oscillator = Oscillator()
        self._bars = Bars()
        self._held = Held()
        self._fingers = Fingers()
        self._leader = Leader()
        self._sources = Sources()
        self._counting = ""
        self._led = self._lost = self._tapped = self._counted = False
        self._sure = self._heard = 0.0
        self._touched = 0.0
        self._counts: tuple[int, ...] | None = None

    def go_on(self, beats: float, bpm: float, bar: int | None, by_hand: bool) -> None:
        """Begin as one that had counted `beats` at `bpm`, where a bar began with beat `bar` if that is known; what was
        set `by_hand` is held."""
        self._oscillator.go(beats, bpm)
        if bar is not None:
            self._bars.say(bar)
        self._tracker.told(bpm, beats % 1.0, HANDED)
        if by_hand:
            self._tapped, self._sure = True, HANDED
            self._held.take(bpm, EXACT, pivot=0.0)

    def step(self, hop: Hop, p: Self) -> Tempo:
        """Tempo after this hop."""
        if (p.low, p.high) != self._ends:
            self._ends = p.low, p.high
            self._preferred = Preferred(min(self._ends), max(self._ends), self._ends != USUAL)
        pulse = self._tracker.step(hop, self._preferred)
        self._heard = pulse.confidence
        self._sources.step(str(p.source), bool(p.lock), p.link, p.clock)
        self._obey(hop.t, p)
        self._touch(hop.t, p)
        self._let_go(hop, p, pulse)
        nudge = NUDGE * p.nudge
        counted = self._led and self._clock.beat is not None
        if self._counted and not counted:
            self._bars.forget()
        self._counted = counted
        if counted:
            self._count(hop, p, nudge)
        else:
            self._leader.let_go()
            self._counting = ""
            self._run(hop, p, pulse, nudge)
        return self._record(hop.t - 0.5 * hop.dt if counted else hop.t, p, pulse, counted)

    def _record(self, t: float, p: Self, pulse: Pulse, counted: bool) -> Tempo:
        """What is told of our count, which is that of show time `t`."""
        beats, bpm = self._oscillator.beats, self._oscillator.bpm
        beat = math.floor(beats)
        sure, spread = self._certainty(p, pulse)
        seconds = 60.0 / (bpm * (1.0 + NUDGE * p.nudge))
        soon = t + (beat + 1 - beats) * seconds
        return Tempo(
            bpm=bpm,
            phase=beats - beat,
            beat=beat,
            confidence=sure,
            source=self._told(p),
            counted=counted,
            metre=self._bars.metre,
            place=self._bars.place(beats),
            bar_confidence=self._bars.sure,
            next=(soon, soon + seconds),
            spread=spread,
            peers=self._clock.peers if self._sources.leads == LINK else 0,
        )

    @property
    def _clock(self) -> Clock:
        """The clock that leads, or led last."""
        return self._sources.clock

    def _certainty(self, p: Self, pulse: Pulse) -> tuple[float, float]:
        """How sure the tempo is, and the standard deviation of the next beat in seconds."""
        if self._led:
            return 1.0, CLOCKED_S if self._clock.beat is not None else IN_STEP_S
        if p.source == "fixed":
            return 1.0, 0.0
        if self._tapped or self._lost:
            return max(self._sure, self._held.agrees), IN_STEP_S if self._held.settled else self._fingers.off
        if self._held.bpm:
            return self._held.agrees, IN_STEP_S if self._held.settled else JITTER_S
        if p.source in DEAF:
            return 0.0, 0.25 * 60.0 / self._oscillator.bpm
        away = shortest(pulse.phase - self._oscillator.beats) * 60.0 / pulse.bpm
        return pulse.confidence, math.hypot(pulse.spread, away)

    def _told(self, p: Self) -> str:
        """Whose tempo it is."""
        if self._led or self._lost:
            return self._sources.leads if self._led else "lost"
        if self._tapped and p.source != "fixed":
            return "tap"
        return "held" if p.source in ("link", "midi") else str(p.source)

    def _obey(self, t: float, p: Self) -> None:
        """See whether a clock leads; one that fell silent leaves its tempo, which holds like a tapped one."""
        clock, led, self._led = self._clock, self._led, bool(self._sources.leads)
        if self._led:
            self._lost = self._tapped = False
            if not led:
                self._held.take(self._leader.bpm(clock), pivot=t)
        elif led and clock.lost:
            self._hold(self._oscillator.bpm, EXACT, t, p)
            self._lost, self._tapped, self._touched, self._sure = True, False, t, HANDED
        elif led and not self._tapped:
            self._held.drop()
        self._lost = self._lost and clock.lost

    def _let_go(self, hop: Hop, p: Self, pulse: Pulse) -> None:
        """A song that is over leaves nothing behind; one that is mixed into another leaves when that is plain."""
        by_hand = self._tapped or self._lost
        if p.source not in TRACKED or self._led or not (by_hand or self._bars.sure):
            return
        away = hop.t - self._touched
        over = away > OVER_S and self._tracker.envelope.still(OVER_S)
        if by_hand and (over or (self._held.denied(hop.dt, pulse) and away > HOLDS_S and not p.lock)):
            self._held.drop()
            self._tapped = self._lost = False
        if over:
            self._bars.forget()

    def _count(self, hop: Hop, p: Self, nudge: float) -> None:
        """Go with a clock that knows its beat: at once where it begins its song, else without a leap."""
        clock, leads = self._clock, self._sources.leads
        gently = leads == LINK
        # a record stands for a whole hop, so the middle of it is the least wrong
        middle = hop.t - 0.5 * hop.dt
        if leads != self._counting:
            self._counting, gently = leads, gently or clock.at(middle) > BEGINS_BEATS
            self._leader.let_go()
        bpm = self._leader.bpm(clock)
        self._leader.shift(hop.dt * bpm / 60.0 * nudge)
        before = self._oscillator.beats
        after = self._leader.beat(clock, middle, hop.dt, before, gently)
        self._oscillator.go(after, bpm)
        self._bars.count(clock.metre)
        if math.floor(after) > math.floor(before):
            self._tracker.told(bpm, after % 1.0, 1.0)

    def _run(self, hop: Hop, p: Self, pulse: Pulse, nudge: float) -> None:
        """Go with whoever sets the tempo; where that is not the tracker, keep step with what agrees."""
        oscillator, held = self._oscillator, self._held
        if self._led:
            held.bpm = self._leader.bpm(self._clock)
        elif p.source == "fixed":
            oscillator.run(hop.dt, p.bpm, nudge)
            return
        elif p.lock and not held.bpm:
            held.take(oscillator.bpm, pivot=hop.t)
        elif held.bpm and not (p.lock or self._tapped or self._lost or p.source in DEAF):
            held.drop()
        if held.bpm or p.source in DEAF:
            if p.source in TRACKED:
                oscillator.owe(held.step(hop.t, hop.dt, oscillator.aim, self._tracker.envelope))
            oscillator.run(hop.dt, held.bpm or oscillator.bpm, nudge)
        elif pulse.confidence < IDLE:
            oscillator.run(hop.dt, oscillator.bpm, nudge)
        else:
            oscillator.follow(hop.dt, pulse.bpm, pulse.phase, pulse.confidence, pulse.spread, nudge)
            if oscillator.leapt:
                self._bars.forget()
        self._bars.hear(pulse, oscillator.beats, oscillator.bpm)

    def _touch(self, t: float, p: Self) -> None:
        """Answer the triggers; their parameters count firings."""
        counts = (p.tap, p.resync, p.double, p.halve)
        before, self._counts = self._counts, counts
        if before is None or counts == before:
            return
        tapped, synced, doubled, halved = (now != was for now, was in zip(counts, before, strict=True))
        self._touched = t
        counted = self._led and self._clock.beat is not None
        if tapped and not counted:
            self._tap(t, p)
        if doubled != halved:
            self._times(2.0 if doubled else 0.5, t, p)
        if synced:
            self._sync(t, p)

    def _sync(self, t: float, p: Self) -> None:
        """A bar begins now; where the tracker is sure of no beat here, the beat is the performer's from now on."""
        before = self._oscillator.beats
        self._oscillator.to_bar(self._clock.metre if self._led else 4)
        self._leader.shift(self._oscillator.beats - before)
        self._bars.say(round(self._oscillator.beats))
        free = p.source in TRACKED and not self._led and not self._held.bpm
        if free and self._heard >= SURE and abs(shortest(before)) > ELSEWHERE_BEATS:
            self._hold(self._oscillator.bpm, EXACT, t, p)
            self._sure = HANDED
        self._tracker.told(self._oscillator.bpm, 0.0, HANDED)

    def _tap(self, t: float, p: Self) -> None:
        """A finger says that now is a beat; two say how fast it goes."""
        fingers = self._fingers
        fingers.tap(t)
        if fingers.count > 1 and p.source != "fixed" and not self._led:
            self._hold(fingers.bpm, fingers.loose, fingers.centre, p)
            self._sure = 1.0 - 0.5 ** (fingers.count - 1)
        if fingers.count > 1 or self._held.bpm or p.source not in TRACKED:
            self._oscillator.place(fingers.phase)
        if self._tapped and fingers.count > 1:
            self._tracker.told(fingers.bpm, fingers.phase % 1.0, self._sure)

    def _times(self, factor: float, t: float, p: Self) -> None:
        """`factor` times the tempo, so that every other beat stays a beat."""
        oscillator = self._oscillator
        if self._led:
            self._leader.times(factor, self._clock, t, oscillator.beats)
            return
        if p.source == "fixed":
            return
        whole = oscillator.beats % 1.0 + (0.0 if factor > 1.0 else self._bars.place(oscillator.beats) % 2)
        self._hold(oscillator.bpm * factor, EXACT, t, p)
        self._sure = HANDED
        oscillator.place(shortest(whole * factor))
        self._tracker.told(self._held.bpm, oscillator.beats % 1.0, HANDED)

    def _hold(self, bpm: float, loose: float, pivot: float, p: Self) -> None:
        """Take a tempo from the performer's fingers, or from a clock that is gone."""
        self._lost = False
        self._tapped = True
        self._held.take(min(max(bpm, SLOWEST_BPM), FASTEST_BPM), 0.0 if p.lock else loose, pivot)
