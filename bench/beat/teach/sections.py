"""Teach what tells a low end that plays, and one that is back: `python bench/beat/teach/sections.py [--songs FOLDER]`.

Prints the weights of `vj/features/sections/low_end.py`, from the train split of made songs and, besides, of a folder of
material. Two logistic regressions on what the hearing itself feels, hop by hop: of grooves and drops against breaks and
builds, each half of the weight whatever its length; and of the first 0.3 s of a return against the breaks before it.
A quarter of an hour for 120 songs; nothing in it is random but the songs, which their numbers fix.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize

from bench.beat.sections import composed
from bench.beat.sections.breaks import returns
from bench.hearing.listening import Sound, load, resampled
from vj.core.params import defaults
from vj.core.types import F64
from vj.engine.analyzer import Analyzer
from vj.features.state import HearState
from vj.workshop.loop.voices import RATE

#: Seconds of a return that are taught, of a break that are left out at its begin, and of every song.
RETURN, TAIL, FIRST = 0.3, 2.0, 1.5
#: Hops that are skipped between two that are taught, for neighbours say the same.
SKIP = 4
#: Weight of the squares of what is learnt, each input scaled to a deviation of 1.
RIDGE = 1e-3

Taught = tuple[F64, F64, F64, F64]


def feel(sound: Sound) -> Iterator[tuple[float, tuple[float, ...], tuple[float, ...]]]:
    """(time, what `plays` and `back` are judged by) of every hop."""
    analyzer = Analyzer(sound.rate, features=["state"])
    snapshot, n, x = defaults(*analyzer.stages), analyzer.hop_length, sound.samples
    state = next(feature for kind, feature in analyzer._features if kind is HearState)
    for i in range(0, len(x) - n + 1, n):
        f = analyzer.step(x[i : i + n], snapshot)
        yield f.t, *state._low.low.heard


def taught(truth: dict[str, Any], sound: Sound) -> Taught:
    """Inputs and answers of `plays`, and of `back`, of one song."""
    times, plays, back = zip(*feel(sound), strict=True)
    t, there = np.array(times), np.full(len(times), np.nan)
    for start, end, label in truth["sections"] or ():
        there[(t > start) & (t <= end)] = label in ("groove", "drop")
    begun = np.full(len(t), False)
    drops, _ = returns(truth)
    for drop in drops:
        begun |= (t > drop) & (t <= drop + RETURN)
    breaks = there == 0.0
    for start, _end, label in truth["sections"] or ():
        breaks &= ~((t > start) & (t <= start + TAIL)) if label in ("break", "build") else True
    for drop in drops:
        breaks &= abs(t - drop) > 0.1
    known = ~np.isnan(there) & (t > FIRST)
    judged = begun | breaks
    return (
        np.array(plays)[known][::SKIP],
        there[known][::SKIP],
        np.array(back)[judged],
        begun[judged].astype(np.float64),
    )


def made(seed: int) -> Taught:
    song = composed.make(seed)
    return taught(song.truth, Sound(song.samples, RATE))


def stored(path: Path) -> Taught:
    return taught(json.loads(path.read_text()), resampled(load(path.with_suffix(".flac")), 48000))


def learnt(inputs: F64, answers: F64, even: bool) -> F64:
    """Weights and constant of a logistic regression; `even` gives both answers the same weight."""
    mean, spread = inputs.mean(axis=0), inputs.std(axis=0) + 1e-9
    x = np.c_[(inputs - mean) / spread, np.ones(len(inputs))]
    share = np.where(answers > 0.5, 1.0 / (answers > 0.5).sum(), (1.0 if even else 3.0) / (answers < 0.5).sum())
    share /= share.sum()

    def loss(w: F64) -> tuple[float, F64]:
        z = x @ w
        wrong = share * (1.0 / (1.0 + np.exp(-z)) - answers)
        ridge = np.r_[w[:-1], 0.0]
        return float(
            share @ (np.logaddexp(0.0, z) - answers * z) + RIDGE * ridge @ ridge
        ), x.T @ wrong + 2 * RIDGE * ridge

    w = minimize(loss, np.zeros(x.shape[1]), jac=True).x
    scaled = w[:-1] / spread
    return np.asarray(np.r_[scaled, w[-1] - scaled @ mean], np.float64)


def main() -> int:
    """Listen to the train split, learn, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--songs", type=Path, help="a folder of NAME.flac with NAME.json, besides the made songs")
    parser.add_argument("--count", type=int, default=120, help="made songs, of which the train split is used")
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    seeds = [n for n in range(asked.count) if composed.split(composed.called(n)) == "train"]
    paths = sorted(asked.songs.glob("*.json")) if asked.songs else []
    paths = [
        p for p in paths if json.loads(p.read_text())["split"] == "train" and json.loads(p.read_text())["sections"]
    ]
    with ProcessPoolExecutor(asked.jobs) as pool:
        parts = [*pool.map(made, seeds), *pool.map(stored, paths)]
    plays, there, back, begun = (np.concatenate([part[k] for part in parts]) for k in range(4))
    print(f"{len(parts)} songs")
    print("PLAYS", np.round(learnt(plays, there, True), 3).tolist())
    print("BACK ", np.round(learnt(back, begun, False), 3).tolist())
    return 0


if __name__ == "__main__":
    sys.exit(main())
