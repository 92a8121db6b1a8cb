"""What is done to the parts of a made song over its length: echoes, filters that open, breaths, fades, risers."""

import numpy as np
from numpy.random import Generator
from scipy.signal import butter, sosfilt

from bench.beat.songs._compose import Song
from bench.beat.songs._synth import RATE
from vj.core.types import F32

#: Beats between the echoes of a delay: dotted eighths above all, which beat against the pulse.
ECHOES = (0.75, 0.75, 0.5, 1.0, 1 / 3, 0.375)


def place(tape: F32, sound: F32, at: float, gain: float) -> None:
    """Add a sound to a tape at some seconds; what is before its beginning or after its end is lost."""
    i = round(at * RATE)
    sound = sound[max(0, -i) :]
    room = tape[max(0, i) : max(0, i) + len(sound)]
    room += np.float32(gain) * sound[: len(room)]


def spans(song: Song) -> list[tuple[str, int, int]]:
    """(label, from, to) of the sections, in samples of the piece."""
    found = []
    for s in song.sections:
        beats = np.array([s.bar, s.bar + s.bars]) * float(song.genre.metre)
        a, b = np.clip(song.clock.at(beats) - song.start, 0, song.stop)
        if b - a > 0.5:
            found.append((s.label, int(a * RATE), int(b * RATE)))
    return found


def echoed(rng: Generator, sound: F32, beat: float) -> F32:
    """[n] with the answers of a delay; `beat` in seconds."""
    step, back = round(float(rng.choice(ECHOES)) * beat * RATE), rng.uniform(0.25, 0.65)
    sos = butter(1, rng.uniform(1500, 9000), fs=RATE, output="sos")
    out, again = sound.copy(), sound
    for k in range(1, 6):
        again = np.asarray(sosfilt(sos, again), np.float32)
        if back**k < 0.05 or k * step >= len(out):
            break
        out[k * step :] += back**k * again[: len(out) - k * step]
    return out


def opened(rng: Generator, song: Song, sound: F32) -> F32:
    """[n] muffled in builds, and now and then in breaks, until it has opened at their end."""
    for label, a, b in spans(song):
        if rng.uniform() > {"build": 0.5, "break": 0.3, "groove": 0.05}.get(label, 0.0):
            continue
        part, n = sound[a:b], b - a
        way = np.linspace(0, 1, n, dtype=np.float32) ** rng.uniform(0.5, 3)
        dull = sosfilt(butter(2, rng.uniform(200, 900), fs=RATE, output="sos"), part)
        less = sosfilt(butter(2, 2500, fs=RATE, output="sos"), part)
        first, second = np.clip(1 - 2 * way, 0, 1), np.clip(2 * way - 1, 0, 1)
        sound[a:b] = first * dull + (1 - first - second) * less + second * part
    return sound


def breaths(rng: Generator, song: Song) -> F32:
    """[n] a gain that is silent for the last beat or bar of some builds."""
    beat = float(np.median(np.diff(song.clock.times)))
    gain = np.ones(round(song.seconds * RATE), np.float32)
    for label, _, b in spans(song):
        if label == "build" and rng.uniform() < 0.3:
            length = int(float(rng.choice([0.5, 1, 1, song.genre.metre])) * beat * RATE)
            gain[max(0, b - length) : b] = 0.0
    return gain


def consonants(rng: Generator, tape: F32, starts: list[float]) -> None:
    """Hisses and stops before a third of the notes that a voice sings, which begin before the beat."""
    level = float(np.abs(tape).max()) * rng.uniform(0.05, 0.4)
    for at in starts:
        if rng.uniform() < 0.35:
            n = int(rng.uniform(0.015, 0.07) * RATE)
            noise = np.diff(rng.standard_normal(n + 1, dtype=np.float32)) * np.hanning(n).astype(np.float32)
            place(tape, noise, at - n / RATE, level)


def risers(song: Song, rng: Generator) -> F32 | None:
    """[n] what rises in builds and falls when the drop lands, or None."""
    tape, some = np.zeros(round(song.seconds * RATE), np.float32), False
    for label, a, b in spans(song):
        if label not in ("build", "drop") or rng.uniform() < 0.25:
            continue
        some = True
        t = np.arange(b - a, dtype=np.float32) / RATE
        noise = rng.standard_normal(len(t), dtype=np.float32)
        if label == "build":
            bright = t / t[-1]
            high = np.diff(noise, prepend=np.float32(0))
            sweep = np.sin(2 * np.pi * np.cumsum(200 * 2 ** (rng.uniform(1, 3.5) * bright)) / RATE)
            tail = (1 - bright) * noise + bright * high + rng.uniform(0, 1.5) * sweep
            place(tape, np.asarray(tail * bright**2, np.float32), a / RATE, 0.5)
        else:
            fall = np.sin(2 * np.pi * np.cumsum(35 + 60 * np.exp(-t / 0.2)) / RATE) * np.exp(-t / 0.6)
            place(tape, np.asarray(fall + 0.3 * noise * np.exp(-t / 0.8), np.float32), a / RATE, 0.8)
    return tape if some else None
