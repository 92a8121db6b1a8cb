"""Bass, snare, mids and highs: how strong each is, when it is struck, and its own accumulated time."""

import math
from dataclasses import dataclass
from typing import Self

from vj.core.interp import ease
from vj.core.params import Param
from vj.core.sound.short import HOP_S
from vj.core.types import Hop
from vj.features._short_bands import LEVELS, OF_LEVELS, short_bands
from vj.features.drums.fader import Knob
from vj.features.drums.net import Drums
from vj.features.drums.strike import ATTACK_FRAMES, PEAK_TAU_S, DrumDecision, EnvelopeFollower, OnsetPicker

#: Attack and release of `level`, and the running mean that it is relative to.
ATTACK_TAU_S = 0.012
RELEASE_TAU_S = 0.06
MEAN_TAU_S = 4.0
#: Ceiling of `level`.
MAX_LEVEL = 8.0
#: Decay of `hits`.
DECAY_TAU_S = 0.12
#: Attack and release of `presence`.
PRESENCE_TAU_S = (0.5, 1.0)
#: Attack and release of the most of the band that it is relative to: a break of half a minute stays one.
MOST_TAU_S = (1.0, 40.0)
#: A kick has this much more amplitude in the bass than in the snare band; 2 to 7 in recordings, a snare 0.3 to 1.4.
KICK = 1.6
#: With a snare on top it has at least as much, and reaches this part of the bass of the kicks before it.
FULL = 0.95
#: A snare has no more bass to mids than this ...
SNARE = 1.3
#: ... or than this part of the most bass-heavy kick: a kick under the snare.
SNARE_ON_KICK = 0.6
#: A snare has highs between these parts of its body: less is a bass note, more a hat.
BODY = (0.05, 6.0)
#: A snare is told from the click of a kick after so many.
WAIT_FRAMES = 1
#: Log odds from which on the network is believed about kicks and snares: where right and wrong ones are about even.
SURE = (0.4, 0.0)
#: Under which a band is silent.
SILENCE_AMPLITUDE = 1e-5


# The grid is fixed, so what followers do in one step is known beforehand: half the cost of this feature.
_ATTACK = ease(HOP_S, ATTACK_TAU_S)
_RELEASE = ease(HOP_S, RELEASE_TAU_S)
_MEAN = ease(HOP_S, MEAN_TAU_S)
_COME, _GO = (ease(HOP_S, tau) for tau in PRESENCE_TAU_S)
_MOST_COME, _MOST_GO = (ease(HOP_S, tau) for tau in MOST_TAU_S)
_ATTACK_S = ATTACK_FRAMES * HOP_S
_STAY = math.exp(-HOP_S / DECAY_TAU_S)
_FORGET = math.exp(-HOP_S / (2.0 * PEAK_TAU_S))


@dataclass(frozen=True, slots=True)
class Band:
    """One band.

    level      amplitude relative to its own running mean: hovers round 1 in music at any volume, 0 in silence
    hits       0..1, jumps at a transient to its accent and decays
    presence   0..1, slow: how much of this band there is now, relative to the most of the last half minute
    time       seconds, accumulated: about one a second in music, faster when loud, never backwards
    count      hits so far
    last       show time of the last hit in seconds, -1 before the first
    accent     0..1, how strong the last hit was, as far as it has grown; it does not decay
    """

    level: float
    hits: float
    presence: float
    time: float
    count: int
    last: float
    accent: float = 0.0


@dataclass(frozen=True, slots=True)
class Bands:
    """bass <= 150 Hz (its hits are kicks), snare 200-350 Hz (snares), mids 500-5000 Hz, highs above (hats)."""

    bass: Band
    snare: Band
    mids: Band
    highs: Band


class _Voice:
    """What one band shows to the world: levels that move in seconds, and the count of its hits."""

    def __init__(self) -> None:
        self._envelope = self._mean = self._felt = self._most = 0.0
        self._heard = 0.5
        self._level = self._hits = self._time = 0.0
        self._count = 0
        self._accent = 0.0
        self._last = -1.0

    def step(self, amplitude: float, awake: bool) -> None:
        envelope, felt = self._envelope, self._felt
        envelope += (amplitude - envelope) * (_ATTACK if amplitude > envelope else _RELEASE)
        felt += (amplitude - felt) * (_COME if amplitude > felt else _GO)
        self._envelope, self._felt = envelope, felt
        if awake:
            warm = self._heard < MEAN_TAU_S
            self._heard += HOP_S
            self._mean += (envelope - self._mean) * (ease(HOP_S, self._heard) if warm else _MEAN)
            more = felt - self._most
            self._most += more * (_MOST_COME if more > 0 else _MOST_GO) if self._most > 0 else more
        if envelope > SILENCE_AMPLITUDE and self._mean > 0:
            level = envelope / self._mean
            self._level = level = level if level < MAX_LEVEL else MAX_LEVEL
            self._time += level * HOP_S
        else:
            self._level = 0.0
        self._hits = self._hits * _STAY if self._hits > 1e-3 else 0.0

    def turn(self, factor: float) -> None:
        self._mean *= factor

    def show(self, t: float, hit: bool, trigger: OnsetPicker) -> None:
        """Show the hit at `t`, if it is one, and let its accent grow while it speaks."""
        if hit:
            self._count += 1
            self._accent, self._last = 0.0, t
        if t - self._last < _ATTACK_S and self._last >= 0.0:
            self._accent = max(self._accent, min(trigger.height, 1.0))
            self._hits = max(self._hits, self._accent)

    def record(self) -> Band:
        presence = min(self._felt / self._most, 1.0) if self._felt > SILENCE_AMPLITUDE and self._most > 0 else 0.0
        return Band(self._level, self._hits, presence, self._time, self._count, self._last, self._accent)


class HearBands:
    """Four bands of the short spectra; everything is relative to each band's own past.

    Hits of mids and highs follow the level. Those of bass and snare are kicks and snares, found by level and balance or
    recognised by a small network: one setting serves solo drums, bands and electronic music at any volume.
    """

    address = "/feature/bands"
    sensitivity = Param(1.0, 0.25, 4.0, curve="log", doc="How small a rise counts as a hit of a band.")

    def __init__(self, rate: int, hop_length: int, window_length: int) -> None:
        self._bands = short_bands(rate)
        self._drums = Drums(rate)
        self.reset()

    def reset(self) -> None:
        """Back to the state after construction."""
        self._frames = 0
        self._drums.reset()
        self._knob = Knob()
        self._ears = [EnvelopeFollower() for _ in LEVELS]
        self._triggers = [OnsetPicker() for _ in LEVELS]
        self._verdicts = [DrumDecision(sure) for sure in SURE]
        self._voices = [_Voice() for _ in LEVELS]
        self._plain = list(zip(self._ears, self._voices, self._triggers, strict=True))[2:]
        self._heaviest = 0.0
        self._pending = 0

    def step(self, hop: Hop, p: Self) -> Bands:
        """Bands after this hop."""
        turned = self._knob.step(hop.gain_db)
        if turned != 1.0:
            self._drums.turn(turned)
            self._turn(turned)
        sensitivity, awake = p.sensitivity, hop.open
        odds = self._drums.step(hop.short)
        levels = self._bands.of(hop.short)[:, OF_LEVELS].tolist()
        for amplitudes, (kick, snare), turned in zip(levels, odds, self._drums.turns, strict=True):
            self._frames += 1
            if turned != 1.0:
                self._turn(turned)
                for trigger in self._triggers:
                    trigger.turn(turned)
            for ear, voice, amplitude in zip(self._ears, self._voices, amplitudes, strict=True):
                ear.step(amplitude, awake)
                voice.step(amplitude, awake)
            self._listen(self._frames * HOP_S, kick, snare, sensitivity)
        return Bands(*[voice.record() for voice in self._voices])

    def _turn(self, factor: float) -> None:
        for ear, voice in zip(self._ears, self._voices, strict=True):
            ear.turn(factor)
            voice.turn(factor)

    def _listen(self, t: float, kick: float, snare: float, sensitivity: float) -> None:
        """Find the hits of the frame at `t` seconds, given the log odds of the two drums."""
        drums = ((kick, snare, self._bass_rises(t, sensitivity)), (snare, kick, self._snare_rises(t, sensitivity)))
        for verdict, voice, trigger, (odds, other, risen) in zip(
            self._verdicts, self._voices, self._triggers, drums, strict=False
        ):
            voice.show(t, verdict.step(t, odds, other, risen, sensitivity), trigger)
        for ear, voice, trigger in self._plain:
            trigger.follow(ear.drift)
            voice.show(t, trigger.step(t, ear.strength, ear.rise, sensitivity), trigger)

    def _bass_rises(self, t: float, sensitivity: float) -> bool:
        """Whether the level says that a kick begins."""
        bass, snare, mids, _ = self._ears
        self._heaviest *= _FORGET
        heavy = bass.strength >= FULL * self._triggers[0].peak
        fits = bass.loudest >= (1.0 if heavy else KICK) * snare.loudest
        rises = self._triggers[0].step(t, bass.strength, bass.rise, sensitivity, fits)
        if rises:
            self._heaviest = max(self._heaviest, bass.loudest / max(mids.loudest, SILENCE_AMPLITUDE))
        return rises

    def _snare_rises(self, t: float, sensitivity: float) -> bool:
        """Whether the level says that a snare began WAIT_FRAMES ago."""
        _, snare, mids, highs = self._ears
        together = (snare.strength * mids.strength * highs.strength) ** (1.0 / 3.0)
        rise = (snare.rise + mids.rise + highs.rise) / 3.0
        if self._triggers[1].step(t, together, rise, sensitivity):
            self._pending = WAIT_FRAMES + 1
        if not self._pending:
            return False
        self._pending -= 1
        return self._pending == 0 and self._is_snare()

    def _is_snare(self) -> bool:
        """Whether what began WAIT_FRAMES ago has the balance of a snare."""
        bass, snare, mids, highs = (ear.loudest for ear in self._ears)
        light = bass <= max(SNARE, SNARE_ON_KICK * self._heaviest) * mids
        return light and BODY[0] * snare <= highs <= BODY[1] * snare
