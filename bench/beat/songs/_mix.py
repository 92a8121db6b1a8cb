"""Mixes the parts of a made song as anything between a clean master and a bad microphone at the back of a room."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from scipy.fft import irfft, next_fast_len, rfft
from scipy.signal import lfilter

from vj.core.types import F32, F64

RATE = 44100
#: How loud a part may be next to the others.
LEVELS = {
    "kick": (0.5, 1.2), "snare": (0.25, 0.9), "hat": (0.08, 0.5), "bass": (0.2, 0.9), "comp": (0.12, 0.6),
    "arp": (0.1, 0.5), "lead": (0.15, 0.7), "fx": (0.1, 0.5),
}  # fmt: skip
HATS_LOUD = 0.12  # chance


@dataclass(frozen=True)
class Stem:
    """Mono samples [n]; peak does not matter."""

    role: str
    sound: F32
    drive: float = 0.0


def ducking(kicks: F64, n: int, depth: float, span: float) -> F32:
    """[n] a gain that dips by `depth` at every kick and is back within `span` seconds."""
    gain, m = np.ones(n, np.float32), round(span * RATE)
    dip = 1.0 - depth * np.minimum(1.0, np.arange(m) / 96) * (1.0 - np.arange(m) / m)
    for at in np.round(kicks * RATE).astype(int):
        part = gain[at : at + m]
        np.minimum(part, dip[: len(part)], out=part)
    return gain


def hall(rng: Generator, seconds: float, bright: float, room: bool) -> F32:
    """[n] the answer of a hall, without the sound itself: energy 1. A `room` answers at once and in a few places."""
    t = np.arange(int(seconds * RATE)) / RATE
    tail = rng.standard_normal(len(t)) * np.exp(-6.9 * t / seconds) * np.minimum(1, t / (0.003 if room else 0.012))
    for at in rng.uniform(0.003, 0.04, 8 if room else 0):
        tail[int(at * RATE)] += rng.uniform(-8, 8)
    tail = lfilter([1 - bright], [1, -bright], tail)
    return np.asarray(tail / np.sqrt((tail * tail).sum() + 1e-9), np.float32)


def colour(rng: Generator, f: F64, bad: bool) -> F64:
    """[n] gains at frequencies `f`: a tilt and bumps; thin where it is `bad`, cut off as mp3 does now and then."""
    octaves = np.log2(np.maximum(f, 20.0))
    gains = np.zeros(len(f))
    if rng.uniform() < 0.7:
        gains += rng.uniform(-1.5, 1.5) * (octaves - 10)
        gains += np.interp(octaves, np.linspace(5, 14, 8), rng.uniform(-4, 4, 8))
    out = 10 ** (gains / 20) / np.sqrt(1 + (rng.uniform(15, 40) / np.maximum(f, 1)) ** 4)
    if bad:
        low, high = np.exp(rng.uniform(np.log(60), np.log(350))), np.exp(rng.uniform(np.log(2200), np.log(9000)))
        out /= np.sqrt(1 + (low / np.maximum(f, 1)) ** 4) * np.sqrt(1 + (f / high) ** 4)
    if rng.uniform() < 0.2:
        out *= f < rng.uniform(10500, 16500)
    return np.asarray(out, np.float64)


def squeezed(sound: F32, threshold: float, ratio: float, attack: float, release: float) -> F32:
    """[c, n] through a compressor; times in seconds, `threshold` of the peak."""
    block = 32
    level = np.abs(sound).max(axis=0)
    level = level[: len(level) // block * block].reshape(-1, block).max(axis=1)
    quick, slow = (np.exp(-block / RATE / s) for s in (attack, release))
    level = lfilter([1 - quick], [1, -quick], level)
    level = np.maximum(level, lfilter([1 - slow], [1, -slow], level)) / max(float(level.max()), 1e-6)
    gain = np.minimum(1.0, threshold / np.maximum(level, 1e-4)) ** (1 - 1 / ratio)
    smooth = np.interp(np.arange(sound.shape[1]), (np.arange(len(gain)) + 0.5) * block, gain)
    return np.asarray(sound * smooth.astype(np.float32), np.float32)


def levelled(rng: Generator, stems: list[Stem]) -> list[tuple[Stem, F32]]:
    """Every stem as loud as it is to be."""
    loud_hats = rng.uniform() < HATS_LOUD
    out = []
    for s in stems:
        gain = rng.uniform(0.8, 1.6) if s.role == "hat" and loud_hats else rng.uniform(*LEVELS[s.role])
        blocks = np.abs(s.sound[: len(s.sound) // 2048 * 2048]).reshape(-1, 2048).max(axis=1)
        peak = float(np.percentile(blocks[blocks > 1e-4], 90)) if (blocks > 1e-4).any() else 1.0
        sound = s.sound / peak
        if s.drive:
            sound = np.tanh(s.drive * sound) / np.tanh(s.drive)
        out.append((s, np.asarray(gain * sound, np.float32)))
    return out


def mix(rng: Generator, stems: list[Stem], n: int, kicks: F64, duck: bool, span: float, wide: bool) -> F32:
    """[1 or 2, n] the master; `span` is a beat in seconds."""
    bad = rng.uniform() < 0.1
    gain = ducking(kicks, n, rng.uniform(0.3, 0.95), rng.uniform(0.3, 0.9) * span) if duck and len(kicks) else None
    dry, side, send = np.zeros(n, np.float32), np.zeros(n, np.float32), np.zeros(n, np.float32)
    wet = rng.uniform(0.0, 0.4) if rng.uniform() < 0.7 else 0.0
    for s, sound in levelled(rng, stems):
        if gain is not None and s.role not in ("kick", "snare", "hat"):
            sound *= gain
        dry += sound
        if wet and s.role not in ("kick", "bass"):
            send += rng.uniform(0, 1) * sound
        if wide and s.role not in ("kick", "bass"):
            late = int(rng.integers(0, 700)) if s.role in ("comp", "arp", "fx") else 0
            side[late:] += rng.uniform(-0.6, 0.6) * sound[: n - late]
    if bad:
        send, wet = dry, rng.uniform(0.3, 1.2)
    total = _spectral(rng, dry, side if wide else None, send, wet, bad)
    return _mastered(rng, total, bad)


def _spectral(rng: Generator, dry: F32, side: F32 | None, send: F32, wet: float, bad: bool) -> F32:
    """[1 or 2, n] with reverb and colour, in one go over the whole song."""
    n = len(dry)
    seconds = rng.uniform(0.2, 0.8) if bad else np.exp(rng.uniform(np.log(0.2), np.log(2.5)))
    size = next_fast_len(n + int(2.5 * RATE) + 1, real=True)
    frequencies = np.asarray(np.fft.rfftfreq(size, 1 / RATE)[::64], np.float64)
    gains = colour(rng, frequencies, bad)
    shape = np.interp(np.arange(size // 2 + 1), np.arange(len(gains)) * 64, gains).astype(np.float32)
    sent = rfft(send, size) if wet else None
    out = []
    for sound in (dry,) if side is None else (dry, side):
        lines = rfft(sound, size)
        if sent is not None:
            lines += sent * rfft(wet * hall(rng, seconds, rng.uniform(0.1, 0.8), bad), size)
        out.append(irfft(lines * shape, size)[:n])
    if side is None:
        return np.asarray(out, np.float32)
    middle, sides = out
    return np.asarray([middle + sides, middle - sides], np.float32)


def _noise(rng: Generator, n: int) -> F32:
    """[n] a floor of hiss, and now and then a crowd."""
    seconds = 8
    loop = rng.standard_normal(seconds * RATE, dtype=np.float32)
    floor = 10 ** rng.uniform(-5, -2.3) * loop
    if rng.uniform() < 0.1:
        f = np.fft.rfftfreq(len(loop), 1 / RATE)
        talk = irfft(rfft(loop) * (np.exp(-(np.log2(np.maximum(f, 20) / 700) ** 2))).astype(np.float32), len(loop))
        swell = 1 + 0.5 * np.sin(2 * np.pi * np.arange(len(loop)) / RATE * int(rng.integers(1, 5)) / seconds)
        floor += 10 ** rng.uniform(-1.6, -0.6) * np.asarray(talk * swell / np.abs(talk).max(), np.float32)
    if rng.uniform() < 0.06:  # a record
        clicks = rng.uniform(size=len(loop)) < rng.uniform(1, 12) / RATE
        floor += clicks * np.asarray(rng.standard_normal(len(loop)) * rng.uniform(0.03, 0.2), np.float32)
    return np.resize(np.roll(floor, int(rng.integers(len(loop)))), n)


def _mastered(rng: Generator, total: F32, bad: bool) -> F32:
    """Compressed, driven and clipped or not, over noise, at any level."""
    total = total / max(float(np.percentile(np.abs(total[0, ::50]), 99.8)), 1e-4)
    if rng.uniform() < 0.5 or bad:
        total = squeezed(
            total, rng.uniform(0.1, 0.7), rng.uniform(1.5, 8), rng.uniform(0.001, 0.03), rng.uniform(0.05, 0.4)
        )
        total /= max(float(np.percentile(np.abs(total[0, ::50]), 99.8)), 1e-4)
    kind = rng.uniform()
    if kind < 0.45:
        x = rng.uniform(0.5, 2.5) * total
        total = x / np.sqrt(np.sqrt(1 + x**4))
    elif kind < 0.6:
        total = np.clip(rng.uniform(0.9, 2.2) * total, -1, 1)
    total = total + _noise(rng, total.shape[1])
    level = rng.choice([rng.uniform(-6, 0), rng.uniform(-15, -6), rng.uniform(-30, -15)], p=[0.6, 0.25, 0.15])
    return np.asarray(total / np.abs(total).max() * 10 ** (level / 20), np.float32)
