"""Voices that lessons for the hearing are played with, besides those of `patterns` and recorded drums."""

import numpy as np
from numpy.random import Generator

from bench.hearing.patterns import BASSES
from vj.core.types import F64
from vj.workshop.loop import voices as voice
from vj.workshop.loop.voices import RATE, faded, seconds, shaped


def tom(rng: Generator) -> F64:
    t, hz = seconds(0.5), rng.uniform(80, 220)
    skin = np.sin(2 * np.pi * np.cumsum(hz * (1 + 0.3 * np.exp(-t / 0.04))) / RATE) * np.exp(
        -t / rng.uniform(0.08, 0.25)
    )
    return faded(skin + 0.15 * rng.standard_normal(len(t)) * np.exp(-t / 0.01), release=0.05)


def acid(rng: Generator, hz: float, length: float) -> F64:
    """A saw or square whose partials are let through by a resonant low-pass that closes: the 303, added up."""
    t = seconds(length)
    low, span = rng.uniform(120, 500), rng.uniform(0.5, 4.5) * (1.5 if rng.uniform() < 0.3 else 1.0)
    cutoff = low * 2 ** (span * np.exp(-t / rng.uniform(0.05, 0.3)))
    sharp, square = rng.uniform(1.0, 14.0), rng.uniform() < 0.4
    slide = hz * 2 ** (rng.choice([0.0, 0.0, -5.0, 7.0]) / 12 * np.exp(-t / 0.03))
    phase, sound = 2 * np.pi * np.cumsum(slide) / RATE, np.zeros_like(t)
    for k in range(1, int(min(9000 / hz, 60)), 2 if square else 1):
        ratio = k * hz / cutoff
        sound += np.sin(k * phase) / k / np.sqrt((1 - ratio**2) ** 2 + (ratio / sharp) ** 2 + 1e-3)
    drive = rng.uniform(0.3, 3.0)
    return faded(np.tanh(drive * sound) / np.tanh(drive), attack=0.003, release=0.01)


def plain(rng: Generator, hz: float, length: float) -> F64:
    """A wave as it comes out of an oscillator, that begins and ends as abruptly as a kick or softly."""
    t = seconds(length * rng.uniform(0.5, 1.0))
    turns = (hz * t + rng.choice([0.0, rng.uniform()])) % 1.0
    waves = (np.sin(2 * np.pi * turns), np.sign(0.5 - turns), 2.0 * turns - 1.0, 4.0 * np.abs(turns - 0.5) - 1.0)
    sound = waves[int(rng.integers(4))] * np.exp(-t * rng.uniform(0.0, 12.0))
    return faded(sound, attack=float(rng.choice([0.0005, 0.005])), release=0.004)


def plain_kick(rng: Generator) -> F64:
    """A sine that falls, with hardly a click or none."""
    t = seconds(0.5)
    sweep = rng.uniform(1.0, 4.0) * (1.0 - np.exp(-t * rng.uniform(20.0, 90.0)))
    body = np.sin(2 * np.pi * (rng.uniform(38, 62) * t + sweep)) * np.exp(-t * rng.uniform(6.0, 22.0))
    click = max(rng.uniform(-0.3, 0.3), 0.0) * rng.standard_normal(len(t)) * np.exp(-t * rng.uniform(200, 800))
    return faded(body + click, release=0.05)


def sing(rng: Generator) -> F64:
    """A vowel that glides and trembles."""
    t = seconds(rng.uniform(0.2, 1.0))
    hz = rng.uniform(110, 440) * 2 ** (rng.uniform(-0.2, 0.2) * t / t[-1]) * (1 + 0.01 * np.sin(2 * np.pi * 5.5 * t))
    phase, low, high = 2 * np.pi * np.cumsum(hz) / RATE, rng.uniform(300, 900), rng.uniform(900, 2500)
    sound = np.zeros_like(t)
    for k in range(1, 20):
        formants = np.exp(-(((k * hz - low) / 200) ** 2)) + 0.6 * np.exp(-(((k * hz - high) / 300) ** 2))
        sound += np.sin(k * phase) / k * (formants + 0.1)
    return faded(sound, 0.03, 0.05)


def strum(rng: Generator) -> F64:
    """A guitar chord, clean or distorted."""
    root, length = int(rng.integers(40, 58)), rng.uniform(0.2, 0.8)
    notes = [voice.plucked(root + i, length, rng.uniform(1, 4), rng.uniform(0.3, 1.5)) for i in (0, 7, 12, 16)]
    chord = np.sum(notes, axis=0)
    driven = np.tanh(rng.uniform(1, 6) * chord) if rng.uniform() < 0.5 else chord
    return shaped(driven, voice.band(80.0, rng.uniform(2500, 6000), 1.0))


#: The basses of `patterns` that are shown here, and two of our own.
TAUGHT = {**{kind: BASSES[kind] for kind in ("plucked", "sub", "reese")}, "acid": acid, "plain": plain}
