"""How long a tapped beat holds: four taps on the true beats of a song, then a minute without a hand.

python bench/beat/taps.py MATERIAL... [--split test] [--sigma-ms 10] [--limit N] [--out bench/results/taps.json]

Fingers miss the true beats by `sigma-ms` (normal, seeded by the song's name) and begin at a beat between 4 and 12 s.
From one beat after the last tap on the displayed beat is compared with the true ones, for a minute or to the last of
them. A song is steady if its true beats lie within 20 ms of a line from the first tap on: whoever speeds up is not
meant to be held.
"""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from bench._machine import arguments, machine, write
from bench.beat._ours import RATE, beat_of
from bench.beat._pieces import Piece, chosen
from vj.core.params import Snapshot, defaults
from vj.core.types import F32, F64
from vj.engine.analyzer import Analyzer

#: Seconds between which the first tap falls, that are judged, and that are a hold or a steady song's.
FIRST, MINUTE, NEAR, STEADY = (4.0, 12.0), 60.0, 0.07, 0.02
#: Taps; judged beats that a piece has at least.
TAPS, LEAST = 4, 32


def tapped(piece: Piece, sigma: float) -> tuple[F64, F64] | None:
    """[4] when fingers tap, and the [n] true beats to be held from the first of them on; None for a piece too short."""
    luck = np.random.default_rng(int.from_bytes(hashlib.sha256(piece.name.encode()).digest()[:4], "big"))
    begin = int(np.searchsorted(piece.beats, luck.uniform(*FIRST)))
    truth = piece.beats[begin:]
    if len(truth) < TAPS + LEAST:
        return None
    truth = truth[truth < truth[TAPS - 1] + MINUTE]
    return np.sort(truth[:TAPS] + luck.normal(0.0, sigma, TAPS)), truth


def steady(truth: F64) -> bool:
    """Whether the beats lie on a line."""
    n = np.arange(len(truth))
    return bool(np.abs(truth - np.polyval(np.polyfit(n, truth, 1), n)).max() < STEADY)


def shown(samples: F32, taps: F64) -> tuple[F64, F64, F64]:
    """Show times, running beat and confidence of every hop of mono `samples` at RATE."""
    analyzer = Analyzer(RATE, features=["tempo"])
    values, n, rows = dict(defaults(*analyzer.stages).values), analyzer.hop_length, []
    for start in range(0, len(samples) - n + 1, n):
        values["/tempo/tap"] = int(np.searchsorted(taps, (start + n) / RATE, "right"))
        f = analyzer.step(samples[start : start + n], Snapshot(values))
        beat, _, sure = beat_of(f)
        rows.append((f.t, beat, sure))
    t, at, sure = np.array(rows).T
    return t, at, sure


def judge(piece: Piece, sigma: float) -> dict[str, Any] | None:
    """What became of a tapped beat in this piece; None where it is too short."""
    given = tapped(piece, sigma)
    if given is None:
        return None
    taps, truth = given
    t, at, sure = shown(piece.sound(RATE, float(truth[-1]) + 0.5), taps)
    held = truth[TAPS:]
    off = (np.interp(held, t, at) + 0.5) % 1.0 - 0.5
    late = -off * np.gradient(truth)[TAPS:]
    first = next((float(held[n] - taps[-1]) for n in np.flatnonzero(np.abs(late) >= NEAR)), None)
    return {
        "source": piece.source,
        "genre": piece.genre,
        "bpm": round(piece.bpm, 1),
        "steady": steady(truth),
        "seconds": round(float(held[-1] - taps[-1]), 1),
        "worst_ms": round(float(np.abs(late).max()) * 1000.0, 1),
        "median_late_ms": round(float(np.median(late)) * 1000.0, 1),
        "lost_after_s": None if first is None else round(first, 1),
        "confidence": round(float(np.interp(held, t, sure).mean()), 2),
    }


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """How many held, and how well."""
    worst = np.array([row["worst_ms"] for row in rows])
    held = worst < NEAR * 1000.0
    figures = {f"worst_ms_p{p}": round(float(np.percentile(worst, p)), 1) for p in (50, 90)} if len(rows) else {}
    return {"songs": len(rows), "held": int(held.sum()), **figures}


def main() -> None:
    """Tap along with every piece and write down what held."""
    parser = arguments((__doc__ or "").splitlines()[0])
    parser.add_argument("material", type=Path, nargs="+", help="folders of sounds with a JSON beside each")
    parser.add_argument("--split", default="test", choices=("train", "valid", "test", "all"))
    parser.add_argument("--sigma-ms", type=float, default=10.0, help="how far fingers miss the beat")
    parser.add_argument("--limit", type=int, help="so many pieces, by turns from every source and tempo")
    asked = parser.parse_args()
    pieces, about = {}, machine()
    for piece in chosen(asked.material, asked.split, asked.limit):
        row = judge(piece, asked.sigma_ms / 1000.0)
        if row is not None:
            pieces[piece.name] = row
            print(f"{piece.name}: worst {row['worst_ms']} ms{'' if row['steady'] else ', not steady'}", flush=True)
    if not pieces:
        raise SystemExit(f"no piece of split {asked.split} that is long enough: make them first")
    kept = [row for row in pieces.values() if row["steady"]]
    result = {
        "what": "four taps on true beats, then a minute without a hand: held within 70 ms",
        **about,
        "split": asked.split,
        "sigma_ms": asked.sigma_ms,
        "steady": summary(kept),
        "by_source": {s: summary([r for r in kept if r["source"] == s]) for s in sorted({r["source"] for r in kept})},
        "not_steady": summary([row for row in pieces.values() if not row["steady"]]),
        "pieces": pieces,
    }
    write(result, asked.out)


if __name__ == "__main__":
    main()
