"""Checks that what is labelled is what sounds: `python bench/beat/songs/check.py FOLDER [--pieces 50]`.

For the beats, kicks, snares and hats of every piece: where, within 40 ms, the energy round them rises the most on
average, and by how much (nepers). Beats that nothing is struck on, as in ambient music, rise little and say little.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from scipy.signal import butter, sosfiltfilt

from bench.hearing.listening import load
from vj.core.types import F64

BANDS = ((30, 130), (130, 500), (500, 2000), (2000, 6000), (6000, 16000))
#: Milliseconds looked at on both sides; fewer times than FEW say nothing; a rise below CLEAR may be chance.
ROUND, FEW, CLEAR = 40, 6, 0.5


def energies(sound: F64, rate: int) -> F64:
    """[bands, milliseconds] energy, of filters without delay."""
    rows = []
    for low, high in BANDS:
        band = sosfiltfilt(butter(1, (low, min(high, 0.45 * rate)), "bandpass", fs=rate, output="sos"), sound)
        total = np.cumsum(np.concatenate([[0.0], band * band]))
        rows.append(np.diff(total[np.round(np.arange(int(len(sound) / rate * 1000)) * rate / 1000).astype(int)]))
    return np.array(rows)


def offset(energy: F64, times: F64) -> tuple[int, float]:
    """(milliseconds after `times` [n] at which the sound rises the most, that rise), in the clearest band."""
    best = (0, 0.0)
    at = np.round(1000 * times).astype(int)
    at = at[(at >= ROUND) & (at < energy.shape[1] - ROUND)]
    for row in energy if len(at) >= FEW else ():
        level = np.log(np.convolve(row, np.ones(5) / 5, "same") + 1e-6 * row.max() + 1e-15)
        mean = np.mean([level[i - ROUND : i + ROUND + 1] for i in at], axis=0)
        rise = mean[6:] - mean[:-6]
        if rise.max() > best[1]:
            best = (int(np.argmax(rise)) + 3 - ROUND, float(rise.max()))
    return best


def check(path: Path) -> dict[str, tuple[int, float]]:
    """beat, kick, snare, hat -> `offset`, of the piece with these labels."""
    truth, sound = json.loads(path.read_text()), load(path.with_suffix(".flac"))
    energy = energies(sound.samples.astype(np.float64), sound.rate)
    times = {"beat": [t for t, _ in truth["beats"]], **(truth["drums"] or {})}
    return {name: offset(energy, np.array(ts)) for name, ts in times.items()}


def main() -> int:
    """Check a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pieces", type=int, default=50)
    given = parser.parse_args()
    found: dict[str, list[int]] = {}
    for path in sorted(given.folder.glob("*.json"))[: given.pieces]:
        answer = check(path)
        print(path.stem, "  ".join(f"{k} {ms:+d} ms ({rise:.1f})" for k, (ms, rise) in answer.items()), flush=True)
        for name, (ms, rise) in answer.items():
            if rise > CLEAR:
                found.setdefault(name, []).append(ms)
    for name, all_ms in found.items():
        near = float(np.mean(np.abs(all_ms) <= 5))
        print(f"{name}: {len(all_ms)} pieces, median {np.median(all_ms):+.0f} ms, within 5 ms {near:.0%}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
