"""When a band is struck: levels relative to its own past, weighed against what sounds like a drum, frame by frame."""

import math
from collections import deque

from vj.core.interp import ease
from vj.core.sound.short import HOP_S
from vj.features.drums.fader import HEARD_S, MEAN_TAU_S, SILENCE_AMPLITUDE

#: A frame is compared with the loudest of those this many frames ago (11 to 70 ms).
NEAREST_FRAMES = 2
FARTHEST_FRAMES = 14
#: Levels under this part of the running mean are not told apart.
FLOOR = 0.3
#: How long a hit goes on (21 ms): the low end of a drum speaks later than its click.
ATTACK_FRAMES = 4
#: A hit rises by so much ...
RISE_NEPERS = 0.55
#: ... to this part of the running peak ...
PEAK_PART = 0.6
#: ... and at least to so many times the running mean.
LEAST = 1.3
#: In which the running peak is forgotten.
PEAK_TAU_S = 8.0
#: Taken as heard when it begins.
WARM_S = 0.1
#: Between two hits of one band.
REFRACTORY_S = 0.1
#: The part of the threshold that the level must fall under in between.
REARM = 0.7
#: Log odds under which the network denies what the level says.
DOUBT = -2.0
#: For which its opinion is remembered (43 ms).
MEMORY_FRAMES = 8
#: By how much its log odds fall between two strokes.
SETTLE = 2.0
#: Strokes that it must have been sure of to be trusted.
TRUST = 0.4
#: In which it loses trust.
TRUST_TAU_S = 8.0

# What a follower does in one step of the fixed grid.
_MEAN = ease(HOP_S, MEAN_TAU_S)
_PEAK = math.exp(-HOP_S / PEAK_TAU_S)
_FORGET = math.exp(-HOP_S / TRUST_TAU_S)


class EnvelopeFollower:
    """Follows the amplitude of one band.

    strength    amplitude relative to its running mean
    rise        nepers above the recent maximum, the most of the last frames
    loudest     amplitude, the most of the last frames
    drift       what a strength of one frame before is in those of this one, as the mean has moved
    """

    def __init__(self) -> None:
        # The newest NEAREST_FRAMES, this frame among them, are still to come into the past.
        self._late = deque([0.0] * NEAREST_FRAMES, NEAREST_FRAMES)
        self._past = deque([0.0] * (FARTHEST_FRAMES - NEAREST_FRAMES), FARTHEST_FRAMES - NEAREST_FRAMES)
        self._rises = deque([0.0] * ATTACK_FRAMES, ATTACK_FRAMES)
        self._amplitudes = deque([0.0] * ATTACK_FRAMES, ATTACK_FRAMES)
        self._heard = HEARD_S
        self._mean = 0.0
        self.strength = self.rise = self.loudest = 0.0
        self.drift = 1.0

    def turn(self, factor: float) -> None:
        """The whole sound is louder by `factor` now."""
        self._mean *= factor

    def step(self, amplitude: float, awake: bool) -> None:
        """One frame later; the running mean rests while not `awake`."""
        mean, past, late, rises, amplitudes = self._mean, self._past, self._late, self._rises, self._amplitudes
        if awake:
            self._heard += HOP_S
            mean += (amplitude - mean) * (_MEAN if self._heard >= MEAN_TAU_S else ease(HOP_S, self._heard))
            self.drift = (
                self._mean / mean
                if self._heard >= MEAN_TAU_S and self._mean > SILENCE_AMPLITUDE and mean > 0.0
                else 1.0
            )
            self._mean = mean
        past.append(late[0])
        late.append(amplitude)
        before = max(past)
        if amplitude > before:
            floor = FLOOR * mean + SILENCE_AMPLITUDE
            rises.append(math.log((amplitude + floor) / (before + floor)))
        else:
            rises.append(0.0)
        amplitudes.append(amplitude)
        self.rise, self.loudest = max(rises), max(amplitudes)
        self.strength = amplitude / (mean + SILENCE_AMPLITUDE)


class OnsetPicker:
    """Decides when a strength is a hit: by its rise, and by its height against the hits before it.

    `peak` is the running peak of the strength, `height` the most of the last frames relative to it, 0..1, `last` the
    time of the latest hit, -1 before the first.
    """

    def __init__(self) -> None:
        self.peak = LEAST
        self._warm = WARM_S
        self._armed = True
        self._strengths = deque([0.0] * ATTACK_FRAMES, ATTACK_FRAMES)
        self.last = -1.0

    @property
    def height(self) -> float:
        return max(self._strengths) / self.peak

    def turn(self, factor: float) -> None:
        """The whole sound is louder by `factor` now: what looked high before it was known was not."""
        self.peak = max(self.peak / max(factor, 1.0), LEAST)

    def follow(self, drift: float) -> None:
        """Strengths are told by another mean now: what was high where there was little else is so no more."""
        self.peak = max(self.peak * drift, LEAST)

    def step(self, t: float, strength: float, rise: float, sensitivity: float, fits: bool = True) -> bool:
        """Whether the frame at `t` seconds begins a hit. `fits` is False where the sound is not of the right kind."""
        peak, fires = self.peak, False
        threshold = (PEAK_PART * peak if PEAK_PART * peak > LEAST else LEAST) / sensitivity
        if strength >= threshold:
            rested = self.last < 0 or t - self.last >= REFRACTORY_S
            fires = self._armed and fits and rested and rise >= RISE_NEPERS / sensitivity
            if fires:
                self._armed, self.last = False, t
        elif strength < REARM * threshold:
            self._armed = True
        self._warm += HOP_S
        peak *= _PEAK if self._warm >= PEAK_TAU_S else math.exp(-HOP_S / self._warm)
        self.peak = strength if strength > peak else peak
        self._strengths.append(strength)
        return fires


class DrumDecision:
    """Weighs what the level says against what the network recognises, and lets a drum be struck once per stroke.

    From log odds of `sure` on the network is believed; what rises counts where it does not deny it. A drum of which it
    has known no stroke lately may be new to it: then the level alone finds it, unless what rises is known otherwise.
    """

    def __init__(self, sure: float) -> None:
        self._sure = sure
        self._odds = deque([DOUBT - 1.0] * MEMORY_FRAMES, MEMORY_FRAMES)
        self._others = deque([DOUBT - 1.0] * MEMORY_FRAMES, MEMORY_FRAMES)
        self._armed = True
        self._trust = 0.0
        self._last = -1.0

    def step(self, t: float, odds: float, other: float, risen: bool, sensitivity: float) -> bool:
        """Whether a stroke is recognised at `t`.

        `odds` are the network's log odds for it and `other` those for another drum; its level may have `risen`.
        """
        if sensitivity != 1.0:
            odds += math.log(sensitivity)
        self._odds.append(odds)
        self._others.append(other)
        self._trust *= _FORGET
        sure = self._armed and odds >= self._sure
        backed = risen and (max(self._odds) >= DOUBT or not self._known())
        fires = (sure or backed) and (self._last < 0 or t - self._last >= REFRACTORY_S)
        if fires:
            self._armed, self._last = False, t
            self._trust += sure
        elif odds < self._sure - SETTLE:
            self._armed = True
        return fires

    def _known(self) -> bool:
        """Whether the network knows this drum, or what sounds now as another one."""
        return self._trust >= TRUST or max(self._others) >= self._sure
