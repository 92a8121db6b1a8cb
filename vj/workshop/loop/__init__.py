"""Makes the demo loop: thirty seconds of house at 128 BPM that join end to end, and the truth about what is in them.

    python -m vj.workshop.loop -o demo.wav          # or .flac; writes demo.json beside it

Everything is placed on a ring of exactly 16 bars, and reverb, echoes and filters run round it, so there is no seam.
At 48 kHz a beat is exactly 22 500 samples.
"""

import argparse
import json
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
import platformdirs
from numpy.random import Generator
from scipy.signal import sosfilt

from vj.core.types import F32, F64
from vj.workshop.loop import voices as voice
from vj.workshop.loop.voices import RATE, low, shaped, swept

BPM = 128
BARS = 16
#: Samples of a beat, of a sixteenth, of a bar and of the whole.
BEAT = RATE * 60 // BPM
STEP = BEAT // 4
BAR = BEAT * 4
LENGTH = BAR * BARS
#: First bar of each section.
SECTIONS = {"groove": 0, "build": 4, "break": 8, "drop": 12}
#: Chords (MIDI notes) and bass notes, one a bar: A minor 9, F major 9, C add 9, G 6.
CHORDS = ((57, 64, 67, 71), (57, 60, 64, 67), (55, 60, 62, 64), (55, 59, 62, 64))
ROOTS = (33, 29, 36, 31)
#: Which note of the chord the arpeggio takes on each sixteenth; 4 and more are an octave up, None is a rest.
ARPEGGIO = (0, 2, 4, None, 3, 1, 5, 2, None, 4, 3, None, 6, 2, 5, None)
#: Bass on sixteenths, off the kick: (step, semitones up).
BASS = ((2, 0), (3, 0), (6, 0), (7, 12), (10, 0), (11, 0), (13, 12), (14, 0))
LOUDNESS = -14.0
#: Raise this when the sound changes, so that nobody hears an old one out of the cache.
VERSION = 1


@dataclass
class Score:
    """When what is played: sample positions by instrument, with a velocity each."""

    hits: dict[str, list[tuple[int, float]]] = field(default_factory=dict)

    def add(self, name: str, bar: int, step: float, velocity: float = 1.0) -> None:
        """One hit at a sixteenth `step` of `bar`."""
        self.hits.setdefault(name, []).append((round(bar * BAR + step * STEP), velocity))


def compose() -> Score:
    """The drums of all sixteen bars."""
    score = Score()
    for bar in range(BARS):
        if not 8 <= bar < 12:
            for beat in range(4 if bar not in (7, 15) else 3):
                score.add("kick", bar, 4 * beat)
            for step in (4, 12):
                score.add("snare", bar, step, 0.9 if bar < 8 else 1.0)
        for step in range(2, 16, 4):
            if bar >= 2 and not 8 <= bar < 12:
                score.add("open", bar, step, 0.75)
        for step in range(16):
            if bar >= 4 and not 8 <= bar < 10 and step % 4 != 2:
                score.add("hat", bar, step, 0.8 if step % 4 == 0 else 0.45 if step % 2 else 0.6)
    for step in (13, 14, 15):  # the way back to the beginning
        score.add("snare", 15, step, 0.35 + 0.15 * (step - 13))
    for index in range(8):  # the roll: eighths, then sixteenths, then a breath before the drop
        score.add("snare", 10, 2 * index, 0.2 + 0.03 * index)
    for step in range(14):
        score.add("snare", 11, step, 0.42 + 0.03 * step)
    score.add("crash", 12, 0)
    score.add("crash", 4, 0, 0.5)
    score.add("crash", 0, 0, 0.6)
    return score


class Ring:
    """A stereo loop [2, LENGTH] on which sounds are placed; what runs over the end comes round to the beginning."""

    def __init__(self) -> None:
        self.sound = np.zeros((2, LENGTH))

    def place(self, sound: F64, start: int, gain: float = 1.0, pan: float = 0.0) -> None:
        """Add mono [n] or stereo [2, n] `sound` from sample `start`; `pan` is -1 left to 1 right."""
        sides = np.array([[np.sqrt((1 - pan) / 2)], [np.sqrt((1 + pan) / 2)]]) * (2**0.5 if sound.ndim == 1 else 1.0)
        where = (start + np.arange(sound.shape[-1])) % LENGTH
        self.sound[:, where] += gain * sides * sound if sound.ndim == 1 else gain * sound


def drums(score: Score, rng: Generator) -> dict[str, F64]:
    """Name -> stereo loop of every drum."""
    hats, opens = [voice.hat(rng, 0.022) for _ in range(4)], [voice.hat(rng, 0.085) for _ in range(2)]
    snares = [voice.snare(rng) for _ in range(3)]
    sounds = {"kick": [voice.kick(rng)], "hat": hats, "open": opens, "snare": snares, "crash": [voice.crash(rng)]}
    level = {"kick": 0.7, "hat": 0.6, "open": 0.58, "snare": 0.46, "crash": 0.3}
    clap, stems = voice.clap(rng), {}
    for name, hits in score.hits.items():
        ring = Ring()
        for count, (start, velocity) in enumerate(hits):
            pan = 0.25 * (-1) ** count if name == "hat" else 0.0
            ring.place(sounds[name][count % len(sounds[name])], start, level[name] * velocity, pan)
            if name == "snare" and start % BEAT == 0:
                ring.place(clap, start, 0.6 * velocity)
        stems[name] = ring.sound
    return stems


def bass() -> F64:
    """The bass: off the beat, an octave now and then; out in the break, rougher in the drop."""
    ring = Ring()
    for bar in (b for b in range(BARS) if not 8 <= b < 12):
        for step, up in BASS:
            if bar in (7, 15) and step > 11:
                continue
            root = ROOTS[bar % 4] + up
            rough = 1.6 if bar >= 12 else 2.6
            ring.place(voice.plucked(root, 0.2, 3.0, rough), bar * BAR + step * STEP, 0.4)
            ring.place(voice.plucked(root, 0.2, 2.0, 60.0, 2), bar * BAR + step * STEP, 0.38)  # the weight below
    return np.tanh(1.3 * ring.sound) / 1.3


def pad(rng: Generator) -> F64:
    """Long chords through a filter that opens in the break and stays open in the drop."""
    ring = Ring()
    fade = BEAT // 2
    chords = [voice.choir(rng, notes, (BAR + fade) / RATE) for notes in CHORDS]
    slope = np.minimum(1.0, np.minimum(np.arange(BAR + fade), np.arange(BAR + fade)[::-1]) / fade)
    for bar in range(BARS):
        ring.place(chords[bar % 4] * np.sin(0.5 * np.pi * slope), bar * BAR, 0.22)
    bars = np.arange(LENGTH) / BAR
    cut = np.exp(np.interp(bars, [0, 4, 8, 11.9, 12.1, 15, 16], np.log([420, 800, 900, 7500, 3800, 2400, 420])))
    level = np.interp(bars, [0, 4, 8, 11, 12, 15.5, 16], [0.5, 0.7, 1.1, 1.4, 0.9, 0.85, 0.5])
    return shaped(swept(ring.sound, cut) * level, voice.high(140.0))


def arpeggio() -> F64:
    """Plucks on sixteenths that bounce from side to side as echoes three sixteenths apart."""
    ring = Ring()
    for bar in range(2, BARS):
        swell = float(np.interp(bar, [2, 4, 8, 11, 12, 15], [0.25, 0.7, 0.8, 1.0, 1.0, 0.8]))
        for step, choice in enumerate(ARPEGGIO):
            if choice is None:
                continue
            note = CHORDS[bar % 4][choice % 4] + 12 + 12 * (choice // 4)
            bright = 5.0 if bar < 8 else 2.6
            ring.place(voice.plucked(note, 0.35, 7.0, bright), bar * BAR + step * STEP, 0.21 * swell)
    dry, wet = ring.sound, np.zeros_like(ring.sound)
    for tap in range(1, 6):
        wet[tap % 2] += 0.55**tap * np.roll(dry.mean(axis=0), tap * 3 * STEP)
    return dry + shaped(wet, voice.band(300.0, 5000.0, 1.0))


def stabs(rng: Generator) -> F64:
    """Short chords in the drop."""
    ring = Ring()
    t = voice.seconds(0.32)
    envelope = np.minimum(1.0, t / 0.003) * np.exp(-t / 0.11)
    chords = [voice.choir(rng, tuple(n + 12 for n in notes), 0.32) * envelope for notes in CHORDS]
    for bar in range(12, BARS):
        for step in (0, 3, 6, 10) if bar < 15 else (0, 3, 6):
            ring.place(chords[bar % 4], bar * BAR + step * STEP, 0.6)
    return shaped(ring.sound, voice.band(220.0, 6500.0, 1.5))


def riser(rng: Generator) -> F64:
    """Noise that climbs through the break and stops a breath before the drop; then the floor."""
    sound = np.zeros((2, LENGTH))
    start, stop = 8 * BAR, 12 * BAR - 2 * STEP
    x = np.linspace(0.0, 1.0, stop - start)
    noise = rng.standard_normal((2, stop - start)) * (0.03 + 0.22 * x**2.2)
    climb = swept(noise, 300.0 * 50.0**x)
    wail = np.sin(2 * np.pi * np.cumsum(220.0 * 4.0**x) / RATE) * 0.05 * x**2
    sound[:, start:stop] = (climb - shaped(climb, low(250.0, 2.0)) + wail) * np.minimum(1.0, (1.0 - x) * 80.0)
    ring = Ring()
    ring.place(voice.boom(), 12 * BAR, 0.6)
    return sound + ring.sound


def reverb(sound: F64, rng: Generator, length: float = 1.7) -> F64:
    """`sound` in a hall of noise that dies away over `length` seconds; runs round the loop, so no tail is cut off."""
    t = voice.seconds(length)
    hall = rng.standard_normal((2, len(t))) * np.exp(-6.9 * t / length) * np.minimum(1.0, t / 0.015)
    hall = np.pad(hall / np.sqrt((hall**2).sum(axis=1, keepdims=True)), ((0, 0), (0, LENGTH - len(t))))
    wet = np.fft.irfft(np.fft.rfft(sound) * np.fft.rfft(hall), LENGTH)
    return shaped(wet, voice.band(260.0, 7500.0, 1.0))


def ducking(score: Score, depth: float) -> F64:
    """[n] a gain that dips at every kick and breathes back within a beat."""
    gain = np.ones(LENGTH)
    span, early = round(0.9 * BEAT), 96  # samples; it starts 2 ms before the kick, so it needs no corner
    axis = np.arange(span)
    dip = 1.0 - depth * np.minimum(1.0, axis / early) * (1.0 - (axis / span) ** 0.8) ** 1.3
    for start, _ in score.hits["kick"]:
        where = (start - early + axis) % LENGTH
        gain[where] = np.minimum(gain[where], dip)
    return gain


def loudness(sound: F64) -> float:
    """LUFS of a stereo loop [2, n] at 48 kHz after ITU-R BS.1770, without its gate; coefficients from its tables."""
    shelf = [1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585]
    weighted = sosfilt([shelf, [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621]], sound)
    return float(-0.691 + 10.0 * np.log10((weighted**2).mean(axis=1).sum()))


def mix(score: Score, seed: int) -> F32:
    """[n, 2] the finished loop."""
    rng = np.random.default_rng(seed)
    d = drums(score, rng)
    tonal = pad(rng) + arpeggio() + stabs(rng)
    high = riser(rng)
    send = 0.4 * tonal + 0.28 * d["snare"] + 0.25 * d["crash"] + 0.35 * high + 0.06 * d["open"]
    soft, hard = ducking(score, 0.62), ducking(score, 0.85)
    music = soft * (tonal + reverb(send, rng)) + hard * bass() + high
    total = music + sum(d.values())
    total = shaped(total, voice.high(27.0, 2.0))
    gain = 1.0
    for _ in range(6):  # the clipper takes some loudness away, so come closer in steps
        out = _clip(gain * total)
        gain *= 10 ** ((LOUDNESS - loudness(out)) / 20.0)
    return np.asarray(_clip(gain * total).T, np.float32)


def _clip(sound: F64) -> F64:
    """Soft ceiling at 0.96 full scale, clean below half of it."""
    x = sound / 0.96
    square = x * x
    return np.asarray(0.96 * x / np.sqrt(np.sqrt(1.0 + square * square)), np.float64)


def annotation(score: Score) -> dict[str, object]:
    """What is in the loop and when, in seconds: the truth that tests measure against."""
    times = {name: [start / RATE for start, _ in sorted(hits)] for name, hits in score.hits.items()}
    starts = [bar * BAR / RATE for bar in SECTIONS.values()]
    ends = [*starts[1:], LENGTH / RATE]
    return {
        "bpm": BPM,
        "bars": BARS,
        "duration": LENGTH / RATE,
        "beats": [beat * BEAT / RATE for beat in range(4 * BARS)],
        "downbeats": [bar * BAR / RATE for bar in range(BARS)],
        "kick": times["kick"],
        "snare": times["snare"],
        "hat": sorted(times["hat"] + times["open"]),
        "crash": times["crash"],
        "sections": [{"name": n, "start": s, "end": e} for n, s, e in zip(SECTIONS, starts, ends, strict=True)],
    }


def make(path: Path, seed: int = 7) -> Path:
    """Write the loop to `path` (.wav or .flac, 16 bit) and its annotation beside it as .json; returns `path`."""
    score = compose()
    sound = mix(score, seed)
    dither = np.random.default_rng(seed).triangular(-1.0, 0.0, 1.0, sound.shape)
    pcm = np.clip(np.round(sound * 32767.0 + dither), -32768, 32767).astype(np.int16)
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("flac" if path.suffix == ".flac" else "pcm_s16le", rate=RATE, layout="stereo")
        for start in range(0, len(pcm), BEAT):
            frame = av.AudioFrame.from_ndarray(pcm[start : start + BEAT].reshape(1, -1), "s16", "stereo")
            frame.sample_rate = RATE
            frame.pts = start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    path.with_suffix(".json").write_text(json.dumps(annotation(score), indent=1) + "\n", encoding="utf-8")
    return path


def cached() -> Path:
    """The loop in the user's cache folder, made there the first time (about three seconds)."""
    path = platformdirs.user_cache_path("vj") / f"demo-loop-{VERSION}.wav"
    if not path.with_suffix(".json").exists():  # written last, so an interrupted first time is made good
        make(path)
    return path


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m vj.workshop.loop", description="Make the demo loop.")
    parser.add_argument("-o", "--output", type=Path, default=Path("demo.wav"), help="a .wav or .flac file")
    parser.add_argument("--seed", type=int, default=7, help="another seed, other noise")
    arguments = parser.parse_args()
    make(arguments.output, arguments.seed)
