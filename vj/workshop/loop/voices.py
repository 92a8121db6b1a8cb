"""The instruments of the demo loop, each a function from pitch and length to samples. Plain synthesis in numpy."""

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.random import Generator

from vj.core.types import F64

RATE = 48000


def hertz(note: float) -> float:
    """Frequency of a MIDI note number; 69 is 440 Hz."""
    return float(440.0 * 2.0 ** ((note - 69.0) / 12.0))


def seconds(length: float) -> F64:
    """Time axis of `length` seconds."""
    return np.arange(round(length * RATE)) / RATE


def _axis(n: int) -> F64:
    """The frequencies in Hz of an FFT over `n` samples."""
    return np.asarray(np.fft.rfftfreq(n, 1.0 / RATE), np.float64)


def shaped(sound: F64, gain: Callable[[F64], F64]) -> F64:
    """`sound` [..., n] with `gain(frequencies)` applied to its spectrum, as if it were a loop: no edge, no delay."""
    n = sound.shape[-1]
    return np.fft.irfft(np.fft.rfft(sound) * gain(_axis(n)), n)


def low(cut: float, slope: float = 4.0) -> Callable[[F64], F64]:
    """A low-pass gain: -3 dB at `cut` Hz, `slope` x 6 dB an octave."""
    return lambda f: 1.0 / np.sqrt(1.0 + (f / cut) ** (2.0 * slope))


def high(cut: float, slope: float = 4.0) -> Callable[[F64], F64]:
    """A high-pass gain: -3 dB at `cut` Hz, `slope` x 6 dB an octave."""
    return lambda f: 1.0 / np.sqrt(1.0 + (cut / np.maximum(f, 1e-3)) ** (2.0 * slope))


def band(lower: float, upper: float, slope: float = 3.0) -> Callable[[F64], F64]:
    """A band-pass gain between two frequencies in Hz."""
    return lambda f: low(upper, slope)(f) * high(lower, slope)(f)


def swept(sound: F64, cut: F64) -> F64:
    """`sound` [2, n] through a low-pass whose cut-off moves: `cut` [n] in Hz. Blends nine fixed filters."""
    cuts = np.geomspace(150.0, 18000.0, 9)
    place = np.interp(np.log(cut), np.log(cuts), np.arange(9.0))
    n = sound.shape[-1]
    spectrum, axis = np.fft.rfft(sound), _axis(n)
    mixed = np.zeros_like(sound)
    for index, fixed in enumerate(cuts):
        weight = np.clip(1.0 - np.abs(place - index), 0.0, 1.0)
        if weight.any():
            mixed += weight * np.fft.irfft(spectrum * low(float(fixed), 2.0)(axis), n)
    return mixed


def faded(sound: F64, attack: float = 0.0005, release: float = 0.005) -> F64:
    """`sound` [n] with short ramps at its ends, so that it neither begins nor ends with a click."""
    n = len(sound)
    rise, fall = max(round(attack * RATE), 1), max(round(release * RATE), 1)
    axis = np.arange(n)
    return sound * np.minimum(1.0, axis / rise) * np.minimum(1.0, (n - 1 - axis) / fall)


def kick(rng: Generator) -> F64:
    """A sine that falls from 230 to 47 Hz, driven, with a click on top."""
    t = seconds(0.42)
    pitch = 47.0 + 60.0 * np.exp(-t / 0.05) + 125.0 * np.exp(-t / 0.012)
    body = np.tanh(2.2 * np.sin(2 * np.pi * np.cumsum(pitch) / RATE) * np.exp(-t / 0.16))
    click = shaped(rng.standard_normal(len(t)), band(1500.0, 7000.0)) * np.exp(-t / 0.0025)
    return faded(body + 0.5 * click, release=0.05)


def snare(rng: Generator) -> F64:
    """A drum skin at 225 and 330 Hz with rattling wires."""
    t = seconds(0.3)
    skin = np.sin(2 * np.pi * (225.0 * t + 0.9 * np.exp(-t / 0.01))) + 0.5 * np.sin(2 * np.pi * 330.0 * t)
    wires = shaped(rng.standard_normal(len(t)), band(1400.0, 9000.0, 2.0))
    return faded(0.8 * skin * np.exp(-t / 0.055) + 1.1 * wires * np.exp(-t / 0.075), release=0.03)


def clap(rng: Generator) -> F64:
    """Three short bursts and a tail of noise round 1.5 kHz."""
    t = seconds(0.4)
    hands = sum(np.exp(-np.maximum(t - d, 0.0) / 0.004) * (t >= d) for d in (0.0, 0.010, 0.019))
    tail = np.exp(-np.maximum(t - 0.027, 0.0) / 0.08) * (t >= 0.027)
    return faded(shaped(rng.standard_normal(len(t)), band(850.0, 3800.0)) * (hands + 0.8 * tail), release=0.05)


def hat(rng: Generator, decay: float) -> F64:
    """Six square waves without harmony, and noise, high-passed; `decay` seconds."""
    t = seconds(6.0 * decay + 0.01)
    metal = sum(np.sign(np.sin(2 * np.pi * f * t)) for f in (2030.0, 3155.0, 4111.0, 5417.0, 6789.0, 8211.0)) / 6.0
    sound = shaped(0.7 * metal + 0.6 * rng.standard_normal(len(t)), band(7200.0, 15500.0))
    return faded(sound * np.exp(-t / decay), release=0.01)


def crash(rng: Generator) -> F64:
    """A cymbal: wide noise that darkens as it dies."""
    t = seconds(2.6)
    noise = rng.standard_normal(len(t))
    bright = shaped(noise, band(5000.0, 16000.0, 2.0)) * np.exp(-t / 0.35)
    dark = shaped(noise, band(2200.0, 9000.0, 2.0)) * np.exp(-t / 0.8)
    return faded(bright + 0.6 * dark, release=0.2)


def boom() -> F64:
    """What the floor does when the drop lands."""
    t = seconds(1.6)
    return faded(np.sin(2 * np.pi * np.cumsum(38.0 + 30.0 * np.exp(-t / 0.12)) / RATE) * np.exp(-t / 0.45), release=0.2)


@cache
def plucked(note: float, length: float, dull: float, bright: float, harmonics: int = 28) -> F64:
    """A saw whose harmonics die the sooner the higher they are: `dull` per second, and `bright` a harmonic."""
    t, pitch = seconds(length), hertz(note)
    sound = np.zeros_like(t)
    for k in range(1, min(harmonics, int(16000.0 / pitch)) + 1):
        sound += np.sin(2 * np.pi * k * pitch * t) / k * np.exp(-t * (dull + bright * k))
    return faded(sound, attack=0.002, release=0.015)


def choir(rng: Generator, notes: tuple[int, ...], length: float, voices: int = 5) -> F64:
    """[2, n] a chord of detuned saws, spread from left to right."""
    t = seconds(length)
    sound = np.zeros((2, len(t)))
    for note in notes:
        for voice in range(voices):
            cents = 11.0 * (voice - (voices - 1) / 2) / ((voices - 1) / 2)
            pan = (voice / (voices - 1) - 0.5) * (1.0 if note % 2 else -1.0)
            step = hertz(note + cents / 100.0) / RATE
            saw = _saw(step, len(t), rng.uniform())
            sound += saw * np.array([[np.sqrt(0.5 - pan)], [np.sqrt(0.5 + pan)]])
    return np.asarray(sound / np.sqrt(len(notes) * voices), np.float64)


def _saw(step: float, n: int, start: float) -> F64:
    """A sawtooth of `step` cycles a sample, its jumps rounded off over two samples (the polynomial BLEP)."""
    phase = (start + step * np.arange(n)) % 1.0
    after, before = phase < step, phase > 1.0 - step
    a, b = phase[after] / step, (phase[before] - 1.0) / step
    saw = 2.0 * phase - 1.0
    saw[after] -= 2.0 * a - a * a - 1.0
    saw[before] -= b * b + 2.0 * b + 1.0
    return np.asarray(saw, np.float64)
