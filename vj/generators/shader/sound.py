"""What is heard as the pictures that shaders look at: waves and spectra, a number a texel."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from vj.core.isf.shadertoy import SOUND_WIDTH
from vj.core.types import F32

#: Texels of a spectrum where a file does not say how many.
BINS = 512
#: Decibels below a full-scale sine at which a spectrum is black.
RANGE_DB = 72.0
#: No file gets more texels, whatever it asks for.
_MOST = 8192
#: Sound of a picture that is of no show: so many samples at 48 kHz.
_SAMPLES = 2048


def pixels(entry: Mapping[str, Any], wave: F32, spectrum: F32) -> F32:
    """[height, width] 0..1 for an input of the kinds audio and audioFFT, or for Shadertoy's sound.

    A wave is 0.5 in silence; a spectrum is in decibels, from RANGE_DB below a full-scale sine to 1.
    """
    most = entry.get("MAX")
    width = min(max(int(most), 1), _MOST) if most else 0
    if entry.get("SHADERTOY"):
        return np.stack([_spectrum(spectrum, SOUND_WIDTH), _wave(wave, SOUND_WIDTH)])
    if entry["TYPE"] == "audio":
        return _wave(wave, width or max(len(wave), 1))[None]
    return _spectrum(spectrum, width or BINS)[None]


def _wave(wave: F32, width: int) -> F32:
    """[width] the newest samples; all of them where there are fewer."""
    newest = wave[-width:] if len(wave) else np.zeros(1, np.float32)
    at = np.arange(width) * len(newest) // width
    level: F32 = np.clip(0.5 + 0.5 * newest[at], 0.0, 1.0).astype(np.float32)
    return level


def _spectrum(spectrum: F32, width: int) -> F32:
    """[width] from 0 Hz up, evenly; the loudest of those that fall on one texel."""
    if len(spectrum) < 2:
        return np.zeros(width, np.float32)
    loud = np.maximum.reduceat(spectrum, np.arange(width) * len(spectrum) // width)
    level: F32 = np.clip(20.0 / RANGE_DB * np.log10(loud + 1e-9) + 1.0, 0.0, 1.0).astype(np.float32)
    return level


@cache
def sample() -> tuple[F32, F32]:
    """Wave and spectrum of a chord over a bass, for pictures that are of no show and yet are to be looked at."""
    t = np.arange(_SAMPLES) / 48000.0
    parts = ((55, 0.4), (110, 0.25), (220, 0.2), (277, 0.15), (330, 0.15), (880, 0.1), (2200, 0.06), (6000, 0.04))
    wave = np.sum([level * np.sin(2 * np.pi * hz * t + hz) for hz, level in parts], 0).astype(np.float32)
    window = (2.0 - 2.0 * np.cos(2 * np.pi * np.arange(_SAMPLES) / _SAMPLES)) / _SAMPLES
    return wave, np.abs(np.fft.rfft(wave * window)).astype(np.float32)
