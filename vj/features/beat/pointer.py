"""Where the beat is, as odds over every tempo and phase: a bar pointer that one step a half moves on.

Whiteley, Cemgil and Godsill (2006) let a pointer run through the bar at a tempo that seldom changes; Krebs, Boeck and
Widmer (2015) let tempo change at beats only and give each tempo one state for each frame of its beat, so that the
pointer moves by whole states. This is their model run forward: what it says at any moment needs no look ahead.
"""

from dataclasses import dataclass

import numpy as np

from vj.core.types import F32

#: Halves from beat to beat, at 225 BPM.
SHORTEST = 25
#: Halves from beat to beat, at 48 BPM.
LONGEST = 117
#: How little tempo changes from one beat to the next: the odds of a change by a part x fall as exp(-STEADY x).
STEADY = 90.0
#: Chance, in a half, that all is new: another song, a cut, a beat lost.
NEW = 5e-5
#: How much an activation counts, as its neighbours tell much the same.
WEIGHT = 0.2
#: Log odds of a beat in any half.
USUAL_ODDS = -2.3
#: The most by which log odds are above that.
MOST_ABOVE = 5.0
#: The most by which they are below: a beat that is not there says less than one that is.
MOST_BELOW = 1.7
#: How far round a beat it is told.
ROUND_HALVES = 2
#: The spread of that, as the network was taught.
SPREAD_HALVES = 0.9
#: Tempi within this part are one tempo.
SAME_TEMPO = 0.045
#: Phases that lie within this are one phase.
SAME_BEATS = 0.12
BINS = 40
#: Phases of tempi whose weights are kept: a few kilobytes each.
KNOWN = 400
#: What gathers round a phase, over five parts of the beat.
LOBE = (1.0, 2.0, 2.0, 2.0, 1.0)
#: A tempo that is held gives way to one that is rated so much better. Ratings are roots of odds: those of evidence that
#: is not independent are too far apart for anybody's preference to count.
HOLD = 1.3
#: How far off what a performer says may be, as a part of the tempo.
LEAN_TEMPO = 0.03
#: How far off it may be in phase.
LEAN_BEATS = 0.06

_STAY = np.float32(1.0 - NEW)


@dataclass(frozen=True, slots=True)
class Belief:
    """What the filter holds for likeliest.

    interval  halves from beat to beat
    phase     0..1 of the beat in the last half that was told
    mass      0..1 probability of this tempo and phase together
    spread    standard deviation of the phase, beats
    """

    interval: float
    phase: float
    mass: float
    spread: float


class Filter:
    """Odds [states] over tempo and phase, moved on by `step` once a half."""

    def __init__(self) -> None:
        self.intervals = np.arange(SHORTEST, LONGEST + 1).astype(np.int64)
        n = len(self.intervals)
        self._starts = np.concatenate([[0], np.cumsum(self.intervals)[:-1]])
        self._ends = self._starts + self.intervals - 1
        self._tempo = np.repeat(np.arange(n), self.intervals)
        lengths = self.intervals[self._tempo]
        self.phases = ((np.arange(len(lengths)) - self._starts[self._tempo]) / lengths).astype(np.float32)
        self._parts = (self.phases * BINS).astype(np.int64)
        self._speeds = (1.0 / lengths).astype(np.float32)
        change = np.exp(-STEADY * np.abs(self.intervals[None, :] / self.intervals[:, None] - 1.0))
        # What is done at every step is worked out beforehand: chances with that of nothing new in them, and the rest.
        self._change = ((1.0 - NEW) * change / change.sum(axis=1, keepdims=True)).astype(np.float32)
        self._fresh = self._speeds / np.float32(n)
        self._new, self._each = self._fresh * np.float32(NEW), np.ones_like(self._fresh)
        steps = np.arange(-ROUND_HALVES, ROUND_HALVES + 1)
        self._near = self._starts[:, None] + steps[None, :] % self.intervals[:, None]
        self._kernel = np.exp(-0.5 * (steps / SPREAD_HALVES) ** 2).astype(np.float32)
        alike = np.abs(np.log(self.intervals[None, :] / self.intervals[:, None])) < SAME_TEMPO
        self._alike = alike.astype(np.float32)
        self._first, self._last = alike.argmax(axis=1).tolist(), (n - 1 - alike[:, ::-1].argmax(axis=1)).tolist()
        self._spans = list(zip(self._starts[self._first].tolist(), (self._ends[self._last] + 1).tolist(), strict=True))
        self._known: dict[tuple[int, int], F32] = {}
        apart = (np.arange(BINS)[:, None] - np.arange(BINS)[None, :] + 2) % BINS
        self._lobes = np.append(LOBE, np.zeros(BINS - len(LOBE)))[apart]
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction: nothing is known."""
        self.odds: F32 = self._fresh.copy()
        self._spare = np.empty_like(self.odds)

    def step(self, told: float) -> None:
        """Move on by a half in which the network's log odds of a beat are `told`."""
        last, spare = self.odds, self._spare
        np.multiply(last[:-1], _STAY, out=spare[1:])
        spare[self._starts] = last.take(self._ends).dot(self._change)
        spare += self._new
        gain = WEIGHT * min(max(told - USUAL_ODDS, -MOST_BELOW), MOST_ABOVE)
        spare[self._near] *= np.exp(np.float32(gain) * self._kernel)
        spare *= np.float32(1.0 / float(spare.dot(self._each)))
        self.odds, self._spare = spare, last

    def lean(self, interval: float, phase: float, sure: float) -> None:
        """Somebody right by `sure` 0..1 says that the last half was at `phase` 0..1 of a beat of `interval` halves.

        Of a tempo that no state stands for it is told in vain.
        """
        if not SHORTEST <= interval <= LONGEST:
            return
        tempo = np.log(self.intervals / interval) / LEAN_TEMPO
        away = self.phases - np.float32(phase)
        away -= np.round(away)
        likely = np.exp(-0.5 * tempo * tempo)[self._tempo] * np.exp(-0.5 * (away / LEAN_BEATS) ** 2) * self._speeds
        likely /= likely.sum()
        self.odds = ((1.0 - sure) * self.odds + sure * likely).astype(np.float32)

    def belief(self, liking: F32, held: float = 0.0) -> Belief:
        """The likeliest tempo, weighed by `liking` [tempi], and the likeliest phase in it; `held` is favoured."""
        tempi = np.add.reduceat(self.odds, self._starts)
        rated = np.sqrt(self._alike.dot(tempi)) * liking
        top = int(rated.argmax())
        if held:
            mine = min(max(round(held) - SHORTEST, 0), len(rated) - 1)
            if rated[top] < HOLD * rated[mine]:
                near = self._first[mine]
                top = near + int(rated[near : self._last[mine] + 1].argmax())
        begin, end = self._spans[top]
        odds = self.odds[begin:end]
        peak = int(self._lobes.dot(np.bincount(self._parts[begin:end], odds, BINS)).argmax())
        centre = (peak + 0.5) / BINS
        moments = self._known.get((top, peak))
        if moments is None:
            moments = self._moments(top, peak)
        mass, speed, first, second = odds.dot(moments).tolist()
        if mass <= 0.0:
            return Belief(float(self.intervals[top]), centre % 1.0, 0.0, 0.3)
        mean = first / mass
        spread = max(second / mass - mean * mean, 0.0) ** 0.5
        return Belief(mass / speed, (centre + mean) % 1.0, mass, spread)

    def _moments(self, top: int, peak: int) -> F32:
        """[states, 4] what gives, of odds of tempi like `top`, those near the phase of `peak`, times one, speed, how
        far they are from it, and its square. The same few are asked for again and again."""
        begin, end = self._spans[top]
        away = self.phases[begin:end] - np.float32((peak + 0.5) / BINS)
        away -= np.rint(away)
        made = np.stack([np.ones_like(away), self._speeds[begin:end], away, away * away], axis=1)
        made *= (np.abs(away) < SAME_BEATS)[:, None]
        if len(self._known) >= KNOWN:
            self._known.clear()
        self._known[top, peak] = made
        return made
