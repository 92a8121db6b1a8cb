"""The drummer of a made song: grooves with a life of their own, fills, rolls and crashes."""

from dataclasses import dataclass

from numpy.random import Generator

from bench.beat.songs._form import Section
from bench.beat.songs._grooves import GROOVES, Groove

LOUD = {"x": 1.0, "o": 0.6, "g": 0.22, "?": 0.7}
LANES = {"kick": "k", "snare": "sci", "hat": "horbpt"}
#: What a stroke of a lane is called in the labels; strokes softer than FAINT are not insisted on.
DRUM = {"k": "kick", "s": "snare", "c": "snare", "i": "snare", "h": "hat", "o": "hat", "r": "hat"}
FAINT = 0.35


@dataclass(frozen=True)
class Hit:
    """A stroke of a `lane` of the grooves, or of `x`, a crash; `loud` 0 to 1."""

    lane: str
    beat: float
    loud: float


def groups(rng: Generator, metre: int) -> list[int]:
    """The beats of a bar in twos and threes (a bar of four in two twos)."""
    left, parts = metre, []
    while left:
        n = left if left <= 3 else 2 if left == 4 else int(rng.choice([2, 3]))
        parts.append(n)
        left -= n
    return parts


def odd(rng: Generator, metre: int, sub: int) -> Groove:
    """A groove for a bar of any metre: kicks where its groups begin, snares in their middle."""
    n = metre * sub
    kick, snare = [["."] * n for _ in range(2)]
    at = 0
    for size in groups(rng, metre):
        kick[at * sub] = "x"
        if rng.uniform() < 0.8:
            snare[(at + size - 1) * sub] = "x"
        if size == 3 and rng.uniform() < 0.4:
            kick[(at + 1) * sub + (sub // 2 if rng.uniform() < 0.5 else 0)] = "x"
        at += size
    if rng.uniform() < 0.4:
        kick[int(rng.integers(n))] = "x"
    hats = ["x" + "." * (sub - 1), ("x" + "." * (sub // 2 - 1)) * 2 if sub > 1 else "x", "." * (sub // 2) + "x", "xo"]
    return {"k": "".join(kick), "s": "".join(snare), str(rng.choice(list("hhro"))): hats[int(rng.integers(4))]}


def own(rng: Generator, groove: Groove) -> Groove:
    """A variant: one or two weak steps more or less, hats of another kind."""
    new = dict(groove)
    for lane in new:
        steps = list(new[lane])
        for _ in range(int(rng.integers(0, 3)) if len(steps) > 4 else 0):
            i = int(rng.integers(len(steps)))
            if i % 4 and steps[i] in ".xg?":
                steps[i] = "." if steps[i] != "." else str(rng.choice(list("xg?")))
        new[lane] = "".join(steps)
    if "h" in new and rng.uniform() < 0.25:
        new[str(rng.choice(["r", "o", "b"]))] = new.pop("h")
    if "s" in new and rng.uniform() < 0.2:
        new["c"] = new["s"]
    return new


def groove(rng: Generator, names: str, metre: int, sub: int) -> Groove:
    """One of the grooves of a genre, or of any metre, varied half of the time."""
    name = str(rng.choice(names.split()))
    if name == "odd":
        return odd(rng, metre, sub)
    choice = GROOVES[name][int(rng.integers(len(GROOVES[name])))]
    return own(rng, choice) if rng.uniform() < 0.5 else choice


def step(pattern: str, bar: int, i: int, per_bar: int) -> str:
    """Step `i` of a bar of a pattern that may last several bars, or run on over them (`~`)."""
    if pattern.startswith("~"):
        return pattern[1 + (bar * per_bar + i) % (len(pattern) - 1)]
    if len(pattern) > per_bar and len(pattern) % per_bar == 0:
        return pattern[(bar * per_bar + i) % len(pattern)]
    return pattern[i % len(pattern)]


@dataclass(frozen=True)
class Drummer:
    """Plays sections in `metre` beats of `sub` steps. `less` are drums that this song lacks; `fills` 0 to 1."""

    rng: Generator
    metre: int
    sub: int
    a: Groove
    b: Groove
    less: frozenset[str]
    fills: float
    crashes: float

    @property
    def drums(self) -> frozenset[str]:
        """Those of kick, snare and hat that can be heard."""
        played = {drum for drum, lanes in LANES.items() if any(self.a.get(x) for x in lanes)}
        return frozenset(played) - self.less

    def play(self, sections: list[Section], phrase: int) -> list[Hit]:
        """All strokes."""
        hits: list[Hit] = []
        for s in sections:
            start, drumming = s.bar * self.metre, s.parts & {"kick", "snare", "hat"}
            if s.label == "build" and "snare" in s.parts:
                hits += self._build(start, s.bars * self.metre)
                continue
            if s.label in ("groove", "drop") and len(drumming) > 1 and self.rng.uniform() < self.crashes:
                hits.append(Hit("x", start, 0.9))
            lanes = "".join(LANES[p] for p in sorted(drumming - self.less))
            for bar in range(s.bars):
                last = (bar + 1) % phrase == 0 or bar == s.bars - 1
                filled = last and "snare" in s.parts and self.rng.uniform() < self.fills
                hits += self._bar(self.b if s.b else self.a, lanes, s, bar, filled)
        return hits

    def _bar(self, groove: Groove, lanes: str, s: Section, bar: int, filled: bool) -> list[Hit]:
        per_bar, start = self.metre * self.sub, (s.bar + bar) * self.metre
        stop = per_bar
        hits: list[Hit] = []
        if filled:
            stop -= min(per_bar, self.sub * int(self.rng.choice([1, 1, 2, 4])))
            hits += self._fill(start + stop / self.sub, start + self.metre, "kick" in s.parts)
        for lane in lanes:
            pattern = groove.get(lane)
            if not pattern:
                continue
            slow = s.half and lane in "ksci"
            for i in range(stop):
                letter = step(pattern, bar // 2, i // 2 + (bar % 2) * per_bar // 2, per_bar) if slow else ""
                letter = ("." if i % 2 else letter) if slow else step(pattern, bar, i, per_bar)
                if letter in LOUD and (letter != "?" or self.rng.uniform() < 0.4):
                    hits.append(Hit(lane, start + i / self.sub, LOUD[letter]))
        return hits

    def _fill(self, start: float, end: float, kicks: bool) -> list[Hit]:
        """The end of a phrase: a roll, toms, kicks and snares in turn, or nothing at all."""
        kind, n = str(self.rng.choice(["roll", "toms", "mixed", "rest"])), round((end - start) * self.sub)
        if kind == "rest":
            return []
        sparse = self.rng.uniform(0.5, 1.0)
        hits = []
        for i in range(n):
            if i and self.rng.uniform() > sparse:
                continue
            lane = {"roll": "s", "toms": "t", "mixed": str(self.rng.choice(list("skt" if kicks else "st")))}[kind]
            hits.append(Hit(lane, start + i / self.sub, self.rng.uniform(0.5, 1.0)))
        return hits

    def _build(self, start: float, beats: int) -> list[Hit]:
        """A roll that grows louder and denser; a kick or none; a breath before the drop."""
        rng, hits = self.rng, []
        breath, kicks = float(rng.choice([0, 0, 1, self.metre])), rng.uniform() < 0.4
        lane, floor = ("c" if rng.uniform() < 0.3 else "s"), rng.uniform(0.2, 0.7)
        density = [1, 2, 4, 8] if self.sub == 4 else [1, self.sub, self.sub, self.sub]
        plan = [0, 0, 1, 2] if rng.uniform() < 0.7 else [1, 1, 2, 3 if beats > 8 else 2]
        for beat in range(beats):
            done = beat / beats
            if beat >= beats - min(breath, beats // 2):
                break
            n = density[plan[int(4 * done)]]
            hits += [Hit(lane, start + beat + i / n, floor + (1 - floor) * done) for i in range(n)]
            if kicks and "kick" not in self.less:
                hits.append(Hit("k", start + beat, 0.9))
        return hits


def drummer(rng: Generator, names: str, metre: int, sub: int) -> Drummer:
    """A drummer for a song of a genre with these grooves; some have no kick, no snare or no hats all song long."""
    less = frozenset(d for d, odds in (("snare", 0.07), ("kick", 0.05), ("hat", 0.06)) if rng.uniform() < odds)
    less = frozenset() if len(less) > 1 else less
    a = groove(rng, names, metre, sub)
    b = groove(rng, names, metre, sub) if rng.uniform() < 0.6 else own(rng, a)
    return Drummer(rng, metre, sub, a, b, less, float(rng.choice([0, 0.4, 0.8])), float(rng.choice([0, 0.6, 1])))
