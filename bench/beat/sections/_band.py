"""Who plays the songs of `composed.py`: drums, basses, pads, a lead, a voice, risers, by plain synthesis."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from bench.beat.sections._plan import Part
from bench.hearing import patterns
from vj.core.types import F64
from vj.workshop.loop import voices as voice
from vj.workshop.loop.voices import RATE

#: Styles besides those of electronic music: kick, snare, hat and bass as `patterns` writes them.
BAND = {
    "rock": patterns.Style(
        (84, 168), "x.....x.x.......", "....x...", "x.x.", "0.0.0.0.0.0.3.5.", "plucked", (0.4, 0.9), 0.5
    ),
    "metal": patterns.Style(
        (120, 200), "x.x.x.x.x.x.x.xx", "....x...", "x...", "000.000.000.0.3.", "reese", (0.3, 0.6), 0.6
    ),
    "reggae": patterns.Style(
        (66, 90), "........x.......", "........x.......", "..x.", "0--0..3-5-..0...", "sub", (0.6, 1.0), 0.3
    ),
    "walking": patterns.Style(
        (100, 180), "o...............x...............", "....o.......o...", "x..xx..x", "0---3---5---7---", "plucked",
        (0.6, 1.0), 0.4, 0.3,
    ),
    "chip": patterns.Style(
        (110, 180), "x...x.x.", "....x...", "x.x.", "0.c.0.c.0.c.3.5.", "plucked", (0.4, 0.8), 0.4
    ),
}  # fmt: skip
STYLES = patterns.STYLES | BAND


class Band:
    """The players of one song, on one line of time."""

    def __init__(self, rng: Generator, style: patterns.Style, bars: int) -> None:
        self.rng, self.style = rng, style
        self.bpm = float(rng.uniform(*style.bpm))
        self.step = RATE * 15.0 / self.bpm
        self.lead_in = RATE // 5
        self.n = round(bars * 16 * self.step) + self.lead_in + RATE
        self.low, self.top, self.music = (np.zeros(self.n) for _ in range(3))
        self.hits: dict[str, list[float]] = {"kick": [], "snare": [], "hat": []}
        self.deep: list[float] = []
        self.kick = patterns.kick(rng)
        self.snare = (patterns.clap if rng.uniform() < style.clap else patterns.snare)(rng)
        self.hat = voice.hat(rng, float(rng.uniform(0.015, 0.06)))
        self.root = float(rng.uniform(41.0, 65.0))
        self.bass_level = float(rng.uniform(*style.bass_level)) or 0.6
        self.roots = [int(rng.choice([0, -4, 3, -2, 5])) for _ in range(4)]
        self.snare_level, self.lead_level = float(rng.uniform(0.3, 0.7)), float(rng.uniform(0.15, 0.4))
        self.lead_steps = np.flatnonzero(rng.uniform(size=16) < 0.45)
        self.lead_notes = rng.choice([0, 3, 5, 7, 10, 12], size=16)

    def at(self, step: float) -> int:
        return round(self.step * step) + self.lead_in

    def place(self, line: F64, sound: F64, step: float, gain: float) -> float:
        at = self.at(step)
        sound = sound[: self.n - at]
        line[at : at + len(sound)] += gain * sound
        return at / RATE

    def drum(self, name: str, sound: F64, pattern: str, bar: int, gain: float, half: bool) -> None:
        """One bar of a drum as it is written; at half time every step is twice as long."""
        line = pattern * (32 // len(pattern))
        for i in range(16):
            where = (bar % 2) * 16 + i
            letter = line[where // 2 if half and where % 2 == 0 else where] if not half or where % 2 == 0 else "."
            if letter in "xo":
                t = self.place(
                    self.low if name == "kick" else self.top,
                    sound,
                    16 * bar + i,
                    gain * (1.0 if letter == "x" else 0.6),
                )
                self.hits[name].append(t)

    def bass(self, bar: int, half: bool) -> None:
        steps = self.style.bass or "0-------........"
        for i, letter, held in patterns.notes(steps, 1):
            hz = self.root * 2 ** (
                (int(letter, 16) + self.roots[bar % 4] % 12 - 6 * (self.roots[bar % 4] % 12 > 6)) / 12
            )
            sound = patterns.BASSES[self.style.sound](self.rng, hz, held * self.step / RATE)
            self.deep.append(self.place(self.music, sound, 16 * bar + i, self.bass_level))

    def pad(self, bar: int, deep: bool, level: float) -> None:
        root = 57 + self.roots[bar // 2 % 4]
        sound = voice.choir(self.rng, (root, root + 3, root + 7, root + 10), 16 * self.step / RATE).mean(axis=0)
        sound = voice.faded(voice.shaped(sound, voice.band(180.0, 3500.0, 1.5)), 0.05, 0.1)
        self.place(self.music, sound, 16 * bar, level)
        if deep:
            t = voice.seconds(16 * self.step / RATE)
            hz = voice.hertz(root - (24 if root > 57 else 12))
            low = np.sin(2 * np.pi * hz * t) + 0.5 * np.sin(4 * np.pi * hz * t)
            self.place(self.music, voice.faded(low, 0.15, 0.15), 16 * bar, 0.5 * level)

    def lead(self, bar: int, octave: int = 0) -> None:
        for i in self.lead_steps.tolist():
            note = 60 + 12 * octave + self.roots[bar % 4] + int(self.lead_notes[i])
            self.place(self.music, voice.plucked(note, 0.35, 6.0, 3.0), 16 * bar + i, self.lead_level)

    def sung(self, bar: int, level: float) -> None:
        """A voice: a saw with vibrato through two formants, some notes a bar."""
        t = voice.seconds(4 * self.step / RATE * 0.9)
        for beat in range(4):
            if self.rng.uniform() < 0.3:
                continue
            hz = voice.hertz(57 + self.roots[bar % 4] + int(self.rng.choice([0, 3, 5, 7])))
            phase = np.cumsum(hz * (1.0 + 0.012 * np.sin(2 * np.pi * 5.5 * t))) / RATE
            saw = 2.0 * (phase % 1.0) - 1.0
            formant = float(self.rng.uniform(450, 900))
            sound = voice.shaped(saw, _mouth(formant))
            self.place(self.music, voice.faded(sound, 0.04, 0.08), 16 * bar + 4 * beat, level)

    def play(self, part: Part, first: int) -> None:
        """All layers of `part`, whose first bar is number `first`."""
        rng, pad_level = self.rng, float(self.rng.uniform(0.12, 0.4))
        thin = voice.shaped(self.kick, voice.high(250.0))
        for bar in range(first, first + part.bars):
            gone = (bar - first) / part.bars
            last = bar == first + part.bars - 1
            if "kick" in part.layers:
                self.drum("kick", self.kick, self.style.kick, bar, 1.0, part.half)
            if "snare" in part.layers:
                self.drum("snare", self.snare, self.style.snare, bar, self.snare_level, part.half)
            if "hat" in part.layers:
                self.drum("hat", self.hat, self.style.hat, bar, 0.3, False)
            if "bass" in part.layers:
                self.bass(bar, part.half)
            if "pad" in part.layers or "faint" in part.layers:
                self.pad(bar, "deep" in part.layers, pad_level * (0.1 if "faint" in part.layers else 1.0))
            if "lead" in part.layers:
                self.lead(bar, int("opening" in part.layers and gone > 0.5))
            if "voice" in part.layers:
                self.sung(bar, 0.35)
            if "roll" in part.layers:
                every = 4 if gone < 0.34 else 2 if gone < 0.67 else 1
                for i in range(0, 12 if last and "pause" in part.traits else 16, every):
                    t = self.place(self.top, self.snare, 16 * bar + i, self.snare_level * (0.4 + 0.5 * gone))
                    self.hits["snare"].append(t)
            if "thin kick" in part.layers:
                for i in range(0, 12 if last and "pause" in part.traits else 16, 4):
                    self.place(self.top, thin, 16 * bar + i, 0.7)
        start, span = 16 * first, 16 * part.bars
        if "drone" in part.layers:
            hum = np.sin(2 * np.pi * self.root * voice.seconds(span * self.step / RATE))
            self.place(self.music, voice.faded(hum, 0.3, 0.3), start, 0.35 * pad_level)
        if "riser" in part.layers:
            noise = rng.standard_normal((2, round((span - 4 * ("pause" in part.traits)) * self.step)))
            swept = voice.swept(noise, np.geomspace(300.0, 9000.0, noise.shape[1]))[0]
            self.place(
                self.top,
                voice.faded(swept * np.linspace(0.0, 1.0, len(swept)) ** 2),
                start,
                float(rng.uniform(0.1, 0.3)),
            )
        if "crash" in part.layers:
            self.place(self.top, voice.crash(rng), start, 0.35)
        if "impact" in part.traits:
            self.place(self.low, voice.boom(), start, 0.8)
        if "blip" in part.traits:
            for _ in range(int(rng.integers(1, 3))):
                blow = voice.faded(np.sin(2 * np.pi * self.root * voice.seconds(0.16)), 0.005, 0.02)
                self.place(self.low, blow, start + int(rng.integers(8, span)), float(rng.uniform(0.3, 1.0)))


def _mouth(hz: float) -> Callable[[F64], F64]:
    """A gain with two formants, the first at `hz`."""

    def gain(f: F64) -> F64:
        above = np.log2(np.maximum(f, 1.0) / hz)
        return np.asarray(np.exp(-(above**2) / 0.5) + 0.3 * np.exp(-((above - np.log2(2.6)) ** 2) / 0.2) + 0.1)

    return gain
