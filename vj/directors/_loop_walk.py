"""The long way: which loop and class the music is on, how fast each group goes round, and how much is left for hits."""

import math
from dataclasses import dataclass

import numpy as np

from vj.core.interp import ease
from vj.core.springs import arrived
from vj.core.types import F32, F64, Features, LatentSpec
from vj.features.bands import Bands
from vj.features.chroma import Chroma
from vj.features.state import State
from vj.features.tempo import Tempo

#: Turns once round the loops of coarse, middle and fine, ...
LOOP_TURNS = (4.0, 2.2, 1.1)
#: ... and the bars that takes: about 0.14 turn/s each at 128 BPM.
LOOP_BARS = (16, 8, 4)
#: A revolution takes so long at least while the tempo is not sure.
DWELL_S = 12.0
#: Turns a second of a walk that rests.
LIFE_HZ = 0.04
#: Confidence in the tempo from which walks keep to bars a little, ...
UNSURE = 0.4
#: ... and wholly.
SURE = 0.7
#: How soon the beat is corrected.
CORRECT_TAU_S = 0.2
#: From here on it is not corrected but moved.
MOVED_BEATS = 0.3
#: Per state: part of their full amount that hits have, speed of coarse and of the finer groups, what psi gets.
STATES = {
    "silence": (0.5, 0.0, 0.0, -0.35),
    "groove": (0.5, 1.0, 1.0, 0.0),
    "break": (0.4, 0.05, 0.8, -0.15),
    "build": (0.4, 0.3, 1.0, -0.1),
    "drop": (1.0, 2.0, 2.0, 0.1),
}
#: Part of their full amount that hits have at the end of a build.
HELD = 0.3
#: How soon all this is reached, ...
EASE_TAU_S = 0.9
#: ... and on a drop.
DROP_TAU_S = 0.02
#: Sections this much alike are the same one: cosine of chroma and band profile.
ALIKE = 0.92
#: Over how long both are felt.
FELT_TAU_S = 2.5
#: How far the named directions drift by themselves.
SWAY = 0.05
#: A groove of fewer seconds is none that a break could follow: a song that begins without a low end just begins.
SHORT = 3.0
#: Sections remembered.
REMEMBERED = 64


class Beats:
    """The beat as a smooth count that runs at the pace of the frames, `at`, and how `sure` it is, 0..1."""

    def __init__(self) -> None:
        self.at = self.before = 0.0
        self.sure = 0.0
        self.seconds = 0.5
        self._begun = False

    def step(self, tempo: Tempo, dt: float) -> None:
        """Run on for `dt` seconds, towards what is heard; never backwards, save when the count itself is moved."""
        heard = tempo.beat + tempo.phase
        self.seconds = 60.0 / max(tempo.bpm, 1.0)
        self.sure = min(max((tempo.confidence - UNSURE) / (SURE - UNSURE), 0.0), 1.0)
        ran = self.at + dt / self.seconds
        wrong = heard - ran
        self.before = self.at
        if not self._begun or abs(wrong) > MOVED_BEATS:
            self.before = heard - dt / self.seconds if abs(wrong) > MOVED_BEATS else self.at
            self.at, self._begun = heard, True
        else:
            self.at = max(self.at, ran + wrong * ease(dt, CORRECT_TAU_S))


def crossed(before: float, at: float, state: State, bars: int = 1) -> bool:
    """Whether one of every so many bars began between two beats, as bars are counted now: a new count alone is none."""
    span = state.metre * bars
    return (at - state.downbeat) // span != (before - state.downbeat) // span


def surged(before: float, after: float, strength: float) -> float:
    """Beats walked from beat `before` to `after`, gone in blows: fastest on the beat, by `strength` 0..1."""

    def gone(beats: float) -> float:
        whole = math.floor(beats)
        return whole + arrived(beats - whole)

    return (1.0 - strength) * (after - before) + strength * (gone(after) - gone(before))


@dataclass(frozen=True)
class WalkSettings:
    """How a director wants to travel.

    calm     turn/s where no bar is kept to
    bars     0..1, how much it keeps to bars when the tempo is sure
    surge    0..1, how much it goes in blows on the beat then
    phrase   bars until the next section at the latest, 0 for ever
    """

    calm: float
    bars: float = 1.0
    surge: float = 0.0
    phrase: int = 0


@dataclass(frozen=True)
class WalkStep:
    """What the journey asks for in this step: fields of Controls, and `amount`, 0..1 of what hits may do."""

    motion: F32
    length: F32
    section: int
    cut: int
    psi: float
    mix: F32
    amount: float


class LoopWalk:
    """Keeps to bars while the tempo is sure: a revolution of 16, 8 or 4 bars, half that in a drop; else to seconds.

    A bar has four beats, counted from the last drop, until bars are heard for sure; then it is what is heard.

    A section of the music is a loop and a class. A break and a drop begin a new one; one that sounds like an earlier
    one takes its loop and class back, so a chorus looks like the chorus.
    """

    def __init__(self, spec: LatentSpec, rng: np.random.Generator) -> None:
        thirds = list(spec.thirds)
        self._lengths: F64 = np.array(LOOP_TURNS)[thirds]
        self._bars: F64 = np.array(LOOP_BARS, float)[thirds]
        self._coarse = np.array([third == 0 for third in thirds])
        self._order = rng.permutation(len(spec.classes))
        self.reset()

    def reset(self) -> None:
        """Back to the first section."""
        self.beats = Beats()
        self._memory = _Memory()
        self._state, self._lasted = "", 0.0
        self._drops = self._cuts = 0
        self._beat: int | None = None
        self._now: F64 | None = None

    def step(self, f: Features, dt: float, way: WalkSettings) -> WalkStep:
        """The next `dt` seconds."""
        self.beats.step(f[Tempo], dt)
        self._memory.feel(f, dt)
        self._sections(f[State], f[Tempo], dt, way.phrase)
        state = f[State]
        wanted = STATES[state.name]
        amount = wanted[0] + (HELD - wanted[0]) * state.build
        goal = np.array([amount, *wanted[1:]])
        now = goal if self._now is None else self._now
        tau = DROP_TAU_S if state.name == "drop" and amount > now[0] else EASE_TAU_S
        self._now = now + (goal - now) * ease(dt, tau)
        section = self._memory.section
        mix = np.zeros(len(self._order), np.float32)
        mix[self._order[section % len(self._order)]] = 1.0
        return WalkStep(
            motion=self._motion(dt, way, state.metre, *self._now[1:3]),
            length=self._lengths.astype(np.float32),
            section=section,
            cut=self._cuts,
            psi=float(self._now[3]),
            mix=mix,
            amount=float(self._now[0]),
        )

    def _motion(self, dt: float, way: WalkSettings, metre: int, coarse: float, finer: float) -> F32:
        """[G] turns: of bars by how sure the tempo is, and of seconds for the rest."""
        sure = self.beats.sure * way.bars
        locked = self._lengths / (metre * self._bars) * surged(self.beats.before, self.beats.at, way.surge * sure)
        free = np.minimum(way.calm, self._lengths / DWELL_S) * dt
        kept = np.where(self._coarse, coarse, finer)
        alive = LIFE_HZ * dt * np.maximum(1.0 - kept, 0.0)  # where the walk rests, and nowhere else: bars must close
        return np.asarray(kept * (sure * locked + (1.0 - sure) * free) + alive, np.float32)

    def _sections(self, state: State, tempo: Tempo, dt: float, phrase: int) -> None:
        """Begin another section where the music does, or a phrase is over."""
        beat, self._beat = tempo.beat if self._beat is None else self._beat, tempo.beat
        fresh = phrase > 0 and crossed(beat, self._beat, state, phrase)
        before, self._state = self._state, state.name
        lasted = self._lasted
        self._lasted = lasted + dt if state.name == before else 0.0
        if state.drops > self._drops and before:
            self._cuts += 1
            self._memory.begin("drop")
        elif before in ("groove", "drop") and state.name == "break" and lasted >= SHORT:
            self._memory.begin("break")
        elif before in ("silence", "break", "build") and state.name == "groove":
            self._memory.begin("groove")
        elif fresh and state.name in ("groove", "drop", "silence"):
            self._memory.begin(None)
        self._drops = state.drops


class _Memory:
    """What sections sounded like when they began, and which is on: `section`."""

    def __init__(self) -> None:
        self.section = 0
        self._count = 1
        self._felt: F64 = np.zeros(16)
        self._known: list[tuple[str, int, F64]] = []

    def feel(self, f: Features, dt: float) -> None:
        bands = f[Bands]
        presences = [band.presence for band in (bands.bass, bands.snare, bands.mids, bands.highs)]
        x = ease(dt, FELT_TAU_S)
        self._felt = (
            self._felt + (np.concatenate([_unit(f[Chroma].values), _unit(np.array(presences))]) - self._felt) * x
        )

    def begin(self, kind: str | None) -> None:
        """Another section: one known of this `kind` that sounded alike, else a new one. None is always new."""
        sound = np.concatenate([_unit(self._felt[:12]), _unit(self._felt[12:])]) * 0.5**0.5
        if kind is not None:
            alike = [(float(sound @ known), number) for like, number, known in self._known if like == kind]
            best, number = max(alike, default=(0.0, 0))
            if best >= ALIKE and number != self.section:
                self.section = number
                return
        self.section = self._count
        self._count += 1
        if kind is not None:
            self._known = [*self._known, (kind, self.section, sound)][-REMEMBERED:]


def _unit(v: F32 | F64) -> F64:
    """`v` scaled to length 1, or zeros."""
    length = float(np.linalg.norm(v))
    return np.asarray(v / length if length > 1e-9 else v * 0.0, np.float64)


def swaying(t: float, count: int) -> F32:
    """[count] slow drifts within +-SWAY that never repeat: 0.6 sin + 0.4 sin, periods of 27 and 17 s and near them."""
    order = np.arange(count)
    slow, quick = 0.2327 * 1.07**order, 0.3696 * 0.94**order
    return np.asarray(SWAY * (0.6 * np.sin(slow * t + 2.4 * order) + 0.4 * np.sin(quick * t + 1.7 * order)), np.float32)
