"""Score the hearing on electronic music with known times: the demo loop, and pieces it was never tuned on."""

import json
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from bench.hearing.listening import Sound, fired, listen, load, score, score_bands, score_tempo
from bench.hearing.patterns import HELD_OUT, STYLES, TUNED, Piece, make
from vj.features.onset import Onset
from vj.workshop import loop

#: Pieces of every style, the tuned ones too, at seeds that nothing was tuned on.
SEEDS = range(HELD_OUT, HELD_OUT + 4)


@cache
def demo() -> Piece:
    """The demo loop with its own annotation."""
    with tempfile.TemporaryDirectory() as folder:
        path = loop.make(Path(folder) / "loop.flac")
        truth = json.loads(path.with_suffix(".json").read_text())
        sound = load(path)
    kick, snare = np.array(truth["kick"]), np.array(truth["snare"])
    struck = np.unique(np.concatenate([kick, snare, truth["hat"], truth["crash"]]))
    return Piece(sound.samples, sound.rate, float(truth["bpm"]), kick, snare, struck)


def held_out(styles: Sequence[str] = tuple(STYLES), seeds: Sequence[int] = SEEDS) -> dict[str, Piece]:
    """Pieces by name."""
    return {f"{style} {seed}": make(style, seed) for style in styles for seed in seeds}


def bench_drums(pieces: dict[str, Piece]) -> dict[str, Any]:
    """Kicks and snares of some pieces."""
    sounds = {name: Sound(p.samples, p.rate) for name, p in pieces.items()}
    return score_bands(sounds, {n: p.kick for n, p in pieces.items()}, {n: p.snare for n, p in pieces.items()})


def bench_pieces(pieces: dict[str, Piece]) -> dict[str, Any]:
    """Kicks, snares and onsets of some pieces."""
    results, sounds = bench_drums(pieces), {name: Sound(p.samples, p.rate) for name, p in pieces.items()}
    heard = {name: fired(listen(s, ["onset"]), lambda f: f[Onset].count) for name, s in sounds.items()}
    results["onsets"] = score({n: p.all for n, p in pieces.items()}, heard)
    return results


def bench_tempo(piece: Piece) -> dict[str, Any]:
    """Tempo and beats of the bars as they are written; half and double time count as wrong."""
    sound = Sound(piece.samples, piece.rate)
    first = float(piece.kick[0]) % (60.0 / piece.bpm)
    return score_tempo(np.arange(first, piece.seconds - 0.5, 60.0 / piece.bpm), sound)


def bench() -> dict[str, Any]:
    """The section `electronic` of the results."""
    new = tuple(style for style in STYLES if style not in TUNED)
    everything = {"demo loop": demo(), **held_out(seeds=SEEDS[:1])}
    return {
        "demo loop": bench_pieces({"loop": demo()}),
        "tuned styles, other seeds": bench_pieces(held_out(TUNED)),
        "held out styles": bench_pieces(held_out(new)),
        "tempo": {name: bench_tempo(piece) for name, piece in everything.items()},
    }
