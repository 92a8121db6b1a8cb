"""Synthesised notes for the small encoder: timbres, attacks and decays, alone and together. Nothing is recorded."""

from dataclasses import dataclass

import torch
from torch import Tensor

from vj.workshop.embedding._nets import RATE, SmallEncoder

PITCHES = 72
#: MIDI note of the lowest, E1.
_LOWEST_MIDI = 28
_PARTIALS = 24


@dataclass(frozen=True, eq=False)
class Notes:
    """`sound` [N, 4096] at 16 kHz and `pitches` [N, 72] from E1, how loud each one is; none in strokes of noise."""

    sound: Tensor
    pitches: Tensor

    def mixed(self, rng: torch.Generator, count: int) -> "Notes":
        """`count` of them, most with another one, all as loud as music is."""
        first, second = (torch.randint(0, len(self.sound), (count,), generator=rng) for _ in range(2))
        share = torch.rand(count, 1, generator=rng) * (torch.rand(count, 1, generator=rng) < 0.6)
        gain = 10.0 ** (torch.rand(count, 1, generator=rng) * -1.2 - 0.1)
        return Notes(
            ((self.sound[first] + share * self.sound[second]) * gain).clamp(-1.0, 1.0),
            self.pitches[first] + share * self.pitches[second],
        )


def notes(rng: torch.Generator, count: int) -> Notes:
    """`count` notes, each heard through a window that begins before it, in it or near its end."""
    samples = SmallEncoder.window

    def drawn(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(count, 1, generator=rng)

    pitch = torch.randint(0, PITCHES, (count, 1), generator=rng)
    base = 440.0 * 2.0 ** ((pitch + _LOWEST_MIDI - 69 + drawn(-0.3, 0.3)) / 12.0)
    time = torch.arange(samples) / RATE - drawn(-0.6, 0.24)
    stretch, tilt, even, shine = drawn(0.0, 0.0006), drawn(0.3, 2.5), drawn(0.0, 1.0), drawn(200.0, 5000.0)
    wobble = 1.0 + drawn(0.0, 0.006) * torch.sin(2 * torch.pi * drawn(4.0, 7.0) * time)
    sound = torch.zeros(count, samples)
    for k in range(1, _PARTIALS + 1):
        hertz = base * k * (1.0 + stretch * k * k)
        size = k**-tilt * (1.0 if k % 2 else even) * (1.0 + 2.0 * torch.exp(-(((hertz - shine) / 600.0) ** 2)))
        size = size * torch.exp(-torch.relu(time) * k * drawn(0.0, 2.0)) * (hertz < RATE * 0.47)
        sound += size * torch.sin(2 * torch.pi * (hertz * wobble * time + drawn(0.0, 1.0)))
    sound = sound / sound.abs().amax(1, keepdim=True).clamp_min(1e-3)
    noisy = (torch.rand(count, 1, generator=rng) < 0.2).float()
    hiss = torch.randn(count, samples, generator=rng) * 0.3
    rough = drawn(0.0, 1.0) ** 4
    sound = sound * (1 - noisy) * (1 - rough) + hiss * (noisy + (1 - noisy) * rough)
    attack, decay = drawn(0.001, 0.15), drawn(0.03, 2.0)
    shape = (time / attack).clamp(0.0, 1.0) * torch.exp(-torch.relu(time) / decay)
    heard = torch.zeros(count, PITCHES).scatter_(1, pitch, 1.0 - noisy)
    return Notes(sound * shape, heard)
