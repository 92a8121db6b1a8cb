"""Random music with known kicks and snares to teach the hearing with: any drums under any bass, chords and voices.

None of it is what the hearing is scored with: the styles that `patterns` holds out have sounds that do not occur here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator
from scipy.signal import butter, fftconvolve, lfilter, sosfilt

from bench.hearing import _kits
from bench.hearing._lesson_voices import TAUGHT, plain_kick, sing, strum, tom
from bench.hearing.patterns import clap, ducking, kick, long_kick, snare
from vj.core.types import F32, F64
from vj.workshop.loop import voices as voice
from vj.workshop.loop.voices import RATE, seconds, shaped

#: Chance of a hit on each sixteenth of a bar.
FLOOR = [0.95, 0, 0, 0] * 4
FREE = [0.95, 0.05, 0.2, 0.12, 0.15, 0.05, 0.35, 0.2, 0.55, 0.05, 0.45, 0.12, 0.12, 0.05, 0.3, 0.12]
BACKBEAT = [0, 0, 0, 0, 0.97, 0, 0, 0.06, 0, 0.06, 0, 0, 0.97, 0, 0, 0.08]
HALF = [0] * 8 + [0.97] + [0] * 7
GHOSTS = [0.05, 0.2, 0.1, 0.3] * 4
HATS = ([0.9, 0.1, 0.8, 0.1], [0.1, 0.05, 0.9, 0.05], [0.85] * 4)
SCALE = (0, 0, 0, 3, 5, 7, 10, 12)


@dataclass
class Lesson:
    """Mono `samples` [n] at RATE, and seconds of `kick`, `snare`, and of strokes too soft to insist on (`vague`)."""

    samples: F32
    kick: list[float]
    snare: list[float]
    vague: list[float]


@dataclass
class Session:
    """What one piece is played with and against: the player's luck, tempo, swing and looseness, and the tape."""

    rng: Generator
    kits: _kits.Kits
    acoustic: bool
    step: float
    bars: int
    swing: float
    kicks: list[float] = field(default_factory=list)
    snares: list[float] = field(default_factory=list)
    vague: list[float] = field(default_factory=list)

    @property
    def length(self) -> int:
        return round(self.step * 16 * self.bars) + RATE // 2

    def at(self, step: float) -> int:
        """The sample at which something on this sixteenth begins; people are up to 16 ms off."""
        loose = 0.008 * float(np.clip(self.rng.standard_normal(), -2, 2)) if self.acoustic else 0.0
        return round(self.step * (step + self.swing * (step % 2)) + RATE * (0.2 + loose))

    def put(self, tape: F64, sound: F64, at: int, gain: float) -> None:
        sound = sound[: max(0, self.length - at)]
        tape[at : at + len(sound)] += gain * sound

    def chance(self, odds: float) -> bool:
        return bool(self.rng.uniform() < odds)

    def sampled(self, kind: str, acoustic: bool = True) -> list[F64]:
        return _kits.choose(self.rng, self.kits, kind, acoustic and self.acoustic)

    def any_of(self, strokes: list[F64]) -> F64:
        return strokes[int(self.rng.integers(len(strokes)))]


def steps(rng: Generator, odds: list[float]) -> list[bool]:
    """Which of sixteen steps are hit."""
    return [bool(rng.uniform() < p) for p in (odds * (16 // len(odds)))]


def kit_of(s: Session, long: bool) -> tuple[Callable[[], list[F64]], list[F64], dict[str, list[F64]]]:
    """A maker of kicks (an 808 changes its note), the snare, and hat, cymbal, toms and sticks."""
    rng, real = s.rng, s.chance(0.8 if s.acoustic else 0.5)
    if long:
        make: Callable[[], list[F64]] = lambda: [long_kick(rng, int(rng.choice([0, 0, 2, 3, 5, 7])))]  # noqa: E731
    else:
        boom = s.sampled("kick") if real else [kick(rng) if s.chance(0.5) else plain_kick(rng)]
        make = lambda: boom  # noqa: E731
    which = rng.uniform()
    if real or s.acoustic:
        strike = s.sampled("snare")
    elif which < 0.8:
        strike = [clap(rng)] if which < 0.45 else [snare(rng)]
    else:
        strike = s.sampled("clap")
    if s.acoustic or s.chance(0.4):
        names = {"hat": "hat", "open": "cymbal", "crash": "cymbal", "tom": "tom", "stick": "rim"}
        return make, strike, {name: s.sampled(kind) for name, kind in names.items()}
    hats = {"hat": voice.hat(rng, rng.uniform(0.012, 0.09)), "open": voice.hat(rng, rng.uniform(0.08, 0.2))}
    rest = {"crash": voice.crash(rng), "tom": tom(rng), "stick": s.any_of(s.sampled("percussion", acoustic=False))}
    return make, strike, {name: [sound] for name, sound in {**hats, **rest}.items()}


def play_drums(s: Session, four: bool, long: bool) -> F64:
    """[length] the drums of the piece; the session notes their times."""
    rng, tape = s.rng, np.zeros(s.length)
    make, strike, kit = kit_of(s, long)
    kick_odds = [0.0] if s.chance(0.06) else FLOOR if four else FREE
    snare_odds = [0.0] * 16 if s.chance(0.08) else HALF if s.chance(0.25) else BACKBEAT
    if s.acoustic and s.chance(0.3):
        snare_odds = [max(a, b) for a, b in zip(snare_odds, GHOSTS, strict=True)]
    patterns = [(steps(rng, kick_odds), steps(rng, snare_odds)) for _ in range(2)]
    hats = steps(rng, [0.0] if s.chance(0.1) else HATS[int(rng.integers(3))])
    sticks = steps(rng, [0.15 if s.chance(0.35) else 0.0])
    loud = {"kick": rng.uniform(0.7, 1.3), "snare": rng.uniform(0.3, 1.1), "hat": rng.uniform(0.05, 0.7)}
    layer = clap(rng) if not s.acoustic and s.chance(0.2) else np.zeros(1)
    fill, pause = s.bars - 1 if s.chance(0.6) else -1, set[int]()
    if s.chance(0.35):
        pause = set(range(int(rng.integers(s.bars)), s.bars)[: int(rng.integers(1, 4))])
    ride, roll, boom = s.chance(0.3), s.chance(0.5), make()
    build = [-1] if s.acoustic or s.chance(0.6) else [s.bars - 3, s.bars - 2][int(rng.integers(2)) :]
    if build[0] >= 0:
        play_build(s, tape, s.any_of(strike), build, loud["snare"])
    if s.chance(0.4):
        s.put(tape, s.any_of(kit["crash"]), s.at(0), 0.4)
    for bar in range(s.bars):
        kicks, snares = patterns[bar % 2]
        if bar % 2 == 0:
            boom = make()
        if bar in pause or bar in build:
            kicks = snares = [False] * 16
        if bar == fill and roll:
            snares = snares[:8] + steps(rng, [0.8, 0.5, 0.8, 0.6])[:8]
        for i in range(16):
            at = s.at(16 * bar + i)
            if kicks[i]:
                play_kick(s, tape, s.any_of(boom), at, loud["kick"])
            if snares[i]:
                play_snare(s, tape, s.any_of(strike), at, loud["snare"], snare_odds[i] < 0.5)
                s.put(tape, layer, at, loud["snare"])
            if hats[i]:
                s.put(
                    tape,
                    s.any_of(kit["open" if ride or s.chance(0.06) else "hat"]),
                    at,
                    loud["hat"] * rng.uniform(0.5, 1),
                )
            if sticks[i]:
                s.put(tape, s.any_of(kit["stick"]), at, rng.uniform(0.1, 0.5))
            if bar == fill and not roll and i >= 8 and s.chance(0.6):
                s.put(tape, s.any_of(kit["tom"]), at, rng.uniform(0.4, 1.0))
    return tape


def play_kick(s: Session, tape: F64, sound: F64, at: int, loud: float) -> None:
    s.put(tape, sound, at, loud * (1.0 - (0.35 if s.acoustic else 0.04) * s.rng.uniform()))
    s.kicks.append(at / RATE)


def play_snare(s: Session, tape: F64, sound: F64, at: int, loud: float, between: bool) -> None:
    """A stroke; people play most of those `between` the beats softly."""
    soft = s.acoustic and between and s.chance(0.7)
    gain = loud * (s.rng.uniform(0.08, 0.35) if soft else 1.0 - (0.35 if s.acoustic else 0.04) * s.rng.uniform())
    s.put(tape, sound, at, gain)
    (s.vague if soft and gain < 0.25 else s.snares).append(at / RATE)


def play_build(s: Session, tape: F64, sound: F64, bars: list[int], loud: float) -> None:
    """A roll that grows, in eighths and then sixteenths, with or without a breath at its end."""
    first, last = 16 * bars[0], 16 * (bars[-1] + 1) - (2 if s.chance(0.5) else 0)
    soft, double = s.rng.uniform(0.2, 0.8), s.rng.uniform(0.0, 1.0)
    for step in range(first, last):
        done = (step - first) / (last - first)
        if done >= double or step % 2 == 0:
            at, gain = s.at(step), loud * (soft + (1.0 - soft) * done)
            s.put(tape, sound, at, gain)
            (s.vague if gain < 0.25 else s.snares).append(at / RATE)


def play_bass(s: Session, four: bool, tape: F64) -> None:
    """A riff of one bar, anything from one long note to sixteenths, sometimes off the beat.

    One line has one sound, or two that it turns between, as an instrument has whose knobs are left alone; a 303 is
    played fast and may be louder than the kick.
    """
    rng = s.rng
    kind = str(
        rng.choice(list(TAUGHT), p=[0.66, 0.2, 0.08, 0.02, 0.04] if s.acoustic else [0.2, 0.15, 0.1, 0.27, 0.28])
    )
    acid = kind == "acid"
    root, held = rng.uniform(36, 75), int(rng.choice([4, 2, 1, 1, 1] if acid else [16, 8, 4, 2, 1]))
    loud = rng.uniform(0.3, 1.6) if acid else rng.uniform(0.1, 1.1)
    riff = [(i, int(rng.choice(SCALE)), held * rng.uniform(0.5, 1)) for i in range(0, 16, held) if s.chance(0.85)]
    off, knobs, accents = four and s.chance(0.4), rng.integers(2**32, size=2), rng.uniform(size=16) < 0.3
    for bar in range(s.bars):
        for i, semitones, long in riff:
            if not (off and i % 4 == 0):
                left = np.random.default_rng(knobs[int(accents[i])]) if s.chance(0.8) else rng
                note = TAUGHT[kind](left, root * 2 ** (semitones / 12), max(0.06, long * s.step / RATE))
                s.put(tape, note, s.at(16 * bar + i), loud)


def play_music(s: Session, four: bool, bass: bool) -> F64:
    """[length] bass, chords, plucks, guitars, voices and a riser, each or none."""
    rng, tape = s.rng, np.zeros(s.length)
    if bass:
        play_bass(s, four, tape)
    if s.chance(0.45):
        loud, bright = rng.uniform(0.05, 0.4), voice.low(rng.uniform(1000, 8000), 1.0)
        for bar in range(0, s.bars, 2):
            root = int(rng.integers(45, 66))
            chord = voice.choir(rng, (root, root + 3, root + 7), 32 * s.step / RATE).mean(axis=0)
            s.put(tape, shaped(chord, bright), s.at(16 * bar), loud)
    guitars = [strum(rng) for _ in range(3)]
    plucks = [
        voice.plucked(int(n), rng.uniform(0.1, 0.5), rng.uniform(2, 8), rng.uniform(0.3, 4))
        for n in rng.integers(45, 84, 6)
    ]
    voices = [sing(rng) for _ in range(4)]
    for sounds, odds, busy in ((plucks, 0.6, rng.uniform(0.2, 0.9)), (guitars, 0.4, 0.7), (voices, 0.25, 0.6)):
        if s.chance(odds):
            loud, every = rng.uniform(0.05, 0.9), 1 if sounds is plucks else int(rng.choice([2, 4, 8]))
            for i in range(0, 16 * s.bars, every):
                if s.chance(busy):
                    s.put(tape, s.any_of(sounds), s.at(i), loud * rng.uniform(0.6, 1))
    if s.chance(0.12):
        tape += rng.standard_normal(s.length) * np.linspace(0, rng.uniform(0.02, 0.2), s.length)
    return tape


def coloured(rng: Generator, sound: F64) -> F64:
    """Up to 6 dB more or less of everything, as microphones and rooms do."""
    gains, octaves = rng.uniform(-6, 6, 6), np.log2([50, 150, 500, 1500, 5000, 14000])
    return shaped(sound, lambda f: 10 ** (np.interp(np.log2(np.maximum(f, 20)), octaves, gains) / 20))


def roomy(rng: Generator, sound: F64) -> F64:
    t = seconds(rng.uniform(0.15, 0.8))
    hall = rng.standard_normal(len(t)) * np.exp(-6.9 * t / t[-1]) * np.minimum(1, t / 0.005)
    hall *= rng.uniform(0.0, 0.5) / np.sqrt((hall * hall).sum())
    return np.asarray(sound + fftconvolve(sound, hall)[: len(sound)], np.float64)


def squeezed(rng: Generator, sound: F64) -> F64:
    """A compressor."""
    quick, slow = (np.exp(-1 / (RATE * rng.uniform(*span))) for span in ((0.001, 0.02), (0.05, 0.2)))
    level = lfilter([1 - quick], [1, -quick], np.abs(sound)) + 1e-3
    level = np.maximum(level, lfilter([1 - slow], [1, -slow], level))
    gain = np.minimum(1, rng.uniform(0.05, 0.3) / level) ** rng.uniform(0.3, 0.8)
    return np.asarray(sound * gain, np.float64)


def mastered(rng: Generator, total: F64) -> F32:
    """Thin or full, clean or clipped, quiet or loud, over some noise."""
    if rng.uniform() < 0.5:
        total = sosfilt(butter(1, rng.uniform(20, 60), "highpass", fs=RATE, output="sos"), total)
    if rng.uniform() < 0.4:
        total = coloured(rng, total)
    x = rng.uniform(0.3, 2.0) * total / max(float(np.percentile(np.abs(total), 99.5)), 1e-3)
    out = 0.9 * x / np.sqrt(np.sqrt(1.0 + x**4)) if rng.uniform() < 0.75 else 0.4 * x
    return np.asarray(out + 10 ** rng.uniform(-5, -2.5) * rng.standard_normal(len(out)), np.float32)


def make(seed: int, kits: _kits.Kits) -> Lesson:
    """One lesson of about ten seconds."""
    rng = np.random.default_rng([78, seed])
    acoustic, bpm = bool(rng.uniform() < 0.45), rng.uniform(80, 180)
    swing = rng.uniform(0, 0.45) if rng.uniform() < 0.3 else 0.0
    s = Session(rng, kits, acoustic, RATE * 15 / bpm, 5 if bpm < 120 else 6, swing)
    four, long = s.chance(0.2 if acoustic else 0.5), not acoustic and s.chance(0.25)
    drums = play_drums(s, four, long)
    drums = roomy(rng, drums) if acoustic or s.chance(0.2) else drums
    drums = coloured(rng, drums) if s.chance(0.6) else drums
    drums = squeezed(rng, drums) if s.chance(0.4) else drums
    music = play_music(s, four, s.chance(0.3 if long else 0.65 if acoustic else 0.88))
    if not acoustic:
        depth, span = float(rng.choice([0.0, 0.4, 0.8])), rng.uniform(1.5, 3.5) * s.step / RATE
        music *= ducking(np.array(s.kicks), s.length, depth, span)
    total = drums + music * (rng.uniform(0.2, 1.0) if s.chance(0.8) else 0.0)
    return Lesson(mastered(rng, total), s.kicks, s.snares, s.vague)
