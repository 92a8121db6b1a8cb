"""A song over one groove, note by note: its clock, its band and what they play in every bar.

The order of the draws is part of the song: the same seed makes the same song only as long as none moves.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from bench.beat.plain._table import GROOVES, Groove
from vj.core.types import F64

SECONDS = 60.0
#: Part by which a tempo may lie outside the range of its groove; and what none leaves, in BPM.
WIDER, SLOWEST, FASTEST = 0.12, 52, 214
#: MIDI channels; drums have the one that General MIDI gives them.
BASS, CHORDS, LEAD, DRUMS = 1, 2, 3, 9
MINOR, MAJOR = (0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 5, 7, 9, 11)
#: Degrees of the scale, from 0, in the order in which the bars have them.
PROGRESSIONS = (
    (0, 5, 2, 6), (0, 3, 4, 4), (0, 0, 3, 4), (0, 4, 5, 3), (0, 0, 0, 0), (5, 3, 0, 4), (0, 6, 5, 6), (0, 0, 5, 5),
)  # fmt: skip
#: General MIDI programs, and keys of the drums; what is named more often is drawn more often.
KITS = [0, 0, 8, 16, 24, 25, 32, 40, 48]
BASSES = [33, 34, 35, 36, 38, 39, 32, 87]
DISTORTED = [29, 30]
PLAYERS = [0, 4, 5, 16, 24, 25, 27, 28, 48, 50, 80, 81, 88, 90, 61, 11]
LEADS = [80, 81, 82, 73, 40, 52, 53, 54, 56, 65, 66, 22, 0, 11, 87]
KICKS, SNARES, HATS = [35, 36], [38, 40, 39, 37], [42, 42, 44, 46, 51, 70, 54, 82]
FILLS, CRASH = [38, 45, 47, 50], 49
#: Who plays in a passage.
PASSAGES = {
    "full": "kick snare hat bass chords lead",
    "intro": "hat chords",
    "plain": "kick snare hat bass chords lead",
    "no kick": "snare hat bass chords",
    "drums": "kick snare hat",
    "no drums": "bass chords lead",
}
#: What may follow a full passage, and how likely.
NEXT, ODDS = ["full", "full", "no kick", "drums", "no drums", "plain"], [0.45, 0.15, 0.1, 0.1, 0.12, 0.08]
#: The styles of the chords that are told from the others: one chord held for the bar, and one on every step.
HELD, EVERY = 0, 4


class Note(NamedTuple):
    """`at` and `length` in seconds, velocity 1-127."""

    at: float
    key: int
    velocity: int
    channel: int
    length: float


@dataclass
class Song:
    """What a song plays: `programs` by channel, `beats` (seconds, place in the bar from 1), `drums` seconds by lane."""

    kind: str
    bpm: float
    metre: int
    programs: dict[int, int]
    levels: dict[str, float]
    beats: list[tuple[float, int]]
    notes: list[Note] = field(default_factory=list)
    drums: dict[str, list[float]] = field(default_factory=lambda: {"kick": [], "snare": [], "hat": []})


class Band(NamedTuple):
    """Who plays and what they have agreed on; patterns are of one bar, as in a groove."""

    loose: float  # seconds by which a stroke is off, one sigma
    key: int  # semitones above C
    scale: tuple[int, ...]
    chords: tuple[int, ...]
    hold: int  # bars a chord
    programs: dict[int, int]
    levels: dict[str, float]  # 0 for who is not there
    drums: dict[str, int]  # key of each lane
    lanes: dict[str, str]
    style: int  # of the chords
    opening: tuple[str, int]  # the first passage and its bars
    hooks: list[np.ndarray]  # degrees [16] of two tunes
    rhythms: list[str]


def compose(rng: Generator, kind: str) -> Song:
    """A song of SECONDS over the groove of that kind."""
    groove = GROOVES[kind]
    low, high = (np.log(edge * part) for edge, part in zip(groove.bpm, (1 - WIDER, 1 + WIDER), strict=True))
    bpm = min(max(float(np.exp(rng.uniform(low, high))), SLOWEST), FASTEST)
    bars = int(SECONDS / (60 / bpm * groove.metre)) + 1
    clock = _clock(rng, 60 / bpm, bars * groove.metre)
    band = _band(rng, kind, groove)
    beats = [(float(t), k % groove.metre + 1) for k, t in enumerate(clock[: bars * groove.metre]) if t < SECONDS - 0.6]
    song = Song(kind, bpm, groove.metre, band.programs, band.levels, beats)
    stage = _Stage(rng, groove, band, clock, song)
    for bar, (passage, fill) in enumerate(_passages(rng, bars, *band.opening)):
        stage.play(bar, passage, fill)
    return song


def _clock(rng: Generator, period: float, beats: int) -> F64:
    """[beats + 9] seconds of the beats: three of five songs keep time, some breathe, and one in twelve jumps once."""
    drift = rng.choice([0, 0, 0, 0.004, 0.012])
    times = [rng.uniform(0.1, 1.5)]
    jump = rng.integers(8, beats) if rng.random() < 0.08 else -1
    phase, now = rng.uniform(0, 6.28), period
    for k in range(beats + 8):
        if k == jump:
            now = period * np.exp(rng.uniform(-0.3, 0.3))
        breath = 1 + drift * np.sin(phase + k / rng.uniform(10, 12))
        times.append(times[-1] + now * breath * (1 + drift * 0.5 * rng.normal()))
    return np.array(times)


def _band(rng: Generator, kind: str, groove: Groove) -> Band:
    """The players of a song. Some stay away, now and then all the drums."""
    steps = groove.metre * groove.sub
    loose = rng.choice([0, 0.002, 0.006, 0.010])
    key, scale = int(rng.integers(0, 12)), MINOR if rng.random() < 0.6 else MAJOR
    chords, hold = PROGRESSIONS[rng.integers(len(PROGRESSIONS))], rng.choice([1, 1, 2, 4])
    distorted = kind.startswith("metal") or kind in ("punk", "punk2", "blast", "rock", "rock2")
    sounds = {DRUMS: KITS, BASS: BASSES, CHORDS: DISTORTED if distorted else PLAYERS, LEAD: LEADS}
    programs = {channel: int(rng.choice(choice)) for channel, choice in sounds.items()}
    softest = {"kick": (0.55, 1), "snare": (0.5, 1), "hat": (0.25, 1), "bass": (0.4, 1), "chords": (0.3, 0.9)}
    levels = {part: rng.uniform(*span) for part, span in {**softest, "lead": (0.2, 0.9)}.items()}
    away = {"kick": 0.06, "snare": 0.06, "hat": 0.10, "lead": 0.2, "bass": 0.12, "chords": 0.12}
    levels.update({part: 0.0 for part, odds in away.items() if rng.random() < odds})
    if rng.random() < 0.04:
        levels.update(kick=0.0, snare=0.0, hat=0.0)
    drums = {lane: int(rng.choice(keys)) for lane, keys in (("kick", KICKS), ("snare", SNARES), ("hat", HATS))}
    bass = groove.bass[rng.integers(len(groove.bass))]
    style = int(rng.integers(0, 7))
    strum = _strums(rng, groove)[style]
    silence = "." * steps
    lanes = {"snare": groove.snare or silence, "hat": groove.hat or silence, "chords": strum}
    lanes["kick"] = _varied(rng, groove.kick or silence, groove.sub)
    lanes["bass"] = _varied(rng, bass, groove.sub)
    length = rng.choice([0, 4, 4, 8])
    opening = "intro" if rng.random() < 0.35 else "full", int(length)
    hooks = [rng.integers(0, 7, 16) for _ in range(2)]
    rhythms = ["".join(rng.choice(list("x.."), steps)) for _ in range(2)]
    rng.integers(7)  # asked for once, for the place in the bar that a song begins at: kept, so that songs stay the same
    return Band(loose, key, scale, chords, hold, programs, levels, drums, lanes, style, opening, hooks, rhythms)


def _strums(rng: Generator, groove: Groove) -> list[str]:
    """What the chords may play, one for each style."""
    beats, steps = groove.metre, groove.metre * groove.sub
    offbeat = "..x." * beats if groove.sub == 4 else "x" * steps
    by_chance = "".join(rng.choice(list("x..."), steps))
    strums = [
        "x" + "." * (steps - 1),
        "x." * steps,
        offbeat,
        "x..x..x." * beats,
        "x" * steps,
        by_chance,
        "x..." * beats,
    ]
    return [(strum * 4)[:steps] for strum in strums]


def _varied(rng: Generator, line: str, sub: int) -> str:
    """The line with a stroke more between beats, rarely."""
    steps = list(line)
    for at, step in enumerate(steps):
        if rng.random() < 0.05 and at % sub and step == "." and rng.random() < 0.35:
            steps[at] = "x"
    return "".join(steps)


def _passages(rng: Generator, bars: int, passage: str, left: int) -> Iterator[tuple[str, bool]]:
    """The passage of every bar and whether it ends in a fill: what is not full is followed by what is."""
    for _ in range(bars):
        if left == 0:
            passage = "full" if passage != "full" else str(rng.choice(NEXT, p=ODDS))
            left = int(rng.choice([4, 8, 8, 16]))
        left -= 1
        yield passage, left == 0 and rng.random() < 0.5


class _Stage:
    """The band playing a song, bar after bar."""

    def __init__(self, rng: Generator, groove: Groove, band: Band, clock: F64, song: Song) -> None:
        self._rng, self._groove, self._band, self._clock, self._song = rng, groove, band, clock, song
        self._steps = groove.metre * groove.sub

    def play(self, bar: int, passage: str, fill: bool) -> None:
        """One bar, as far as the song lasts."""
        rng, sub = self._rng, self._groove.sub
        here = {part for part in PASSAGES[passage].split() if self._band.levels[part]}
        for step in range(self._steps):
            at = self._seconds(bar * self._steps + step)
            if at > SECONDS - 0.5:
                break
            if fill and step >= self._steps - sub * rng.choice([1, 2]) and "snare" in here:
                self._fill(at)
                continue
            accent = 1.0 if step == 0 else 0.9 if step % sub == 0 else 0.75
            self._drums(at, step, accent, here)
            if step == 0 and bar % 8 == 0 and passage == "full" and rng.random() < 0.6:
                self._strike(at, CRASH, 100 * self._band.levels["hat"], DRUMS, 0.5)
            self._tones(at, bar, step, accent, here)

    def _seconds(self, step: int) -> float:
        """When a step is, counted from the first beat."""
        beat = int(step / self._groove.sub)
        part = step / self._groove.sub - beat
        if self._groove.sub == 4 and step % 2:
            part += self._groove.swing * 0.25 * 0.66
        return float(self._clock[beat] + part * (self._clock[beat + 1] - self._clock[beat]))

    def _strike(self, at: float, key: int, velocity: float, channel: int, length: float) -> float:
        """Plays a note about when it is due; when, in seconds."""
        if self._band.loose:
            at = max(at + self._rng.normal(0, self._band.loose), 0)
        self._song.notes.append(Note(at, key, int(np.clip(velocity, 1, 127)), channel, length))
        return at

    def _drum(self, lane: str, at: float, key: int, velocity: float, length: float = 0.1) -> None:
        self._song.drums[lane].append(self._strike(at, key, velocity, DRUMS, length))

    def _fill(self, at: float) -> None:
        rng = self._rng
        if rng.random() < 0.8:
            key = int(rng.choice(FILLS))
            self._drum("snare", at, key, 110 * self._band.levels["snare"] * rng.uniform(0.7, 1))

    def _drums(self, at: float, step: int, accent: float, here: set[str]) -> None:
        rng, lanes, levels, keys = self._rng, self._band.lanes, self._band.levels, self._band.drums
        struck = {lane for lane in here & keys.keys() if lanes[lane][step] != "."}
        if "kick" in struck:
            self._drum("kick", at, keys["kick"], 127 * levels["kick"] * accent * rng.uniform(0.9, 1))
        if "snare" in struck:
            loud = 120 if lanes["snare"][step] == "x" else 70
            self._drum("snare", at, keys["snare"], loud * levels["snare"] * rng.uniform(0.85, 1))
        if "hat" in struck:
            accent = accent if rng.random() < 0.9 else 0.5
            self._drum("hat", at, keys["hat"], 105 * levels["hat"] * accent * rng.uniform(0.8, 1), 0.08)

    def _tones(self, at: float, bar: int, step: int, accent: float, here: set[str]) -> None:
        rng, band = self._rng, self._band
        key, scale, levels = band.key, band.scale, band.levels
        degree = band.chords[bar // band.hold % len(band.chords)]
        until = self._seconds(bar * self._steps + step + 1) - at
        if "bass" in here and band.lanes["bass"][step] != ".":
            root = key + scale[degree] - (12 if key + scale[degree] > 7 else 0)
            pitch = 36 + root + (12 if rng.random() < 0.1 else 0) + (7 if rng.random() < 0.08 else 0)
            loud = 115 * levels["bass"] * rng.uniform(0.85, 1)
            self._strike(at, pitch, loud, BASS, until * rng.choice([0.6, 0.9, 1.8]))
        if "chords" in here and band.lanes["chords"][step] == "x":
            length = until * (self._steps * 0.95 if band.style == HELD else 0.9)
            for third in (0, 2, 4):
                pitch = 48 + key + scale[(degree + third) % 7] + (12 if degree + third > 6 else 0)
                loud = 95 * levels["chords"] * (1 if band.style == EVERY else accent) * rng.uniform(0.85, 1)
                self._strike(at, pitch, loud, CHORDS, length)
        phrase = bar // 4
        if "lead" in here and phrase % 4 != 3 and band.rhythms[phrase % 2][step] == "x":
            pitch = 60 + key + scale[band.hooks[phrase % 2][step % 16] % 7]
            loud = 100 * levels["lead"] * rng.uniform(0.7, 1)
            self._strike(at, pitch, loud, LEAD, until * rng.choice([0.8, 1.8, 3]))
