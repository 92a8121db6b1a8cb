"""Sounds that tests make for themselves."""

import wave
from pathlib import Path

import numpy as np

RATE = 48000


def kicks(path: Path, seconds: float, channels: int = 2, rate: int = RATE, gap: float = 0.5, right: int = 1) -> Path:
    """A WAV of kicks every `gap` seconds; the last channel times `right`."""
    t = np.arange(int(seconds * rate)) / rate
    kick = 0.7 * np.sin(2 * np.pi * 60 * t) * np.exp(-(t % gap) / 0.08)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        sound = np.repeat((kick * 32000).astype("<i2")[:, None], channels, axis=1)
        sound[:, -1] *= right
        file.writeframes(sound.tobytes())
    return path
