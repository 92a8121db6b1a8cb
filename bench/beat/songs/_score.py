"""Composes the pitched parts of a made song: chords that follow each other, basses, arpeggios and melodies."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.random import Generator

from bench.beat.songs._drums import groups, step
from bench.beat.songs._form import Section
from bench.beat.songs._lines import ARP, BASS, CHORDS, COMP, LEADS, SCALES


@dataclass(frozen=True)
class Note:
    """`pitch` is a MIDI note; `beat` and `length` in beats, `loud` 0 to 1, `late` seconds of a strum after the beat.

    `slide` is the semitones from which it slides, without being struck anew; 0 for none.
    """

    beat: float
    length: float
    pitch: int
    loud: float
    late: float = 0.0
    slide: int = 0


@dataclass
class Composer:
    """Writes notes for sections in `metre` beats of `sub` steps, in a key (`root`, a MIDI note) and a scale."""

    rng: Generator
    metre: int
    sub: int
    root: int
    scale: tuple[int, ...]
    chords: list[int]
    every: int  # bars a chord
    sevenths: bool
    voicing: list[int] = field(default_factory=list)

    @property
    def per_bar(self) -> int:
        return self.metre * self.sub

    def pitch(self, degree: int) -> int:
        """Semitones above the root of the key of a degree of the scale, any octave."""
        return self.scale[degree % 7] + 12 * (degree // 7)

    def degree(self, bar: int) -> int:
        return self.chords[bar // self.every % len(self.chords)]

    def voiced(self, degree: int) -> list[int]:
        """The chord near where the last one lay."""
        tones = [self.root + self.pitch(degree + i) for i in ((0, 2, 4, 6) if self.sevenths else (0, 2, 4))]
        centre = float(np.mean(self.voicing)) if self.voicing else self.rng.uniform(57, 67)
        centre = min(max(centre, 55.0), 70.0)
        self.voicing = sorted(t + 12 * round((centre - t) / 12) for t in tones)
        return self.voicing

    def pattern(self, table: dict[str, list[str]], name: str, letters: str = "x") -> str:
        """A pattern of that name; `odd` makes one that goes with the groups of the metre."""
        if name != "odd":
            return str(self.rng.choice(table[name]))
        steps, at = ["."] * self.per_bar, 0
        weak = self.rng.uniform(0.0, 0.5)
        for size in groups(self.rng, self.metre):
            for i in range(size * self.sub):
                if i == 0 or (i % max(1, self.sub // 2) == 0 and self.rng.uniform() < weak):
                    steps[at + i] = letters[0]
            at += size * self.sub
        return "".join(steps).replace(".", "-" if self.rng.uniform() < 0.5 else ".")

    def steps(self, pattern: str, s: Section) -> list[tuple[int, int, str, int]]:
        """(bar, step, letter, steps held) of everything struck in a section."""
        found: list[tuple[int, int, str, int]] = []
        for bar in range(s.bars if pattern else 0):
            line = "".join(step(pattern, bar, i, self.per_bar) for i in range(self.per_bar))
            for i, letter in enumerate(line):
                if letter not in ".-":
                    rest = line[i + 1 :]
                    found.append((s.bar + bar, i, letter, 1 + len(rest) - len(rest.lstrip("-"))))
        return found

    def bass(self, sections: list[Section], patterns: list[str], low: int, gate: float) -> list[Note]:
        """A bass whose lowest note is `low`."""
        notes = []
        for s in sections:
            if "bass" not in s.parts:
                continue
            for bar, i, letter, held in self.steps(patterns[int(s.b)], s):
                degree, following = self.degree(bar), self.degree(bar + 1)
                base = low + (self.root + self.pitch(degree) - low) % 12
                ahead = low + (self.root + self.pitch(following) - low) % 12
                offset = {"r": 0, "o": 12, "f": self.pitch(degree + 4) - self.pitch(degree)}
                offset |= {"t": self.pitch(degree + 2) - self.pitch(degree), "s": 10, "l": -12}
                offset["a"] = self.pitch(degree + int(self.rng.integers(-2, 6))) - self.pitch(degree)
                offset["n"] = ahead + int(self.rng.choice([-2, -1, 1, 2])) - base
                beat, loud = bar * self.metre + i / self.sub, self.rng.uniform(0.85, 1.0)
                notes.append(Note(beat, (held - 1 + gate) / self.sub, base + offset.get(letter, 0), loud))
        return notes

    def slid(self, notes: list[Note], odds: float) -> list[Note]:
        """Some notes slide from the one before them, and some are accents, as on a 303."""
        out: list[Note] = []
        for note in notes:
            before = out[-1] if out else note
            near = 0 < note.beat - before.beat - before.length < 1.0 / self.sub
            slide = before.pitch - note.pitch if near and self.rng.uniform() < odds else 0
            loud = float(self.rng.choice([0.5, 0.65, 1.0]))
            if slide:
                out[-1] = replace(before, length=note.beat - before.beat)
            out.append(replace(note, loud=loud, slide=slide))
        return out

    def comp(self, sections: list[Section], patterns: list[str], kind: str, gate: float) -> list[Note]:
        """Chords: `strum`med, as fifths (`power`), or struck at once."""
        notes = []
        for s in sections:
            if "comp" not in s.parts:
                continue
            chord: list[int] = []
            last = -1
            for bar, i, letter, held in self.steps(patterns[int(s.b)], s):
                if self.degree(bar) != last:
                    last = self.degree(bar)
                    chord = self.voiced(last)
                tones, base = chord, self.root + self.pitch(last)
                if kind == "power":
                    low = 40 + (base - 40) % 12
                    tones = [low, low + 7, low + 12]
                if letter == "l":
                    tones = [40 + (base - 40) % 12]
                beat, loud = bar * self.metre + i / self.sub, {"u": 0.6}.get(letter, 1.0) * self.rng.uniform(0.85, 1)
                length = (held - 1 + gate) / self.sub
                spread = self.rng.uniform(0.003, 0.012) if kind == "strum" else 0.0
                order = tones if letter != "u" else tones[::-1]
                notes += [Note(beat, length, t, loud, spread * k) for k, t in enumerate(order)]
        return notes

    def arp(self, sections: list[Section], pattern: str, order: str, octaves: int, gate: float) -> list[Note]:
        """Chords note by note: up, down, both, or at random."""
        notes: list[Note] = []
        for s in sections:
            if "arp" not in s.parts:
                continue
            at, last, tones = 0, -1, [60]
            for bar, i, letter, held in self.steps(pattern, s):
                if self.degree(bar) != last:
                    last, at = self.degree(bar), 0
                    chord = self.voiced(last)
                    tones = [t + 12 * o for o in range(octaves) for t in chord]
                    tones = {"down": tones[::-1], "both": tones + tones[-2:0:-1]}.get(order, tones)
                k = int(self.rng.integers(len(tones))) if order == "random" else at % len(tones)
                at = 0 if letter == "l" else at + 1
                beat = bar * self.metre + i / self.sub
                notes.append(Note(beat, (held - 1 + gate) / self.sub, tones[k], self.rng.uniform(0.75, 1)))
        return notes

    def lead(self, sections: list[Section], kind: str) -> list[Note]:
        """A melody of motifs of two bars, which return, and change a little as they do."""
        strong, weak, held, leap = LEADS[kind]
        motifs = [self._motif(strong, weak) for _ in range(3)]
        shape, notes = str(self.rng.choice(["aaba", "abac", "aabb", "abab"])), []
        centre = int(self.rng.integers(3, 10))
        for s in sections:
            if "lead" not in s.parts:
                continue
            for pair in range(0, s.bars, 2):
                motif = motifs["abc".index(shape[pair // 2 % 4])]
                place = centre
                for k, (at, way) in enumerate(motif):
                    bar, i = divmod(at, self.per_bar)
                    if pair + bar >= s.bars:
                        break
                    place = min(max(place + way * leap // 2, centre - 5), centre + 7)
                    if at % (2 * self.sub) == 0:
                        chord = self.degree(s.bar + pair + bar)
                        place = chord + min((0, 2, 4, 7, 9, -3, -5), key=lambda d: abs(chord + d - place))
                    until = motif[k + 1][0] if k + 1 < len(motif) else 2 * self.per_bar
                    beat = (s.bar + pair + bar) * self.metre + i / self.sub
                    length = min(held * (until - at) / self.sub, 4.0)
                    notes.append(Note(beat, length, 60 + self.root % 12 + self.pitch(place), self.rng.uniform(0.7, 1)))
        return notes

    def _motif(self, strong: float, weak: float) -> list[tuple[int, int]]:
        """(step of two bars, way up or down)"""
        motif = []
        for i in range(2 * self.per_bar):
            place = i % self.sub
            off = 0.15 if self.sub == 3 and place == 1 else 0.3 if self.sub == 4 and place % 2 else 1.0
            odds = strong if place == 0 else weak * off
            if self.rng.uniform() < odds:
                motif.append((i, int(self.rng.choice([-2, -1, -1, 0, 1, 1, 2]))))
        return motif


def composer(rng: Generator, metre: int, sub: int, chords: str, scales: str, every: int) -> Composer:
    """Chords and key for a song."""
    kind, scale = str(rng.choice(chords.split())), str(rng.choice(scales.split()))
    line = CHORDS[kind][int(rng.integers(len(CHORDS[kind])))]
    sevenths = kind in ("jazz", "blues") or rng.uniform() < 0.25
    return Composer(rng, metre, sub, int(rng.integers(48, 60)), SCALES[scale], line, every, sevenths)


def patterns(rng: Generator, c: Composer, table: dict[str, list[str]], names: str, letters: str) -> list[str]:
    """One pattern for each of the two parts of a song."""
    name = str(rng.choice(names.split()))
    first = c.pattern(table, name, letters)
    return [first, c.pattern(table, name, letters) if rng.uniform() < 0.5 else first]


__all__ = ["ARP", "BASS", "COMP", "Composer", "Note", "composer", "patterns"]
