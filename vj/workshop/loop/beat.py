"""A beat of any tempo and length that joins end to end: drums, bass and chords, for loops of pictures to dance to."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.random import Generator

from vj.core.types import F32, F64
from vj.workshop.loop import voices as voice
from vj.workshop.loop.voices import RATE

#: Beats a minute from which on the kick no longer goes with every beat.
BROKEN = 150
#: Chords (MIDI notes) and bass notes, a bar each: A minor 9, F major 9, C add 9, G 6.
CHORDS = ((57, 64, 67, 71), (57, 60, 64, 67), (55, 60, 62, 64), (55, 59, 62, 64))
ROOTS = (33, 29, 36, 31)
#: Amplitude of the whole, as a root mean square.
LOUD = 0.16
#: Hits of a bar of four, in beats, with velocities: four on the floor, and a broken beat.
KICKS = {False: ((0, 1.0), (1, 0.9), (2, 1.0), (3, 0.9)), True: ((0, 1.0), (2.5, 0.9))}
SNARES = {False: ((1, 0.9), (3, 1.0)), True: ((1, 1.0), (3, 1.0))}


@dataclass(frozen=True)
class Beat:
    """`beats` at `bpm`, bars of `metre`. Without `low` there are neither kick nor bass nor snare: a break."""

    beats: int
    bpm: Fraction
    metre: int = 4
    low: bool = True

    @property
    def length(self) -> int:
        """Samples once round."""
        return round(60 * self.beats * RATE / self.bpm)

    def sound(self, seed: int = 7) -> F32:
        """[length] mono at 48 kHz."""
        rng = np.random.default_rng(seed)
        ring = _Ring(self)
        _chords(ring, rng)
        _hats(ring, rng)
        if self.low:
            _bass(ring)
            _drums(ring, rng)
        sound = ring.sound
        sound *= LOUD / max(float(np.sqrt((sound * sound).mean())), 1e-9)
        return np.asarray(np.tanh(sound), np.float32)


class _Ring:
    """One round of sound; what runs over its end comes round to the beginning."""

    def __init__(self, beat: Beat) -> None:
        self.beat = beat
        self.broken = beat.bpm >= BROKEN
        self.sound: F64 = np.zeros(beat.length)

    def place(self, sound: F64, at: float, gain: float) -> None:
        """Add `sound` [n] from beat `at` on."""
        start = round(at * 60.0 * RATE / float(self.beat.bpm))
        np.add.at(self.sound, (start + np.arange(len(sound))) % len(self.sound), gain * sound)

    def bars(self) -> range:
        """Numbers of the bars, the last of which may be cut short."""
        return range(-(-self.beat.beats // self.beat.metre))

    def hits(self, pattern: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
        """Beat and velocity of a bar's pattern in all bars; a bar of another number of beats takes what fits."""
        metre, beats = self.beat.metre, self.beat.beats
        every = [(bar * metre + at, v) for bar in self.bars() for at, v in pattern if at < metre]
        return [(at, v) for at, v in every if at < beats]


def _drums(ring: _Ring, rng: Generator) -> None:
    kick, clap = voice.kick(rng), voice.clap(rng)
    snares = [voice.snare(rng) for _ in range(3)]
    for at, velocity in ring.hits(KICKS[ring.broken]):
        ring.place(kick, at, 0.8 * velocity)
    for count, (at, velocity) in enumerate(ring.hits(SNARES[ring.broken])):
        ring.place(snares[count % 3], at, 0.5 * velocity)
        ring.place(clap, at, 0.5 * velocity)


def _hats(ring: _Ring, rng: Generator) -> None:
    closed, opened = [voice.hat(rng, 0.022) for _ in range(4)], voice.hat(rng, 0.085)
    for step in range(2 * ring.beat.beats if ring.broken else 4 * ring.beat.beats):
        at = step / 2 if ring.broken else step / 4
        if at % 1.0 == 0.5 and ring.beat.low:
            ring.place(opened, at, 0.5)
        else:
            ring.place(closed[step % 4], at, 0.45 if at % 1.0 == 0.0 else 0.3)


def _bass(ring: _Ring) -> None:
    for bar in ring.bars():
        root = ROOTS[bar % len(ROOTS)]
        for at in (0.5, 1.5, 1.75, 2.5, 3.5):
            if at < ring.beat.metre and bar * ring.beat.metre + at < ring.beat.beats:
                ring.place(voice.plucked(root, 0.2, 3.0, 2.6), bar * ring.beat.metre + at, 0.35)


def _chords(ring: _Ring, rng: Generator) -> None:
    bar = ring.beat.metre * 60.0 / float(ring.beat.bpm)
    fade = min(0.2, bar / 4)
    for number in ring.bars():
        sound = voice.choir(rng, CHORDS[number % len(CHORDS)], bar + fade).mean(axis=0)
        axis = np.arange(len(sound)) / RATE
        slope = np.minimum(1.0, np.minimum(axis, axis[::-1]) / fade)
        ring.place(voice.shaped(sound * slope, voice.band(140.0, 2400.0, 1.0)), number * ring.beat.metre, 0.35)
