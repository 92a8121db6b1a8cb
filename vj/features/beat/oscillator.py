"""Our count of beats: it goes on by itself, follows whoever leads it smoothly, and never goes backwards."""

import math

from vj.core.interp import ease, follow, shortest

#: In which what the count is told to be off by is made good.
CATCH_UP_TAU_S = 0.25
#: The most that this may bend the tempo.
BEND = 0.4
#: The loop, critically damped: radians a second.
LOOP_RATE = 1.5
#: The most that its own tempo may differ from the tracker's, as part of it.
DRIFT = 0.004
#: The error within which it learns that.
NEAR_BEATS = 0.1
#: A phase this far off ...
ELSEWHERE_BEATS = 0.2
#: ... told for so long ...
ELSEWHERE_S = 0.7
#: ... by one as sure as this, is another beat ...
SURE = 0.5
#: ... that is gone to by bending the tempo so far: within about a beat.
LEAP = 0.9
#: The spread of the next beat at which the tracker's phase counts for half.
VAGUE_BEATS = 0.1
#: After so long a sure tracker makes the loop slow; before, it is the quicker the shorter that is.
TRUST_TAU_S = 1.0
#: A weight that is none.
LITTLE = 0.1


class Oscillator:
    """Beats as a number that grows. `bpm` is the tempo that it runs at, without what catches up."""

    def __init__(self) -> None:
        self.beats = 0.0
        self.bpm = 120.0
        self.leapt = False  # whether it goes, or has just gone, to another beat
        self._owed = 0.0
        self._placed = False  # whether what is owed is to be made good at once
        self._drift = 0.0
        self._heard = 120.0
        self._trust = 0.0  # 0..1, for how long the tracker has been somewhat sure
        self._apart = 0.0

    @property
    def aim(self) -> float:
        """The count that it is to be at now, and goes to."""
        return self.beats + self._owed

    def follow(self, dt: float, bpm: float, phase: float, sure: float, spread: float, nudge: float = 0.0) -> None:
        """Run for `dt` seconds after a tracker that hears `bpm` and is at `phase` at their end.

        A second-order loop: phase by its own error, tempo by the error added up, so that a tracker that is right on
        the average is followed without lag. Weighted by how `sure` it is (0..1) and by the `spread` (seconds) of its
        next beat.
        """
        if abs(bpm / self._heard - 1.0) > DRIFT:
            self._drift = 0.0
        self._heard, self._owed = bpm, 0.0
        vague = spread * bpm / 60.0 / VAGUE_BEATS
        weight = sure / (1.0 + vague * vague)
        self._trust = follow(self._trust, 1.0, dt * weight, TRUST_TAU_S, TRUST_TAU_S) if weight > LITTLE else 0.0
        gain = min(weight * 2.0 * LOOP_RATE / (self._trust or 1.0), 1.0 / dt)
        step = dt * bpm * (1.0 + self._drift) / 60.0
        error = shortest(phase - self.beats - step)
        self._apart = self._apart + dt if abs(error) > ELSEWHERE_BEATS and sure >= SURE else 0.0
        self.leapt = self._apart >= ELSEWHERE_S or (self.leapt and abs(error) > 0.02 and sure >= SURE)
        if self.leapt:
            self._drift, pull = 0.0, min(max(error, -LEAP * step), LEAP * step)
        else:
            bend = LEAP if self._trust < 0.5 else BEND
            pull = min(max(gain * error * dt, -bend * step), bend * step)
            if abs(error) < NEAR_BEATS:  # what is still on its way there says nothing of the tempo
                drift = LOOP_RATE * LOOP_RATE * weight * weight * error * dt * 60.0 / bpm
                self._drift = min(max(self._drift + drift, -DRIFT), DRIFT)
        self.bpm = bpm * (1.0 + self._drift)
        self.beats += step * (1.0 + nudge) + pull

    def run(self, dt: float, bpm: float, nudge: float = 0.0) -> None:
        """Run for `dt` seconds at `bpm` and make good what is owed."""
        self.bpm, self._drift, self._apart, self._trust, self.leapt = bpm, 0.0, 0.0, 0.0, False
        step = dt * bpm / 60.0
        if self._placed:
            self.beats, self._owed = max(self.aim, self.beats), min(self._owed, 0.0)
            self._placed = False
        bend = LEAP if abs(self._owed) > ELSEWHERE_BEATS else BEND
        pull = min(max(self._owed * ease(dt, CATCH_UP_TAU_S), -bend * step), bend * step)
        self._owed -= pull
        self.beats += step * (1.0 + nudge) + pull

    def owe(self, beats: float) -> None:
        """It is `beats` behind what it aims at, to be made good smoothly."""
        self._owed += beats

    def go(self, beats: float, bpm: float) -> None:
        """Be at `beats`, never less than before, at `bpm`."""
        self.beats, self.bpm = max(beats, self.beats), bpm
        self._owed = self._drift = self._apart = self._trust = 0.0
        self.leapt = False

    def place(self, phase: float) -> None:
        """Now it is `phase` of a beat: the next run goes there, at once where that is ahead, waiting where behind."""
        self._owed, self._placed = shortest(phase - self.beats), True

    def to_bar(self, metre: int = 4) -> None:
        """Leap to the next multiple of `metre`: what is to be the first beat of a bar."""
        self.beats = float(metre * math.ceil(self.beats / metre))
        self._owed = 0.0
