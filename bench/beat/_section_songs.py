"""Songs with known sections, made to score and to teach what tells breaks, builds and drops: no two of a kind alike.

What makes sections hard is in here: breaks with a low end of their own, filtered, sung, or with all drums but the kick;
single blows of the bass in them; builds with kicks and pauses; drops of the kick alone or at half time; and grooves with
fills, pauses of bass or kick, falls of level, or hardly any bass at all. Some songs never break, some have no low end.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import _patterns
import numpy as np
from numpy.random import Generator
from scipy.signal import butter, sosfilt

from vj.core.types import F32, F64
from vj.workshop import _loop_voices as voice
from vj.workshop._loop_voices import RATE

#: Styles besides those of electronic music: kick, snare, hat and bass as `_patterns` writes them.
BAND = {
    "rock": _patterns.Style(
        (84, 168), "x.....x.x.......", "....x...", "x.x.", "0.0.0.0.0.0.3.5.", "plucked", (0.4, 0.9), 0.5
    ),
    "metal": _patterns.Style(
        (120, 200), "x.x.x.x.x.x.x.xx", "....x...", "x...", "000.000.000.0.3.", "reese", (0.3, 0.6), 0.6
    ),
    "reggae": _patterns.Style(
        (66, 90), "........x.......", "........x.......", "..x.", "0--0..3-5-..0...", "sub", (0.6, 1.0), 0.3
    ),
    "walking": _patterns.Style(
        (100, 180), "o...............x...............", "....o.......o...", "x..xx..x", "0---3---5---7---", "plucked",
        (0.6, 1.0), 0.4, 0.3,
    ),
    "chip": _patterns.Style(
        (110, 180), "x...x.x.", "....x...", "x.x.", "0.c.0.c.0.c.3.5.", "plucked", (0.4, 0.8), 0.4
    ),
}  # fmt: skip
STYLES = _patterns.STYLES | BAND
SPLITS = {"train": 0.6, "valid": 0.75, "test": 1.0}


@dataclass(frozen=True)
class Song:
    """Mono float32 `samples` [n] at RATE and what is true of them, as the material's JSON says it, with times in s.

    `drops` are those moments at which the low end is back after 4 s without, an intro counted.
    """

    name: str
    samples: F32
    truth: dict[str, object]
    drops: tuple[float, ...]


@dataclass
class Part:
    """Some bars that sound alike. `label` None is not scored; `layers` sound; `gain` in dB; `cut` Hz high-passed."""

    bars: int
    label: str | None
    layers: set[str]
    gain: float = 0.0
    cut: float = 0.0
    half: bool = False
    traits: set[str] = field(default_factory=set)


FULL = {"kick", "snare", "hat", "bass"}
BREAKS: dict[str, tuple[set[str], set[str]]] = {
    "pad": ({"pad"}, set()),
    "deep pad": ({"pad", "deep"}, set()),
    "drone": ({"pad", "drone"}, set()),
    "filtered": (FULL | {"pad"}, {"cut"}),
    "sung": ({"voice"}, set()),
    "plucks": ({"lead"}, set()),
    "plucks and pad": ({"lead", "pad"}, {"loud"}),
    "tops": ({"hat", "snare", "lead"}, set()),
    "tops and deep pad": ({"hat", "snare", "pad", "deep"}, set()),
    "tail": ({"faint"}, set()),
}
BUILDS: dict[str, tuple[set[str], set[str]]] = {
    "roll": ({"pad", "roll"}, set()),
    "riser": ({"pad", "riser"}, set()),
    "roll and riser": ({"lead", "roll", "riser"}, set()),
    "thin kicks": ({"pad", "roll", "thin kick", "riser"}, set()),
    "opening": ({"lead", "riser", "opening"}, set()),
}
DROPS = ("all", "all", "all", "kick only", "half time", "bass first")


def split(name: str) -> str:
    """Which split a song of this name is in: by its hash, so that it never moves."""
    place = zlib.crc32(name.encode()) % 1000 / 1000
    return next(s for s, edge in SPLITS.items() if place < edge)


def plan(rng: Generator, breaks: bool, low: bool = True) -> list[Part]:
    """A song's parts. Without `breaks` it grooves on; without `low` nothing in it is low."""
    base = FULL | ({"pad"} if rng.uniform() < 0.6 else set())
    if not low:
        base = {"hat", "snare", "lead"} if rng.uniform() < 0.5 else {"lead", "pad", "voice"}
    phrase = int(rng.choice([4, 8, 8]))
    parts: list[Part] = []
    if rng.uniform() < 0.5:
        kind = str(rng.choice(["pad", "tops", "plucks", "drone", "sung"]))
        bars = int(rng.choice([2, 4, 8]))
        parts.append(Part(bars, None, set(BREAKS[kind][0]) if low else base, float(rng.uniform(-8, 0))))
    parts += groove(rng, base, 2 * phrase, low)
    for _ in range(2 if breaks else 0):
        parts += interlude(rng, base, phrase)
        parts += groove(rng, base, phrase, low)
    if not breaks:
        parts += groove(rng, base, 2 * phrase, low)
    if rng.uniform() < 0.25:
        parts.append(Part(4, None, base, traits={"fade"}))
    return parts


def groove(rng: Generator, base: set[str], bars: int, low: bool) -> list[Part]:
    """`bars` of groove: some with a fill, a pause of bass or kick, a fall of level."""
    if not low:
        return [Part(bars, "groove", base)]
    kind = str(rng.choice(["plain", "fill", "two bars", "no bass", "bass alone", "level", "lead"]))
    half = bars // 2
    if kind == "fill":
        return [
            Part(half - 1, "groove", base),
            Part(1, "groove", base - {"kick", "bass"} | {"roll"}),
            Part(half, "groove", base),
        ]
    if kind == "two bars":
        return [
            Part(half, "groove", base),
            Part(2, "groove", base - {"kick"}),
            Part(bars - half - 2, "groove", base | {"lead"}),
        ]
    if kind == "no bass":
        return [Part(half, "groove", base - {"bass"} | {"lead"}), Part(bars - half, "groove", base)]
    if kind == "bass alone":
        return [Part(half, "groove", base), Part(bars - half, "groove", base - {"kick"})]
    if kind == "level":
        return [Part(half, "groove", base), Part(bars - half, "groove", base, gain=float(rng.uniform(-15, -6)))]
    return [Part(bars, "groove", base | ({"lead"} if kind == "lead" else set()))]


def interlude(rng: Generator, base: set[str], phrase: int) -> list[Part]:
    """A break, perhaps a build, and the drop after them."""
    layers, traits = BREAKS[str(rng.choice(list(BREAKS)))]
    traits = set(traits) | ({"blip"} if rng.uniform() < 0.5 else set()) | ({"impact"} if rng.uniform() < 0.4 else set())
    gain = float(rng.uniform(-6, 0)) + (4.0 if "loud" in traits else 0.0)
    cut = float(rng.uniform(200, 500)) if "cut" in traits else 0.0
    parts = [Part(phrase, "break", set(layers), gain, cut, traits=traits)]
    if rng.uniform() < 0.6:
        layers, traits = BUILDS[str(rng.choice(list(BUILDS)))]
        traits = set(traits) | ({"pause"} if rng.uniform() < 0.4 else set())
        parts.append(Part(phrase, "build", set(layers), float(rng.uniform(-4, 2)), traits=traits))
    kind = str(rng.choice(DROPS))
    drop = {"kick only": {"kick", "hat", "lead"}, "bass first": base - {"kick"} | {"crash"}}.get(kind, base | {"crash"})
    return [*parts, Part(phrase, "drop", drop, half=kind == "half time")]


class Band:
    """The players of one song, on one line of time."""

    def __init__(self, rng: Generator, style: _patterns.Style, bars: int) -> None:
        self.rng, self.style = rng, style
        self.bpm = float(rng.uniform(*style.bpm))
        self.step = RATE * 15.0 / self.bpm
        self.lead_in = RATE // 5
        self.n = round(bars * 16 * self.step) + self.lead_in + RATE
        self.low, self.top, self.music = (np.zeros(self.n) for _ in range(3))
        self.hits: dict[str, list[float]] = {"kick": [], "snare": [], "hat": []}
        self.deep: list[float] = []
        self.kick = _patterns.kick(rng)
        self.snare = (_patterns.clap if rng.uniform() < style.clap else _patterns.snare)(rng)
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
        for i, letter, held in _patterns.notes(steps, 1):
            hz = self.root * 2 ** (
                (int(letter, 16) + self.roots[bar % 4] % 12 - 6 * (self.roots[bar % 4] % 12 > 6)) / 12
            )
            sound = _patterns.BASSES[self.style.sound](self.rng, hz, held * self.step / RATE)
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
            sound = voice.shaped(
                saw,
                lambda f, c=formant: (
                    np.exp(-(np.log2(np.maximum(f, 1.0) / c) ** 2) / 0.5)
                    + 0.3 * np.exp(-(np.log2(np.maximum(f, 1.0) / (2.6 * c)) ** 2) / 0.2)
                    + 0.1
                ),
            )  # type: ignore[misc]
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
            t = voice.seconds(span * self.step / RATE)
            self.place(self.music, voice.faded(np.sin(2 * np.pi * self.root * t), 0.3, 0.3), start, 0.35 * pad_level)
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
                t = voice.seconds(0.16)
                blow = voice.faded(np.sin(2 * np.pi * self.root * t), 0.005, 0.02)
                self.place(self.low, blow, start + int(rng.integers(8, span)), float(rng.uniform(0.3, 1.0)))


def make(seed: int) -> Song:
    """Song number `seed`: half of them break, one in eight has no low end at all."""
    rng = np.random.default_rng([seed, 11])
    names = list(STYLES)
    style = names[seed % len(names)]
    low = seed % 8 != 5
    breaks = low and seed % 8 in (0, 1, 2, 3, 4)
    parts = plan(rng, breaks, low)
    band = Band(rng, STYLES[style], sum(part.bars for part in parts))
    edges = np.cumsum([0, *(part.bars for part in parts)])
    for part, first in zip(parts, edges.tolist(), strict=False):
        band.play(part, first)
    total = mixed(rng, band, parts, edges.tolist())
    bars = int(edges[-1])
    name = f"sections-{style.replace(' ', '-')}-{seed:03d}"
    sections = merged(
        [
            (band.at(16 * a) / RATE, band.at(16 * b) / RATE, p.label)
            for p, a, b in zip(parts, edges[:-1].tolist(), edges[1:].tolist(), strict=True)
            if p.label
        ]
    )
    truth: dict[str, object] = {
        "name": name,
        "source": "made",
        "genre": style,
        "split": split(name),
        "bpm": band.bpm,
        "metre": 4,
        "beats": [[band.at(4 * beat) / RATE, beat % 4 + 1] for beat in range(4 * bars)],
        "drums": band.hits,
        "sections": sections,
        "licence": "CC0",
    }
    return Song(name, total, truth, returns(band, parts, edges.tolist()))


def mixed(rng: Generator, band: Band, parts: Sequence[Part], edges: Sequence[int]) -> F32:
    """The song as it leaves the desk: side chain, filters, levels, a driven or a levelled master, and noise."""
    kicks = np.array(band.hits["kick"])
    music = band.music * _patterns.ducking(kicks, band.n, float(rng.choice([0.0, 0.4, 0.8])), 2.5 * band.step / RATE)
    total = band.low + band.top + music
    gain, cut, opening = np.ones(band.n), np.zeros(band.n), np.zeros(band.n)
    hz = next((part.cut for part in parts if part.cut), 300.0)
    for part, a, b in zip(parts, edges[:-1], edges[1:], strict=True):
        here = slice(band.at(16 * a), band.at(16 * b))
        gain[here] = 10 ** (part.gain / 20)
        cut[here] = part.cut > 0
        if "opening" in part.layers:
            opening[here] = 1.0 - np.linspace(0.0, 1.0, here.stop - here.start)
        if "fade" in part.traits:
            gain[here] *= np.linspace(1.0, 0.0, here.stop - here.start)
            gain[here.stop :] = 0.0
        if "pause" in part.traits:
            rest = slice(band.at(16 * b - 4), band.at(16 * b))
            gain[rest] *= 0.02
    smooth = np.ones(480) / 480
    gain, cut = np.convolve(gain, smooth, "same"), np.convolve(cut, smooth, "same")
    thin = sosfilt(butter(4, hz, "highpass", fs=RATE, output="sos"), total)
    dull = sosfilt(butter(2, 1200.0, "lowpass", fs=RATE, output="sos"), total)
    total = gain * (total + cut * (thin - total) + opening * (dull - total))
    total = sosfilt(butter(2, 27.0, "highpass", fs=RATE, output="sos"), total)
    if rng.uniform() < 0.25:  # an automatic level somewhere upstream: breaks are brought up
        power = sosfilt(butter(1, 0.25, "lowpass", fs=RATE, output="sos"), total**2)
        total = total / np.sqrt(np.maximum(power, 1e-4)) * 0.3
    x = rng.uniform(0.8, 2.5) * total
    ceiling = rng.uniform(0.2, 0.96) * x / np.sqrt(np.sqrt(1.0 + x**4))
    noise = 10 ** rng.uniform(-4.5, -3) * rng.standard_normal(band.n)
    hum = 10 ** rng.uniform(-5, -2.5) * np.sin(2 * np.pi * 50.0 * np.arange(band.n) / RATE)
    return np.asarray(ceiling + noise + hum, np.float32)


def returns(band: Band, parts: Sequence[Part], edges: Sequence[int]) -> tuple[float, ...]:
    """When kick or bass sound again in a part that has them, after 4 s of parts that have neither."""
    found, since = [], 0.0
    for part, a in zip(parts, edges[:-1], strict=True):
        start = band.at(16 * a) / RATE
        lows = part.layers & {"kick", "bass"} and not part.cut
        if not lows:
            continue
        first = min((t for t in (*band.hits["kick"], *band.deep) if t >= start - 1e-6), default=None)
        if first is not None and first - since >= 4.0:
            found.append(first)
        since = band.at(16 * (a + part.bars)) / RATE
    return tuple(found)


def merged(sections: list[tuple[float, float, str]]) -> list[list[float | str]]:
    """Neighbours of one label made one."""
    out: list[list[float | str]] = []
    for start, end, label in sections:
        if out and out[-1][2] == label and abs(float(out[-1][1]) - start) < 1e-6:
            out[-1][1] = end
        else:
            out.append([start, end, label])
    return out
