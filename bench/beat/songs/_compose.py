"""One made song: drawn, composed and rendered from a seed and a number; its times are known, not heard."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator

from bench.beat.songs._clock import Clock, clock
from bench.beat.songs._drums import DRUM, FAINT, Hit, drummer
from bench.beat.songs._form import Section, form, phrase
from bench.beat.songs._genres import GENRES, Genre, pick
from bench.beat.songs._score import ARP, BASS, COMP, Note, composer, patterns
from vj.core.types import F64

SLOWEST, FASTEST = 60.0, 210.0
#: Chance that bass, chords and arpeggio all go in threes against the beat.
CROSSED = 0.06
#: Lines that people play on these rather than on anything.
STRUMMED = ("strum", "eights", "skank", "scratch", "shuffle", "oom")
GROUPS = {"kick": "k", "snare": "sci", "hat": "horbptx"}


@dataclass(frozen=True)
class Part:
    """A pitched part: `style` is the name of its line, for who chooses an instrument."""

    role: str
    style: str
    notes: list[Note]


@dataclass(frozen=True)
class Song:
    """Everything that is to be heard: `hits` and `parts` in beats; the piece is [start, start + seconds) of `clock`."""

    name: str
    kind: str
    genre: Genre
    clock: Clock
    sections: list[Section]
    hits: list[Hit]
    parts: list[Part]
    start: float
    seconds: float
    stop: float  # seconds after which nothing begins
    loose: float  # seconds that people are off

    def truth(self, drums: dict[str, list[float]] | None, vague: list[float]) -> dict[str, Any]:
        """The labels, as they are written next to the sound."""
        times = self.clock.times - self.start
        metre = self.genre.metre
        beats = [[round(float(t), 4), i % metre + 1] for i, t in enumerate(times) if 0 <= t < self.stop]
        ends = [(s.bar, s.bar + s.bars, s.label) for s in self.sections]
        spans = [(*np.interp([a * metre, b * metre], np.arange(len(times)), times), label) for a, b, label in ends]
        sections = [
            [round(max(0.0, a), 3), round(min(b, self.stop), 3), x] for a, b, x in spans if b > 0 and a < self.stop
        ]
        bpm = 60 / float(np.median(np.diff([b[0] for b in beats])))
        return {
            "name": self.name, "source": "made", "genre": self.kind, "split": split(self.name), "bpm": round(bpm, 2),
            "metre": metre, "beats": beats, "drums": drums, "vague": vague, "sections": sections,
            "licence": "GPL-3.0-or-later", "origin": "bench/beat/songs/make.py",
        }  # fmt: skip


def split(name: str) -> str:
    """train, valid or test, 80/10/10, by the name."""
    place = int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % 10
    return {0: "valid", 1: "test"}.get(place, "train")


def compose(seed: int, index: int, seconds: float) -> Song:
    """Song `index` of a series; the tempos of a series are spread evenly from 60 to 210 in octaves."""
    rng = np.random.default_rng([seed, index, 0])
    even = (index * 0.6180339887 + seed * 0.7548776662) % 1.0
    bpm = SLOWEST * (FASTEST / SLOWEST) ** even
    bpm = round(bpm) if rng.uniform() < 0.5 else bpm
    kind = pick(rng, float(np.clip(bpm, SLOWEST, FASTEST)))
    g = GENRES[kind]
    bars = int(np.ceil(1.4 * (seconds + 4) * bpm / 60 / g.metre)) + 4
    p = phrase(rng, g.metre * 60 / bpm)
    feel = {"electronic": "machine"}.get(g.sound, g.sound)
    swing = rng.uniform(*g.swing) if rng.uniform() < 0.8 else 0.0
    time = clock(rng, feel, bpm, (bars + 20) * g.metre, p * g.metre, swing, g.cell)
    styles, player = _styles(rng, g), drummer(rng, g.grooves, g.metre, g.sub) if g.grooves else None
    there = frozenset(r for r, s in styles.items() if s != "none") | (player.drums if player else frozenset())
    sections = form(rng, g.form, bars, p, there)
    hits = player.play(sections, p) if player else []
    start, stop = _window(rng, time, g.metre, seconds)
    loose = rng.uniform(0.001, 0.0035) if g.sound != "electronic" else 0.0
    name = f"made-{seed:03d}-{index:04d}-{kind.replace(' ', '-').replace('/', '-')}"
    parts = [q for q in _parts(rng, g, styles, sections) if q.notes]
    return Song(name, kind, g, time, sections, hits, parts, start, seconds, stop, loose)


def _window(rng: Generator, time: Clock, metre: int, seconds: float) -> tuple[float, float]:
    """Where the piece begins: after silence, on a beat that need not be a one, or anywhere; and when it is over."""
    kind, beat = rng.uniform(), int(rng.integers(0, metre))
    start = float(time.times[beat]) - 0.02 if kind < 0.6 else rng.uniform(0.0, float(time.times[metre]))
    if kind < 0.3:
        start = -rng.uniform(0.05, 1.5)
    return start, seconds * (rng.uniform(0.85, 0.97) if rng.uniform() < 0.06 else 1.0)


def _styles(rng: Generator, g: Genre) -> dict[str, str]:
    """Part -> the name of what it plays, `none` of them of those that are not there."""
    styles = {p: str(rng.choice(getattr(g, p).split())) for p in ("bass", "comp", "arp", "lead")}
    if g.sub == 4 and rng.uniform() < CROSSED:  # nothing goes with the beat
        styles |= {"bass": str(rng.choice(["thirds", "tresillo"])), "comp": "dotted"}
        styles["arp"] = "thirds" if rng.uniform() < 0.5 else styles["arp"]
    if set(styles.values()) == {"none"}:
        styles["comp"] = "pad"
    return styles


def _parts(rng: Generator, g: Genre, styles: dict[str, str], sections: list[Section]) -> list[Part]:
    """Bass, chords, arpeggio and melody."""
    every = int(rng.choice([1, 1, 1, 2, 2, 4])) if g.form != "steady" else int(rng.choice([1, 1, 2]))
    c = composer(rng, g.metre, g.sub, g.chords, g.scales, every)
    gate, (bass, comp, arp, lead) = float(rng.choice([0.35, 0.6, 0.9])), styles.values()
    lines = patterns(rng, c, BASS, bass, "rtf")
    notes = c.bass(sections, lines, int(rng.integers(28, 38)), gate)
    found = [Part("bass", bass, c.slid(notes, rng.uniform(0.1, 0.5)) if bass == "acid" else notes)]
    kind = "power" if comp in ("chug", "gallop", "tremolo") or (g.sound == "band" and rng.uniform() < 0.2) else ""
    kind = "strum" if not kind and comp in STRUMMED and g.sound != "electronic" else kind
    found.append(Part("comp", comp, c.comp(sections, patterns(rng, c, COMP, comp, "x"), kind, gate)))
    if arp != "none":
        order, octaves = str(rng.choice(["up", "down", "both", "random"])), int(rng.choice([1, 2, 2, 3]))
        found.append(Part("arp", arp, c.arp(sections, c.pattern(ARP, arp), order, octaves, gate)))
    found.append(Part("lead", lead, c.lead(sections, lead)))
    return found


def heard(song: Song, beats: F64, rng: Generator, loose: float | None = None) -> F64:
    """Seconds into the piece at which what is written on `beats` is played, off by `loose` or what is usual here."""
    off = np.clip(rng.standard_normal(len(beats)), -1.3, 1.3) * (song.loose if loose is None else loose)
    return np.asarray(song.clock.at(beats) - song.start + off, np.float64)


__all__ = ["DRUM", "FAINT", "GROUPS", "Part", "Song", "compose", "heard", "split"]
