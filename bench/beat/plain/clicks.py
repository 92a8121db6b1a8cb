"""Make metronomes and plain pulses with known beats: `python bench/beat/plain/clicks.py OUT [--pieces N] [--seed S]`.

Songs teach what a beat is among much else; these teach that a click alone, a kick alone or a kick and a hat between are
beats too, accented or not, at any tempo.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import soundfile

from vj.core.types import F32, F64

RATE, SECONDS = 44100, 40.0
SLOWEST, FASTEST = 55.0, 210.0


def voice(chance: np.random.Generator) -> F32:
    """One sound: a beep, a kick, a clap or a tick."""
    kind, n = chance.integers(0, 4), int(RATE * chance.uniform(0.02, 0.25))
    t = np.arange(n) / RATE
    fall = np.exp(-t / chance.uniform(0.005, 0.06))
    noise = chance.normal(0.0, 0.4, n)
    pitch = chance.uniform(300.0, 2500.0)
    sweep = 2.0 * np.pi * (chance.uniform(45, 70) * t + 6.0 * (1.0 - np.exp(-t / 0.02)))
    shapes = (np.sin(2.0 * np.pi * pitch * t), np.sin(sweep), noise, noise * np.sin(2.0 * np.pi * pitch * t))
    made: F32 = (fall * shapes[kind]).astype(np.float32)
    return made


def piece(seed: int) -> tuple[F32, F64, int, float]:
    """(samples, [n, 2] beats and places, metre, BPM)."""
    chance = np.random.default_rng(seed)
    bpm = float(np.exp(chance.uniform(np.log(SLOWEST), np.log(FASTEST))))
    metre = int(chance.choice([2, 3, 4, 4, 4, 5, 6, 7]))
    accented, seconds = bool(chance.random() < 0.5), 60.0 / bpm
    beat, first, between = voice(chance), voice(chance), voice(chance)
    parts = int(chance.choice([1, 1, 1, 2, 2, 3, 4]))
    soft = chance.uniform(0.05, 0.4)
    out = chance.normal(0.0, float(np.exp(chance.uniform(-12.0, -5.0))), int(RATE * SECONDS)).astype(np.float32)
    begin, beats = chance.uniform(0.1, 1.0), []
    for k in range(int((SECONDS - begin - 0.5) / seconds)):
        t = begin + k * seconds
        beats.append((t, k % metre + 1.0 if accented else 0.0))
        for part in range(parts):
            sound = beat if part == 0 else between
            loud = 1.0 if part == 0 else soft
            if accented and part == 0 and k % metre == 0:
                sound, loud = first, 1.3
            at = int((t + part * seconds / parts) * RATE)
            some = sound[: len(out) - at]
            out[at : at + len(some)] += np.float32(loud * chance.uniform(0.9, 1.0)) * some
    level = np.float32(10.0 ** (chance.uniform(-30.0, -1.0) / 20.0) / np.abs(out).max())
    return out * level, np.array(beats), metre, bpm


def main(argv: list[str]) -> None:
    """Write the pieces."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pieces", type=int, default=80)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(argv)
    chosen.out.mkdir(parents=True, exist_ok=True)
    for k in range(chosen.pieces):
        name = f"clicks-{chosen.seed}-{k:03d}"
        samples, beats, metre, bpm = piece(1000 * chosen.seed + k)
        place = int(hashlib.sha256(name.encode()).hexdigest(), 16) % 10
        split = {0: "valid", 1: "test"}.get(place, "train")
        soundfile.write(chosen.out / f"{name}.flac", samples, RATE)
        page = {"name": name, "source": "made", "genre": "clicks", "split": split, "bpm": bpm, "metre": metre}
        page |= {"beats": beats.tolist(), "drums": None, "sections": None, "origin": "made"}
        (chosen.out / f"{name}.json").write_text(json.dumps(page))


if __name__ == "__main__":
    main(sys.argv[1:])
