"""A synthesizer for made songs: waves through a filter that moves, looked up in tables, so that it is quick.

A table holds one period of a wave at every cut-off, half an octave apart, as a multiple of the pitch. The filter is of
the second order with resonance, |H| = 1 / sqrt((1 - x^2)^2 + (x / Q)^2), or that squared (24 dB an octave).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.random import Generator

from vj.core.types import F32, F64

RATE, SIZE, ROWS = 44100, 1024, 24
#: First and second formants in Hz of a, e, i, o, u.
VOWELS = ((800, 1200), (500, 1900), (300, 2300), (450, 800), (330, 900))


@dataclass(frozen=True)
class Patch:
    """An instrument. Times are seconds, `cut` a multiple of the pitch that the envelope opens by `open` octaves."""

    wave: str = "saw"  # square, pulse, triangle, sine, organ, bell, voice, fm
    steep: bool = False
    q: float = 0.8
    cut: float = 8.0
    open: float = 0.0
    fall: float = 0.2  # of the filter
    attack: float = 0.003
    decay: float = 0.3
    sustain: float = 0.6
    release: float = 0.05
    voices: int = 1
    detune: float = 0.0  # cents
    vibrato: float = 0.0  # cents
    lfo: float = 0.0  # octaves the cut-off swings
    lfo_hz: float = 5.0
    fall_pitch: float = 0.0  # semitones at the attack
    glide: float = 0.0  # semitones from which a note slides within 60 ms
    drive: float = 0.0
    breath: float = 0.0


def _amplitudes(wave: str, k: F64, hz: float) -> F64:
    """Of the harmonics `k` [K]."""
    odd = k % 2
    if wave == "square":
        return np.asarray(odd / k, np.float64)
    if wave == "pulse":
        return np.asarray(np.sin(np.pi * k * 0.2) / k, np.float64)
    if wave == "triangle":
        return np.asarray(odd / k**2 * np.where(k % 4 == 1, 1.0, -1.0), np.float64)
    if wave == "sine":
        return np.asarray((k == 1) * 1.0, np.float64)
    if wave == "organ":
        return np.asarray(np.isin(k, [1, 2, 3, 4, 6, 8]) / np.sqrt(k), np.float64)
    if wave == "bell":
        return np.asarray(np.isin(k, [1, 3, 7, 11, 16]) / k**0.7, np.float64)
    if wave == "fm":
        return np.asarray(np.exp(-(((k - 4.0) / 3.0) ** 2)) + 0.5 * (k == 1), np.float64)
    return np.asarray(1.0 / k, np.float64)


@lru_cache(maxsize=256)
def table(wave: str, steep: bool, q: float, semitone: int) -> F32:
    """[ROWS * SIZE] periods, cut off at 2^(row / 2 - 1) times the pitch; for `voice`, rows are vowels instead."""
    hz = 440.0 * 2 ** ((semitone - 69) / 12)
    k = np.arange(1, max(2, min(SIZE // 2 - 1, int(0.45 * RATE / hz)) + 1), dtype=np.float64)
    amplitudes = _amplitudes(wave, k, hz)
    rows = np.arange(ROWS)[:, None]
    if wave == "voice":
        at = rows / ROWS * (len(VOWELS) - 1)
        first, second = (np.interp(at, np.arange(len(VOWELS)), [v[i] for v in VOWELS]) for i in (0, 1))
        gains = np.exp(-(((k * hz - first) / 180) ** 2)) + 0.5 * np.exp(-(((k * hz - second) / 260) ** 2)) + 0.03
        gains += 0.2 * np.exp(-(((k * hz - 2900) / 400) ** 2))
    else:
        x = k / 2.0 ** (rows / 2 - 1)
        gains = 1.0 / np.sqrt((1 - x**2) ** 2 + (x / q) ** 2)
        gains = gains * np.minimum(gains, 1.0) if steep else gains
    spectrum = np.zeros((ROWS, SIZE // 2 + 1), np.complex128)
    spectrum[:, 1 : len(k) + 1] = -0.5j * SIZE * amplitudes * gains
    periods = np.fft.irfft(spectrum, SIZE)
    return np.asarray(periods / (np.abs(periods).max() + 1e-9), np.float32).ravel()


def _envelope(p: Patch, n: int, held: int) -> F32:
    """[n] the loudness of a note let go after `held` samples."""
    t = np.arange(n, dtype=np.float32) / RATE
    level = p.sustain + (1 - p.sustain) * np.exp(-t / p.decay)
    level *= np.minimum(1.0, t / p.attack)
    after = np.clip((t - held / RATE) / p.release, 0.0, 1.0)
    return np.asarray(level * (1.0 - after) ** 2, np.float32)


def tone(rng: Generator, p: Patch, pitch: int, length: float, loud: float, slide: int = 0) -> F32:
    """[n] one note; peak about 1 times `loud`, and duller where it is softer. `slide` as in a Note."""
    held = max(int(length * RATE), 64)
    n = held + int(p.release * RATE)
    t = np.arange(n, dtype=np.float32) / RATE
    bend = np.zeros(n, np.float32)
    if p.vibrato:
        bend += p.vibrato / 100 * np.sin(2 * np.pi * 5.3 * t) * np.minimum(1, t / 0.3)
    if p.fall_pitch:
        bend += p.fall_pitch * np.exp(-t / 0.02)
    if slide or p.glide:
        bend += (slide or p.glide) * np.clip(1 - t / 0.06, 0, 1)
    hz = 440.0 * 2 ** ((pitch - 69) / 12)
    ratio = np.exp2(bend / 12) if bend.any() else None
    opened = np.log2(p.cut) + p.open * np.exp(-t / p.fall) * loud + p.lfo * np.sin(2 * np.pi * p.lfo_hz * t - np.pi / 2)
    row = np.clip(2 * (opened + 1) if p.wave != "voice" else opened * 4, 0, ROWS - 1.001)
    whole = row.astype(np.int32)
    part = (row - whole).astype(np.float32)
    whole *= SIZE
    waves = table(p.wave, p.steep, p.q, pitch)
    sound = np.zeros(n, np.float32)
    for voice in range(p.voices):
        cents = p.detune * (2 * voice / (p.voices - 1) - 1) if p.voices > 1 else 0.0
        step = hz * 2 ** (cents / 1200) / RATE * SIZE
        start = rng.uniform() * SIZE if p.voices > 1 else 0.0
        path = step * np.cumsum(ratio) if ratio is not None else step * np.arange(n)
        place = (path + start).astype(np.int64) % SIZE
        place += whole
        low = waves[place]
        sound += low + part * (waves[place + SIZE] - low)
    sound /= np.sqrt(p.voices)
    if p.breath:
        sound += p.breath * rng.standard_normal(n, dtype=np.float32)
    if p.drive:
        sound = np.tanh(p.drive * sound) / np.tanh(p.drive)
    return np.asarray(sound * _envelope(p, n, held) * loud, np.float32)


def patch(rng: Generator, role: str) -> Patch:
    """An instrument for a role: a style of bass, pad, stab, pluck, guitar, keys, lead or voice."""
    u = rng.uniform
    wave = str(rng.choice(["saw", "saw", "square", "pulse", "triangle"]))
    # fmt: off
    if role in ("sub", "808"):
        tail = u(0.4, 1.2) if role == "808" else 9.0
        return Patch(str(rng.choice(["sine", "triangle", "sine"])), cut=16, attack=0.004, decay=tail, sustain=0.0,
                     release=0.04, fall_pitch=u(0, 12) if role == "808" else 0.0, drive=u(0.3, 3))
    if role == "acid":
        return Patch(str(rng.choice(["saw", "square"])), True, u(2, 9), u(1, 5), u(1, 4), u(0.06, 0.25),
                     decay=u(0.1, 0.5), sustain=u(0, 0.6), release=0.02, drive=u(0, 3))
    if role == "reese":
        return Patch("saw", True, u(0.7, 2), u(3, 12), lfo=u(0, 1.5), lfo_hz=u(0.2, 2), attack=0.006, sustain=1.0,
                     voices=3, detune=u(8, 30), drive=u(0, 2))
    if role in ("wobble", "neuro"):
        return Patch(wave, True, u(1, 5), u(3, 10), lfo=u(1, 2.5), lfo_hz=u(2, 9), sustain=1.0, voices=2,
                     detune=u(0, 20), drive=u(0.5, 3))
    if role == "bass":
        return Patch(wave, bool(u() < 0.5), u(0.7, 2.5), u(1.5, 8), u(0, 3), u(0.05, 0.4), decay=u(0.1, 0.6),
                     sustain=u(0.1, 0.9), release=0.03, voices=int(rng.choice([1, 1, 2])), detune=u(3, 12),
                     drive=u(0, 2))
    if role == "pad":
        return Patch(str(rng.choice(["saw", "square", "voice", "organ"])), q=u(0.6, 1), cut=u(1.5, 12), lfo=u(0, 1),
                     lfo_hz=u(0.1, 0.6), attack=u(0.01, 0.5), decay=1.0, sustain=0.8, release=u(0.1, 0.5), voices=3,
                     detune=u(6, 16))
    if role == "guitar":
        return Patch("saw", q=1, cut=u(4, 14), open=u(0, 2), fall=0.3, attack=0.002, decay=u(0.2, 1.2), sustain=0.1,
                     release=0.04)
    if role == "stab":
        return Patch(wave, bool(u() < 0.4), u(0.7, 2), u(2, 12), u(0, 3), u(0.05, 0.3), decay=u(0.08, 0.5),
                     sustain=u(0, 0.7), release=u(0.03, 0.25), voices=int(rng.choice([1, 2, 3])), detune=u(4, 16))
    if role == "keys":
        return Patch(str(rng.choice(["triangle", "fm", "organ", "bell", "pulse"])), q=0.8, cut=u(4, 16), open=u(0, 1.5),
                     decay=u(0.2, 1.5), sustain=u(0, 0.6), release=u(0.05, 0.3))
    if role == "voice":
        return Patch("voice", cut=2 ** u(0.2, 5), lfo=u(0, 0.8), lfo_hz=u(0.3, 2), attack=u(0.01, 0.06), sustain=0.9,
                     release=u(0.05, 0.15), vibrato=u(10, 50), glide=u(-2, 1), breath=u(0, 0.05))
    return Patch(wave, bool(u() < 0.3), u(0.7, 3), u(2, 16), u(0, 2), u(0.05, 0.5), attack=u(0.002, 0.02),
                 decay=u(0.1, 1), sustain=u(0.2, 0.9), release=u(0.03, 0.3), voices=int(rng.choice([1, 1, 2, 3])),
                 detune=u(3, 14), vibrato=u(0, 30), drive=u(0, 1))
    # fmt: on


class Player:
    """Plays notes with a patch; equal notes are made once."""

    def __init__(self, rng: Generator, p: Patch) -> None:
        self._rng, self._patch = rng, p
        self._made: dict[tuple[int, int, int, int], F32] = {}

    def note(self, pitch: int, length: float, loud: float, slide: int = 0) -> F32:
        """[n] a note, its length to 5 ms and its loudness to a sixth."""
        pitch = min(max(pitch, 20), 104)
        key = pitch, round(length * 200), round(loud * 6), slide
        if key not in self._made:
            self._made[key] = tone(self._rng, self._patch, pitch, key[1] / 200, max(key[2], 1) / 6, slide)
        return self._made[key]
